#!/bin/bash
# An empty or cut-off args.yaml is refused, because missing settings are not the defaults.
. "$(dirname "$0")/../common.bash"
boards d
"$feeder" train d --epochs 2 "${small[@]}" --out r --stop-after-steps 1 >log 2>&1 || wrong "train: $(last log)"
lines=$(wc -l <r/args.yaml)
for keep in 0 1 $((lines / 2)) $((lines - 1)); do
  rm -rf cut; cp -r r cut; head -n "$keep" r/args.yaml >cut/args.yaml
  timeout 60 "$feeder" train d --resume cut >log 2>&1; status=$?
  [ $status = 1 ] || [ $status = 2 ] || wrong "with $keep of $lines lines: exit $status, $(last log)"
  finds log 'args.yaml' || wrong "with $keep of $lines lines the refusal does not name args.yaml: $(last log)"
done
