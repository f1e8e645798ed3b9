"""YOLOv8 for detection as published, in plain PyTorch: what a reader of the architecture would write."""

import math

import torch
from torch import nn

# Depth, width and largest channel count of each size.
SIZES = {"n": (1 / 3, 0.25, 1024), "s": (1 / 3, 0.5, 1024), "m": (2 / 3, 0.75, 768), "l": (1, 1, 512), "x": (1, 1.25, 512)}
BINS = 16


class Block(nn.Module):
    """Convolution, batch norm, SiLU."""

    def __init__(self, inputs, outputs, kernel=1, stride=1):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-3, momentum=0.03)
        self.act = nn.SiLU(inplace=True)

    def forward(self, x):
        return self.act(self.norm(self.conv(x)))


class Bottleneck(nn.Module):
    def __init__(self, channels, adds):
        super().__init__()
        self.first, self.second, self.adds = Block(channels, channels, 3), Block(channels, channels, 3), adds

    def forward(self, x):
        y = self.second(self.first(x))
        return x + y if self.adds else y


class Stage(nn.Module):
    """C2f: half of the channels go through a chain of blocks; the outputs of all blocks are concatenated."""

    def __init__(self, inputs, outputs, depth, adds):
        super().__init__()
        half = outputs // 2
        self.enter = Block(inputs, 2 * half)
        self.leave = Block((2 + depth) * half, outputs)
        self.chain = nn.ModuleList(Bottleneck(half, adds) for _ in range(depth))

    def forward(self, x):
        links = list(self.enter(x).chunk(2, 1))
        for link in self.chain:
            links.append(link(links[-1]))
        return self.leave(torch.cat(links, 1))


class Pooling(nn.Module):
    """SPPF."""

    def __init__(self, channels):
        super().__init__()
        self.enter, self.leave = Block(channels, channels // 2), Block(2 * channels, channels)
        self.pool = nn.MaxPool2d(5, 1, 2)

    def forward(self, x):
        levels = [self.enter(x)]
        for _ in range(3):
            levels.append(self.pool(levels[-1]))
        return self.leave(torch.cat(levels, 1))


def branch(inputs, middle, outputs):
    return nn.Sequential(Block(inputs, middle, 3), Block(middle, middle, 3), nn.Conv2d(middle, outputs, 1))


class YOLOv8(nn.Module):
    """Returns raw levels [B, 4 x 16 + classes, h, w] with strides 8, 16 and 32."""

    def __init__(self, size, classes):
        super().__init__()
        depth, width, largest = SIZES[size]
        a, b, c, d, e = (math.ceil(min(n, largest) * width / 8) * 8 for n in (64, 128, 256, 512, 1024))
        three, six = max(round(3 * depth), 1), max(round(6 * depth), 1)
        self.stem = nn.Sequential(Block(3, a, 3, 2), Block(a, b, 3, 2), Stage(b, b, three, True))
        self.third = nn.Sequential(Block(b, c, 3, 2), Stage(c, c, six, True))
        self.fourth = nn.Sequential(Block(c, d, 3, 2), Stage(d, d, six, True))
        self.fifth = nn.Sequential(Block(d, e, 3, 2), Stage(e, e, three, True), Pooling(e))
        self.up4, self.up3 = Stage(d + e, d, three, False), Stage(c + d, c, three, False)
        self.down4, self.join4 = Block(c, c, 3, 2), Stage(c + d, d, three, False)
        self.down5, self.join5 = Block(d, d, 3, 2), Stage(d + e, e, three, False)
        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        boxes, scores = max(16, c // 4, 4 * BINS), max(c, min(classes, 100))
        self.boxes = nn.ModuleList(branch(n, boxes, 4 * BINS) for n in (c, d, e))
        self.scores = nn.ModuleList(branch(n, scores, classes) for n in (c, d, e))

    def forward(self, x):
        p3 = self.third(self.stem(x))
        p4 = self.fourth(p3)
        p5 = self.fifth(p4)
        middle = self.up4(torch.cat([self.upsample(p5), p4], 1))
        fine = self.up3(torch.cat([self.upsample(middle), p3], 1))
        coarse = self.join4(torch.cat([self.down4(fine), middle], 1))
        last = self.join5(torch.cat([self.down5(coarse), p5], 1))
        levels = zip(self.boxes, self.scores, (fine, coarse, last))
        return [torch.cat([box(level), score(level)], 1) for box, score, level in levels]
