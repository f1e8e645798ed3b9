#!/bin/bash
# A running run cannot be resumed by a second process. The line names the first process, and the run continues to its
# end.
. "$(dirname "$0")/../common.bash"
boards d
"$feeder" train d --epochs 12 "${small[@]}" --out r >/dev/null 2>first & run=$!
while kill -0 $run 2>/dev/null && [ "$(cat r/results.csv 2>/dev/null | wc -l)" -lt 3 ]; do sleep 0.05; done
"$feeder" train d --resume r >/dev/null 2>second; status=$?
wait $run || wrong "the run that went first: exit $?, $(last first)"
[ $status = 1 ] || wrong "the second: exit $status, $(last second)"
finds second "$run|running|still|another|in use|held" || wrong "the refusal does not say who holds the run: $(last second)"
[ "$(tail -n +2 r/results.csv | cut -d, -f1 | tr '\n' ' ')" = "1 2 3 4 5 6 7 8 9 10 11 12 " ] || wrong "results.csv lost a row"
