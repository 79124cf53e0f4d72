"""Checks samples/concepts.csv: rows and splits, near duplicates, and how far words alone tell the concepts apart.

usage: python check.py [RUN]     (default: run-base beside this file; needs numpy, scikit-learn, safetensors)

A bag of words must stay weak (at most MAX_WORDS), so that a probe has something to find. When RUN/states.safetensors
(tensor "states", layers x rows x width) and RUN/rows.csv exist, a logistic probe on the states of every sixth layer must
beat the words by at least MIN_GAP. Exit code 1 when the file is malformed or either limit is missed.
"""
import csv
import json
import re
import sys
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

MAX_WORDS, MIN_GAP, SEED = 0.75, 0.05, 0
HERE = Path(__file__).resolve().parent


def read(path):
    with open(path, encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def words(text):
    return re.findall(r"\w+", text.lower())


def folds():
    return StratifiedKFold(5, shuffle=True, random_state=SEED)


def tuned(pipeline, grid):
    """The pipeline with C chosen inside the training folds."""
    inner = StratifiedKFold(3, shuffle=True, random_state=SEED + 1)
    return GridSearchCV(pipeline, {"logisticregression__C": grid}, cv=inner)


def score(model, x, y):
    s = cross_val_score(model, x, y, cv=folds())
    return s.mean(), " ".join(f"{v:.2f}" for v in s)


def structure(rows):
    """Problems of the file itself; prints the counts."""
    bad = []
    table = Counter((r["value"], r["split"]) for r in rows)
    for value in sorted({r["value"] for r in rows}):
        train, test = table[value, "train"], table[value, "test"]
        print(f"  {value:<12} train {train:3}  test {test:3}")
        if train + test < 60 or not 0.6 < train / (train + test) < 0.72:
            bad.append(f"{value}: {train} train, {test} test")
    prompts = Counter(" ".join(words(r["prompt"])) for r in rows)
    bad += [f"prompt twice: {p}" for p, n in prompts.items() if n > 1]
    bad += [f"odd row: {r}" for r in rows if not r["prompt"] or not r["response"] or r["split"] not in ("train", "test")]
    openings = Counter(" ".join(words(r[k])[:3]) for r in rows for k in ("prompt", "response"))
    bad += [f"opening {n} times: {o}" for o, n in openings.items() if n > 3]
    return bad


def near_duplicates(rows, n=5, limit=0.1):
    """Pairs of rows whose word n-grams overlap (Jaccard) by more than the limit, and n-grams in more than one row."""
    grams = []
    for r in rows:
        w = words(r["prompt"] + " " + r["response"])
        grams.append({tuple(w[i:i + n]) for i in range(len(w) - n + 1)})
    where = defaultdict(set)
    for i, g in enumerate(grams):
        for t in g:
            where[t].add(i)
    shared = {t: sorted(i) for t, i in where.items() if len(i) > 1}
    pairs = {(i, j) for rs in shared.values() for i in rs for j in rs if i < j}
    return [p for p in pairs if len(grams[p[0]] & grams[p[1]]) / len(grams[p[0]] | grams[p[1]]) > limit], shared


def main():
    rows = read(HERE / "concepts.csv")
    text = [r["prompt"] + "\n" + r["response"] for r in rows]
    y = np.array([r["value"] for r in rows])
    print(f"{len(rows)} rows, {len(set(y))} concepts")
    bad = structure(rows)

    pairs, shared = near_duplicates(rows)
    print(f"near duplicates: {len(pairs)} pairs; word 5-grams in more than one row: {len(shared)}")
    for t, i in sorted(shared.items()):
        print(f"  {' '.join(t)}  (rows {', '.join(map(str, i))})")
    bad += [f"near duplicates: rows {i} and {j}" for i, j in pairs]

    bag = make_pipeline(TfidfVectorizer(sublinear_tf=True), LogisticRegression(max_iter=2000))
    base, each = score(tuned(bag, [1, 10, 100]), text, y)
    print(f"bag of words   {base:.3f}  ({each})")
    if base > MAX_WORDS:
        bad.append(f"bag of words {base:.3f} is above {MAX_WORDS}")

    run = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "run-base"
    if (run / "states.safetensors").exists() and (run / "rows.csv").exists():
        states = load_file(run / "states.safetensors")["states"].astype(np.float32)
        labels = np.array([r["concept"] for r in read(run / "rows.csv")])
        if states.shape[1] != len(labels):
            sys.exit(f"{run}: {states.shape[1]} states, {len(labels)} rows")
        best = (0.0, 0)
        layers = json.loads((run / "run.json").read_text())["layers"]
        for index, layer in enumerate(layers):
            if layer % 6 != 0:
                continue
            probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, tol=1e-3))
            mean, each = score(tuned(probe, [1e-4, 1e-3, 1e-2]), states[index], labels)
            print(f"probe layer {layer:2} {mean:.3f}  ({each})")
            best = max(best, (mean, layer))
        print(f"best probe     {best[0]:.3f}  layer {best[1]}, {best[0] - base:+.3f} against the words")
        if best[0] < base + MIN_GAP:
            bad.append(f"the best probe is not {MIN_GAP} above the bag of words")
    else:
        print(f"no states in {run}: probe skipped")

    for b in bad:
        print("PROBLEM", b)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
