"""Runs the cases of a folder: NAME.onnx beside NAME.safetensors, which holds the input `images` and what must come out of it. Prints a
line per case and reader; ends with status 1 if one is too far away. The tests of FeederExport make such folders.

    python cases.py FOLDER
"""

import pathlib
import sys

import consumers

MOST = {"px": 1e-3, "score": 1e-5}


def compare(form, found, wanted, strides):
    if form == "detections":
        return consumers.rows_distance(found["detections"], wanted["detections"])
    output = found["output0"] if form == "decoded" else consumers.decoded(found, strides)
    return consumers.distance(output, wanted["output0"])


def main(folder):
    files = sorted(pathlib.Path(folder).glob("*.onnx"))
    faults = 0 if files else 1
    for file in files:
        values, texts = consumers.tensors(file.with_suffix(".safetensors"))
        strides = [int(stride) for stride in texts["strides"].split(",")]
        consumers.check(str(file))
        for reader in (consumers.onnxruntime, consumers.openvino):
            try:
                box, score = compare(texts["form"], reader(str(file), values["images"]), values, strides)
                fault = box > MOST["px"] or score > MOST["score"]
                line = f"{box:.1e} px, score {score:.1e}"
            except Exception as error:  # whatever a reader throws is a fault of the file
                fault, line = True, " ".join(str(error).split())[:300]
            faults += fault
            print(f"{'FAULT' if fault else 'ok'}: {file.stem}: {reader.__name__}: {line}", flush=True)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
