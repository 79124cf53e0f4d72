#!/usr/bin/env python3
"""Fails where a file imports a module that its target may not name.

SwiftPM lets a file import any module that happens to be built; here a target may name what
Package.swift gives it, itself or through others, and of the C libraries only its own: LinearAlgebra
alone knows OpenBLAS, the terminal alone ncurses.
usage: check-imports.py [--targets]
"""
import json
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SYSTEM = {"Foundation", "FoundationXML", "Dispatch", "Glibc", "Synchronization", "Testing", "XCTest"}
IMPORT = re.compile(
    r"^\s*(?:@\w+\s+|public |package |internal )*import (?:struct |enum |class |func )?(\w+)", re.M)


def described():
    output = subprocess.run(
        ["swift", "package", "describe", "--type", "json"], cwd=ROOT, check=True,
        capture_output=True, text=True).stdout
    return {target["name"]: target for target in json.loads(output)["targets"]}


def reachable(targets, name, seen=None):
    """What a target may name: what it depends on, and what that depends on, C only directly."""
    direct = targets[name].get("target_dependencies", [])
    names = set(direct)
    for other in direct:
        names |= {n for n in reachable(targets, other) if not is_c(targets, n)}
    return names


def is_c(targets, name):
    return targets[name]["type"] == "system-target" or targets[name]["module_type"] == "ClangTarget"


def main():
    targets = described()
    if "--targets" in sys.argv:
        for name, target in targets.items():
            print(f"{name}: {', '.join(target.get('target_dependencies', [])) or 'nothing'}")
        return
    wrong = []
    for name, target in targets.items():
        if is_c(targets, name):
            continue
        allowed = reachable(targets, name) | SYSTEM | set(target.get("product_dependencies", []))
        for source in target["sources"]:
            path = os.path.join(target["path"], source)
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                text = file.read()
            for match in IMPORT.finditer(text):
                if match.group(1) not in allowed:
                    line = text.count("\n", 0, match.start(1)) + 1
                    wrong.append(
                        f"{path}:{line}: {name} imports {match.group(1)}, which Package.swift does "
                        f"not give it. Move the code to the room that may, or lower what it needs.")
    for line in wrong:
        print(line, file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
