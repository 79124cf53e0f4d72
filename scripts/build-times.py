#!/usr/bin/env python3
"""Measures what a newcomer and a developer wait for, and writes the table of docs/performance.md.

A clean clone of HEAD is built in a folder of its own: `make run` up to the first screen, `make test`
after it, and the tests of the screens after one changed line in a screen. Processor seconds are those
of all processes together. Wants a quiet machine, the default model fetched and packages installed.
usage: build-times.py [--output docs/performance.md] [--work FOLDER]
"""
import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
START, END = "<!-- build-times -->", "<!-- /build-times -->"
WANTED = {"run": 200, "test": 300, "line": 60}


def measured(command, folder, **environment):
    """Wall seconds and processor seconds of a command; ends the program where it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    process = subprocess.run(
        command, cwd=folder, shell=True, env={**os.environ, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode != 0:
        sys.exit(f"build-times: exit {process.returncode} of `{command}`\n{process.stdout[-3000:]}")
    return wall, sum(after[:2]) - sum(before[:2])


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return "an unnamed processor"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output")
    parser.add_argument("--work")
    options = parser.parse_args()
    work = options.work or tempfile.mkdtemp(prefix="seer-build-times-")
    clone = os.path.join(work, "seer")
    subprocess.run(["git", "clone", "-q", ROOT, clone], check=True)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=clone, capture_output=True, text=True,
        check=True).stdout.strip()
    # What a download takes says nothing of the project.
    measured("make model", clone)
    try:
        script = os.path.join(work, "keys")
        with open(script, "w", encoding="utf-8") as file:
            file.write("wait idle\nsave-screen %s\nquit\n" % os.path.join(work, "screen"))
        build = measured("make build", clone)
        screen = measured(
            f".build/release/seer explore --run samples/run-base --script {script}", clone)
        compiled = measured("swift build -c release --build-tests", clone)
        tests = measured("make test", clone)
        place = os.path.join(clone, "Sources/TUI/Screens/Explore/ExploreHeader.swift")
        with open(place, "a", encoding="utf-8") as file:
            file.write("\n// One changed line.\n")
        line = measured("make test FILTER=TUITests", clone)
    finally:
        if not options.work:
            shutil.rmtree(work)
    rows = [
        ("`make run` to the first screen", build[0] + screen[0], build[1] + screen[1], WANTED["run"]),
        ("`make test` after it, all tests", compiled[0] + tests[0], compiled[1] + tests[1],
         WANTED["test"]),
        ("of both, compiling alone", build[0] + compiled[0], build[1] + compiled[1], None),
        ("one changed line in a screen, to the end of its tests", line[0], line[1], WANTED["line"]),
    ]
    text = [
        f"Clean clone of {commit}, {os.cpu_count()} cores of {processor()}; `make build-times` measures it again.",
        "", "| what | wall seconds | processor seconds | wanted (wall) |", "|---|---|---|---|",
    ]
    for name, wall, cpu, wanted in rows:
        text.append(f"| {name} | {wall:.0f} | {cpu:.0f} | {wanted if wanted else ''} |")
    table = "\n".join(text)
    print(table)
    if options.output:
        with open(options.output, encoding="utf-8") as file:
            page = file.read()
        if START not in page or END not in page:
            sys.exit(f"build-times: {options.output} has no markers {START} and {END}")
        head, rest = page.split(START, 1)
        with open(options.output, "w", encoding="utf-8") as file:
            file.write(head + START + "\n" + table + "\n" + END + rest.split(END, 1)[1])


main()
