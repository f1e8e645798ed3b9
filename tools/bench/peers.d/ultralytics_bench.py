"""Ultralytics: its own data set and loader, from files (warm in the page cache) or from pixels in memory.

Through its documented functions build_yolo_dataset and build_dataloader, in a process of its own.
"""

import os
import tempfile

home = tempfile.mkdtemp()
os.environ["YOLO_CONFIG_DIR"] = home
os.environ["YOLO_OFFLINE"] = "true"
os.environ["YOLO_VERBOSE"] = "false"
os.environ["OMP_NUM_THREADS"] = "1"

import torch
import ultralytics
from ultralytics.cfg import get_cfg
from ultralytics.data import build_dataloader, build_yolo_dataset

import measure

torch.set_num_threads(1)


def loader(options, mode, cache):
    # The package writes its label cache beside the labels, so give it links to them in a temporary folder.
    layout = tempfile.mkdtemp()
    for kind in ["images", "labels"]:
        os.mkdir(os.path.join(layout, kind))
        os.symlink(os.path.abspath(os.path.join(options.folder, kind, "train")), os.path.join(layout, kind, "train"))
    settings = get_cfg(overrides={"imgsz": options.image_size, "cache": cache, "task": "detect"})
    data = {"names": {index: str(index) for index in range(80)}, "nc": 80, "channels": options.channels}
    dataset = build_yolo_dataset(
        settings, os.path.join(layout, "images", "train"), options.batch, data, mode=mode, rect=False)
    made = build_dataloader(dataset, options.batch, options.threads, shuffle=mode == "train")
    batches = measure.endless(lambda: made)
    side = options.image_size
    measure.check(next(batches)["img"].shape, [(options.batch, options.channels, side, side)])
    return batches, lambda batch: len(batch["img"])


def letterbox(options):
    return loader(options, "val", False)


def mosaic(options):
    return loader(options, "train", "ram")


if __name__ == "__main__":
    measure.main(f"ultralytics {ultralytics.__version__}", {"letterbox": letterbox, "mosaic": mosaic})
