"""Grain: MapDataset with reader threads; images are decoded and fitted by OpenCV."""

import cv2
import grain
import importlib.metadata
import numpy as np

import measure

cv2.setNumThreads(1)


def stream(source, options, operation):
    options_of_reading = grain.ReadOptions(num_threads=options.threads, prefetch_buffer_size=options.batch * 4)
    data = grain.MapDataset.source(source).seed(0).shuffle().repeat()
    if operation is not None:
        data = data.map(operation)
    return iter(data.to_iter_dataset(options_of_reading).batch(options.batch, drop_remainder=True))


def decoder(options):
    mode = cv2.IMREAD_COLOR if options.channels == 3 else cv2.IMREAD_GRAYSCALE
    return lambda jpeg: cv2.imdecode(np.frombuffer(jpeg, np.uint8), mode)


def decode(options):
    return stream(measure.image_bytes(options.folder), options, decoder(options)), len


def letterbox(options):
    read, side = decoder(options), options.image_size

    def fit(jpeg):
        image = read(jpeg)
        height, width = image.shape[:2]
        ratio = min(side / height, side / width)
        size = (round(width * ratio), round(height * ratio))
        image = cv2.resize(image, size, interpolation=cv2.INTER_LINEAR)
        left, top = (side - size[0]) // 2, (side - size[1]) // 2
        return cv2.copyMakeBorder(
            image, top, side - size[1] - top, left, side - size[0] - left, cv2.BORDER_CONSTANT, value=(114, 114, 114))

    batches = stream(measure.image_bytes(options.folder), options, fit)
    measure.check(next(batches).shape[:3], [(options.batch, side, side)])
    return batches, len


def cached(options):
    read = decoder(options)
    return stream([read(each) for each in measure.image_bytes(options.folder)], options, None), len


if __name__ == "__main__":
    measure.main(
        f"grain {importlib.metadata.version('grain')}, OpenCV {cv2.__version__}",
        {"decode": decode, "letterbox": letterbox, "cached": cached})
