#!/bin/bash
# The run folder names its data: --resume RUN needs nothing else.
. "$(dirname "$0")/../common.bash"
boards d
"$feeder" train d --epochs 2 "${small[@]}" --out r --stop-after-steps 1 >log 2>&1 || wrong "train: $(last log)"
mkdir elsewhere && cd elsewhere || exit 2
"$feeder" train --resume ../r --stop-after-steps 0 >log 2>&1 || wrong "--resume alone: $(head -n 1 log)"
[ "$(tail -n 1 ../r/results.csv | cut -d, -f1)" = 2 ] || wrong "the run did not reach its end"
