#!/bin/bash
# Class names in any script, and with gnuplot's special characters, do not break pictures and stay distinct in them.
. "$(dirname "$0")/../common.bash"
command -v gnuplot >/dev/null || skip "no gnuplot"
boards d
train() {
  printf 'train: images/train\nval: images/val\nnames: [%s]\n' "$2" >d/data.yaml
  "$feeder" train d --epochs 1 --image-size 64 --batch 4 --out "$1" >"$1.log" 2>&1 || wrong "train: $(last "$1.log")"
  for picture in results.png labels.png confusion_matrix.png BoxPR_curve.png val_batch0_labels.jpg report.html; do
    [ -s "$1/$picture" ] || wrong "with the names $2 there is no $picture: $(grep -i "$picture\|gnuplot" "$1.log" | head -n 1)"
  done
}
train a "'开路', '短路', '缺口', '毛刺', '铜渣', '针孔'"
train b "'短路', '缺口', '毛刺', '铜渣', '针孔', '开路'"
cmp -s a/val_batch0_labels.jpg b/val_batch0_labels.jpg && wrong "the pictures are the same whichever class is which"
train c "'100%', 'a\"b', '\`id\`', '\$x_{2}^3', 'it''s', 'a\\b @ {c}'"
