#!/usr/bin/env python3
"""Shows that README and docs/ say what is so: their links lead somewhere, their commands run.

usage: check-docs.py [--seer PROGRAM] [--work FOLDER] [--page PAGE] [--seconds 60]

Without --seer only what needs no program is checked: local links and their anchors, files that are named,
targets of `make`. With it, also that every command and option named in the text is there, and that every
command of a fenced block ends with 0 within a minute, page by page, in a folder that holds a few rows of the
sample as the files that the pages speak of. LEFT_OUT says which are not run, and why; an entry that no page
needs is an error too. Links to other hosts are not followed.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGES = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *(
    f"docs/{path.name}" for path in sorted((ROOT / "docs").glob("*.md")))]
BUILDS = "it builds for minutes; .ci/run does it"
# Page, how the command begins, why it is not run.
LEFT_OUT = [
    ("README.md", "make run", BUILDS + ", and scripts/trial.py on a bare system"),
    ("README.md", "make test", BUILDS),
    ("README.md", "make install", "it writes to /usr/local; scripts/trial.py does it"),
    ("CONTRIBUTING.md", "make test", BUILDS),
    ("CONTRIBUTING.md", "SEER_STRICT=1 swift test", BUILDS),
    ("docs/notebook.md", "seer ", "scripts/check-notebook.py runs this page, its Python too"),
    ("docs/notebook.md", "tensorboard ", "scripts/check-notebook.py passes it over: it waits for a browser"),
    ("docs/notebook.md", "embedding-atlas ", "scripts/check-notebook.py passes it over: it waits for a browser"),
    ("docs/pipe.md", "seer ", "scripts/check-notebook.py runs this page, its Python too (make check-pipe)"),
    ("docs/scale.md", "seer join", "fifteen shards are missing; scripts/check-scale.py joins all of a run"),
    ("docs/scale.md", "parallel ", "wants a file of hosts; scripts/check-scale.py runs it on this one"),
    ("docs/scale.md", "sbatch ", "wants Slurm; scripts/check-scale.py runs it under one of its own"),
    ("docs/scale.md", "make mpi", "it builds for minutes; make test-mpi does it"),
    ("docs/scale.md", "mpirun ", "trains for minutes; scripts/check-scale.py runs shorter ones"),
]
# Page, how the command begins, what is added to it, why.
ADDED = [
    ("", "seer explore", "--script keys", "a screen wants a terminal and somebody who leaves it"),
    ("README.md", "seer train", "--steps 1 --max-tokens 32", "a whole training takes minutes"),
]
# What fenced lines begin with, where they are commands.
PROGRAMS = {"seer", "make", "swift", "mpirun", "parallel", "sbatch", "tensorboard", "embedding-atlas"}
# Options in the text that are of other programs, seer-mpi among them.
FOREIGN = {
    "--watchdog", "--shards",
    "--mca", "--host", "--hostfile", "--map-by", "--bind-to", "--oversubscribe", "--array", "--resume-failed",
    "--sshloginfile", "--signal",
}


class Page:
    def __init__(self, name):
        self.name = name
        self.lines = (ROOT / name).read_text(encoding="utf-8").split("\n")
        self.fenced = []  # (line, text) of every command line
        self.prose = []  # (line, text)
        inside = False
        for number, line in enumerate(self.lines, 1):
            if line.lstrip().startswith("```"):
                inside = not inside
            elif inside:
                self.fenced.append((number, line.strip()))
            else:
                self.prose.append((number, line))

    def anchors(self):
        """What GitHub calls the headings."""
        found = set()
        for _, line in self.prose:
            if match := re.match(r"#+\s+(.*)", line):
                words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", match[1]).strip().lower()
                slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
                number = 0
                while (slug if number == 0 else f"{slug}-{number}") in found:
                    number += 1
                found.add(slug if number == 0 else f"{slug}-{number}")
        return found

    def commands(self):
        """(line, command) of fenced blocks, lines that end with a backslash joined."""
        begun = None
        for number, text in self.fenced:
            if begun:
                begun = (begun[0], begun[1] + " " + text)
            else:
                words = text.split()
                while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):
                    words = words[1:]
                if not words or words[0] not in PROGRAMS:
                    continue
                begun = (number, text)
            if begun[1].endswith("\\"):
                begun = (begun[0], begun[1][:-1].rstrip())
                continue
            yield begun[0], re.sub(r"\s+#\s.*$", "", begun[1])
            begun = None

    def spans(self):
        """(line, text) of everything between single backticks."""
        for number, line in self.prose:
            for match in re.finditer(r"`([^`]+)`", line):
                yield number, match[1]


def links(page):
    """What is wrong with the page's local links."""
    for number, line in page.prose:
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`]*`", "", line)):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            file = (ROOT / page.name).parent / path if path else ROOT / page.name
            if not file.exists():
                yield number, f"a link to {target}, which is not there"
            elif anchor and file.suffix == ".md":
                if anchor not in Page(os.path.relpath(file.resolve(), ROOT)).anchors():
                    yield number, f"a link to {target}, and that page has no such heading"


