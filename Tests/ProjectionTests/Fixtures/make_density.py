#!/usr/bin/env python3
"""Writes density.json: local radii and the density term of umap-learn's densMAP, for a small input.

The states' radii and the map's come from umap-learn's own functions; the correlation is restated in
float64, and its derivative is by central differences of that. Its maps are judged by the correlation
of log radii.
usage: make_density.py > density.json   (umap-learn 0.5.12, numpy)
"""
import json

import numpy as np
import umap.umap_ as reference
from umap.layouts import _optimize_layout_euclidean_densmap_epoch_init as map_radii

random = np.random.default_rng(11)
clusters = random.standard_normal((3, 5)) * 6
scales = np.array([0.3, 1.0, 2.5])
label = random.integers(0, 3, 80)
matrix = (clusters[label] + scales[label, None] * random.standard_normal((80, 5))).astype(np.float32)
k = 8

distances = np.sqrt(((matrix[:, None].astype(np.float64) - matrix[None]) ** 2).sum(-1))
indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
near = np.take_along_axis(distances, indices, 1).astype(np.float32)
graph, _, _, dists = reference.fuzzy_simplicial_set(
    matrix, k, np.random.RandomState(0), "euclidean", knn_indices=indices, knn_dists=near,
    return_dists=True)
graph = graph.tocoo()
graph.sum_duplicates()
radii, sums = np.zeros(80), np.zeros(80)
for i, j, value in zip(graph.row, graph.col, graph.data):
    for row in (i, j):
        radii[row] += value * dists[i, j] ** 2
        sums[row] += value
logs = np.log(1e-8 + radii / sums)
targets = (logs - logs.mean()) / logs.std()

points = random.standard_normal((80, 2)).astype(np.float32) * 3
a, b = reference.find_ab_params(1.0, 0.1)
cases = []
for a, b in ((float(a), float(b)), (1.0, 1.0)):
    re, phi = np.zeros(80, np.float32), np.zeros(80, np.float32)
    map_radii(points, points, graph.row, graph.col, a, b, re, phi)

    def correlation(points):
        squares = ((points[graph.row] - points[graph.col]) ** 2).sum(1)
        weights = 1 / (1 + a * squares**b)
        moment, total = np.zeros(80), np.zeros(80)
        np.add.at(moment, graph.row, weights * squares)
        np.add.at(total, graph.row, weights)
        logs = np.log(1e-8 + moment / total)
        return (targets * (logs - logs.mean())).mean() / np.sqrt(logs.var() + 0.1)

    exact = points.astype(np.float64)
    slope = np.zeros_like(exact)
    for place in np.ndindex(*exact.shape):
        for sign in (1, -1):
            moved = exact.copy()
            moved[place] += sign * 1e-5
            slope[place] += sign * correlation(moved) / 2e-5
    cases.append({
        "a": a, "b": b, "mapRadii": [float(x) for x in re], "correlation": float(correlation(exact)),
        "slope": [float(x) for x in slope.ravel()]})

# How well umap-learn keeps densities: the correlation of the log radii of 15 neighbours.
label = random.integers(0, 4, 400)
scales = np.array([0.2, 0.6, 1.5, 3.0])
judged = np.round(
    random.standard_normal((4, 5))[label] * 15 + scales[label, None] * random.standard_normal((400, 5)),
    2).astype(np.float32)


def log_radii(x):
    squares = ((x[:, None].astype(np.float64) - x[None]) ** 2).sum(-1)
    return np.log(np.sort(squares, axis=1)[:, 1:16].mean(1))


found = {}
for name, keeps in (("umap", False), ("densmap", True)):
    maps = [reference.UMAP(densmap=keeps, random_state=seed, n_jobs=1).fit_transform(judged)
            for seed in range(3)]
    found[name] = [float(np.corrcoef(log_radii(judged), log_radii(map))[0, 1]) for map in maps]

print(json.dumps({
    "judged": [float(x) for x in np.round(judged.ravel().astype(np.float64), 2)], **found,
    "columns": 5, "neighbours": k, "matrix": [float(x) for x in matrix.ravel()],
    "targets": [float(x) for x in targets], "points": [float(x) for x in points.ravel()],
    "cases": cases}))
