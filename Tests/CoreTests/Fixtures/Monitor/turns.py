"""Writes turns.json: what readers of tokens and of turns say of rows that did not teach, by numpy and scipy.

    python turns.py    (numpy, scipy)
"""

import json
import pathlib

import numpy as np

from calibration import calibration_error, softmax, temperature, unit

here = pathlib.Path(__file__).parent
SHRINKAGES = [0.03, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9]
STRETCH = 16


class Probe:
    """Gaussians of one covariance, shrunk towards a multiple of the identity; all concepts as likely."""

    def __init__(self, states, labels, concepts, shrinkage):
        means = np.stack([states[labels == c].mean(0) for c in range(concepts)])
        rest = states - means[labels]
        covariance = rest.T @ rest / len(states)
        width = len(covariance)
        shrunk = (1 - shrinkage) * covariance + shrinkage * np.trace(covariance) / width * np.eye(width)
        inverse = np.linalg.inv(shrunk)
        offsets = means - means.mean(0)
        self.weights = offsets @ inverse
        self.intercepts = -0.5 * np.sum(self.weights * offsets, 1) - self.weights @ means.mean(0)

    def logits(self, states):
        return states @ self.weights.T + self.intercepts


def chosen(states, labels, groups, concepts, folds):
    """The shrinkage that is right of most states of groups that did not teach, the larger of equals."""
    right = np.zeros(len(SHRINKAGES), int)
    for train, test in folds:
        teach, judge = np.isin(groups, train), np.isin(groups, test)
        for place, shrinkage in enumerate(SHRINKAGES):
            probe = Probe(states[teach], labels[teach], concepts, shrinkage)
            right[place] += np.sum(probe.logits(states[judge]).argmax(1) == labels[judge])
    return max(s for s, r in zip(SHRINKAGES, right) if r == right.max())


def calibration(logits, labels):
    t = temperature(logits, labels)
    confidence, right = np.zeros(len(labels)), np.zeros(len(labels))
    halves = [np.arange(len(labels)) % 2 == 0, np.arange(len(labels)) % 2 == 1]
    for half, other in [(halves[0], halves[1]), (halves[1], halves[0])]:
        p = softmax(logits[half] / temperature(logits[other], labels[other]))
        confidence[half] = p.max(1)
        right[half] = p.argmax(1) == labels[half]
    return {
        "temperature": t,
        "unknown_below": float(np.quantile(softmax(logits / t).max(1), 0.05)),
        "expected_error": calibration_error(confidence, right),
        "accuracy": float(right.mean()),
        "rows": len(labels),
    }


def averaged(logits, owner, half_life):
    """Each token's mean with those before it in its row, which count half as much every `half_life` tokens."""
    result = logits.copy()
    for i in range(len(logits)):
        before = [j for j in range(i) if owner[j] == owner[i]] if half_life else []
        weights = np.array([2 ** (-(i - j) / half_life) for j in before] + [1.0])
        result[i] = weights @ logits[before + [i]] / weights.sum()
    return result


def area(scores, labels):
    """The mean over concepts of the chance that a row of it scores above another; ties count half."""
    areas = []
    for concept in range(scores.shape[1]):
        own, other = scores[labels == concept, concept], scores[labels != concept, concept]
        wins = (own[:, None] > other).mean() + 0.5 * (own[:, None] == other).mean()
        areas.append(float(wins))
    return float(np.mean(areas))


def half_lives(tokens, owner, labels, concepts, inner, centred, shrinkage):
    """How well tokens of groups that did not teach are told, by half-life and fold, and what is chosen of which."""
    logits, owners, folds = [], [], []
    for place, (train, test) in enumerate(inner):
        c, teach = centred(tokens, train), np.isin(owner, train)
        probe = Probe(c[teach], labels[owner][teach], concepts, shrinkage)
        for row in test:
            logits.append(probe.logits(c[owner == row]))
            owners.append(owner[owner == row])
            folds.append(np.full(len(owners[-1]), place))
    logits, owners, folds = np.concatenate(logits), np.concatenate(owners), np.concatenate(folds)
    own = labels[owners]
    areas = {}
    for half_life in [0, 1, 2, 4, 8, 16, 32]:
        mean = averaged(logits, owners, half_life)
        scores = softmax(mean / temperature(mean, own))
        areas[half_life] = [area(scores[folds == f], own[folds == f]) for f in range(len(inner))]
    choices = []
    for tried in [[0], [0, 1], [0, 1, 2], [8, 4, 2, 1, 0], [32, 16, 8]]:
        best = max(tried, key=lambda h: np.mean(areas[h]))
        losses = {h: np.array(areas[best]) - areas[h] for h in tried}
        near = [h for h in tried if losses[h].mean() <= np.std(losses[h], ddof=1) / len(inner) ** 0.5]
        choices.append({"tried": tried, "chosen": min(near)})
    print({h: round(float(np.mean(a)), 4) for h, a in areas.items()}, choices)
    return choices


