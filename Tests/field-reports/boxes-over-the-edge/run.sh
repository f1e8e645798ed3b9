#!/bin/bash
# A box that reaches slightly over the edge is clipped and counted; an outline becomes the box around it; a byte order
# mark is ignored.
. "$(dirname "$0")/../common.bash"
boards d 9
set -- d/labels/train/*.txt
echo '1 0.97 0.4 0.1 0.2' >"$1"                                # reaches to 1.02
echo '2 0.2 0.3 0.6 0.3 0.6 0.7 0.4 0.5' >"$2"                 # an outline
printf '\xef\xbb\xbf3 0.5 0.5 0.25 0.25\r\n' >"$3"             # a byte order mark and a Windows line end
"$feeder" prepare d --out out >log 2>&1 || wrong "prepare: $(last log)"
near() {
  awk -v c="$2" -v x="$3" -v y="$4" -v w="$5" -v h="$6" 'function off(a, b) { return (a - b) ^ 2 > 1e-10 }
    $1 == c && !off($2, x) && !off($3, y) && !off($4, w) && !off($5, h) { found = 1 } END { exit !found }' "out/labels/train/$(basename "$1")" ||
    wrong "$(basename "$1") holds '$(head -n 1 "out/labels/train/$(basename "$1")")', and not '$2 $3 $4 $5 $6'"
}
near "$1" 1 0.96 0.4 0.08 0.2
near "$2" 2 0.4 0.5 0.4 0.4
near "$3" 3 0.5 0.5 0.25 0.25
finds log 'clip|edge' || wrong "no line counts the clipped box"
