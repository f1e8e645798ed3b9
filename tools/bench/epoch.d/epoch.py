"""One training epoch of YOLOv8 in the ultralytics package, as a peer: its own trainer, from random weights, images in memory.

Prints one JSON line: seconds of the epoch's training, without validation.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
import time

parser = argparse.ArgumentParser()
parser.add_argument("data")
parser.add_argument("--model", required=True)
parser.add_argument("--image-size", type=int, required=True)
parser.add_argument("--batch", type=int, required=True)
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--precision", choices=["fp32", "bf16"], required=True)
options = parser.parse_args()

os.environ.update(
    YOLO_CONFIG_DIR=tempfile.mkdtemp(), YOLO_OFFLINE="true", YOLO_VERBOSE="false", OMP_NUM_THREADS=str(options.threads))

import torch
import ultralytics

# The package writes its label cache beside the labels, so give it links to them in a temporary folder.
layout = tempfile.mkdtemp()
for kind in ["images", "labels"]:
    os.mkdir(os.path.join(layout, kind))
    for split in ["train", "val"]:
        os.symlink(os.path.abspath(os.path.join(options.data, kind, split)), os.path.join(layout, kind, split))
configuration = os.path.join(layout, "data.yaml")
with open(os.path.join(options.data, "data.yaml")) as file:
    names = [line for line in file if not line.startswith(("path:", "train:", "val:", "test:"))]
with open(configuration, "w") as file:
    file.writelines([f"path: {layout}\n", "train: images/train\n", "val: images/val\n", *names])

times = {}


def start(_):
    # The package takes one thread fewer than there are cores; here it gets the given number.
    torch.set_num_threads(options.threads)
    times["start"] = time.perf_counter()


def end(_):
    times["end"] = time.perf_counter()
    times["threads"] = torch.get_num_threads()


model = ultralytics.YOLO(options.model + ".yaml")
model.add_callback("on_train_epoch_start", start)
model.add_callback("on_train_batch_start", lambda _: torch.set_num_threads(options.threads))
model.add_callback("on_train_epoch_end", end)
half = torch.autocast("cpu", torch.bfloat16) if options.precision == "bf16" else contextlib.nullcontext()
with half, contextlib.redirect_stdout(sys.stderr):
    model.train(
        data=configuration, epochs=1, batch=options.batch, imgsz=options.image_size, optimizer="AdamW", lr0=0.001, lrf=0.01,
        momentum=0.9, weight_decay=0.0005, warmup_epochs=1, warmup_bias_lr=0, nbs=options.batch, close_mosaic=0, device="cpu",
        cache="ram", val=False, plots=False, save=False, project=tempfile.mkdtemp(), verbose=False, pretrained=False)
print(json.dumps({
    "seconds": times["end"] - times["start"], "threads": times["threads"], "version": ultralytics.__version__}))
