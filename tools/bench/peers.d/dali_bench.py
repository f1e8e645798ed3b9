"""DALI on the CPU: an external source of JPEG bytes, the CPU decoder, a pipeline of its own threads."""

import random

import numpy as np
import nvidia.dali
from nvidia.dali import fn, pipeline_def, types

import measure


def batches_of(options, change):
    jpegs = [np.frombuffer(each, np.uint8) for each in measure.image_bytes(options.folder)]
    order = random.Random(0)

    def source():
        while True:
            shuffled = order.sample(jpegs, len(jpegs))
            for start in range(0, len(shuffled) - options.batch + 1, options.batch):
                yield shuffled[start:start + options.batch]

    @pipeline_def(batch_size=options.batch, num_threads=options.threads, device_id=None, prefetch_queue_depth=2)
    def pipeline():
        encoded = fn.external_source(source=source(), dtype=types.UINT8, ndim=1, no_copy=True)
        kind = types.RGB if options.channels == 3 else types.GRAY
        return change(fn.decoders.image(encoded, device="cpu", output_type=kind))

    built = pipeline()
    built.build()
    while True:
        yield built.run()[0]


def decode(options):
    return batches_of(options, lambda image: image), len


def letterbox(options):
    side = options.image_size

    def fit(image):
        image = fn.resize(
            image, resize_x=side, resize_y=side, mode="not_larger", interp_type=types.INTERP_LINEAR, antialias=False)
        return fn.crop(image, crop_w=side, crop_h=side, out_of_bounds_policy="pad", fill_values=114)

    batches = batches_of(options, fit)
    measure.check(next(batches).as_array().shape[:3], [(options.batch, side, side)])
    return batches, len


if __name__ == "__main__":
    measure.main(f"dali {nvidia.dali.__version__}", {"decode": decode, "letterbox": letterbox})
