"""What the peers' scripts share: arguments, the images' bytes, windows of time, the one JSON line."""

import argparse
import glob
import json
import os
import statistics
import sys
import time


class Absent(Exception):
    """The peer has no such operation; the text says why."""


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("operation", choices=["decode", "letterbox", "cached", "mosaic"])
    parser.add_argument("folder", help="a data set in YOLO layout")
    parser.add_argument("--channels", type=int, choices=[1, 3], default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--image-size", type=int, default=640)
    parser.add_argument("--seconds", type=float, default=3.0)
    return parser.parse_args()


def image_paths(folder):
    paths = sorted(glob.glob(os.path.join(folder, "images", "train", "*.jpg")))
    if not paths:
        raise SystemExit(f"{folder}: no images/train/*.jpg")
    return paths


def image_bytes(folder):
    contents = []
    for path in image_paths(folder):
        with open(path, "rb") as file:
            contents.append(file.read())
    return contents


def images_per_second(batches, seconds, count_of, windows=3):
    """Figures of `windows` windows of an endless iterator of batches, the first of them after a warm-up."""
    clock = time.perf_counter
    warm_until = clock() + seconds / 3
    warm_batches = 0
    while warm_batches < 8 or clock() < warm_until:
        next(batches)
        warm_batches += 1
    figures = []
    for _ in range(windows):
        count = 0
        start = clock()
        while True:
            count += count_of(next(batches))
            end = clock()
            if end - start >= seconds / windows:
                break
        figures.append(count / (end - start))
    return figures


def endless(make_epoch):
    """Epoch after epoch of what `make_epoch()` iterates over."""
    while True:
        yield from make_epoch()


def main(version, operations):
    """Runs the operation that the command line names: `operations[name](arguments)` gives (batches, count_of)."""
    options = arguments()
    try:
        if options.operation not in operations:
            raise Absent("has no such operation")
        batches, count_of = operations[options.operation](options)
        windows = images_per_second(batches, options.seconds, count_of)
        report = {"images_per_second": statistics.median(windows), "windows": windows}
    except Absent as absence:
        report = {"absent": str(absence)}
    report["version"] = version
    print(json.dumps(report))
    sys.stdout.flush()
    os._exit(0)  # worker threads and processes of some peers would keep the interpreter


def check(shape, expected):
    """A peer that delivers something else than asked is not compared."""
    if tuple(shape) not in [tuple(each) for each in expected]:
        raise SystemExit(f"delivers {tuple(shape)}, not one of {expected}")
