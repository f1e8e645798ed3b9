"""Times a training step in plain PyTorch: forward, loss, backward, clipping, AdamW, average of weights. One JSON line."""

import argparse
import copy
import json
import math
import resource
import statistics
import time

import torch

from loss import Loss
from yolov8 import YOLOv8


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="yolov8n")
    parser.add_argument("--image-size", type=int, default=640)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--boxes", type=int, default=17, help="boxes of every image")
    parser.add_argument("--classes", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=10)
    return parser.parse_args()


class Step:
    def __init__(self, given):
        torch.manual_seed(0)
        self.model = YOLOv8(given.model.removeprefix("yolov8"), given.classes).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.model).requires_grad_(False)
        self.loss = Loss(given.image_size)
        decayed = [p for p in self.model.parameters() if p.ndim == 4]
        others = [p for p in self.model.parameters() if p.ndim != 4]
        groups = [{"params": decayed, "weight_decay": 0.0005}, {"params": others, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=1e-4, betas=(0.9, 0.999), foreach=True)
        images = torch.rand(given.batch, 3, given.image_size, given.image_size)
        self.images = images.to(memory_format=torch.channels_last)
        center = torch.rand(given.batch, given.boxes, 2) * 0.8 + 0.1
        extent = torch.rand(given.batch, given.boxes, 2) * 0.08 + 0.02
        self.truth = torch.cat([center - extent / 2, center + extent / 2], -1) * given.image_size
        self.labels = torch.randint(given.classes, (given.batch, given.boxes))
        self.half = given.precision == "bf16"
        self.count = 0

    def __call__(self):
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            levels = self.model(self.images)
        value = self.loss(levels, self.labels, self.truth)
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 10.0, foreach=True)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.count += 1
        keep = 0.9999 * (1 - math.exp(-self.count / 2000))
        with torch.no_grad():
            mine = [t for t in self.average.state_dict().values() if t.dtype.is_floating_point]
            theirs = [t for t in self.model.state_dict().values() if t.dtype.is_floating_point]
            torch._foreach_lerp_(mine, theirs, 1 - keep)
        return value.item()


def main():
    given = arguments()
    torch.set_num_threads(given.threads)
    step = Step(given)
    losses = [step() for _ in range(2)]
    times, end = [], time.monotonic() + given.seconds
    while time.monotonic() < end or len(times) < 5:
        start = time.monotonic()
        losses.append(step())
        times.append(time.monotonic() - start)
    if not all(math.isfinite(loss) for loss in losses):
        raise SystemExit("the loss is not a number")
    median = statistics.median(times)
    print(json.dumps({
        "milliseconds_per_step": median * 1000, "images_per_second": given.batch / median, "step_count": len(times),
        "fastest_milliseconds": min(times) * 1000, "slowest_milliseconds": max(times) * 1000,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "precision": given.precision,
        "threads": given.threads, "batch": given.batch, "image_size": given.image_size, "version": torch.__version__}))


main()
