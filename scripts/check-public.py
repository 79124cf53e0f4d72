#!/usr/bin/env python3
"""Fails where a public declaration has no doc comment.

What other packages see of the published products is what says `public`, the requirements of a public
protocol and the cases of a public enumeration. Each wants a `///` line right before it (attributes may
stand between). A `public extension` is refused: its members would be public without saying so.
usage: check-public.py [FOLDER...]       default: Sources
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
ATTRIBUTES = r"(?:@\w+(?:\([^()]*\))?\s+)*"
MODIFIERS = r"(?:(?:final|static|class|mutating|nonmutating|nonisolated|override|convenience|required|indirect|lazy|weak|borrowing|consuming|isolated)\s+)*"
PUBLIC = re.compile(rf"^\s*{ATTRIBUTES}{MODIFIERS}(?:public|open)\s+(?!import\b|\(set\)|extension\b)(.*)")
EXTENSION = re.compile(rf"^\s*{ATTRIBUTES}public\s+extension\b")
MEMBER = re.compile(rf"^\s*{ATTRIBUTES}{MODIFIERS}(?:func|var|init|subscript|associatedtype)\b")
CASE = re.compile(r"^\s*(?:indirect\s+)?case\s+[\w`]")
OPENS = re.compile(rf"^\s*{ATTRIBUTES}{MODIFIERS}(?:public|open)\s+(?:indirect\s+)?(protocol|enum)\s")
ATTRIBUTE_LINE = re.compile(r"^\s*(?:@\w+(?:\([^()]*\))?\s*)+$")


def code_of(text):
    """The lines without what strings and comments hold; doc comments stay as `///`."""
    def blank(match):
        word = match[0]
        if word.startswith("///"):
            return "///"
        if word.startswith("//"):
            return ""
        return re.sub(r"[^\n]", " ", word)

    return re.sub(
        r'///[^\n]*|//[^\n]*|/\*.*?\*/|"""(?:\\.|.)*?"""|"(?:\\.|[^"\\\n])*"', blank, text,
        flags=re.DOTALL).split("\n")


def is_documented(lines, number):
    """Whether a doc comment stands before the line, attributes between."""
    for line in reversed(lines[:number]):
        if ATTRIBUTE_LINE.match(line):
            continue
        return line.strip() == "///"
    return False


def undocumented(text):
    """Line numbers, from 1, and the lines of what has no comment or may not be written so."""
    source = text.split("\n")
    lines = code_of(text)
    depth = 0
    # The public protocols and enumerations that are open: kind, and the depth of their members.
    opened = []
    for number, line in enumerate(lines):
        while opened and depth < opened[-1][1]:
            opened.pop()
        inside = opened[-1] if opened and depth == opened[-1][1] else None
        wants = PUBLIC.match(line) or (
            inside and (MEMBER if inside[0] == "protocol" else CASE).match(line))
        if EXTENSION.match(line):
            yield number + 1, source[number].strip() + "  (say public before each member)"
        elif wants and not is_documented(lines, number):
            yield number + 1, source[number].strip()
        if match := OPENS.match(line):
            opened.append((match[1], depth + 1))
        depth += line.count("{") - line.count("}")


def main():
    folders = [pathlib.Path(name) for name in sys.argv[1:]] or [ROOT / "Sources"]
    wrong = 0
    for folder in folders:
        if not folder.is_dir():
            sys.exit(f"{folder}: found no folder, wanted one of Swift sources")
        for path in sorted(folder.rglob("*.swift")):
            for number, line in undocumented(path.read_text(encoding="utf-8")):
                wrong += 1
                shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
                print(
                    f"{shown}:{number}: no doc comment: {line}. Say what it is, its shapes, units and "
                    "errors, in /// lines before it; or make it package.", file=sys.stderr)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
