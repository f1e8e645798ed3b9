"""The loss of YOLOv8 in plain PyTorch: task-aligned assignment, CIoU, distribution focal loss, binary cross entropy."""

import math

import torch
import torch.nn.functional as F

BINS, TOP, STRIDES = 16, 10, (8, 16, 32)


def anchors(side):
    points, strides = [], []
    for stride in STRIDES:
        cells = torch.arange(side // stride) + 0.5
        y, x = torch.meshgrid(cells, cells, indexing="ij")
        points.append(torch.stack([x, y], -1).view(-1, 2))
        strides.append(torch.full(((side // stride) ** 2, 1), float(stride)))
    return torch.cat(points), torch.cat(strides)


def ciou(a, b):
    (ax1, ay1, ax2, ay2), (bx1, by1, bx2, by2) = a.unbind(-1), b.unbind(-1)
    aw, ah, bw, bh = ax2 - ax1, ay2 - ay1 + 1e-7, bx2 - bx1, by2 - by1 + 1e-7
    inner = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1)).clamp(0) * (
        torch.minimum(ay2, by2) - torch.maximum(ay1, by1)).clamp(0)
    iou = inner / (aw * ah + bw * bh - inner + 1e-7)
    width = torch.maximum(ax2, bx2) - torch.minimum(ax1, bx1)
    height = torch.maximum(ay2, by2) - torch.minimum(ay1, by1)
    distance = ((bx1 + bx2 - ax1 - ax2) ** 2 + (by1 + by2 - ay1 - ay2) ** 2) / 4
    aspect = 4 / math.pi**2 * (torch.atan(bw / bh) - torch.atan(aw / ah)) ** 2
    with torch.no_grad():
        weight = aspect / (aspect - iou + 1 + 1e-7)
    return iou - distance / (width**2 + height**2 + 1e-7) - aspect * weight


@torch.no_grad()
def assign(scores, boxes, points, labels, truth):
    """scores [B, A, C], boxes [B, A, 4], points [A, 2], labels [B, M], truth [B, M, 4]: positives, rows, soft targets."""
    batch, count, classes = scores.shape
    inside = torch.cat([points - truth[:, :, None, :2], truth[:, :, None, 2:] - points], -1).amin(-1) > 1e-9
    overlap = torch.zeros(inside.shape)
    metric = torch.zeros(inside.shape)
    image, row, anchor = inside.nonzero(as_tuple=True)
    found = ciou(truth[image, row], boxes[image, anchor]).clamp(0)
    overlap[image, row, anchor] = found
    metric[image, row, anchor] = scores[image, anchor, labels[image, row]].sqrt() * found**6
    best = metric.topk(min(TOP, count), -1).indices
    chosen = torch.zeros_like(metric).scatter_(-1, best, 1) * inside
    nearest = torch.zeros_like(metric).scatter_(1, overlap.argmax(1, keepdim=True), 1)
    chosen = torch.where((chosen.sum(1, keepdim=True) > 1), nearest, chosen)
    rows, positive = chosen.argmax(1), chosen.sum(1) > 0
    kept = metric * chosen
    share = kept * (overlap * chosen).amax(-1, keepdim=True) / (kept.amax(-1, keepdim=True) + 1e-9)
    share = share.amax(1) * positive
    targets = torch.zeros(batch, count, classes).scatter_(2, labels.gather(1, rows)[..., None], share[..., None])
    return positive, rows, targets


class Loss:
    def __init__(self, side):
        self.points, self.strides = anchors(side)
        self.bins = torch.arange(BINS, dtype=torch.float32)

    def __call__(self, levels, labels, truth):
        batch = levels[0].shape[0]
        joined = torch.cat([level.flatten(2) for level in levels], 2).float()
        sides, logits = joined[:, :4 * BINS].transpose(1, 2), joined[:, 4 * BINS:].transpose(1, 2)
        distances = sides.reshape(batch, -1, 4, BINS).softmax(-1) @ self.bins
        boxes = torch.cat([self.points - distances[..., :2], self.points + distances[..., 2:]], -1)
        positive, rows, targets = assign(
            logits.detach().sigmoid(), boxes.detach() * self.strides, self.points * self.strides, labels, truth)
        total = targets.sum().clamp(1)
        class_loss = F.binary_cross_entropy_with_logits(logits, targets, reduction="sum") / total
        weight = targets.sum(-1)[positive]
        wanted = (truth.gather(1, rows[..., None].expand(-1, -1, 4)) / self.strides)[positive]
        box_loss = ((1 - ciou(boxes[positive], wanted)) * weight).sum() / total
        points = self.points.expand(batch, -1, -1)[positive]
        goal = torch.cat([points - wanted[:, :2], wanted[:, 2:] - points], -1).clamp(0, BINS - 1.01)
        left = goal.floor().long()
        shares = sides[positive].reshape(-1, 4, BINS).log_softmax(-1)
        near = shares.gather(-1, left[..., None])[..., 0] * (left + 1 - goal)
        far = shares.gather(-1, left[..., None] + 1)[..., 0] * (goal - left)
        side_loss = (-(near + far).mean(-1) * weight).sum() / total
        return batch * (7.5 * box_loss + 0.5 * class_loss + 1.5 * side_loss)
