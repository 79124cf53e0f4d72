#!/usr/bin/env python3
"""Writes Sources/CKernels/sk_grids.h: the codebooks of ggml's IQ block types.

    python scripts/make-grids.py      (numpy, gguf)

The tables are part of the format. They are taken from the `gguf` package, which has them as the
numbers of each value in a short list; here an entry is one integer, its first weight lowest.
"""

import os

import numpy as np
from gguf import quants

TABLES = [
    # name, class, bits a weight, what a code stands for
    ("sk_grid_iq2_xxs", quants.IQ2_XXS, 2, "8, 25, 43"),
    ("sk_grid_iq2_xs", quants.IQ2_XS, 2, "8, 25, 43"),
    ("sk_grid_iq2_s", quants.IQ2_S, 2, "8, 25, 43"),
    ("sk_grid_iq3_xxs", quants.IQ3_XXS, 3, "4, 12, 20, 28, 36, 44, 52, 62"),
    ("sk_grid_iq3_s", quants.IQ3_S, 3, "1, 3, 5, 7, 9, 11, 13, 15"),
    ("sk_grid_iq1", quants.IQ1_S, 2, "-1, 0, 1"),
]

lines = [
    "// Codebooks of ggml's IQ block types, part of the format. scripts/make-grids.py writes this file",
    "// from the tables of the `gguf` package (https://pypi.org/project/gguf, MIT).",
    "#pragma once",
    "#include <stdint.h>",
]
for name, kind, bits, values in TABLES:
    kind.init_grid()
    grid = kind.grid.reshape(kind.grid_shape).astype(np.int64)
    codes = [int(value) for value in values.split(",")]
    assert list(kind.grid_map) == codes, name
    entries = sum(np.searchsorted(codes, grid[:, i]) << (bits * i) for i in range(grid.shape[1]))
    assert entries.max() < 1 << 16
    count, weights = grid.shape
    lines.append("")
    lines.append(f"// {weights} weights of {bits} bits; the codes stand for {values}.")
    lines.append(f"static const uint16_t {name}[{count}] = {{")
    for start in range(0, count, 12):
        part = ", ".join(f"0x{entry:04x}" for entry in entries[start : start + 12])
        lines.append(f"  {part}{',' if start + 12 < count else ''}")
    lines.append("};")

# The eighth sign of an IQ2_XXS, IQ2_XS or IQ3_XXS group makes the number of minus signs even.
signs = [code | bin(code).count("1") % 2 << 7 for code in range(128)]
assert bytes(signs) == bytes(quants.IQ2_XXS.ksigns)

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
with open(os.path.join(root, "Sources", "CKernels", "sk_grids.h"), "w") as file:
    file.write("\n".join(lines) + "\n")
