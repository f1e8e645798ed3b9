#!/bin/bash
# Ctrl-C reaches all programs of a pipeline. The reader ends first; the run still writes its checkpoint.
. "$(dirname "$0")/../common.bash"
boards d
cat >pipeline.py <<'P'
import os, signal, subprocess, sys, time
def begin():
    os.setsid()
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
# The shell outlives the Ctrl-C to tell the status of its first program.
line = 'trap : INT; "$0" "$@" 2>&1 | tee log >/dev/null; echo "${PIPESTATUS[0]}" >status'
shell = subprocess.Popen(["bash", "-c", line] + sys.argv[1:], preexec_fn=begin)
while shell.poll() is None:
    try:
        if len(open("r/results.csv").readlines()) > 2:
            break
    except OSError:
        pass
    time.sleep(0.05)
os.killpg(shell.pid, signal.SIGINT)
shell.wait()
P
python3 pipeline.py "$feeder" train d --epochs 500 "${small[@]}" --out r
[ "$(cat status)" = 130 ] || wrong "exit $(cat status) and not 130: $(last log)"
"$feeder" train d --resume r --stop-after-steps 1 >resume.log 2>&1 || wrong "what Ctrl-C left does not go on: $(last resume.log)"
