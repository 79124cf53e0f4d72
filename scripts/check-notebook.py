#!/usr/bin/env python3
"""Runs what docs/notebook.md or docs/pipe.md shows, block by block in its order, in a folder of its own.

Commands of `sh` blocks run in a shell in which `seer` is the program given; `python` blocks share their
names, as in a notebook. A block that needs a program or a package that is not there is passed over.

usage: check-notebook.py --seer PROGRAM [--page docs/notebook.md] [--models]

With --models the programs find the user's models; else they find none.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile


def blocks(page):
    """The kind, the line and the text of every fenced block."""
    text = open(page, encoding="utf-8").read()
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        yield match[1], text[: match.start()].count("\n") + 1, match[2]


def main():
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    parser = argparse.ArgumentParser()
    parser.add_argument("--seer", required=True)
    parser.add_argument("--page", default=os.path.join(root, "docs/notebook.md"))
    parser.add_argument("--models", action="store_true")
    options = parser.parse_args()
    page = os.path.abspath(options.page)
    seer = os.path.abspath(options.seer)
    names = {}
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "bin"))
        os.symlink(seer, os.path.join(folder, "bin/seer"))
        os.symlink(os.path.join(root, "samples"), os.path.join(folder, "samples"))
        if options.models:
            cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
            os.makedirs(os.path.join(folder, "cache/seer"))
            os.symlink(os.path.join(cache, "seer/models"), os.path.join(folder, "cache/seer/models"))
        os.chdir(folder)
        os.environ["PATH"] = os.path.join(folder, "bin") + ":" + os.environ["PATH"]
        os.environ["XDG_CACHE_HOME"] = os.path.join(folder, "cache")
        # Blocks of Python start programs, too.
        environment = dict(os.environ)
        for kind, line, text in blocks(page):
            place = f"{page}:{line}"
            if kind == "sh":
                program = text.split()[0]
                if not shutil.which(program, path=environment["PATH"]):
                    print(f"{place}: passed over, there is no {program}")
                    continue
                if program != "seer":
                    print(f"{place}: passed over, {program} would wait for a browser")
                    continue
                run = subprocess.run(["bash", "-eu", "-c", text], env=environment, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                if run.returncode:
                    sys.exit(f"{place}: code {run.returncode}\n{text}\n{run.stdout}")
            elif kind == "python":
                try:
                    exec(compile(text, place, "exec"), names)
                except ImportError as error:
                    print(f"{place}: passed over, {error}")
                    continue
            else:
                sys.exit(f"{place}: a block of {kind}, wanted sh or python")
            done += 1
    print(f"{done} blocks of {page} did what they show")
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
