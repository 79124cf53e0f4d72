"""Writes pca.json: small matrices with their principal components from numpy's float64 SVD.
Needs numpy. usage: python make_pca.py"""
import json
import numpy as np

generator = np.random.default_rng(7)


def case(name, rows, width, components, offset=0.0, rank=None):
    rank = rank or min(rows, width)
    scales = 2.0 ** -np.arange(rank)
    matrix = (generator.normal(size=(rows, rank)) * scales) @ generator.normal(size=(rank, width))
    matrix = (matrix + offset * generator.normal(size=width)).astype("f4")
    exact = matrix.astype("f8")
    mean = exact.mean(0)
    _, singular, vectors = np.linalg.svd(exact - mean, full_matrices=False)
    variance = singular**2 / (rows - 1)
    vectors = vectors[:components]
    largest = np.argmax(np.abs(vectors), 1)
    vectors = vectors * np.sign(vectors[np.arange(len(vectors)), largest])[:, None]
    return {
        "name": name, "rows": rows, "width": width, "components": components,
        "matrix": [float(v) for v in matrix.ravel()], "mean": mean.round(6).tolist(),
        "vectors": vectors.round(6).ravel().tolist(),
        "variance": [float(f"{v:.7g}") for v in variance[:components]],
        "ratio": [float(f"{v:.7g}") for v in (variance / variance.sum())[:components]],
    }


cases = [
    case("tall", 40, 7, 3),
    case("tall, far from the origin", 60, 5, 3, offset=300.0),
    case("wide", 6, 20, 3),
    case("square", 8, 8, 4),
    case("all components", 30, 4, 4),
    case("two rows", 2, 5, 1),
]
with open("pca.json", "w") as file:
    json.dump({"cases": cases}, file)
    file.write("\n")
