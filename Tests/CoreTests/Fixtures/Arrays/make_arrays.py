"""Writes arrays.json: one small matrix as numpy and safetensors write it in every type, order of bytes
and order of axes, with the values that they read back.

usage: python make_arrays.py        (numpy, safetensors, ml_dtypes or torch for bfloat16)
"""

import base64
import io
import json
import os
import struct

import numpy as np

here = os.path.dirname(os.path.abspath(__file__))
cases = []
rng = np.random.default_rng(7)
base = rng.normal(size=(5, 3)) * 10


def matrix(kind):
    if kind == "b1":
        return rng.integers(0, 2, (5, 3)).astype(bool)
    if kind[0] == "f":
        values = base.astype(kind)
        # The ends of the type's range, and numbers that are not normal.
        info = np.finfo(kind)
        if kind != "f8":
            values[0, 0], values[4, 2] = info.max, info.smallest_subnormal
        return values
    info = np.iinfo(kind)
    values = (base * 3).astype(kind) if kind[0] == "i" else np.abs(base * 3).astype(kind)
    if info.bits <= 16:
        values[0, 0], values[4, 2] = info.max, info.min
    return values


def bytes_of(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def add(name, data, array):
    cases.append(
        {
            "name": name,
            "file": base64.b64encode(data).decode(),
            "rows": array.shape[0],
            "columns": array.shape[1],
            "values": [float(v) for v in np.asarray(array, dtype="f8").ravel()],
        }
    )


kinds = ["f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"]
for kind in kinds:
    values = matrix(kind)
    for order in "<>" if values.dtype.itemsize > 1 else "<":
        stored = values.astype(np.dtype(kind).newbyteorder(order))
        for axes in "CF":
            array = np.array(stored, order=axes)
            add(f"{kind} {order} {axes}.npy", bytes_of(array), values)
for version in [(1, 0), (2, 0), (3, 0)]:
    add(f"version {version[0]}.npy", bytes_of(base.astype("f4"), version), base.astype("f4"))

# bfloat16 as ml_dtypes has numpy write it: raw bytes.
bits = (base.astype("f4").view("u4") >> 16).astype("u2")
exact = (bits.astype("u4") << 16).view("f4")
add("bfloat16 V2.npy", bytes_of(bits.view("V2")), exact)
add("bfloat16 u2.npy", bytes_of(bits), exact)

for name, save in [("stored", np.savez), ("deflated", np.savez_compressed)]:
    file = io.BytesIO()
    save(file, states=np.asfortranarray(base.astype("f4")))
    add(f"{name}.npz", file.getvalue(), base.astype("f4"))


def safetensors(dtype, data, shape):
    header = json.dumps({"states": {"dtype": dtype, "shape": shape, "data_offsets": [0, len(data)]}})
    return struct.pack("<Q", len(header)) + header.encode() + data


for dtype, kind in [("F16", "f2"), ("F32", "f4"), ("F64", "f8"), ("I32", "i4"), ("U8", "u1")]:
    values = matrix(kind)
    add(f"{dtype}.safetensors", safetensors(dtype, values.tobytes(), [5, 3]), values)
add("BF16.safetensors", safetensors("BF16", bits.tobytes(), [5, 3]), exact)

# What numpy writes of arrays like those that are exported.
texts = np.array(["bias", "", "naïve 日本 🐈", "law"])
written = {
    "f4": bytes_of(base.astype("f4")),
    "f2": bytes_of(base.astype("f2")),
    "i8": bytes_of(np.array([0, 1, -1, 2**40], dtype="i8")),
    "texts": bytes_of(texts),
    "no_texts": bytes_of(np.array(["", ""])),
}
with open(os.path.join(here, "arrays.json"), "w") as file:
    json.dump(
        {
            "cases": cases,
            "matrix": [float(v) for v in base.astype("f4").ravel()],
            "texts": texts.tolist(),
            "written": {key: base64.b64encode(value).decode() for key, value in written.items()},
        },
        file,
        indent=0,
        ensure_ascii=False,
    )
    file.write("\n")
