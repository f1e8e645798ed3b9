#!/bin/bash
# A run is resumed only with the data that it started with. Other images, labels or names are refused, and the line
# names the first difference.
. "$(dirname "$0")/../common.bash"
boards d 9
"$feeder" train d --epochs 3 "${small[@]}" --out r --stop-after-steps 1 >log 2>&1 || wrong "train: $(last log)"
refused() {
  cp -r r try
  "$feeder" train "$1" --resume try --stop-after-steps 1 >log 2>&1
  status=$?
  [ $status = 1 ] || [ $status = 2 ] || wrong "$2: exit $status and not refused: $(last log)"
  rm -rf try
}
boards other 9 5; refused other "other images"
cp -r d labels; label=$(ls labels/labels/train/*.txt | head -n 1); echo '0 0.5 0.5 0.1 0.1' >>"$label"; refused labels "a label more"
cp -r d names; sed -i 's/open/zebra/' names/data.yaml; cmp -s d/data.yaml names/data.yaml && wrong "no class 'open' to rename"; refused names "a class with another name"
cp -r d copy; "$feeder" train copy --resume r --stop-after-steps 1 >log 2>&1 || wrong "an equal copy of the data is refused: $(last log)"
