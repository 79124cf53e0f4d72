#!/usr/bin/env python3
"""Puts the screens that `make screens` saved into README.md and docs/, between their markers.

usage: put-screens.py [--check [FRESH]]; with --check, changes nothing and exits 1 where a page is
older than docs/screens, or where a screen there is older than the one of the same name in FRESH. What
lies on the map is left out of that: its points differ by a cell between linear algebra kernels.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
screens = root / "docs" / "screens"


def screen(match):
    text = (screens / f"{match[1]}.txt").read_text().rstrip("\n")
    return f"<!-- screen {match[1]} -->\n```\n{text}\n```\n<!-- end -->"


def without_map(text):
    lines = []
    for line in text.splitlines():
        inside = re.match(r"[│▸](.*?)│", line)
        lines.append(line[inside.end() :] if inside else line.replace("▾", "─"))
    return lines


def main():
    check = "--check" in sys.argv
    for page in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        old = page.read_text()
        new = re.sub(r"<!-- screen (\S+) -->.*?<!-- end -->", screen, old, flags=re.S)
        if new == old:
            continue
        if check:
            sys.exit(f"put-screens.py: found {page.name} older than docs/screens. Run make screens.")
        page.write_text(new)
    if check and len(sys.argv) > 2:
        for saved in sorted(screens.glob("*.txt")):
            fresh = pathlib.Path(sys.argv[2]) / saved.name
            if without_map(fresh.read_text()) != without_map(saved.read_text()):
                sys.exit(f"put-screens.py: found docs/screens/{saved.name} stale. Run make screens.")


main()
