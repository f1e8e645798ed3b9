#!/bin/bash
# Labels whose names differ in case or ending belong to their images; labels without an image are refused, not lost.
. "$(dirname "$0")/../common.bash"
boards d 9
boxes=$(cat d/labels/train/*.txt | wc -l)
set -- d/labels/train/*.txt
mv "$1" "${1%.txt}.TXT"; mv "$2" "${2%.txt}.jpg.txt"; mv "$3" "d/labels/train/$(basename "$3" | tr a-z A-Z)"
"$feeder" prepare d --out out >log 2>&1 || wrong "prepare: $(last log)"
[ "$(cat out/labels/train/*.txt | wc -l)" = "$boxes" ] || wrong "boxes are lost: $(last log)"
finds log 'name' || wrong "nothing is said of the names"
mv "${1%.txt}.TXT" d/labels/train/elsewhere.txt
for command in "prepare d --out again" "cache build d" "train d --epochs 1 --out run ${small[*]}"; do
  "$feeder" $command >log 2>&1 && wrong "$command takes a label file without an image"
  finds log 'match.*elsewhere' || wrong "$command does not name it: $(last log)"
done
exit 0
