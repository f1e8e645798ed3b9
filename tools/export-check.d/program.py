"""Exports weights with the program, in every form, and runs the files in every reader that is here: on the reference tensors of
FEEDER_FIXTURES, and on the example that lies beside each file. Prints a table; ends with status 1 if one is too far away.

    python program.py FEEDER WEIGHTS [--fixtures FOLDER] [--peer PYTHON] [--data DATA]
"""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import cv2
import numpy

import consumers

MOST = {"onnxruntime": (1e-3, 1e-5), "openvino": (1e-3, 1e-5), "opencv": (1e-3, 1e-5), "ncnn": (0.5, 5e-3), "YOLO": (1e-2, 1e-4)}


class Table:
    faults = 0

    def row(self, what, reader, measure):
        try:
            box, score = measure()
            fault = box > MOST[reader][0] or score > MOST[reader][1]
            line = f"{box:.1e} | {score:.1e}"
        except Exception as error:  # whatever a reader throws is a fault of the file
            fault, line = True, " ".join(str(error).split())[:300] + " | -"
        self.faults += fault
        print(f"| {what} | {reader} | {line} |{' FAULT' if fault else ''}", flush=True)


def export(feeder, weights, folder, name, *flags):
    path = str(folder / f"{name}.onnx")
    subprocess.run([feeder, "export", weights, "--out", path, *flags], check=True, stdout=subprocess.DEVNULL)
    return path


def suppressed(output, conf, iou, most):
    """The rows x1, y1, x2, y2, score, class that remain of one image's `output0`, written from docs/deployment.md."""
    boxes, scores = output[:4].T, output[4:].T
    classes, best = scores.argmax(1), scores.max(1)
    corners = numpy.concatenate([boxes[:, :2] - boxes[:, 2:] / 2, boxes[:, :2] + boxes[:, 2:] / 2], 1)
    kept = []
    for i in sorted(numpy.flatnonzero(best > conf), key=lambda i: -best[i]):
        def overlap(j):
            sides = numpy.minimum(corners[i, 2:], corners[j, 2:]) - numpy.maximum(corners[i, :2], corners[j, :2])
            inner = sides.clip(0).prod()
            return inner / (boxes[i, 2:].prod() + boxes[j, 2:].prod() - inner)
        if all(classes[j] != classes[i] or overlap(j) <= iou for j in kept):
            kept.append(i)
    return numpy.array([[*corners[i], best[i], classes[i]] for i in kept[:most]]).reshape(-1, 6)


def tensor_of(example, folder):
    """The input of an example, made from its image; the hashes say whether it is the right one."""
    image, place = example["image"], example["placement"]
    grey = image["channels"] == 1
    pixels = cv2.imread(str(folder / image["file"]), cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR)
    if (pixels.shape[1], pixels.shape[0]) != (place["resized_width"], place["resized_height"]):
        pixels = cv2.resize(pixels, (place["resized_width"], place["resized_height"]), interpolation=cv2.INTER_LINEAR)
    pixels = cv2.copyMakeBorder(
        pixels, place["top"], place["bottom"], place["left"], place["right"], cv2.BORDER_CONSTANT, value=[place["padding"]] * 3)
    planes = pixels[None] if grey else pixels[:, :, ::-1].transpose(2, 0, 1)
    planes = numpy.ascontiguousarray(planes[None])
    assert hashlib.sha256(planes.tobytes()).hexdigest() == example["input"]["bytes_sha256"], "other bytes than the example's"
    if example["input"]["type"] == "uint8":
        return planes
    numbers = planes.astype(numpy.float32) / numpy.float32(255)
    assert hashlib.sha256(numbers.tobytes()).hexdigest() == example["input"]["sha256"], "other numbers than the example's"
    return numbers


def example_distance(example, form, found, strides):
    expected = example["expected"]
    rows = numpy.array([row["box"] + [row["score"], row["class_id"]] for row in expected["rows"]]).reshape(-1, 6)
    if form == "detections":
        return consumers.rows_distance(found["detections"], rows)
    output = (found["output0"] if form == "decoded" else consumers.decoded(found, strides))[0]
    columns = numpy.array([output[:, column["anchor"]] for column in example["columns"]])
    apart = numpy.abs(columns - numpy.array([column["values"] for column in example["columns"]]))
    own = suppressed(output, expected["conf"], expected["iou"], expected["max_det"])[None]
    box, score = consumers.rows_distance(own, rows)
    return max(box, float(apart[:, :4].max())), max(score, float(apart[:, 4:].max()))


