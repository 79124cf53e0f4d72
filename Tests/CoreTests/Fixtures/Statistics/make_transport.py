#!/usr/bin/env python3
"""Writes transport.json: the optimal-transport account of random states for TransportAccountTests.

Everything is stated from the definitions with numpy alone: the Wasserstein-1 distance of two samples of equal size is the
cheapest of all assignments, found by trying every permutation.  Usage: make_transport.py
"""
import itertools
import json
import math
import os

import numpy as np

random = np.random.default_rng(11)
WIDTH, CONCEPTS, SIZE = 6, 3, 4
centres = random.normal(size=(CONCEPTS, WIDTH)) * 2


def rows(count, scatter):
    labels = np.arange(count) % CONCEPTS
    states = centres[labels] * 2 + scatter * random.normal(size=(count, WIDTH))
    # As float32 holds them.
    return labels, states.astype("f4").astype("f8")


def halves(labels):
    chosen = []
    for concept in range(CONCEPTS):
        members = random.permutation(np.flatnonzero(labels == concept))[:2 * SIZE]
        chosen.append([members[:SIZE].tolist(), members[SIZE:].tolist()])
    return chosen


def distance(a, b):
    costs = np.linalg.norm(a[:, None] - b[None], axis=2)
    order = np.arange(len(a))
    return min(costs[order, list(p)].sum() for p in itertools.permutations(range(len(b)))) / len(a)


train_labels, train = rows(90, 0.5)
test_labels, test = rows(24, 1.6)
train_halves, test_halves = halves(train_labels), halves(test_labels)


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


prototypes = unit(np.stack([unit(train)[train_labels == c].mean(0) for c in range(CONCEPTS)]))
lipschitz = [max(np.linalg.norm(prototypes[c] - prototypes[o]) for o in range(CONCEPTS) if o != c) for c in range(CONCEPTS)]
shares = np.bincount(train_labels) / len(train_labels)


def side(states, labels, chosen):
    u = unit(states)
    cosines = u @ prototypes.T
    own = cosines[np.arange(len(labels)), labels]
    cosines[np.arange(len(labels)), labels] = -np.inf
    margins = own - cosines.max(1)
    within = [distance(u[a], u[b]) for a, b in chosen]
    between = [distance(u[chosen[a][0]], u[chosen[b][0]]) for a in range(CONCEPTS) for b in range(a)]
    spread = float(np.sum(shares * lipschitz * within))
    return margins, spread, {
        "rows": len(labels), "accuracy": float(np.mean(margins > 0)), "median_margin": float(np.median(margins)),
        "k_variance": float(np.mean(within)), "wasserstein": float(np.mean(between)),
        "normalised_margin": float(np.median(margins)) / spread}


margins, spread, train_side = side(train, train_labels, train_halves)
_, _, test_side = side(test, test_labels, test_halves)
gammas = [0.5 ** i for i in range(8)]
confidence = math.sqrt(math.log(len(gammas) / 0.05) / (2 * len(margins)))
bounds = [(float(np.mean(margins <= g)) + spread / g + confidence, g) for g in gammas]
total, gamma = min(bounds)
out = {
    "made_with": f"numpy {np.__version__}",
    "train": {"states": train.ravel().tolist(), "labels": train_labels.tolist(), "halves": train_halves},
    "test": {"states": test.ravel().tolist(), "labels": test_labels.tolist(), "halves": test_halves},
    "lipschitz": float(np.sum(shares * lipschitz)), "train_side": train_side, "test_side": test_side,
    "gamma": gamma, "margin_loss": float(np.mean(margins <= gamma)), "transport": spread / gamma,
    "confidence": confidence, "total": total}
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "transport.json"), "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
