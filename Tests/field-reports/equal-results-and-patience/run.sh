#!/bin/bash
# An epoch that is as good as the best one is not an improvement, so --patience counts it.
. "$(dirname "$0")/../common.bash"
boards d
"$feeder" train d --epochs 10 --patience 2 --optimizer sgd --lr0 1e-9 --warmup-epochs 0 "${small[@]}" --out r >log 2>&1 || wrong "train: $(last log)"
results=$(tail -n +2 r/results.csv | cut -d, -f8-9 | sort -u | wc -l)
[ "$results" = 1 ] || skip "the epochs' results differ here"
[ "$(tail -n +2 r/results.csv | wc -l)" -le 3 ] || wrong "$(tail -n +2 r/results.csv | wc -l) equal epochs with --patience 2"
