#!/usr/bin/env python3
"""Writes statistics.json: figures of numpy, scipy and scikit-learn for StatisticsGoldenTests.

Needs numpy, scipy, scikit-learn.  Usage: make_statistics.py
"""
import json
import os

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics

random = np.random.default_rng(7)
out = {"made_with": f"numpy {np.__version__}, scipy {scipy.__version__}, "
                    f"scikit-learn {sklearn.__version__}"}

# Confusion: one concept (4) is predicted but never true, another (3) true but never predicted.
actual = random.integers(0, 4, 80)
predicted = np.where(random.random(80) < 0.6, actual, random.integers(0, 5, 80))
predicted[predicted == 3] = 4
labels = list(range(5))
out["confusion"] = {
    "actual": actual.tolist(), "predicted": predicted.tolist(),
    "counts": metrics.confusion_matrix(actual, predicted, labels=labels).tolist(),
    "accuracy": metrics.accuracy_score(actual, predicted),
    "precision": metrics.precision_score(actual, predicted, labels=labels, average=None,
                                         zero_division=0).tolist(),
    "recall": metrics.recall_score(actual, predicted, labels=labels, average=None,
                                   zero_division=0).tolist(),
    "f1": metrics.f1_score(actual, predicted, labels=labels, average=None,
                           zero_division=0).tolist(),
    "macro_f1": metrics.f1_score(actual, predicted, average="macro", zero_division=0),
    "macro_precision": metrics.precision_score(actual, predicted, average="macro",
                                               zero_division=0),
    "macro_recall": metrics.recall_score(actual, predicted, average="macro", zero_division=0),
}
weights = random.integers(0, 4, 80)
out["weighted"] = {
    "weights": weights.tolist(),
    "accuracy": metrics.accuracy_score(actual, predicted, sample_weight=weights),
    "macro_f1": metrics.f1_score(np.repeat(actual, weights), np.repeat(predicted, weights),
                                 average="macro", zero_division=0),
}

# ROC with ties.
positive = random.random(120) < 0.4
scores = np.round(random.normal(size=120) + positive, 1)
repeats = random.integers(0, 4, 120)
out["roc"] = {
    "positive": positive.tolist(), "scores": scores.tolist(), "weights": repeats.tolist(),
    "area": metrics.roc_auc_score(positive, scores),
    "weighted_area": metrics.roc_auc_score(positive, scores, sample_weight=repeats),
}

out["mcnemar"] = []
for b, c in [(0, 0), (1, 0), (5, 5), (12, 3), (3, 12), (40, 61), (700, 640), (0, 2000)]:
    n = b + c
    statistic = max(0, abs(b - c) - 1) ** 2 / n if n else 0.0
    out["mcnemar"].append({
        "first": b, "second": c,
        "exact": float(stats.binomtest(b, n, 0.5).pvalue) if n else 1.0,
        "statistic": statistic, "p": float(stats.chi2.sf(statistic, 1))})

out["proportion"] = []
for k, n in [(0, 10), (10, 10), (3, 7), (250, 600), (1, 1)]:
    interval = stats.binomtest(k, n).proportion_ci(method="wilson")
    out["proportion"].append({"k": k, "n": n, "low": interval.low, "high": interval.high})

values = np.sort(random.normal(size=17))
shares = [0, 0.025, 0.1, 1 / 3, 0.5, 0.975, 1]
out["quantile"] = {"values": values.tolist(), "shares": shares,
                   "quantiles": np.quantile(values, shares).tolist()}

# Calibration: the mean of |confidence - accuracy| over ten bins, and Brier's score.
confidence = np.concatenate([random.random(90), [0.0, 0.1, 0.2, 0.7, 1.0]])
right = random.random(95) < confidence ** 1.5
bins = np.clip(np.ceil(confidence * 10).astype(int) - 1, 0, 9)
error = sum(abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
            for b in range(10) if (bins == b).any())
out["calibration"] = {
    "confidence": confidence.tolist(), "right": right.tolist(),
    "rows": [int((bins == b).sum()) for b in range(10)], "expected_error": float(error),
    "brier": metrics.brier_score_loss(right, confidence)}

# Bootstrap intervals are compared within the noise of 10,000 resamples.
sample = random.random(150) < 0.7
interval = stats.bootstrap((sample.astype(float),), np.mean, n_resamples=10_000,
                           method="percentile", vectorized=True, rng=random).confidence_interval
out["bootstrap"] = {"sample": sample.tolist(), "low": float(interval.low),
                    "high": float(interval.high)}

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "statistics.json"), "w") as file:
    json.dump(out, file, indent=None, separators=(",", ":"))
    file.write("\n")
