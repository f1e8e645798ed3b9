#!/bin/bash
# Drawn pictures never replace the images that they were drawn from, however the folder is spelled.
. "$(dirname "$0")/../common.bash"
trained
mkdir pictures && cp "$data"/images/val/*.jpg pictures && ln -s pictures link
one=$(ls pictures | head -n 1)
sha256sum pictures/* >sums
for out in pictures ./pictures/../pictures link "$place/pictures/"; do
  for source in pictures "pictures/$one"; do
    "$feeder" predict "$weights" "$source" --out "$out" --conf 0.001 >log 2>&1
    [ $? -lt 124 ] || wrong "predict $source --out $out ended by a signal"
    sha256sum --quiet -c sums >/dev/null 2>&1 || wrong "predict $source --out $out wrote over a picture that it read"
  done
done
