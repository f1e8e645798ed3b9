"""The programs that read an exported .onnx, each behind one function: a file and an input in, outputs by name out."""

import concurrent.futures
import json
import multiprocessing
import os
import pathlib
import subprocess
import sys
import sysconfig
import tempfile

import numpy

TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}


def tensors(path):
    """The tensors of a safetensors file, and the texts of its header."""
    data = pathlib.Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    texts = header.pop("__metadata__", {})
    found = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        found[name] = numpy.frombuffer(data[start + begin:start + end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return found, texts


def check(path):
    """The full check of the onnx package: types and shapes of every value."""
    import onnx

    onnx.checker.check_model(path, full_check=True)


def onnxruntime(path, images):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return dict(zip([output.name for output in session.get_outputs()], session.run(None, {"images": images})))


def openvino(path, images):
    import openvino

    core = openvino.Core()
    # Without this it computes in bf16 on processors that have it.
    model = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1})
    result = model(images)
    return {output.get_any_name(): result[output] for output in model.outputs}


def opencv(path, images):
    import cv2

    network = cv2.dnn.readNetFromONNX(path)
    network.setInput(images.astype(numpy.float32))
    names = network.getUnconnectedOutLayersNames()
    return dict(zip(names, network.forward(names)))


def ncnn(path, images):
    """By way of pnnx, which keeps weights as float16. One image of the form decoded."""
    import ncnn

    program = pathlib.Path(sysconfig.get_path("purelib"), "pnnx", "pnnx")
    with tempfile.TemporaryDirectory() as folder:
        shape = ",".join(map(str, images.shape))
        (pathlib.Path(folder) / "m.onnx").write_bytes(pathlib.Path(path).read_bytes())
        subprocess.run([program, "m.onnx", f"inputshape=[{shape}]f32"], cwd=folder, check=True, capture_output=True)
        network = ncnn.Net()
        network.opt.num_threads = 1
        network.load_param(os.path.join(folder, "m.ncnn.param"))
        network.load_model(os.path.join(folder, "m.ncnn.bin"))
        extractor = network.create_extractor()
        extractor.input("in0", ncnn.Mat(numpy.ascontiguousarray(images[0])))
        _, output = extractor.extract("out0")
        return {"output0": numpy.array(output)[None]}


def apart(reader, path, images):
    """What `reader` gives, in a process of its own: some end their process instead of failing."""
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(reader, path, images).result()


def distance(found, wanted):
    """How far `output0` is from the wanted one: boxes in pixels, probabilities."""
    assert found.shape == wanted.shape, f"shape {found.shape} instead of {wanted.shape}"
    apart = numpy.abs(found.astype(numpy.float64) - wanted)
    return float(apart[:, :4].max()), float(apart[:, 4:].max())


def rows_distance(found, wanted):
    """How far the rows of `detections` are from the wanted ones, of which each has one of its class nearby."""
    found = found[0][found[0][:, 4] > 0]
    assert len(found) == len(wanted), f"{len(found)} detections instead of {len(wanted)}"
    assert (numpy.diff(found[:, 4]) <= 0).all(), "detections are not in order"
    (box, score), free = (0.0, 0.0), list(range(len(found)))
    for row in wanted:
        same = [i for i in free if found[i, 5] == row[5]]
        assert same, f"no detection of class {row[5]} is left"
        best = min(same, key=lambda i: numpy.abs(found[i, :4] - row[:4]).max())
        free.remove(best)
        box = max(box, float(numpy.abs(found[best, :4] - row[:4]).max()))
        score = max(score, float(abs(found[best, 4] - row[4])))
    return box, score


def decoded(raw, strides):
    """`output0` from the outputs of the form raw, as the page of deployment describes it."""
    parts = []
    for stride in strides:
        logits, scores = raw[f"box{stride}"].astype(numpy.float64), raw[f"score{stride}"]
        count, channels, rows, columns = logits.shape
        logits = logits.reshape(count, 4, channels // 4, rows * columns)
        shares = numpy.exp(logits - logits.max(2, keepdims=True))
        sides = (shares / shares.sum(2, keepdims=True) * numpy.arange(channels // 4)[:, None]).sum(2)
        y, x = numpy.divmod(numpy.arange(rows * columns), columns)
        x1, y1 = x + 0.5 - sides[:, 0], y + 0.5 - sides[:, 1]
        x2, y2 = x + 0.5 + sides[:, 2], y + 0.5 + sides[:, 3]
        boxes = numpy.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1], 1) * stride
        parts.append(numpy.concatenate([boxes, scores.reshape(count, -1, rows * columns)], 1))
    return numpy.concatenate(parts, 2)


if __name__ == "__main__":
    sys.exit("this is a part of tools/export-check")
