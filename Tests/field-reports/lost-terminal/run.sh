#!/bin/bash
# A closed terminal (SIGHUP) loses no work: checkpoint, a line, 129. Under nohup the run continues.
. "$(dirname "$0")/../common.bash"
boards d
start() { exec python3 -c 'import os, signal, sys; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])' "$@"; }
begun() { while kill -0 "$run" 2>/dev/null; do [ "$(cat "$1/results.csv" 2>/dev/null | wc -l)" -gt 2 ] && return; sleep 0.05; done; }
start "$feeder" train d --epochs 500 "${small[@]}" --out r >/dev/null 2>log & run=$!
begun r; kill -HUP $run; wait $run; status=$?
[ $status = 129 ] || wrong "exit $status and not 129: $(last log)"
finds log checkpoint || wrong "no line tells of a checkpoint: $(last log)"
[ -s r/weights/last.safetensors ] || wrong "no checkpoint"
nohup "$feeder" train d --epochs 4 "${small[@]}" --out n >/dev/null 2>nlog </dev/null & run=$!
begun n; kill -HUP $run 2>/dev/null; wait $run; status=$?
[ $status = 0 ] || wrong "under nohup a hang-up ends the run: exit $status, $(last nlog)"
