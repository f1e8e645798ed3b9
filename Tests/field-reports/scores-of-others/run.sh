#!/bin/bash
# predictions.json as the ultralytics package writes it: classes count from 1, and entries carry file_name.
. "$(dirname "$0")/../common.bash"
boards d 12
cat >others.py <<'P'
import glob, json, os
found = []
for path in sorted(glob.glob("d/labels/val/*.txt")):
    stem = os.path.basename(path)[:-4]
    for line in open(path):
        kind, x, y, w, h = (float(value) for value in line.split())
        found.append({"image_id": stem, "file_name": stem + ".jpg", "category_id": int(kind) + 1, "score": 0.8,
                      "bbox": [128 * (x - w / 2), 128 * (y - h / 2), 128 * w, 128 * h]})
json.dump(found, open("found.json", "w"))
P
python3 others.py
"$feeder" score found.json d --json >score 2>log; status=$?
map=$(python3 -c 'import json; print(json.load(open("score"))["map50"])' 2>/dev/null)
awk -v m="${map:-0}" 'BEGIN { exit !(m > 0.99) }' || finds log 'categories|count from 1|counts from 1' ||
  wrong "exit $status, mAP50 ${map:-none} for perfect boxes, and no word of the classes"
"$feeder" score found.json d --categories-from-one --json >score 2>log || "$feeder" score found.json d --categories-from 1 --json >score 2>log ||
  wrong "no flag says that classes count from 1: $(last log)"
python3 -c 'import json; s = json.load(open("score")); assert s["map50"] > 0.99' 2>/dev/null || wrong "with the flag, perfect boxes are not perfect"