def main():
    rng = np.random.default_rng(3)
    width, concepts, rows = 10, 3, 21
    labels = np.arange(rows) % concepts
    centres = 1.0 * rng.standard_normal((concepts, width))
    counts = rng.integers(9, 21, rows)
    alone = [rng.integers(4, 9, rng.integers(0, 3)) for _ in range(rows)]

    def words(row, count):
        # Words of a text have something in common beside their concept, and one coordinate is large.
        common = rng.standard_normal(width)
        states = centres[labels[row]] + common + 2.5 * rng.standard_normal((count, width))
        states[:, 2] += 30
        return states

    parts = [words(r, counts[r]) for r in range(rows)]
    spans, place = [], 0
    for part in parts:
        spans.append((place, place + len(part)))
        place += len(part)
    alone_spans = []
    for r in range(rows):
        own = []
        for count in alone[r]:
            parts.append(words(r, count) + 0.5)
            own.append((place, place + int(count)))
            place += int(count)
        alone_spans.append(own)
    states = np.concatenate(parts).round(3).astype(np.float32)
    wide = states.astype(np.float64)
    means = np.stack([wide[a:b].mean(0) for a, b in spans]).astype(np.float32)

    train, test = np.arange(15), np.arange(15, rows)
    inner = [(np.setdiff1d(train, train[i::4]), train[i::4]) for i in range(4)]
    turns = []  # (row, span), each row's whole first
    for r, (a, b) in enumerate(spans):
        turns.append((r, (a, b)))
        if b - a > STRETCH:
            turns += [(r, (s, min(b, s + STRETCH))) for s in range(a, b, STRETCH)]
        turns += [(r, span) for span in alone_spans[r]]
    owner = np.array([r for r, _ in turns])
    turn_states = np.stack([wide[a:b].mean(0) for _, (a, b) in turns])
    token_owner = np.concatenate([np.full(b - a, r) for r, (a, b) in enumerate(spans)])
    tokens = wide[: len(token_owner)]

    def centred(x, teaching):
        return unit(unit(x) - unit(means[teaching].astype(np.float64)).mean(0))

    found = {}
    for name, x, o in [("tokens", tokens, token_owner), ("turns", turn_states, owner)]:
        shrinkage = chosen(centred(x, train), labels[o], o, concepts, inner)
        teach, judge = np.isin(o, train), np.isin(o, test)
        c = centred(x, train)
        probe = Probe(c[teach], labels[o][teach], concepts, shrinkage)
        logits = probe.logits(c[judge])
        found[name] = {
            "shrinkage": shrinkage,
            "weights": probe.weights.tolist(),
            "intercepts": probe.intercepts.tolist(),
            "calibration": calibration(logits, labels[o][judge]),
        }
        if name == "tokens":
            found["half_lives"] = half_lives(
                tokens, token_owner, labels, concepts, inner, centred, shrinkage
            )
            found["smoothed"] = calibration(averaged(logits, o[judge], 2), labels[o][judge])
        if name == "turns":
            first = [i for i, r in enumerate(owner[judge]) if i == 0 or owner[judge][i - 1] != r]
            scores = softmax(logits[first] / found[name]["calibration"]["temperature"])
            found["highest"] = [
                sorted(scores[labels[test] != k, k].tolist(), reverse=True) for k in range(concepts)
            ]
    case = {
        "states": states.tolist(),
        "means": means.tolist(),
        "labels": labels.tolist(),
        "concepts": concepts,
        "rows": [list(s) for s in spans],
        "alone": [[list(s) for s in own] for own in alone_spans],
        "train": train.tolist(),
        "test": test.tolist(),
        "inner": [{"train": a.tolist(), "test": b.tolist()} for a, b in inner],
        **found,
    }
    (here / "turns.json").write_text(json.dumps(case) + "\n")


main()
