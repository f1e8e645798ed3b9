#!/bin/bash
# No option that names a file overwrites a file that the command reads.
. "$(dirname "$0")/../common.bash"
trained
cp "$weights" w.safetensors && cp -r "$data" boards && ln w.safetensors hard.safetensors && ln -s w.safetensors soft.safetensors
label=$(ls boards/labels/val/*.txt | head -n 1)
sha256sum w.safetensors boards/data.yaml "$label" >sums
for target in w.safetensors hard.safetensors soft.safetensors boards/data.yaml "$label"; do
  "$feeder" val w.safetensors boards --image-size 64 --save-predictions "$target" >log 2>&1
  status=$?
  sha256sum --quiet -c sums >/dev/null 2>&1 || wrong "val --save-predictions $target: the file is overwritten"
  [ $status = 1 ] || [ $status = 2 ] || wrong "val --save-predictions $target: exit $status, and not refused"
done
