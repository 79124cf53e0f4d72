#!/usr/bin/env python3
"""Puts the screens that `make screens` saved into README.md, between their markers.

usage: put-screens.py [--check]; with --check, changes nothing and exits 1 where README is stale.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
readme = root / "README.md"


def screen(match):
    text = (root / "docs" / "screens" / f"{match[1]}.txt").read_text().rstrip("\n")
    return f"<!-- screen {match[1]} -->\n```\n{text}\n```\n<!-- end -->"


old = readme.read_text()
new = re.sub(r"<!-- screen (\S+) -->.*?<!-- end -->", screen, old, flags=re.S)
if new != old and "--check" in sys.argv:
    sys.exit("put-screens.py: found README.md older than docs/screens. Run make screens.")
readme.write_text(new)