def files(page):
    """Files of this package that the page names and that are not there."""
    pattern = r"(?<![\w/.~-])(?:docs|scripts|samples|Sources|Tests|Benchmarks|Examples)/[\w./+-]*\w"
    for number, line in page.prose:
        for name in re.findall(pattern, line):
            # NAME stands for a name, as in docs/training-NAME.md.
            if not re.search(r"\b[A-Z]{4,}\b", name.replace("-", " ").replace("README", "")):
                if not (ROOT / name).exists():
                    yield number, f"{name}, which is not there"


def targets(page):
    """Targets of make that the Makefile lacks."""
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for number, text in [*page.spans(), *page.commands()]:
        if match := re.match(r"make ([a-z][a-z-]*)", text):
            if match[1] not in known:
                yield number, f"`make {match[1]}`, which the Makefile does not have"


def helped(seer):
    """The program's commands, and of each the options that its help names."""
    def told(*words):
        return subprocess.run([seer, *words], capture_output=True, text=True, check=True).stdout

    def add(command, words):
        # Layouts' options are their own, and stand in the words of the help alone.
        command["options"] = set(re.findall(r"--[a-z][a-z-]*", told(*words, "--help"))) | {"--help", "--version"}
        command["subcommands"] = [c for c in command.get("subcommands", []) if c["commandName"] != "help"]
        for child in command["subcommands"]:
            add(child, [*words, child["commandName"]])

    root = json.loads(told("--experimental-dump-help"))["command"]
    add(root, [])
    return root


def all_options(command):
    return command["options"].union(*map(all_options, command["subcommands"]))


def spoken(page, root):
    """Commands and options that the text speaks of and that the program does not have."""
    everywhere = all_options(root) | FOREIGN
    for number, text in page.spans():
        words = text.replace("[", " ").replace("]", " ").split()
        options = [word.split("=")[0].rstrip(",") for word in words if re.match(r"--[a-z]", word)]
        command = None
        if len(words) > 1 and words[0] == "seer" and re.fullmatch(r"[a-z][a-z-]*", words[1]):
            command = root
            for word in words[1:]:
                children = {child["commandName"]: child for child in command["subcommands"]}
                if word not in children:
                    break
                command = children[word]
            # What the program tells of itself leaves `help` out.
            if command is root and words[1] != "help":
                yield number, f"`{text}`: seer has no command {words[1]}"
                continue
        if not words or not (command or words[0].startswith("--")):
            continue
        known = command["options"] if command and not command["subcommands"] else everywhere
        for option in options:
            for one in option.split("|"):
                if one not in known:
                    yield number, f"`{text}`: {one} is no option{' of that command' if command else ''}"


