#!/bin/bash
# Images that Feeder does not read are named; predict reads sub-folders, and refuses a name that is not UTF-8 by that
# name.
. "$(dirname "$0")/../common.bash"
trained
cp -r "$data" d; : >d/images/train/odd.gif
for command in "cache build d" "prepare d --out out" "train d --epochs 1 --out run ${small[*]}"; do
  "$feeder" $command >log 2>&1 || wrong "$command: $(last log)"
  finds log 'gif.*odd.gif' || wrong "$command says nothing of a GIF"
done
mkdir -p mine/line2; set -- d/images/val/*.jpg; cp "$1" mine; cp "$2" mine/line2; : >mine/odd.gif
"$feeder" predict "$weights" mine --out seen --image-size 64 >log 2>&1 || wrong "predict: $(last log)"
[ -f "seen/line2/$(basename "$2")" ] && finds log 'gif.*odd.gif' || wrong "predict leaves out what it does not name"
cp "$1" "mine/$(printf 'q\xfe').jpg"
"$feeder" predict "$weights" mine --out again --image-size 64 >log 2>&1 && [ "$(find again -name '*.jpg' | wc -l)" = 3 ] && exit 0
finds log 'UTF-8' || wrong "a name of other bytes: $(last log)"
