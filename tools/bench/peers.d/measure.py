"""What the peers' scripts share: arguments, the images' bytes, windows of time, the one JSON line."""

import argparse
import glob
import json
import os
import statistics
import sys
import time


class Absent(Exception):
    """The peer has no such operation. The text is the reason."""


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


def processor_seconds():
    """Processor time so far, of this process and its running worker processes, in hundredths of a second."""
    pids, total = [os.getpid()], 0
    while pids:
        pid = pids.pop()
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(") ", 1)[1].split()
            for thread in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{thread}/children") as file:
                    pids += [int(child) for child in file.read().split()]
        except OSError:  # it ended meanwhile
            continue
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def measure(batches, seconds, count_of, windows=3):
    """Returns images per second in `windows` windows after a warm-up, and processor time per image. `batches` is endless."""
    clock = time.perf_counter
    warm_until = clock() + seconds / 3
    warm_batches = 0
    while warm_batches < 8 or clock() < warm_until:
        next(batches)
        warm_batches += 1
    figures, all_images = [], 0
    processor_start = processor_seconds()
    for _ in range(windows):
        count = 0
        start = clock()
        while True:
            count += count_of(next(batches))
            end = clock()
            if end - start >= seconds / windows:
                break
        figures.append(count / (end - start))
        all_images += count
    return figures, (processor_seconds() - processor_start) / all_images


def endless(make_epoch):
    """Yields the items of `make_epoch()`, epoch after epoch."""
    while True:
        yield from make_epoch()


def main(version, operations):
    """Runs the operation that the command line names. `operations[name](arguments)` returns (batches, count_of)."""
    options = arguments()
    try:
        if options.operation not in operations:
            raise Absent("has no such operation")
        batches, count_of = operations[options.operation](options)
        windows, processor_time = measure(batches, options.seconds, count_of)
        report = {
            "images_per_second": statistics.median(windows), "windows": windows,
            "cpu_microseconds_per_image": processor_time * 1e6}
    except Absent as absence:
        report = {"absent": str(absence)}
    report["version"] = version
    print(json.dumps(report))
    sys.stdout.flush()
    os._exit(0)  # worker threads and processes of some peers would keep the interpreter


def check(shape, expected):
    """Fails if a peer delivers other shapes than requested, so that it is not compared."""
    if tuple(shape) not in [tuple(each) for each in expected]:
        raise SystemExit(f"delivers {tuple(shape)}, not one of {expected}")
