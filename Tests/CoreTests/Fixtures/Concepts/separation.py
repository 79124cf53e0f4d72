"""Writes separation.json beside this script: small labelled matrices with their separation by numpy and scikit-learn.

Nearest prototype: mean of unit rows of the train rows, cosine, share of right test rows over all folds. Silhouette:
sklearn.metrics.silhouette_score(metric="cosine"). Angles in degrees: between prototypes of two concepts (mean over
pairs), between a row and its own concept's prototype (mean over rows).
"""
import json, os
import numpy as np
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import normalize

def angle(a, b): return float(np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1))))

def measure(name, x, labels, folds):
    x = np.round(x.astype(np.float64), 5); labels = np.array(labels); k = labels.max() + 1
    u = normalize(x); right = total = 0
    for train, test in folds:
        present = [c for c in range(k) if any(labels[i] == c for i in train)]
        p = normalize(np.stack([u[[i for i in train if labels[i] == c]].mean(0) for c in present]))
        guess = np.array(present)[(u[test] @ p.T).argmax(1)]
        right += int((guess == labels[test]).sum()); total += len(test)
    p = [u[labels == c].mean(0) for c in range(k)]
    return {"name": name, "rows": len(x), "width": x.shape[1], "concepts": int(k), "states": x.ravel().tolist(), "labels": labels.tolist(),
            "folds": [{"train": list(map(int, a)), "test": list(map(int, b))} for a, b in folds],
            "nearest_prototype": right / total if total else None,
            "silhouette": float(silhouette_score(x, labels, metric="cosine")),
            "angle_between": float(np.mean([angle(p[a], p[b]) for a in range(k) for b in range(a)])),
            "angle_within": float(np.mean([angle(u[i], p[labels[i]]) for i in range(len(x))]))}

def five(n, rng):
    order = rng.permutation(n); parts = [sorted(order[i::5]) for i in range(5)]
    return [(sorted(set(range(n)) - set(p)), p) for p in parts]

def main():
    rng = np.random.default_rng(5); cases = []
    labels = rng.integers(0, 4, 60); x = rng.normal(size=(60, 13)) + 0.5 * rng.normal(size=(4, 13))[labels]
    cases.append(measure("four mixed concepts, five folds", x, labels, five(60, rng)))
    cases.append(measure("the same, one split", x, labels, [(list(range(0, 40)), list(range(40, 60)))]))
    spike = x.copy(); spike[:, 7] += 400
    cases.append(measure("one coordinate holds nearly all of the norm", spike, labels, five(60, rng)))
    far = rng.normal(size=(30, 6)) * 0.1 + np.repeat(np.eye(6)[:3] * [[5], [7], [1]], 10, 0)
    cases.append(measure("three clusters far apart", far, np.repeat(range(3), 10), five(30, rng)))
    single = rng.normal(size=(9, 5)); lone = [0, 0, 0, 0, 1, 1, 1, 1, 2]
    cases.append(measure("a concept of one row, sometimes without a train row", single, lone, five(9, rng)))
    twins = np.repeat(rng.normal(size=(6, 4)), 3, 0); cases.append(measure("exact duplicates", twins, np.tile([0, 1], 9), five(18, rng)))
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "separation.json")
    with open(path, "w") as f: f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
    for c in cases: print(c["name"], c["nearest_prototype"], c["silhouette"], c["angle_between"], c["angle_within"])

main()
