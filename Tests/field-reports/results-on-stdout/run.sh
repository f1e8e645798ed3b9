#!/bin/bash
# Results of a command go to stdout, progress to stderr.
. "$(dirname "$0")/../common.bash"
boards d; echo '[]' >found.json
"$feeder" score found.json d >table 2>log || wrong "score: $(last log)"
finds table mAP50 || wrong "score's table is not on stdout"
finds log mAP50 && wrong "score's table is on stderr too"
"$feeder" prepare d --out out >table 2>log || wrong "prepare: $(last log)"
finds table images || wrong "prepare's audit is not on stdout"
"$feeder" doctor >table 2>log
[ -s table ] || wrong "doctor's facts are not on stdout"
