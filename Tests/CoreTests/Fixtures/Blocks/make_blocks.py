"""Makes blocks.json: random stored blocks and what the gguf package expands them to.

    python make_blocks.py      (numpy, gguf)
"""

import json
import os

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

random = np.random.default_rng(7)
SCALES = [0x0001, 0x03FF, 0x8001, 0x0400, 0x7BFF, 0xFBFF, 0x0000, 0x8000]  # subnormal, largest, zero


def halves(count):
    """Finite float16 bit patterns, the awkward ones first."""
    bits = random.integers(0, 1 << 16, count, dtype=np.uint16)
    bits[(bits & 0x7C00) == 0x7C00] &= 0xBFFF
    bits[: len(SCALES)] = SCALES[:count]
    return bits


def make(name, fields, size, count=24):
    blocks = random.integers(0, 256, (count, size), dtype=np.uint8)
    for field in range(fields):
        order = random.permutation(count) if field else np.arange(count)
        blocks[:, 2 * field : 2 * field + 2] = halves(count)[order].view(np.uint8).reshape(-1, 2)
    return blocks


out = {}
for name, fields, size in [("Q8_0", 1, 34), ("Q4_0", 1, 18), ("Q4_1", 2, 20)]:
    stored = make(name, fields, size)
    out[name] = (stored, quants.dequantize(stored, Type[name]))
plain = halves(256)
out["F16"] = (plain, quants.dequantize(plain.view(np.float16), Type.F16))
brain = random.integers(0, 1 << 16, 256, dtype=np.uint16)
brain[(brain & 0x7F80) == 0x7F80] &= 0xBFFF
out["BF16"] = (brain, quants.dequantize(brain.view(np.uint8), Type.BF16))
# The package expands these but quantises only some; `at` is where their float16 scales begin.
for name, fields, size, at in [
    ("Q5_0", 1, 22, 0), ("Q5_1", 2, 24, 0), ("IQ4_NL", 1, 18, 0), ("Q2_K", 2, 84, 80),
    ("Q3_K", 1, 110, 108), ("Q4_K", 2, 144, 0), ("Q5_K", 2, 176, 0), ("Q6_K", 1, 210, 208),
]:
    stored = np.roll(make(name, fields, size, 12 if size < 32 else 8), at, axis=1)
    out[name] = (stored, quants.dequantize(stored, Type[name]))
# The same for those that it quantises hardly any of.
for name, size, at in [
    ("IQ4_XS", 136, 0), ("IQ3_XXS", 98, 0), ("IQ3_S", 110, 0), ("IQ2_XXS", 66, 0),
    ("IQ2_XS", 74, 0), ("IQ2_S", 82, 0), ("IQ1_S", 50, 0), ("TQ1_0", 54, 52), ("TQ2_0", 66, 64),
]:
    stored = np.roll(make(name, 1, size, 8), at, axis=1)
    out[name] = (stored, quants.dequantize(stored, Type[name]))
# The four bits of a float16 scale stand at the end of each of four words.
stored = random.integers(0, 256, (8, 56), dtype=np.uint8)
for digit in range(4):
    byte = 49 + 2 * digit
    stored[:, byte] = stored[:, byte] & 15 | (halves(8) >> 4 * digit & 15).astype(np.uint8) << 4
stored[(stored[:, 55] & 0x70) == 0x70, 55] &= 0xBF
out["IQ1_M"] = (stored, quants.dequantize(stored, Type.IQ1_M))
# Every code with the awkward scales: subnormal, huge, and what overflows.
stored = random.integers(0, 256, (12, 17), dtype=np.uint8)
stored[:, 0] = [0, 1, 2, 3, 100, 127, 128, 150, 252, 253, 254, 255]
stored[5, 1:] = np.arange(16) * 17
out["MXFP4"] = (stored, quants.dequantize(stored, Type.MXFP4))

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "blocks.json")
with open(path, "w") as file:
    json.dump(
        {
            name: {
                "blocks": stored.tobytes().hex(),
                "values": values.astype("<f4").tobytes().hex(),
            }
            for name, (stored, values) in out.items()
        },
        file,
        indent=1,
    )
