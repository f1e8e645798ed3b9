"""pictures.py BOARDS FOLDER: draws the pictures of tools/bench/decoders from drawn boards, and writes them as other tools do."""

import pathlib
import sys

import cv2
import numpy
import tifffile
from PIL import Image

# TIFF's ways to pack, by libtiff's numbers; those that pack differences of neighbours.
PACKINGS = {"none": 1, "lzw": 5, "deflate": 8, "packbits": 32773}
DIFFERENCES = ("lzw", "deflate")

boards, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
random = numpy.random.default_rng(1)
names = sorted(boards.rglob("*.jpg"))[:4]
if not names:
    raise SystemExit(f"{boards}: no boards")


def scene(height, width):
    """Light of boards side by side, a little out of focus, unevenly lit."""
    tiles = [cv2.imread(str(names[number % len(names)]), cv2.IMREAD_GRAYSCALE) for number in range(4)]
    side = numpy.vstack([numpy.hstack(tiles[:2]), numpy.hstack(tiles[2:])])[:height, :width].astype(numpy.float32)
    uneven = cv2.GaussianBlur(random.normal(0, 1, (height, width)).astype(numpy.float32), (0, 0), 8) * 120
    return cv2.GaussianBlur(side, (0, 0), 1.5) * 0.55 + 40 + uneven


def eight(light, noise):
    return numpy.clip(light + random.normal(0, noise, light.shape), 0, 255).astype(numpy.uint8)


grey = scene(640, 640)
colour = scene(1200, 1600)
deep = numpy.clip(scene(2048, 2448), 0, 255) / 255 * 9000
electrons = random.poisson(deep) + random.normal(0, 6, deep.shape)
pictures = {
    "binary640": numpy.where(grey > 110, 255, 0).astype(numpy.uint8),
    "grey640": eight(grey, 2.2),
    "col1600": numpy.stack([eight(colour * gain + base, 2) for gain, base in ((0.5, 20), (0.9, 10), (0.6, 30))], -1),
    "m16": numpy.clip(electrons / 10000 * 4095, 0, 4095).astype(numpy.uint16),
}
for name, picture in pictures.items():
    def write(ending, save):
        path = folder / f"{name}.{ending}"
        if not path.exists():
            save(str(path))
    is_colour = picture.ndim == 3
    shown = picture[:, :, ::-1] if is_colour else picture  # OpenCV's order is blue, green, red
    write("mixed.png", lambda path: Image.fromarray(picture).save(path))
    write("sub.png", lambda path: cv2.imwrite(path, shown))
    write("plain." + ("ppm" if is_colour else "pgm"), lambda path: cv2.imwrite(path, shown))
    if picture.dtype == numpy.uint8:
        write("bmp", lambda path: cv2.imwrite(path, shown))
    if is_colour:
        write("32.bmp", lambda path: cv2.imwrite(path, cv2.cvtColor(shown, cv2.COLOR_BGR2BGRA)))
    if name == "binary640":
        continue
    for packing, number in PACKINGS.items():
        settings = [cv2.IMWRITE_TIFF_COMPRESSION, number]
        settings += [cv2.IMWRITE_TIFF_PREDICTOR, 2 if packing in DIFFERENCES else 1]
        write(packing + ".tif", lambda path: cv2.imwrite(path, shown, settings))
    for packing, settings in (("none", {}), ("deflate", {"compression": "zlib", "predictor": True})):
        write(f"tiles.{packing}.tif", lambda path: tifffile.imwrite(
            path, picture, tile=(256, 256), photometric="rgb" if is_colour else "minisblack", **settings))
