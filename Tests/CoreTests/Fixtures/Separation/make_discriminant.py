"""Writes discriminant.json: linear discriminants with a shrunk covariance, by scikit-learn.

usage: python make_discriminant.py     (needs numpy, scikit-learn)
"""
import json
from pathlib import Path

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis


def rounded(values):
    return np.round(np.asarray(values, dtype=np.float64), 6).tolist()


rng = np.random.default_rng(11)
cases = []
for rows, width, concepts, shrinkage in [(90, 6, 3, 0.1), (30, 40, 4, 0.5), (50, 12, 2, 0.03), (40, 5, 3, 1.0)]:
    labels = rng.permutation(np.concatenate([np.arange(concepts), rng.integers(0, concepts, rows - concepts)]))
    means = rng.normal(size=(concepts, width))
    mix = rng.normal(size=(width, width)) * np.linspace(0.2, 2, width)
    states = (means[labels] + rng.normal(size=(rows, width)) @ mix + 3).round(3).astype(np.float32)
    probes = (rng.normal(size=(8, width)) * 2 + 3).round(3).astype(np.float32)
    # Priors as counted make its covariance ours; what they add to the logits is taken off again.
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(states.astype(np.float64), labels)
    logits = probes.astype(np.float64) @ (model.coef_.T if concepts > 2 else np.stack([0 * model.coef_[0], model.coef_[0]], 1))
    logits = logits + (model.intercept_ if concepts > 2 else np.array([0, model.intercept_[0]])) - np.log(model.priors_)
    logits -= logits.mean(1, keepdims=True)
    cases.append({"states": rounded(states), "labels": labels.tolist(), "concepts": concepts, "shrinkage": shrinkage,
                  "probes": rounded(probes), "logits": rounded(logits)})
(Path(__file__).resolve().parent / "discriminant.json").write_text(json.dumps(cases) + "\n")
