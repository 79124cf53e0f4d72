#!/usr/bin/env python3
"""Writes README's table of speed from the measured table of docs/performance.md, so that no figure is typed.

With --check it writes nothing, and ends with 1 where README is not what the table says.
"""
import argparse
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
START, END = "<!-- figures: start -->", "<!-- figures: end -->"
# (work, peer) of the measured table, and what README calls them.
ROWS = [
    ("extraction", "transformers", "states of every layer", "transformers, float32"),
    ("step", "peft", "a training step: 8 pairs, 8 retain rows, 128 tokens each", "transformers and peft, float32"),
    ("tsne x10000", "openTSNE-bh", "t-SNE of 10,000 states", "openTSNE"),
    ("tsne x50000", "openTSNE-fft", "t-SNE of 50,000 states", "openTSNE (FFT)"),
    ("pca x50000", "scikit-learn", "PCA of 50,000 states to 50 components", "scikit-learn"),
    ("prompt smollm2", "llama.cpp", "reading a prompt", "llama.cpp"),
    ("decoding smollm2", "llama.cpp", "writing an answer", "llama.cpp"),
    ("load", "llama.cpp", "opening the model", "llama.cpp"),
]


def number(text):
    """`0.05258 s, KL 1.1` as `0.053 s`, `1788 tokens/s` as `1,790 tokens/s`: three digits say enough."""
    value, unit = re.match(r"([\d.]+) ([^,]+)", text).groups()
    rounded = float(f"{float(value):.3g}")
    return f"{rounded:,.0f} {unit}" if rounded >= 100 else f"{rounded:g} {unit}"


def measured(page):
    part = page.split("<!-- measured: start -->")[1].split("<!-- measured: end -->")[0]
    table = {}
    for line in part.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) >= 7:
            table[cells[0], cells[3]] = cells
    return table


def table(page):
    rows = measured(page)
    lines = ["| work | Seer | instead | times as fast (rounds) |", "|---|---|---|---|"]
    for work, peer, words, name in ROWS:
        cells = rows.get((work, peer))
        if not cells:
            sys.exit(f"docs/performance.md: no row `{work}` beside `{peer}`; `make bench-peers` measures it")
        ratio, spread = re.match(r"([\d.]+) \(([^)]*)\)", cells[6]).groups()
        low, high = (float(f"{float(part):.2g}") for part in spread.split(" to "))
        rounds = f" ({low:g} to {high:g})" if low != high else ""
        ours = f"{number(cells[1])}, {int(cells[2]):,} MB" if work in ("extraction", "step") else number(cells[1])
        theirs = number(cells[4])
        theirs += f", {int(cells[5]):,} MB" if work in ("extraction", "step") else ""
        lines.append(f"| {words} | {ours} | {name}: {theirs} | {float(f'{float(ratio):.2g}'):g}{rounds} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    readme = ROOT / "README.md"
    text = readme.read_text()
    before, rest = text.split(START)
    after = rest.split(END)[1]
    new = f"{before}{START}\n{table((ROOT / 'docs/performance.md').read_text())}\n{END}{after}"
    if options.check:
        if new != text:
            sys.exit("README.md: its figures are not those of docs/performance.md; run `make readme-figures`")
    else:
        readme.write_text(new)


main()
