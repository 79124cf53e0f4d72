"""What numpy says of how routing moved between two runs.

    python make_routing.py     (numpy)

routing.json: for each case the experts of a block, the ids of base and tuned, (rows, experts a token),
-1 beyond those that a row went to, and
1. top_changed: the share of rows whose first expert is another one;
2. overlap: the mean over rows of how many experts both have, over the larger number of the two;
3. load_variation: half the summed difference of the shares that the experts have of all ids.
Rows that went to no expert on a side do not count.
"""

import json
import os

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))


def draw(random, rows, experts, used, skew):
    chances = np.arange(1, experts + 1) ** -skew
    chances /= chances.sum()
    return np.stack([random.choice(experts, used, replace=False, p=chances) for _ in range(rows)])


def figures(base, tuned, experts):
    both = (base[:, 0] >= 0) & (tuned[:, 0] >= 0)
    base, tuned = base[both], tuned[both]
    shared = [np.intersect1d(a[a >= 0], b[b >= 0]).size / max((a >= 0).sum(), (b >= 0).sum())
              for a, b in zip(base, tuned)]
    loads = [np.bincount(ids[ids >= 0], minlength=experts) / (ids >= 0).sum()
             for ids in (base, tuned)]
    return {
        "top_changed": float(np.mean(base[:, 0] != tuned[:, 0])),
        "overlap": float(np.mean(shared)),
        "load_variation": float(np.abs(loads[0] - loads[1]).sum() / 2),
    }


random = np.random.default_rng(23)
cases = []
for rows, experts, used, tuned_used in [(40, 8, 2, 2), (25, 16, 4, 4), (30, 12, 3, 2)]:
    base = draw(random, rows, experts, used, 0.5)
    tuned = draw(random, rows, experts, tuned_used, 1.5)
    # Some rows stay, some only change their order, some went to fewer experts or to none.
    keep = min(used, tuned_used)
    tuned[:8, :keep] = base[:8, :keep]
    tuned[5:8, :keep] = tuned[5:8, keep - 1::-1]
    base[9, 1:] = -1
    tuned[10, 1:] = -1
    base[11] = -1
    tuned[12] = -1
    cases.append({
        "experts": experts, "base": base.tolist(), "tuned": tuned.tolist(),
        **figures(base, tuned, experts)})
with open(os.path.join(FOLDER, "routing.json"), "w") as file:
    json.dump(cases, file)
