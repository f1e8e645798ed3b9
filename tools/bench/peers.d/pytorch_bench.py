"""PyTorch: DataLoader with worker processes, torchvision's JPEG decoder. Batches are collated by torch.stack, or indexed at once."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # the workers are the threads

import torch
import torchvision
from torch.utils.data import DataLoader, Dataset
from torchvision.io import ImageReadMode, decode_jpeg
from torchvision.transforms.v2 import functional as F

import measure

torch.set_num_threads(1)


def loader(dataset, options, collate=None):
    made = DataLoader(
        dataset, batch_size=options.batch, shuffle=True, num_workers=options.threads, collate_fn=collate,
        persistent_workers=True, prefetch_factor=4, drop_last=True)
    return measure.endless(lambda: made)


class Decoded(Dataset):
    def __init__(self, options, change=lambda image: image):
        self.jpegs = [torch.frombuffer(bytearray(each), dtype=torch.uint8)
                      for each in measure.image_bytes(options.folder)]
        self.mode = ImageReadMode.RGB if options.channels == 3 else ImageReadMode.GRAY
        self.change = change

    def __len__(self):
        return len(self.jpegs)

    def __getitem__(self, index):
        return self.change(decode_jpeg(self.jpegs[index], mode=self.mode))


class Fitted:
    def __init__(self, side):
        self.side = side

    def __call__(self, image):
        height, width = image.shape[-2:]
        ratio = min(self.side / height, self.side / width)
        size = [round(height * ratio), round(width * ratio)]
        image = F.resize(image, size, antialias=False)
        left, top = (self.side - size[1]) // 2, (self.side - size[0]) // 2
        return F.pad(image, [left, top, self.side - size[1] - left, self.side - size[0] - top], fill=114)


class Kept(Dataset):
    """All pixels in one tensor, so that a batch is one index operation."""

    def __init__(self, options):
        decoded = Decoded(options)
        self.images = torch.stack([decoded[index] for index in range(len(decoded))])

    def __len__(self):
        return len(self.images)

    def __getitems__(self, indices):
        return self.images[torch.tensor(indices)]


def decode(options):
    return loader(Decoded(options), options), len


def letterbox(options):
    batches = loader(Decoded(options, Fitted(options.image_size)), options)
    side = options.image_size
    measure.check(next(batches).shape, [(options.batch, options.channels, side, side)])
    return batches, len


def cached(options):
    return loader(Kept(options), options, collate=lambda batch: batch), len


if __name__ == "__main__":
    measure.main(
        f"torch {torch.__version__}, torchvision {torchvision.__version__}",
        {"decode": decode, "letterbox": letterbox, "cached": cached})
