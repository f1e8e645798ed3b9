"""SPDL: a pipeline of threads around FFmpeg's decoder; a batch is converted into one buffer."""

import importlib.metadata
import random

import numpy as np
import spdl.io
from spdl.pipeline import PipelineBuilder

import measure


def shuffled(items, seed=0):
    order = random.Random(seed)
    while True:
        for index in order.sample(range(len(items)), len(items)):
            yield items[index]


def check_libraries(options):
    """Loads FFmpeg now. SPDL would load it in a worker, and a failure there would only be a long wait."""
    try:
        spdl.io.demux_image(measure.image_bytes(options.folder)[0])
    except RuntimeError:
        raise SystemExit("FFmpeg's libraries are missing: apt-get install libavfilter8 libavdevice59")


def decoded(options, description):
    check_libraries(options)

    def read(jpeg):
        return spdl.io.decode_packets(spdl.io.demux_image(jpeg), filter_desc=description)

    def convert(frames):
        return spdl.io.to_numpy(spdl.io.convert_frames(frames))

    pipeline = (
        PipelineBuilder()
        .add_source(shuffled(measure.image_bytes(options.folder)))
        .pipe(read, concurrency=options.threads)
        .aggregate(options.batch)
        .pipe(convert)
        .add_sink(4)
        .build(num_threads=options.threads))
    return running(pipeline)


def running(pipeline):
    with pipeline.auto_stop():
        yield from pipeline.get_iterator(timeout=60)


def pixel_format(options):
    return "rgb24" if options.channels == 3 else "gray"


def decode(options):
    return decoded(options, f"format=pix_fmts={pixel_format(options)}"), len


def letterbox(options):
    side = options.image_size
    fit = (f"scale={side}:{side}:force_original_aspect_ratio=decrease:flags=bilinear,"
           f"format=pix_fmts={pixel_format(options)},pad={side}:{side}:-1:-1:color=0x727272")
    batches = decoded(options, fit)
    measure.check(next(batches).shape[:3], [(options.batch, side, side)])
    return batches, len


def cached(options):
    one = spdl.io.decode_packets
    images = np.stack([
        spdl.io.to_numpy(spdl.io.convert_frames(one(
            spdl.io.demux_image(each), filter_desc=f"format=pix_fmts={pixel_format(options)}")))
        for each in measure.image_bytes(options.folder)])
    pipeline = (
        PipelineBuilder()
        .add_source(shuffled(range(len(images))))
        .aggregate(options.batch)
        .pipe(lambda indices: images[np.array(indices)], concurrency=options.threads)
        .add_sink(4)
        .build(num_threads=options.threads))
    return running(pipeline), len


if __name__ == "__main__":
    measure.main(
        f"spdl {importlib.metadata.version('spdl')}", {"decode": decode, "letterbox": letterbox, "cached": cached})
