"""Runs an exported file as a user of the ultralytics package does, and prints what it finds as JSON. For the peer's own environment.

    python peer.py MODEL.onnx IMAGE CONF IOU MAX_DET
"""

import json
import sys

from ultralytics import YOLO

path, image, conf, iou, most = sys.argv[1:]
result = YOLO(path, task="detect").predict(image, conf=float(conf), iou=float(iou), max_det=int(most), verbose=False)[0]
rows = [box + [score, number] for box, score, number in zip(
    result.boxes.xyxy.tolist(), result.boxes.conf.tolist(), result.boxes.cls.tolist())]
print(json.dumps({"rows": rows, "names": result.names}))
