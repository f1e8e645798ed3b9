# Every run.sh starts with `. "$(dirname "$0")/../common.bash"`. Its argument is the feeder binary. Sets $feeder and
# $here (the script's folder), and works in a new folder that is removed at the end. Exits with 1 at the first `wrong`.
set -u
[ $# = 1 ] && [ -x "$1" ] || { echo "usage: run.sh FEEDER"; exit 2; }
feeder=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
place=$(mktemp -d)
trap 'chmod -R u+rwX "$place"; rm -rf "$place"' EXIT
export XDG_CACHE_HOME=$place/caches OMP_WAIT_POLICY=PASSIVE
cd "$place" || exit 2

# wrong WORDS: prints WORDS without the path of the temporary folder, and exits.
wrong() { echo "$*" | sed "s#$place/*##g; s#$here/*##g"; exit 1; }
# skip WORDS: this machine cannot run the script.
skip() { echo "$*"; exit 77; }
last() { tail -n 1 "$1"; }

# small: options of a run that takes seconds.
small=(--image-size 64 --batch 4 --plots false)

# boards NAME [COUNT [SEED]]: draws COUNT boards (6) of 128 pixels, a third of them for validation.
boards() {
  "$feeder" synth --out "$1" --boards "${2:-6}" --size 128 --seed "${3:-11}" --val-share 0.34 >synth.log 2>&1 || wrong "synth: $(last synth.log)"
}

# trained: sets $run to a finished run of one epoch on the boards in $data. Scripts share both and must not change them.
trained() {
  local shared=${FIELD_REPORTS_SHARED:-$place/shared}
  data=$shared/boards run=$shared/run weights=$shared/run/weights/best.safetensors
  mkdir -p "$shared"
  (
    flock 9
    [ -f "$shared/ready" ] && exit 0
    rm -rf "$data" "$run"
    boards "$data"
    "$feeder" train "$data" --epochs 1 "${small[@]}" --out "$run" >train.log 2>&1 || wrong "train: $(last train.log)"
    touch "$shared/ready"
  ) 9>"$shared/lock" || exit 1
}

# finds FILE PATTERN: true if a line of FILE matches the extended regular expression PATTERN, ignoring case.
finds() { grep -qiE -- "$2" "$1"; }