def check_fixture(table, feeder, fixtures, folder):
    state = str(fixtures / "h_yolov8n_nc6_state_f16.safetensors")
    values, _ = consumers.tensors(fixtures / "h_yolov8n_nc6_io.safetensors")
    images, wanted = values["input"].astype(numpy.float32), values["eval.decoded"]
    batch, _, height, width = images.shape
    size = ["--image-size", f"{height}x{width}"]
    for form in ("decoded", "raw"):
        path = export(feeder, state, folder, f"h-{form}", *size, "--batch", str(batch), "--form", form)
        consumers.check(path)
        for reader in (consumers.onnxruntime, consumers.openvino):
            def measure():
                found = consumers.apart(reader, path, images)
                return consumers.distance(found["output0"] if form == "decoded" else consumers.decoded(found, (8, 16, 32)), wanted)
            table.row(f"fixture h, {form}, {batch} x 3 x {height} x {width}", reader.__name__, measure)
    single = export(feeder, state, folder, "h-single", *size)
    for reader in (consumers.opencv, consumers.ncnn):
        table.row(
            f"fixture h, decoded, 1 x 3 x {height} x {width}", reader.__name__,
            lambda: consumers.distance(consumers.apart(reader, single, images[:1])["output0"], wanted[:1]))


def check_examples(table, options, folder):
    kinds = [("decoded", "float", 3), ("decoded", "uint8", 1), ("raw", "float", 3), ("detections", "float", 3), ("detections", "uint8", 1)]
    for form, kind, channels in kinds:
        flags = ["--form", form, "--input", kind, "--channels", str(channels), "--conf", str(options.conf)]
        flags += ["--data", options.data] if options.data else []
        path = export(options.feeder, options.weights, folder, f"example-{form}-{kind}{channels}", *flags)
        consumers.check(path)
        example = json.loads(pathlib.Path(path).with_suffix(".example.json").read_text())
        images = tensor_of(example, folder)
        what = f"example, {form}, {' x '.join(map(str, images.shape))} {kind}, {len(example['expected']['rows'])} boxes"
        readers = [consumers.onnxruntime, consumers.openvino]
        if kind == "float":
            readers += {"decoded": [consumers.opencv, consumers.ncnn], "detections": [consumers.opencv]}.get(form, [])
        for reader in readers:
            table.row(what, reader.__name__, lambda: example_distance(example, form, consumers.apart(reader, path, images), (8, 16, 32)))
        if options.peer and kind == "float" and form != "raw":
            table.row(what, "YOLO", lambda: peer_distance(options.peer, path, folder, example))


def peer_distance(peer, path, folder, example):
    expected = example["expected"]
    # It takes the runtime from our environment, and must install nothing.
    site = next(path for path in sys.path if path.endswith("site-packages"))
    environment = dict(os.environ, YOLO_AUTOINSTALL="false", YOLO_OFFLINE="true", PYTHONPATH=site, YOLO_CONFIG_DIR=str(folder))
    done = subprocess.run(
        [peer, str(pathlib.Path(__file__).with_name("peer.py")), path, str(folder / example["image"]["file"]), str(expected["conf"]),
         str(expected["iou"]), str(expected["max_det"])],
        capture_output=True, text=True, env=environment, cwd=folder)
    assert done.returncode == 0, done.stderr.strip().splitlines()[-1:]
    found = json.loads(done.stdout.strip().splitlines()[-1])
    names = {int(number): name for number, name in found["names"].items()}
    rows = numpy.array([row["image_box"] + [row["score"], row["class_id"]] for row in expected["rows"]]).reshape(-1, 6)
    assert all(names[row["class_id"]] == row["name"] for row in expected["rows"]), f"other names: {names}"
    return consumers.rows_distance(numpy.array(found["rows"]).reshape(1, -1, 6), rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("feeder")
    parser.add_argument("weights", nargs="?")
    parser.add_argument("--fixtures", type=pathlib.Path)
    parser.add_argument("--peer", help="the Python of an environment with the ultralytics package")
    parser.add_argument("--data", help="the data of the weights, for the example")
    parser.add_argument("--conf", type=float, default=0.25)
    options = parser.parse_args()
    options.peer = options.peer and os.path.abspath(options.peer)
    table = Table()
    print("| what | reader | px | score |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if options.fixtures:
            check_fixture(table, options.feeder, options.fixtures, folder)
        if options.weights:
            check_examples(table, options, folder)
    if table.faults:
        sys.exit(f"export-check: {table.faults} lines are FAULT")


if __name__ == "__main__":
    main()
