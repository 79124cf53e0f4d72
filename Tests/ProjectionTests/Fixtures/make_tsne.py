"""Writes tsne.json: the joint probabilities, KL divergence and gradient of a small t-SNE problem
from scikit-learn's own functions. Needs numpy, scipy and scikit-learn. usage: python make_tsne.py"""
import json
import numpy as np
from sklearn.manifold._t_sne import _joint_probabilities_nn, _kl_divergence
from sklearn.neighbors import NearestNeighbors

generator = np.random.default_rng(3)
rows, width, perplexity = 60, 5, 5
matrix = generator.normal(size=(rows, width)).astype("f4")
matrix[:20] += 3
matrix[20:30, :2] -= 4
neighbours = NearestNeighbors(n_neighbors=3 * perplexity).fit(matrix.astype("f8"))
distances = neighbours.kneighbors_graph(mode="distance")
distances.sort_indices()
distances.data **= 2
joint = _joint_probabilities_nn(distances, perplexity, 0).toarray()
layout = (generator.normal(size=(rows, 2)) * 3).astype("f4")
condensed = joint[np.triu_indices(rows, 1)]
# scikit-learn's condensed form counts every pair once, halved sums: P sums to 1 over all pairs.
divergence, gradient = _kl_divergence(
    layout.astype("f8").ravel(), np.maximum(condensed, np.finfo(np.double).eps), 1, rows, 2)
i, j = np.nonzero(np.triu(joint))
with open("tsne.json", "w") as file:
    json.dump({
        "rows": rows, "width": width, "perplexity": perplexity,
        "matrix": [float(v) for v in matrix.ravel()],
        "first": i.tolist(), "second": j.tolist(),
        "joint": [float(f"{v:.6g}") for v in joint[i, j]],
        "layout": [float(v) for v in layout.ravel()],
        "divergence": float(f"{divergence:.8g}"),
        "gradient": [float(f"{v:.6g}") for v in gradient],
    }, file)
    file.write("\n")
