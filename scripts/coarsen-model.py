#!/usr/bin/env python3
"""Rounds the 4-bit weights of a GGUF file (Q4_1) to fewer levels, so that there is a coarser model to measure.

usage: coarsen-model.py MODEL.gguf OUTPUT.gguf --bits 3

The file keeps its type and size: of a block's 16 levels, 2^bits stay, evenly spaced, and each weight takes the nearest. Tensors of
other types, such as embedding and norms, are left as they are. Only Python's own library is needed.
"""
import argparse
import os
import struct

Q4_1, BLOCK_BYTES, BLOCK_WEIGHTS = 3, 20, 32
# Bytes of a value by its type number in the header; 8 is a text, 9 a list.
SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}


class Header:
    """Where the tensors of a GGUF file lie, after llama.cpp's description of the format."""

    def __init__(self, data):
        self.data, self.place = data, 4
        if bytes(data[:4]) != b"GGUF":
            raise SystemExit("coarsen-model.py: found no GGUF file, wanted one whose weights are Q4_1")
        self.take("I")
        tensors, values = self.take("Q"), self.take("Q")
        alignment = 32
        for _ in range(values):
            name, kind = self.text(), self.take("I")
            value = self.value(kind)
            alignment = value if name == b"general.alignment" else alignment
        infos = []
        for _ in range(tensors):
            self.text()
            shape = [self.take("Q") for _ in range(self.take("I"))]
            infos.append((shape, self.take("I"), self.take("Q")))
        start = -(-self.place // alignment) * alignment
        self.tensors = [(shape, kind, start + offset) for shape, kind, offset in infos]

    def take(self, kind):
        value, = struct.unpack_from("<" + kind, self.data, self.place)
        self.place += struct.calcsize("<" + kind)
        return value

    def text(self):
        length = self.take("Q")
        self.place += length
        return bytes(self.data[self.place - length:self.place])

    def value(self, kind):
        if kind == 8:
            return self.text()
        if kind == 9:
            kind, count = self.take("I"), self.take("Q")
            return [self.value(kind) for _ in range(count)]
        if kind == 4:
            return self.take("I")
        self.place += SIZES[kind]
        return None


def rounded(bits):
    """For each byte of two 4-bit levels the byte with each at the nearest of 2^bits levels."""
    most = 2 ** bits - 1
    levels = [round(15 * i / most) for i in range(most + 1)]
    nearest = [min(levels, key=lambda level: abs(level - value)) for value in range(16)]
    return bytes(nearest[b >> 4] << 4 | nearest[b & 15] for b in range(256))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("output")
    parser.add_argument("--bits", type=int, choices=(1, 2, 3), default=3)
    o = parser.parse_args()
    with open(o.model, "rb") as file:
        data = bytearray(file.read())
    levels, changed = rounded(o.bits), 0
    for shape, kind, start in Header(data).tensors:
        if kind != Q4_1:
            continue
        count = 1
        for size in shape:
            count *= size
        end = start + count // BLOCK_WEIGHTS * BLOCK_BYTES
        # A block is a scale and a least value, two bytes each, then 16 bytes of levels.
        for byte in range(4, BLOCK_BYTES):
            place = slice(start + byte, end, BLOCK_BYTES)
            data[place] = data[place].translate(levels)
        changed += 1
    if not changed:
        raise SystemExit(f"coarsen-model.py: {o.model}: found no tensor of the type Q4_1, wanted some")
    with open(o.output + ".partial", "wb") as file:
        file.write(data)
    os.rename(o.output + ".partial", o.output)


if __name__ == "__main__":
    main()
