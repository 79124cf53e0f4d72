"""Writes probe.json beside this script: linear probes by scikit-learn on the matrices of ../Concepts/separation.json.

For each matrix and strength: StandardScaler and LogisticRegression(C=1/strength) fitted on each fold's train rows; the test
rows' probabilities over all concepts (0 for a concept without train rows), in the order of the folds.
"""
import json, os
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

here = os.path.dirname(os.path.abspath(__file__))
cases = json.load(open(os.path.join(here, "..", "Concepts", "separation.json")))
result = []
for case in cases:
    x = np.array(case["states"]).reshape(case["rows"], case["width"]); y = np.array(case["labels"])
    for strength in (1.0, 100.0):
        folds = []
        for fold in case["folds"]:
            probe = make_pipeline(StandardScaler(), LogisticRegression(C=1 / strength, tol=1e-12, max_iter=100000))
            probe.fit(x[fold["train"]], y[fold["train"]])
            p = np.zeros((len(fold["test"]), case["concepts"]))
            p[:, probe[-1].classes_] = probe.predict_proba(x[fold["test"]])
            folds.append([[round(float(v), 6) for v in row] for row in p])
        result.append({"name": case["name"], "strength": strength, "folds": folds})
with open(os.path.join(here, "probe.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r, separators=(",", ":")) for r in result) + "\n]\n")
