"""wheels.py SECONDS LIBRARY FILE: milliseconds of processor time to decode a file from memory with a library of Python's wheels."""

import io
import statistics
import sys
import time

seconds, library, path = float(sys.argv[1]), sys.argv[2], sys.argv[3]
with open(path, "rb") as file:
    data = file.read()
if library == "opencv":
    import cv2
    import numpy

    cv2.setNumThreads(1)
    encoded = numpy.frombuffer(data, numpy.uint8)

    def decode():
        return cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED)
elif library == "pillow":
    from PIL import Image

    def decode():
        with Image.open(io.BytesIO(data)) as image:
            image.load()
            return image
elif library == "tifffile":
    import tifffile

    def decode():
        return tifffile.imread(io.BytesIO(data), maxworkers=1)
else:
    raise SystemExit(f"no library {library}")
if decode() is None:
    raise SystemExit(f"{library} does not read {path}")
times, end = [], time.monotonic() + seconds
while time.monotonic() < end or len(times) < 5:
    begun = time.thread_time_ns()
    decode()
    times.append(time.thread_time_ns() - begun)
print(statistics.median(times) / 1e6)
