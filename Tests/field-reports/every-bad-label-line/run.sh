#!/bin/bash
# One run names all bad lines of all label files, and can leave them out.
. "$(dirname "$0")/../common.bash"
boards d 9
set -- d/labels/train/*.txt
echo '17 0.5 0.5 0.1 0.1' >>"$1"; echo '0 0.5 0.5 0 0.1' >>"$2"; echo '0 0.5 nan 0.1 0.1' >>"$3"
"$feeder" prepare d --out out >log 2>&1 && wrong "three wrong lines are taken without a word"
for file in "$1" "$2" "$3"; do
  finds log "$(basename "$file"), line" || wrong "$(basename "$file") is not named: $(last log)"
done
"$feeder" prepare d --out out --skip-bad-labels >log 2>&1 || wrong "--skip-bad-labels: $(last log)"
cat out/labels/train/*.txt | grep -q '^17 ' && wrong "--skip-bad-labels keeps a wrong line"
exit 0
