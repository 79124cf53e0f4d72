"""A state's length, temperatures and calibration by numpy and scipy, for the scripts beside this one."""

import numpy as np
from scipy.optimize import minimize_scalar


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def temperature(cosines, labels):
    n, k = cosines.shape
    targets = np.full((n, k), 1 / (n + k))
    targets[np.arange(n), labels] = (n + 1) / (n + k)

    def loss(log_inverse):
        logits = np.exp(log_inverse) * cosines
        log_p = logits - logits.max(1, keepdims=True)
        log_p = log_p - np.log(np.exp(log_p).sum(1, keepdims=True))
        return -(targets * log_p).sum(1).mean()

    found = minimize_scalar(
        loss, bounds=(np.log(0.01), np.log(1000)), method="bounded", options={"xatol": 1e-10}
    )
    return float(np.exp(-found.x))


def calibration_error(confidence, right, bins=10):
    error = 0.0
    for b in range(bins):
        low, high = b / bins, (b + 1) / bins
        inside = (confidence >= low) & ((confidence < high) | (b == bins - 1))
        if inside.any():
            error += abs(confidence[inside].sum() - right[inside].sum())
    return error / len(confidence)
