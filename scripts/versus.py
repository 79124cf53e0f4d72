#!/usr/bin/env python3
"""Runs two commands in turn (A B A B ...) and compares one figure that each prints.

usage: versus.py [--rounds 3] [--figure-a REGEX] [--figure-b REGEX] 'COMMAND A' 'COMMAND B'

A figure is the last match of the regular expression's first group in the command's output;
without one, it is the wall-clock seconds of the process. Prints every round, the medians, the
ratio A/B with its spread over the rounds, and the peak memory of each. In turn, because a shared
machine's speed drifts: the ratio holds when the figures do not.
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import time


def run(command, figure):
    started = time.monotonic()
    process = subprocess.Popen(command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status != 0:
        sys.exit(f"versus.py: found exit status {status} of: {command}\n{output[-2000:]}")
    if figure is None:
        return seconds, usage.ru_maxrss
    found = re.findall(figure, output)
    if not found:
        sys.exit(f"versus.py: found no {figure!r} in the output of: {command}\n{output[-2000:]}")
    return float(found[-1]), usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--figure-a")
    parser.add_argument("--figure-b")
    parser.add_argument("a")
    parser.add_argument("b")
    options = parser.parse_args()
    figures, memory = {"A": [], "B": []}, {"A": 0, "B": 0}
    for number in range(options.rounds):
        for name, command, figure in (
            ("A", options.a, options.figure_a),
            ("B", options.b, options.figure_b),
        ):
            value, peak = run(command, figure)
            figures[name].append(value)
            memory[name] = max(memory[name], peak)
            print(f"round {number + 1} {name}: {value:.4g}", flush=True)
    ratios = sorted(a / b for a, b in zip(figures["A"], figures["B"]))
    print(f"A: median {statistics.median(figures['A']):.4g}, peak memory {memory['A'] / 1000:.0f} MB")
    print(f"B: median {statistics.median(figures['B']):.4g}, peak memory {memory['B'] / 1000:.0f} MB")
    print(f"A/B: {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f})")


if __name__ == "__main__":
    main()