def write_rows(path, every=8):
    """Some rows of the sample, as a user's own."""
    with open(ROOT / "samples/concepts.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["prompt", "response", "value"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows[::every])


def prepare(folder, seer):
    """The files that pages speak of, small."""
    (folder / "bin").mkdir()
    (folder / "bin/seer").symlink_to(seer)
    shutil.copytree(ROOT / "samples", folder / "samples")
    for name in ("my.csv", "rows.csv"):
        write_rows(folder / name)
    shutil.copy(folder / "samples/retain.csv", folder / "retain.csv")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    model = cache / "seer/models/smollm2.gguf"
    if not model.exists():
        sys.exit(f"{model}: found no default model, wanted it. Run make model.")
    (folder / "llama-8b.gguf").symlink_to(model)
    (folder / "chat.json").write_text(json.dumps([
        {"role": "user", "content": "What is honesty?"},
        {"role": "assistant", "content": "Telling the truth."},
    ]))
    (folder / "tools.json").write_text(json.dumps([{
        "type": "function",
        "function": {"name": "now", "description": "The time.", "parameters": {"type": "object", "properties": {}}},
    }]))
    (folder / "keys").write_text("wait idle\nsave-screen screen.txt\nquit\n")


def run(page, folder, used, limit):
    """Runs the page's commands; yields what fails."""
    environment = {**os.environ, "PATH": f"{folder}/bin:{os.environ['PATH']}", "TERM": "xterm-256color"}
    for number, command in page.commands():
        out = next((e for e in LEFT_OUT if e[0] == page.name and command.startswith(e[1])), None)
        if out:
            used.add(out)
            print(f"{page.name}:{number}: left out, {out[2]}: {command}", flush=True)
            continue
        given = command
        for entry in ADDED:
            if entry[0] in ("", page.name) and command.startswith(entry[1]):
                used.add(entry)
                given += " " + entry[2]
        (folder / "screen.txt").unlink(missing_ok=True)
        began = time.monotonic()
        # Of its own session, so that no terminal is there, whoever started this script.
        try:
            result = subprocess.run(
                ["bash", "-euc", given], cwd=folder, env=environment, capture_output=True, text=True,
                stdin=subprocess.DEVNULL, start_new_session=True, timeout=limit)
        except subprocess.TimeoutExpired:
            yield number, f"{given}: takes more than {limit:g} s; shorten it (ADDED) or leave it out (LEFT_OUT)"
            continue
        if result.returncode:
            yield number, f"{given}: ended with {result.returncode}\n{(result.stdout + result.stderr)[-2000:]}"
        elif "--script keys" in given and not (folder / "screen.txt").exists():
            yield number, f"{given}: drew no screen"
        print(f"{page.name}:{number}: {time.monotonic() - began:.1f} s: {given}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seer")
    parser.add_argument("--work", help="a folder to keep")
    parser.add_argument("--seconds", type=float, default=60, help="what a command may take")
    parser.add_argument("--page", action="append", help="one page only")
    options = parser.parse_args()
    names = options.page or PAGES
    wrong = []
    counted = {"links": 0, "commands": 0}
    pages = [Page(name) for name in names]
    for page in pages:
        for check in (links, files, targets):
            wrong += [(page.name, *problem) for problem in check(page)]
        counted["links"] += sum(len(re.findall(r"\]\(", line)) for _, line in page.prose)
        counted["commands"] += len(list(page.commands()))
    if options.seer:
        seer = pathlib.Path(options.seer).resolve()
        root = helped(seer)
        for page in pages:
            wrong += [(page.name, *problem) for problem in spoken(page, root)]
        work = pathlib.Path(tempfile.mkdtemp(prefix="seer-docs-", dir=options.work))
        used = set()
        try:
            for page in pages:
                folder = work / page.name.replace("/", "-")
                folder.mkdir()
                prepare(folder, seer)
                wrong += [(page.name, *problem) for problem in run(page, folder, used, options.seconds)]
        finally:
            if not options.work:
                shutil.rmtree(work)
        for entry in [*LEFT_OUT, *ADDED]:
            if entry not in used and (not options.page or entry[0] in names):
                wrong.append((entry[0] or "docs", 0, f"{entry[1]}: no page has this any more; take it off the list"))
    for page, number, words in wrong:
        print(f"{page}:{number}: {words}", file=sys.stderr)
    if not wrong:
        print(f"{len(pages)} pages, {counted['links']} links, {counted['commands']} commands: all as they say")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
