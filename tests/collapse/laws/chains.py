"""Chains of generations by the real synthesizer, and generators as laws see them."""

import numpy as np

from synthmix import MixupSynthesizer
from synthmix.collapse.laws.pools import POPULATION


class Said:
    """A generator or regime that only says what it is."""

    def __init__(self, **said):
        self.said = said

    def describe(self):
        return self.said


def mixing(weights, pairing, **options):
    """Return a synthesizer of raw values and what it says of itself."""
    from synthmix.pairing import resolve_pairing
    from synthmix.weights import resolve_weights

    said = {"encoding": "raw", "grid": "auto", "discrete": "donor", "donor": "largest", **options}
    words = {
        "kind": "mixup",
        "weights": resolve_weights(weights).to_dict(),
        "pairing": resolve_pairing(pairing).to_dict(),
        **said,
    }
    return (lambda seed: MixupSynthesizer(weights, pairing, random_state=seed, **said)), Said(**words)


def by_mixing(build):
    """Return make(values, m, seed) -> (rows, donors) for a synthesizer."""

    def make(values, m, seed):
        fitted = build(seed).fit(values)
        return fitted.sample(m), fitted.plan(0, m).donors

    return make


def by_bootstrap(values, m, seed):
    picked = generator(seed).integers(0, len(values), m)
    return values[picked], picked


def by_gaussian(ddof):
    def make(values, m, seed):
        mean, cov = values.mean(0), np.cov(values.T, ddof=ddof).reshape(values.shape[1], -1)
        sizes, axes = np.linalg.eigh(cov)
        normal = generator(seed).standard_normal((m, values.shape[1]))
        return mean + normal @ (axes * np.sqrt(np.maximum(sizes, 0))).T, None

    return make


def generator(seed):
    return np.random.Generator(np.random.Philox(key=seed))


def chain(make, real, tables, m, seed):
    """Return [N_0 = D_0, N_1, ...] and [P_0, P_1, ...] as the tables of `pools` say, one chain."""
    rng = generator(seed)
    batches, training = [real], [real]
    for table in tables[1:]:
        new, _ = make(training[-1], m, int(rng.integers(2**63)))
        batches.append(new)
        parts = []
        for batch, rows in table.parts:
            assert batch != POPULATION
            source = batches[batch]
            parts.append(source if rows == len(source) else source[rng.permutation(len(source))[: int(rows)]])
        pool = np.concatenate(parts)
        if table.take is not None:
            pool = pool[rng.permutation(len(pool))[: int(table.take)]]
        training.append(pool)
    return batches, training


def z_scores(found, expected):
    """Return the z of the mean over chains (axis 0) against the expectation; exact where chains do not vary."""
    error = found.std(axis=0, ddof=1) / np.sqrt(len(found))
    gap = found.mean(axis=0) - expected
    return np.where(error > 1e-12, gap / np.maximum(error, 1e-300), np.where(np.abs(gap) < 1e-9, 0.0, np.inf))
