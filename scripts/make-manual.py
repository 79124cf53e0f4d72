#!/usr/bin/env python3
"""Writes man pages from what the program says of itself: `seer --experimental-dump-help`.

usage: make-manual.py SEER FOLDER        writes FOLDER/seer.1, FOLDER/seer-extract.1 and so on
"""
import json
import pathlib
import subprocess
import sys


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def option(argument):
    """The option's names, its value and what it is for."""
    names = ["-" * (1 if name["kind"] == "short" else 2) + name["name"] for name in argument.get("names", [])]
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    heading = ", ".join(names) + value if names else f"<{argument['valueName']}>"
    about = argument.get("abstract", "")
    if argument.get("allValues"):
        about += f" One of: {', '.join(argument['allValues'])}."
    if argument.get("defaultValue"):
        about += f" (default: {argument['defaultValue']})"
    return heading, about


def page(command, parents):
    name = " ".join([*parents, command["commandName"]])
    title = name.replace(" ", "-")
    shown = [a for a in command.get("arguments", []) if a.get("shouldDisplay", True)]
    lines = [f'.TH "{title.upper()}" 1', ".SH NAME", f"{escaped(title)} \\- {escaped(command['abstract'])}", ".SH SYNOPSIS"]
    places = []
    for argument in shown:
        heading, _ = option(argument)
        places.append(heading if not argument["isOptional"] else f"[{heading}]")
    if command.get("subcommands"):
        places.append("<command>")
    lines += [f".B {escaped(name)}", escaped(" ".join(places))]
    if command.get("discussion"):
        lines.append(".SH DESCRIPTION")
        verbatim = False
        for line in command["discussion"].split("\n"):
            indented = line.startswith(" ")
            if indented != verbatim:
                lines.append(".nf" if indented else ".fi")
                verbatim = indented
            lines.append(escaped(line) if line else ".PP")
        if verbatim:
            lines.append(".fi")
    if shown:
        lines.append(".SH OPTIONS")
        for argument in shown:
            heading, about = option(argument)
            lines += [".TP", f".B {escaped(heading)}", escaped(about)]
    subcommands = [c for c in command.get("subcommands", []) if c["commandName"] != "help"]
    if subcommands:
        lines.append(".SH COMMANDS")
        for child in subcommands:
            lines += [".TP", f".B {escaped(title + '-' + child['commandName'])}(1)", escaped(child["abstract"])]
    yield title, "\n".join(lines) + "\n"
    for child in subcommands:
        yield from page(child, [*parents, command["commandName"]])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    dump = subprocess.run([sys.argv[1], "--experimental-dump-help"], check=True, capture_output=True, text=True)
    for title, text in page(json.loads(dump.stdout)["command"], []):
        (folder / f"{title}.1").write_text(text)


main()
