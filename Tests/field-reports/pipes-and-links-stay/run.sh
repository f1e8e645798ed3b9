#!/bin/bash
# A result written to a pipe or a link goes through it; the pipe or link is still there afterwards.
. "$(dirname "$0")/../common.bash"
trained
val() { timeout 60 "$feeder" val "$weights" "$data" --image-size 64 --save-predictions "$1" >log 2>&1; }
: >target.json && ln -s target.json link.json
val link.json || wrong "a link: $(last log)"
[ -L link.json ] && [ -s target.json ] || wrong "a link to a file was replaced, or its file is empty"
mkfifo pipe && { timeout 60 cat pipe >read & }
reader=$!
val pipe || wrong "a pipe: $(last log)"
[ -p pipe ] || wrong "a pipe was replaced by a file"
wait "$reader"
cmp -s read target.json || wrong "the reader of the pipe got other bytes than the file has"
val /dev/null || wrong "/dev/null: $(last log)"
[ -c /dev/null ] || wrong "/dev/null is no device any more"
