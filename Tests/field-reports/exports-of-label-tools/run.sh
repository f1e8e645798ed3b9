#!/bin/bash
# Every command reads lists with a missing folder, ../ before folders, labels beside images, no split, and a test split.
# `prepare` reads COCO, VOC, LabelMe and CVAT without a flag, and loses no box.
. "$(dirname "$0")/../common.bash"
trained
cp -r "$data" d
names="names: [open, short, mousebite, spur, copper, pin-hole]"
for split in train val; do (cd d && ls images/$split/* | sed 's#^#data/#' >$split.txt); done
printf 'path: .\ntrain: train.txt\nval: val.txt\ntest: [images/val]\n%s\n' "$names" >d/data.yaml
mkdir -p r/train r/valid
cp -r d/images/train r/train/images; cp -r d/labels/train r/train/labels
cp -r d/images/val r/valid/images; cp -r d/labels/val r/valid/labels
printf 'train: ../train/images\nval: ../valid/images\ntest: ../test/images\n%s\n' "$names" >r/data.yaml
mkdir -p b/train b/val; for split in train val; do cp d/*/$split/* b/$split; done
printf 'train: train\nval: val\n%s\n' "$names" >b/data.yaml
mkdir -p l/images l/labels; cp d/images/*/* l/images; cp d/labels/*/* l/labels
printf 'open\nshort\nmousebite\nspur\ncopper\npin-hole\n' >l/classes.txt
for set in d r b l; do
  "$feeder" prepare $set --out out-$set >log 2>&1 || wrong "prepare $set: $(last log)"
  [ "$(cat out-$set/labels/*/*.txt | wc -l)" -ge "$(cat d/labels/*/*.txt | wc -l)" ] || wrong "prepare $set loses boxes"
  "$feeder" cache build $set --image-size 64 >log 2>&1 || wrong "cache build $set: $(last log)"
  "$feeder" val "$weights" $set --image-size 64 >log 2>&1 || wrong "val $set: $(last log)"
done
"$feeder" val "$weights" d --split test --image-size 64 >log 2>&1 || wrong "val --split test: $(last log)"
for format in coco voc labelme cvat; do
  "$feeder" convert d --to $format --out in-$format >log 2>&1 || wrong "convert --to $format: $(last log)"
  "$feeder" prepare in-$format --out out-$format >log 2>&1 || wrong "prepare of $format: $(last log)"
  grep -q "/in-$format: read as $format: " log || wrong "prepare does not say that it reads $format"
  [ "$(cat out-$format/labels/*/*.txt | wc -l)" = "$(cat out-d/labels/*/*.txt | wc -l)" ] || wrong "prepare of $format loses boxes"
done
# One row per box, pixels, decimal commas between semicolons; KITTI; masks are in the tests of the room.
mkdir -p csv kitti/training/image_2 kitti/training/label_2
cp d/images/train/* csv; cp d/images/train/* kitti/training/image_2
printf 'filename;width;height;class;xmin;ymin;xmax;ymax\r\n' >csv/labels.csv
for image in csv/*.jpg; do
  printf '%s;0;0;open;1,5;2;30;40\r\n' "$(basename "$image")" >>csv/labels.csv
  printf 'open 0 0 0 1.5 2 30 40 -1 -1 -1 -1 -1 -1 -1\n' >"kitti/training/label_2/$(basename "$image" .jpg).txt"
done
for set in csv kitti; do
  "$feeder" prepare $set --out out-$set --val-share 0.3 --test-share 0.2 >log 2>&1 || wrong "prepare $set: $(last log)"
  [ "$(cat out-$set/labels/*/*.txt | wc -l)" = "$(ls csv/*.jpg | wc -l)" ] || wrong "prepare $set loses boxes"
  "$feeder" cache build out-$set --image-size 64 >log 2>&1 || wrong "cache build out-$set: $(last log)"
done
