#!/usr/bin/env python3
"""Plays docs/screens/*.keys in the explorer, and keeps the pictures of screens that they save there.

usage: screens.py --seer PROGRAM [--check]

A line `# options: ...` in a script is given to `seer explore`. With --check nothing is changed: exits
1, naming the picture, where README.md or a page of docs/ shows one that is not there, or where one
differs from what the explorer draws now. What lies on the map is left out of that, and what is said
of it below: its points differ by a cell between linear algebra kernels.
"""
import argparse
import html
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(__file__).resolve().parent.parent
screens = root / "docs" / "screens"
TEXT = re.compile(
    r'<text xml:space="preserve" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"( [^>]*)>([^<]*)</text>'
)


def draw(seer, work):
    """Saves the pictures of all scripts below a folder, and returns theirs."""
    (work / "docs" / "screens").mkdir(parents=True)
    (work / "samples").symlink_to(root / "samples")
    for keys in sorted(screens.glob("*.keys")):
        options = re.search(r"^# options: (.*)$", keys.read_text(), re.M)
        command = [seer, "explore", *(options[1].split() if options else []), "--script", keys]
        if subprocess.run(command, cwd=work).returncode != 0:
            sys.exit(f"screens.py: {keys.name} cannot be played.")
    return work / "docs" / "screens"


def cells(picture):
    """The lines of a picture as lists of (character, style), without those on the map."""
    lines = {}
    for x, y, length, style, text in TEXT.findall(picture.read_text()):
        column, line = round((float(x) - 8) / 8.4), round((float(y) - 21) / 17)
        text = html.unescape(text)
        width = round(float(length) / 8.4)
        # Wide characters take two columns.
        step = max(1, width // max(1, len(text)))
        for index, character in enumerate(text):
            lines.setdefault(line, {})[column + index * step] = (character, style)
    text = {
        line: "".join(places.get(x, " ")[0] for x in range(max(places) + 1))
        for line, places in lines.items()
    }
    maps = []
    for line, places in lines.items():
        for box in re.finditer(r"[╭┌]─ (map|base|tuned)\b[^╮┐]*[╮┐]", text[line]):
            end = next(y for y in range(line + 1, 999) if text[y][box.start()] in "╰└")
            maps.append((range(line + 1, end + 1), range(box.start(), box.end())))
    kept = {}
    for line, places in lines.items():
        kept[line] = [
            (x, places[x])
            for x in sorted(places)
            if places[x][0] not in "▾─ "
            and not any(line in rows and x in columns for rows, columns in maps)
        ]
    return kept


def shown():
    """The pictures of screens that pages show."""
    pages = [root / "README.md", *sorted((root / "docs").glob("*.md"))]
    found = {}
    for page in pages:
        for path in re.findall(r"\]\(((?:docs/)?screens/[^)]+\.svg)\)", page.read_text()):
            found[(page.parent / path).resolve()] = page.name
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seer", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        fresh = draw(str(pathlib.Path(arguments.seer).resolve()), pathlib.Path(work))
        if not arguments.check:
            for picture in sorted(fresh.glob("*.svg")):
                shutil.copy(picture, screens / picture.name)
        for picture in sorted(screens.glob("*.svg")):
            new = fresh / picture.name
            if not new.exists():
                sys.exit(f"screens.py: no script saves docs/screens/{picture.name}.")
            if cells(new) != cells(picture):
                sys.exit(f"screens.py: found docs/screens/{picture.name} stale. Run make screens.")
    for picture, page in shown().items():
        if not picture.exists():
            sys.exit(f"screens.py: found no {picture.name}, which {page} shows.")


main()
