#!/bin/bash
# Every command reads lists with a missing folder, ../ before folders, labels beside images, no split, and a test split.
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
