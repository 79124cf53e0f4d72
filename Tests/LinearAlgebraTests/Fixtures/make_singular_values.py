"""Writes singular_values.json: matrices, their singular values, and U V' where it is one.
Needs numpy. usage: python make_singular_values.py"""
import json

import numpy as np

generator = np.random.default_rng(21)
hilbert = 1 / (np.arange(8)[:, None] + np.arange(8) + 1)
cases = {f"{m} x {n}": generator.normal(size=(m, n))
         for m, n in ((1, 1), (2, 2), (3, 3), (5, 5), (7, 3), (3, 7), (12, 12))}
cases["hilbert"] = hilbert
cases["graded"] = np.diag([1e8, 1, 1e-8]) @ np.linalg.qr(generator.normal(size=(3, 3)))[0]
cases["a turn"] = np.linalg.qr(generator.normal(size=(4, 4)))[0]
cases["rank 2 of 5"] = generator.normal(size=(5, 2)) @ generator.normal(size=(2, 5))
cases["rank 1 of 2"] = np.array([[0.0, 2.0], [0.0, 0.0]])
cases["zeros"] = np.zeros((3, 3))

results = []
for name, matrix in cases.items():
    u, s, vt = np.linalg.svd(matrix, full_matrices=False)
    rank = int((s > 1e-12 * s[0]).sum())
    determined = rank == min(matrix.shape) and name not in ("hilbert", "graded")
    results.append({
        "name": name, "rows": matrix.shape[0], "columns": matrix.shape[1],
        "matrix": [float(v) for v in matrix.ravel()], "values": [float(v) for v in s],
        "rank": rank, "polar": [float(v) for v in (u @ vt).ravel()] if determined else None})
with open("singular_values.json", "w") as file:
    json.dump(results, file)
    file.write("\n")
