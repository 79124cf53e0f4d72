"""Writes quality.json: scikit-learn's trustworthiness and the share of neighbours kept.
Needs numpy and scikit-learn. usage: python make_quality.py"""
import json
import numpy as np
from sklearn.manifold import trustworthiness
from sklearn.neighbors import NearestNeighbors

generator = np.random.default_rng(5)
matrix = generator.normal(size=(80, 6)).astype("f4")
layout = (matrix[:, :2] + 0.3 * generator.normal(size=(80, 2))).astype("f4")


def neighbours(points, k):
    found = NearestNeighbors(n_neighbors=k).fit(points.astype("f8")).kneighbors()[1]
    return [set(row) for row in found]


cases = []
for k in (5, 10):
    kept = np.mean([len(a & b) / k for a, b in zip(neighbours(matrix, k), neighbours(layout, k))])
    cases.append({
        "k": k, "trustworthiness": float(trustworthiness(matrix, layout, n_neighbors=k)),
        "kept": float(kept)})
with open("quality.json", "w") as file:
    json.dump({
        "rows": 80, "width": 6, "matrix": [float(v) for v in matrix.ravel()],
        "layout": [float(v) for v in layout.ravel()], "cases": cases}, file)
    file.write("\n")
