"""Writes monitor.json and sampling.json: the monitor's numbers by numpy and scipy, and what
transformers' generation leaves of some logits.

    python monitor.py    (numpy, scipy, torch, transformers)
"""

import json
import pathlib

import numpy as np
import torch
from transformers import (
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from calibration import calibration_error, softmax, temperature, unit

here = pathlib.Path(__file__).parent


class Directions:
    def __init__(self, states, labels, concepts, rows):
        self.mean = unit(states[rows]).mean(0)
        centred = self.centred(states[rows])
        self.vectors = unit(
            np.stack([centred[labels[rows] == c].mean(0) for c in range(concepts)])
        )

    def centred(self, states):
        return unit(unit(states) - self.mean)

    def cosines(self, states):
        return self.centred(states) @ self.vectors.T


def case(rng, rows, width, concepts, spread, folds):
    centres = rng.standard_normal((concepts, width))
    labels = rng.integers(0, concepts, rows)
    labels[: 2 * concepts] = np.arange(2 * concepts) % concepts
    states = centres[labels] + spread * rng.standard_normal((rows, width)) + 5
    states[:, 3] += 40  # one coordinate that holds most of every state, as models have
    states = states.astype(np.float32)
    wide = states.astype(np.float64)
    single = len(folds) == 1
    final = Directions(wide, labels, concepts, folds[0][0] if single else np.arange(rows))
    cosines, held = [], []
    for train, test in folds:
        directions = final if single else Directions(wide, labels, concepts, train)
        cosines.append(directions.cosines(wide[test]))
        held.append(labels[test])
    cosines, held = np.concatenate(cosines), np.concatenate(held)
    confidence, right = np.zeros(len(held)), np.zeros(len(held))
    halves = [np.arange(len(held)) % 2 == 0, np.arange(len(held)) % 2 == 1]
    for half, other in [(halves[0], halves[1]), (halves[1], halves[0])]:
        p = softmax(cosines[half] / temperature(cosines[other], held[other]))
        confidence[half] = p.max(1)
        right[half] = p.argmax(1) == held[half]
    t = temperature(cosines, held)
    probes = np.concatenate(
        [wide[:3], 5 + 10 * rng.standard_normal((3, width))]
    ).astype(np.float32)
    centred = final.centred(wide[folds[0][0] if single else np.arange(rows)])
    mixtures = unit(rng.standard_normal((20000, len(centred))) @ centred)
    band = np.quantile(centred @ mixtures.T, [0.025, 0.975])
    return {
        "states": states.tolist(),
        "labels": labels.tolist(),
        "concepts": concepts,
        "folds": [{"train": a.tolist(), "test": b.tolist()} for a, b in folds],
        "mean": final.mean.tolist(),
        "directions": final.vectors.tolist(),
        "temperature": t,
        "expected_error": calibration_error(confidence, right),
        "accuracy": float(right.mean()),
        "unknown_below": float(np.quantile(cosines.max(1), 0.05)),
        "band": band.tolist(),
        "probes": probes.tolist(),
        "cosines": final.cosines(probes.astype(np.float64)).tolist(),
        "scores": softmax(final.cosines(probes.astype(np.float64)) / t).tolist(),
    }


def sampling(rng):
    logits = (3 * rng.standard_normal(60)).astype(np.float32)
    logits[7] = logits[11] = 4.5  # a tie
    text = [11, 3, 3, 40, 7]
    cases = []
    for options in [
        dict(temperature=1.0),
        dict(temperature=0.7),
        dict(temperature=1.0, top_k=5),
        dict(temperature=1.0, top_p=0.8),
        dict(temperature=2.0, top_p=0.05),
        dict(temperature=1.0, min_p=0.1),
        dict(temperature=1.3, repetition_penalty=1.5),
        dict(temperature=1.7, top_k=20, top_p=0.9, min_p=0.05, repetition_penalty=0.8),
    ]:
        scores = torch.tensor(logits)[None]
        ids = torch.tensor(text)[None]
        if "repetition_penalty" in options:
            scores = RepetitionPenaltyLogitsProcessor(options["repetition_penalty"])(ids, scores)
        scores = TemperatureLogitsWarper(options["temperature"])(ids, scores)
        if "top_k" in options:
            scores = TopKLogitsWarper(options["top_k"])(ids, scores)
        if "top_p" in options:
            scores = TopPLogitsWarper(options["top_p"])(ids, scores)
        if "min_p" in options:
            scores = MinPLogitsWarper(options["min_p"])(ids, scores)
        p = torch.softmax(scores.double(), -1)[0]
        kept = p.nonzero()[:, 0].tolist()
        cases.append({**options, "kept": kept, "probabilities": p[kept].tolist()})
    return {"logits": logits.tolist(), "text": text, "cases": cases}


rng = np.random.default_rng(7)
order = rng.permutation(60)
fifths = [np.sort(order[i::5]) for i in range(5)]
everything = np.arange(60)
cases = [
    case(rng, 60, 12, 4, 1.2, [(everything[:40], everything[40:])]),
    case(rng, 60, 12, 3, 0.9, [(np.setdiff1d(everything, f), f) for f in fifths]),
    case(rng, 60, 16, 3, 0.02, [(everything[:40], everything[40:])]),  # all told apart
]
(here / "monitor.json").write_text(json.dumps(cases) + "\n")
(here / "sampling.json").write_text(json.dumps(sampling(rng)) + "\n")
