#!/bin/bash
# A limit on the size of files ends the command with one line, like a full disk; no signal ends the run.
. "$(dirname "$0")/../common.bash"
boards d
(ulimit -f 4000; exec "$feeder" train d --epochs 1 "${small[@]}" --out r) >/dev/null 2>log
status=$?
[ $status = 1 ] || wrong "exit $status: $(last log)"
finds log 'limit|too large' || wrong "the line does not name the limit: $(last log)"
