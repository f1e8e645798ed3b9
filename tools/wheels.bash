# tools/setup, tools/python, tools/tensorboard, tools/pycocotools, tools/label-readers and tools/export-check source this. Their `fail` prints one
# line and exits.

# install_wheels WHAT WORDS...: runs `python3 -m pip WORDS...` with wheels only, without dependencies, each pinned by a
# hash in its lock.
# Exits with one line if a wheel has another hash. For any other failure, pip's own lines are printed before.
install_wheels() {
  local what=$1 log name found
  shift
  log=$(mktemp)
  if PIP_REQUIRE_VIRTUALENV=0 PIP_USER=0 PIP_ROOT_USER_ACTION=ignore python3 -m pip "$@" --quiet --disable-pip-version-check \
    --no-input --no-deps --no-compile --require-hashes --only-binary=:all: >"$log" 2>&1; then
    cat "$log" >&2
    rm "$log"
    return
  fi
  name=$(sed -n 's/^ *\([^ ]*==[^ ]*\) from .*/\1/p' "$log" | head -n 1)
  found=$(sed -n 's/^ *Got *\([0-9a-f]\{64\}\)$/\1/p' "$log" | head -n 1)
  if [ -z "$name" ] || [ -z "$found" ]; then cat "$log" >&2; fi
  rm "$log"
  [ -z "$name" ] || [ -z "$found" ] ||
    fail "the wheel of $name has the hash $found, which is not pinned in tools/*.lock: nothing was installed; find out who changed it"
  fail "pip could not install $what (its reason stands above); check the network and start again"
}
