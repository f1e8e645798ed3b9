#!/usr/bin/env python3
"""One training run for hours, with its tuner, validation and checkpoints, under changing load of processor and disk, and with faults
injected: its resident memory and descriptors must stay flat, and nothing may go wrong but what was injected.

Faults that the run must outlive: its cache file cut to any length, the whole process stopped for longer than the watchdog waits.
Faults that end it, after which --resume goes on: SIGKILL, SIGTERM, a power cut's torn checkpoint (SIGKILL and half of last.safetensors),
a full disk (its file system is a small tmpfs where this may be mounted, else left out, and said). Prints one JSON document.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WATCHDOG = 20  # seconds; on a busy machine a step may take 5
OUTLIVED = 2  # the first 2 kinds of fault do not end a process
LATE = 4  # number of faults in the second half
LONG = 300  # seconds; a process that lived this long is judged by its memory
WARM = 60  # seconds after which a process has allocated what it keeps
# What a run prints because of the faults.
DUE = re.compile(r"No space|enough space|bytes\) are free|cache: rebuilding|interrupted|come from their own files"
                 "|resuming from the checkpoint before it")


def say(text):
    print(f"soak: {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Load:
    """Processes that keep a core or the disk busy for random times."""

    CORE = "while True: sum(range(10**6))"
    DISK = ("import os\nwhile True:\n f = open({path!r}, 'wb')\n for _ in range(64): f.write(os.urandom(1 << 20))\n"
            " f.flush(); os.fsync(f.fileno()); f.close()")

    def __init__(self, folder):
        self.over = threading.Event()
        self.file = folder / f"feeder-load-{os.getpid()}"
        self.codes = [self.CORE, self.DISK.format(path=str(self.file))]
        self.threads = [threading.Thread(target=self.spell, args=(code,)) for code in self.codes]
        for thread in self.threads:
            thread.start()

    def spell(self, code):
        while not self.over.wait(random.uniform(5, 40)):
            process = subprocess.Popen([sys.executable, "-c", code])
            self.over.wait(random.uniform(5, 40))
            process.kill()
            process.wait()

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.file.unlink(missing_ok=True)


class Run:
    """The training run, as a sequence of processes."""

    def __init__(self, feeder, folder):
        self.feeder, self.folder = feeder, folder
        self.segments = []
        self.process = None

    def start(self):
        flags = ["--resume", "run"] if (self.folder / "run/weights/last.safetensors").exists() else [
            "--out", "run", "--epochs", "100000", "--batch", "8", "--image-size", "160", "--checkpoint-every", "10",
            "--cache", "pixels", "--patience", "0", "--plots", "false", "--tensorboard", "true"]
        self.log = self.folder / f"log{len(self.segments)}"
        self.process = subprocess.Popen(
            [self.feeder, "train", "boards", *flags, "--cache-dir", "cache", "--watchdog", str(WATCHDOG)], cwd=self.folder,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(self.log, "wb"))
        self.segments.append({"samples": [], "log": self.log})
        deadline = time.monotonic() + 120
        while "img/s" not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"soak: the run does not start: {self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        self.begun = time.monotonic()

    def sample(self):
        """Returns seconds, resident anonymous bytes, and the number of descriptors."""
        base = pathlib.Path(f"/proc/{self.process.pid}")
        status = (base / "status").read_text()
        resident = int(re.search(r"RssAnon:\s+(\d+)", status).group(1)) * 1024
        self.segments[-1]["samples"].append((time.monotonic() - self.begun, resident, len(os.listdir(base / "fd"))))

    def end(self, number):
        self.process.send_signal(number)
        return self.process.wait(timeout=60)

    @property
    def cache(self):
        return max((self.folder / "cache").glob("*train*.feedercache"), key=lambda path: path.stat().st_size)


def cut_cache(run):
    size = run.cache.stat().st_size
    length = random.choice([0, size // 2, random.randrange(size + 1)])
    os.truncate(run.cache, length)
    return f"cache cut from {size} to {length} bytes", None


def stand_still(run):
    run.process.send_signal(signal.SIGSTOP)
    time.sleep(WATCHDOG + 3)
    run.process.send_signal(signal.SIGCONT)
    return f"stopped for {WATCHDOG + 3} s", None


def killed(run):
    return "SIGKILL", (run.end(signal.SIGKILL), -signal.SIGKILL)


def told(run):
    return "SIGTERM", (run.end(signal.SIGTERM), 143)


def torn(run):
    status = run.end(signal.SIGKILL)
    last = run.folder / "run/weights/last.safetensors"
    data = last.read_bytes()
    last.unlink()  # `previous` may be a hard link to the same bytes
    last.write_bytes(data[: len(data) // 2])
    return "SIGKILL and a torn checkpoint", (status, -signal.SIGKILL)


def full(run):
    filler = run.folder / "filler"
    with open(filler, "wb") as file:
        try:
            while True:
                file.write(bytes(1 << 16))
                file.flush()
        except OSError:
            pass
    status = run.process.wait(timeout=300)
    filler.unlink()
    return "a full disk", (status, 1)


def flat(values):
    """Returns the median of the last third divided by the median of the first third, after the warm-up."""
    values = [value for seconds, value in values if seconds > WARM]
    third = max(len(values) // 3, 1)
    return statistics.median(values[-third:]) / statistics.median(values[:third])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=7200)
    parser.add_argument("--faults", type=int, default=20)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--feeder", default=str(ROOT / ".build" / "release" / "feeder"))
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="feeder-soak-"))
    try:
        is_well = soak(options, folder)
    except KeyboardInterrupt:
        say("interrupted")
        remove(folder)
        sys.exit(130)
    except BaseException:
        say(f"what there was is kept: {folder}")
        raise
    remove(folder)
    sys.exit(0 if is_well else 1)


def remove(folder):
    subprocess.run(["umount", folder], stderr=subprocess.DEVNULL)
    shutil.rmtree(folder, ignore_errors=True)


def soak(options, folder):
    """Returns True if nothing grew and only injected faults occurred."""
    random.seed(options.seed)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400m", "tmpfs", folder], capture_output=True).returncode == 0
    kinds = [cut_cache, stand_still, killed, told, torn] + ([full] if mounted else [])
    if not mounted:
        say("skipped: a full disk (no tmpfs can be mounted here)")
    subprocess.run([options.feeder, "synth", "--out", "boards", "--boards", "300", "--size", "320"], cwd=folder, check=True,
                   stderr=subprocess.DEVNULL)
    run, load = Run(options.feeder, folder), Load(pathlib.Path(tempfile.gettempdir()))
    faults, wrong = [], []
    begun = time.monotonic()
    # In the first half faults of every kind in turn; in the second only kinds that a run survives, so that growth would
    # show.
    half = options.seconds / 2
    moments = sorted(random.uniform(0, half) for _ in range(options.faults - LATE)) + sorted(
        random.uniform(half, options.seconds) for _ in range(min(LATE, options.faults)))
    try:
        run.start()
        while time.monotonic() - begun < options.seconds:
            time.sleep(2)
            if run.process.poll() is not None:
                wrong.append(f"the run ended by itself with {run.process.returncode}: {run.log.read_text(errors='replace')[-500:]}")
                run.start()
            run.sample()
            if moments and time.monotonic() - begun > moments[0]:
                moments.pop(0)
                choice = kinds[:OUTLIVED] if time.monotonic() - begun > half else kinds
                what, ended = choice[len(faults) % len(choice)](run)
                faults.append(what)
                say(what)
                if ended:
                    if ended[0] != ended[1]:
                        wrong.append(f"{what}: status {ended[0]} where {ended[1]} was due")
                    run.start()
        status = run.end(signal.SIGINT)
        if status != 130:
            wrong.append(f"at the end: status {status}")
    finally:
        load.end()
        if run.process and run.process.poll() is None:
            run.process.kill()
            run.process.wait()
    for segment in run.segments:
        for line in segment["log"].read_text(errors="replace").splitlines():
            if re.search(r"^feeder:|rror|damaged|stuck", line) and not DUE.search(line):
                wrong.append(line)
    rows = [{"seconds": round(samples[-1][0]), "resident_mib": round(statistics.median(s[1] for s in samples) / 2**20, 1),
             "last_third_over_first": round(flat([s[:2] for s in samples]), 3), "descriptors": [min(s[2] for s in samples),
             max(s[2] for s in samples)]}
            for samples in (segment["samples"] for segment in run.segments) if samples and samples[-1][0] >= LONG]
    epochs = len((folder / "run/results.csv").read_text().splitlines()) - 1
    print(json.dumps({"seconds": round(time.monotonic() - begun), "seed": options.seed, "epochs": epochs,
                      "processes": len(run.segments), "faults": faults, "wrong": wrong, "segments": rows}, indent=2))
    grown = [row for row in rows if row["last_third_over_first"] > 1.05 or row["descriptors"][1] - row["descriptors"][0] > 4]
    return not wrong and not grown


main()
