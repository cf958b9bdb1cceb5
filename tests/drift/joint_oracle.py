"""Worlds and plain formulas that the tests of the joint distribution share."""

import numpy as np
from scipy.spatial.distance import cdist


def epbeta(x, a, rng):
    """Return one generation of mixing with symmetric stretched Beta(a, a) weights, E l(1-l) = 0."""
    t = 2.0 * rng.beta(a, a, size=(len(x), 1)) - 1.0
    l = 0.5 + np.sqrt(2.0 * a + 1.0) / 2.0 * t  # noqa: E741
    return l * x + (1.0 - l) * rng.permutation(x)


def beta_mix(x, a, rng):
    """Return one generation of mixing with Beta(a, a) weights."""
    l = rng.beta(a, a, size=(len(x), 1))  # noqa: E741
    return l * x + (1.0 - l) * rng.permutation(x)


def bootstrap(x, rng, m=None):
    return x[rng.integers(0, len(x), m or len(x))]


def energy_v(x, y):
    return 2 * cdist(x, y).mean() - cdist(x, x).mean() - cdist(y, y).mean()


def mmd_v(x, y, h):
    def k(a, b):
        return np.exp(-(cdist(a, b) ** 2) / (2 * h * h)).mean()

    return k(x, x) + k(y, y) - 2 * k(x, y)


def concrete_halves(path):
    import pandas as pd

    table = pd.read_csv(path).to_numpy(float)
    first, second = table[:515], table[515:]
    mean, sd = first.mean(axis=0), first.std(axis=0)
    return (first - mean) / sd, (second - mean) / sd


GOLDEN = {
    "energy_v": 0.6997708786113566,
    "energy_u": 0.6848376223111767,
    "median": 3.9708151504633435,
    "mmd_v": 0.09420882431317401,
    "mmd_u": 0.09274449724722089,
    "precision": 0.7495145631067961,
    "recall": 0.2912621359223301,
    "density": 0.4741747572815534,
    "coverage": 0.12427184466019417,
}
