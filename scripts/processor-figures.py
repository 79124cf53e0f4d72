#!/usr/bin/env python3
"""One table of kernels as this processor runs them and as lesser ones would, and what of the work is serial.

usage: processor-figures.py [--bench .build/release/Bench] [--seer .build/release/seer] [--seconds 0.5]
                            [--output docs/performance.md]

Kernels: times of `Bench kernels` on one thread, once with everything, then with units turned off (SEER_AMX, SEER_VNNI,
SEER_AVX512), in turn; `--avx2-bench` adds a Bench that was built with SEER_AVX2=1, in which nothing else is compiled.
Serial shares: an extraction and a training with SEER_THREADS=2 as the processor's own count of each thread's time has
them: both threads share what is parallel, and what the first has more is serial. Amdahl's law says from that what 16
and 64 cores could do at the most. Counts hold on a busy machine, where times of the wall do not.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
START, END = "<!-- processor: start -->", "<!-- processor: end -->"
WAYS = [
    ("all", {}),
    ("without AMX", {"SEER_AMX": "0"}),
    ("without VNNI", {"SEER_AMX": "0", "SEER_VNNI": "0"}),
    ("without AVX-512", {"SEER_AVX512": "0", "OPENBLAS_CORETYPE": "Haswell"}),
]
FILTERS = ["exact gate", "fast gate", "exact down", "fast down", "softmax", "silu", "RMS norm", "RoPE", "attention of one"]


def kernels(bench, environment, seconds):
    """Microseconds by name."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in FILTERS:
            path = os.path.join(folder, "figures.json")
            subprocess.run(
                [bench, "kernels", "--filter", name, "--seconds", str(seconds), "--save", path], check=True,
                stdout=subprocess.DEVNULL, env={**os.environ, "SEER_THREADS": "1", **environment})  # fmt: skip
            with open(path) as file:
                figures.update({f["name"]: f["nanoseconds"] / 1000 for f in json.load(file)})
    return figures


def table_of_kernels(options):
    ways = [(name, options.bench, extra) for name, extra in WAYS]
    if options.avx2_bench:
        ways.append(("built for AVX2", options.avx2_bench, {"OPENBLAS_CORETYPE": "Haswell"}))
    rounds = [[kernels(bench, extra, options.seconds) for _, bench, extra in ways] for _ in range(options.rounds)]
    best = [{k: min(r[i][k] for r in rounds) for k in rounds[0][i]} for i in range(len(ways))]
    lines = ["| kernel, one thread | " + " | ".join(name for name, _, _ in ways) + " |", "|---" * (len(ways) + 1) + "|"]
    for kernel in best[0]:
        lines.append(f"| {kernel} | " + " | ".join(f"{figures[kernel]:,.1f} us" for figures in best) + " |")
    return lines


def thread_times(command, environment):
    """Seconds of processor time of each thread, longest first, as they were when last seen."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, **environment})  # fmt: skip
    seen = {}
    while process.poll() is None:
        try:
            for thread in os.listdir(f"/proc/{process.pid}/task"):
                with open(f"/proc/{process.pid}/task/{thread}/schedstat") as file:
                    seen[thread] = int(file.read().split()[0]) / 1e9
        except (FileNotFoundError, ProcessLookupError):
            pass
        time.sleep(0.01)
    if process.returncode != 0:
        sys.exit(f"processor-figures: exit {process.returncode} of: {' '.join(command)}")
    return sorted(seen.values(), reverse=True)


def table_of_shares(options):
    lines = ["| work | one thread | two: the first, the second | serial | at most with 16 cores, 64 |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory() as folder:
        def extraction(round, precision):
            return ["extract", "--run", f"{folder}/run-{precision}-{round}", "--precision", precision]

        def training(round, precision):
            return ["train", "--retain", str(ROOT / "samples" / "retain.csv"), "--layer", "24", "--steps", "4",
                    "--evaluate-every", "100", "--adapter", f"{folder}/adapter-{precision}-{round}",
                    "--precision", precision]  # fmt: skip

        for name, work in [("extraction of the sample", extraction), ("four steps of training", training)]:
            for precision in ["exact", "fast"]:
                singles, pairs = [], []
                for round in range(options.rounds):
                    for threads, found in [("1", singles), ("2", pairs)]:
                        command = [options.seer, *work(f"{round}-{threads}", precision), "--concepts",
                                   str(ROOT / "samples" / "concepts.csv")]  # fmt: skip
                        found.append(thread_times(command, {"SEER_THREADS": threads}))
                one = statistics.median(sum(times) for times in singles)
                first, second = (statistics.median(times[i] for times in pairs) for i in (0, 1))
                serial = max(0, first - second) / (first + second)
                limits = ", ".join(f"{1 / (serial + (1 - serial) / cores):.1f} x" for cores in (16, 64))
                lines.append(f"| {name}, {precision} | {one:.2f} s | {first:.2f}, {second:.2f} s | {serial:.1%} | {limits} |")
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    release = ROOT / ".build" / "release"
    parser.add_argument("--bench", default=str(release / "Bench"))
    parser.add_argument("--avx2-bench", help="a Bench that was built with SEER_AVX2=1")
    parser.add_argument("--seer", default=str(release / "seer"))
    parser.add_argument("--seconds", type=float, default=0.5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["kernels", "shares"])
    parser.add_argument("--output", help="the page whose tables are written")
    options = parser.parse_args()
    version = subprocess.run([options.seer, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    parts = [[version]]
    if options.only != "shares":
        parts.append(table_of_kernels(options))
    if options.only != "kernels":
        parts.append(table_of_shares(options))
    text = "\n\n".join("\n".join(part) for part in parts)
    print(text)
    if options.output:
        page = pathlib.Path(options.output).read_text()
        if START not in page or END not in page:
            sys.exit(f"processor-figures: {options.output} has no markers {START} and {END}")
        head, rest = page.split(START, 1)
        pathlib.Path(options.output).write_text(f"{head}{START}\n{text}\n{END}{rest.split(END, 1)[1]}")


if __name__ == "__main__":
    main()
