#!/bin/bash
# A setting that may change during a run is written to args.yaml; any other is refused by name.
. "$(dirname "$0")/../common.bash"
boards d
"$feeder" train d --epochs 2 "${small[@]}" --out r --stop-after-steps 1 >log 2>&1 || wrong "train: $(last log)"
cp r/args.yaml before
"$feeder" train d --resume r --batch 2 >log 2>&1 && wrong "--batch 2 is taken for a run of --batch 4"
finds log 'batch' || wrong "the refusal does not name the batch: $(last log)"
cmp -s before r/args.yaml || wrong "a refused resume changed args.yaml"
"$feeder" train d --resume r --epochs 3 --stop-after-steps 0 >log 2>&1 || wrong "--epochs 3: $(last log)"
grep -q '^epochs: 3$' r/args.yaml || wrong "args.yaml says '$(grep '^epochs:' r/args.yaml)' after --epochs 3"
[ "$(tail -n 1 r/results.csv | cut -d, -f1)" = 3 ] || wrong "the run did not reach its third epoch"
