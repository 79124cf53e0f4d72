#!/usr/bin/env python3
"""Writes umap.json: what umap-learn and pacmap compute before they draw, for small inputs.

Memberships of the fuzzy set, the curve for several least distances, PaCMAP's near pairs and weights.
usage: make_umap.py > umap.json   (umap-learn 0.5.12, pacmap 0.9.1, numpy)
"""
import json

import numpy as np
import umap.umap_ as reference
from pacmap import pacmap

random = np.random.default_rng(7)
clusters = random.standard_normal((3, 5)) * 4
matrix = (clusters[random.integers(0, 3, 70)] + random.standard_normal((70, 5))).astype(np.float32)
matrix[60:64] = matrix[0]  # duplicates
matrix[69] = 40  # a row far from all

distances = np.sqrt(((matrix[:, None].astype(np.float64) - matrix[None]) ** 2).sum(-1))
order = np.argsort(distances, axis=1, kind="stable")


def nearest(k):
    """A row's own entry first, as umap-learn has it; ties in the order of the rows."""
    indices = np.empty((len(matrix), k), dtype=np.int64)
    for row in range(len(matrix)):
        others = [j for j in order[row] if j != row][: k - 1]
        indices[row] = [row] + others
    return indices, np.take_along_axis(distances, indices, 1).astype(np.float32)


sets = []
for k in (2, 5, 15):
    indices, near = nearest(k)
    graph, _, _ = reference.fuzzy_simplicial_set(
        matrix, k, np.random.RandomState(0), "euclidean", knn_indices=indices, knn_dists=near)
    dense = graph.toarray()
    entries = [[int(i), int(j), float(dense[i, j])] for i, j in zip(*np.nonzero(dense))]
    sets.append({"neighbours": k, "entries": entries})

curves = []
for least in (0.0, 0.1, 0.5, 0.99):
    a, b = reference.find_ab_params(1.0, least)
    curves.append([least, float(a), float(b)])

pairs = []
for near in (3, 10):
    count = min(near + 50, len(matrix) - 1)
    indices, far = nearest(count + 1)
    indices, far = indices[:, 1:].astype(np.int32), far[:, 1:]
    crowding = np.maximum(np.mean(far[:, 3:6], axis=1), 1e-10)
    scaled = pacmap.scale_dist(far, crowding, indices)
    chosen = pacmap.sample_neighbors_pair(matrix, scaled, indices, np.int32(near))
    pairs.append({"neighbours": near, "partners": chosen[:, 1].tolist()})

weights = []
for step in (0, 1, 50, 99, 100, 199, 200, 449):
    middle, near, far = pacmap.find_weight(1000.0, step, num_iters=(100, 100, 250))
    weights.append([step, float(near), float(middle), float(far)])

print(json.dumps({
    "columns": matrix.shape[1], "matrix": [float(x) for x in matrix.ravel()], "sets": sets,
    "curves": curves, "pairs": pairs, "weights": weights}))
