"""Writes figures.json beside this script: the figures of separation by numpy and scipy, on the matrices of
../Concepts/separation.json, straight from their definitions (docs/metrics.md).

Coding rates in both scales, effective rank, L1 and L2 (of means, and pairwise), Hausdorff, Wasserstein-1 by scipy.optimize.linear_sum_assignment on
given rows, the median margin of nearest prototypes over their Lipschitz constant, and the linear CKA and the neighbours
kept between a matrix and a second one that is made from it.
"""
import json, os
import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist, directed_hausdorff

here = os.path.dirname(os.path.abspath(__file__))
cases = json.load(open(os.path.join(here, "..", "Concepts", "separation.json")))

def unit(x): n = np.linalg.norm(x, axis=1, keepdims=True); return np.divide(x, n, out=np.zeros_like(x), where=n > 0)
def logdet(x): return np.linalg.slogdet(x)[1]

def rates(z, y, k, precision):
    m, d = z.shape
    diff = 0.5 * logdet(np.eye(d) + d / (m * precision) * z.T @ z); same = 0.0
    for c in range(k):
        zc = z[y == c]
        if len(zc): same += len(zc) / (2 * m) * logdet(np.eye(d) + d / (len(zc) * precision) * zc.T @ zc)
    return diff, same

def erank(x):
    z = unit(x - x.mean(0)); a = z.T @ z / len(z); p = np.linalg.eigvalsh(a) / np.trace(a); p = p[p > 0]
    return float(np.exp(-(p * np.log(p)).sum()))

def w1(u, a, b):
    cost = cdist(u[a], u[b]); i, j = linear_sum_assignment(cost); return float(cost[i, j].mean())

def margins(x, y, k, folds, side):
    u = unit(x); found = []
    for fold in folds:
        train = np.array(fold["train"]); present = [c for c in range(k) if (y[train] == c).any()]
        p = np.stack([u[train[y[train] == c]].mean(0) for c in present]); p /= np.linalg.norm(p, axis=1, keepdims=True)
        if len(present) < 2: continue
        lipschitz = cdist(p, p).max()
        for i in fold[side]:
            if y[i] not in present: continue
            s = u[i] @ p.T; own = present.index(y[i]); found.append((s[own] - np.delete(s, own).max()) / lipschitz)
    return float(np.median(found))

def cka(x, y):
    x = x - x.mean(0); y = y - y.mean(0)
    return float(np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)))

def nearest(x, k):
    u = unit(x); s = u @ u.T; np.fill_diagonal(s, -2); return np.argsort(-s, axis=1, kind="stable")[:, :k]

result = []
rng = np.random.default_rng(7)
for case in cases:
    x = np.array(case["states"]).reshape(case["rows"], case["width"]); y = np.array(case["labels"]); k = case["concepts"]
    u = unit(x); columns = np.linalg.norm(x, axis=0)
    diff, same = rates(x / np.where(columns > 0, columns, 1), y, k, 0.1)
    diff_rows, same_rows = rates(u, y, k, 0.01)
    mean = np.stack([x[y == c].mean(0) for c in range(k)]); pairs = [(a, b) for a in range(k) for b in range(a)]
    size = min((y == c).sum() for c in range(k)) // 2 or 1
    halves = [[rng.permutation(np.where(y == c)[0])[:2 * size].tolist() for c in range(k)] for _ in range(1)][0]
    halves = [[h[:size], h[size:]] if len(h) == 2 * size else [h, h] for h in halves]
    second = np.round(x @ rng.normal(size=(x.shape[1], 5)) + 0.3 * rng.normal(size=(len(x), 5)), 5)
    kept = [len(set(a) & set(b)) / 5 for a, b in zip(nearest(x, 5), nearest(second, 5))]
    result.append({
        "name": case["name"], "r_diff": diff, "r_same": same, "r_diff_rows": diff_rows, "r_same_rows": same_rows, "erank": erank(x),
        "l1": float(np.mean([np.abs(mean[a] - mean[b]).sum() for a, b in pairs])),
        "l2": float(np.mean([np.linalg.norm(mean[a] - mean[b]) for a, b in pairs])),
        "l1_pairwise": float(np.mean([cdist(x[y == a], x[y == b], "cityblock").mean() for a, b in pairs])),
        "l2_pairwise": float(np.mean([cdist(x[y == a], x[y == b]).mean() for a, b in pairs])),
        "hausdorff": float(np.mean([max(directed_hausdorff(x[y == a], x[y == b])[0], directed_hausdorff(x[y == b], x[y == a])[0]) for a, b in pairs])),
        "halves": halves, "k_variance": float(np.mean([w1(u, a, b) for a, b in halves])),
        "wasserstein": float(np.mean([w1(u, halves[a][0], halves[b][0]) for a, b in pairs])),
        "margin": margins(x, y, k, case["folds"], "test"), "margin_train": margins(x, y, k, case["folds"], "train"),
        "second": second.ravel().tolist(), "cka": cka(x, second), "neighbours_kept": float(np.mean(kept))})
with open(os.path.join(here, "figures.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in result) + "\n]\n")
