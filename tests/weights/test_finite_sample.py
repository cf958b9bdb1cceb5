"""Finite-sample factors against full enumeration of all parents and all weights, and the numbers for 12 rows."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from synthmix.errors import OptionError
from synthmix.weights import Custom, EpBeta, Uniform, covariance_factor, mean_variance_factor, required_qbar

TABLE = np.array([[1.0, -2.0], [4.0, 1.5], [-3.0, 5.0], [0.5, 0.25]])
TWO = [[0.9, 0.1], [1.3, -0.3]]
THREE = [[0.7, 0.5, -0.2], [1.1, -0.4, 0.3]]


def choices(scheme, n, k):
    """Return for each row the equally likely lists of parents; for "cyclic" the equally likely whole arrangements."""
    rows = range(n)
    if scheme == "iid":
        return [list(itertools.product(rows, repeat=k))] * n
    if scheme == "distinct":
        return [list(itertools.permutations(rows, k))] * n
    return [[(i, *rest) for rest in itertools.permutations(set(rows) - {i}, k - 1)] for i in rows]


def all_samples(scheme, x, weights):
    """Return every equally likely synthetic table of n rows, all parents times all weights: (samples, n, columns)."""
    n, k, w = len(x), len(weights[0]), np.array(weights)
    if scheme != "cyclic":
        options = [np.array([p @ x[list(ids)] for ids in each for p in w]) for each in choices(scheme, n, k)]
        picks = np.indices([len(option) for option in options]).reshape(n, -1)
        return np.stack([option[pick] for option, pick in zip(options, picks, strict=True)], axis=1)
    picks = np.indices([len(w)] * n).reshape(n, -1).T
    samples = []
    for order in itertools.permutations(range(n)):
        for distances in itertools.permutations(range(1, n), k - 1):
            parents = np.array([[order[(t + s) % n] for s in (0, *distances)] for t in range(n)])
            samples.append(np.einsum("snk,nkp->snp", w[picks], x[parents]))
    return np.concatenate(samples)


def enumerate_all(scheme, x, weights):
    """Return the expected unbiased covariance and the covariance of the mean, over all equally likely samples."""
    samples = all_samples(scheme, x, weights)
    means = samples.mean(axis=1)
    centred = samples - means[:, None, :]
    covariance = np.tensordot(centred, centred, axes=((0, 1), (0, 1))) / len(samples) / (len(x) - 1)
    return covariance, np.cov(means.T, ddof=0)


CASES = [
    (scheme, n, weights)
    for scheme in ("iid", "distinct", "anchor", "cyclic")
    for n in (3, 4)
    for weights in (TWO, THREE)
    if not (scheme in {"iid", "distinct"} and n == 4 and weights is THREE)  # 5 to 268 million samples
]


@pytest.mark.parametrize(("scheme", "n", "weights"), CASES)
def test_factors_equal_full_enumeration(scheme, n, weights):
    x = TABLE[:n]
    source = np.cov(x.T, ddof=1)
    moments = Custom(weights).moments()
    covariance, of_mean = enumerate_all(scheme, x, weights)
    np.testing.assert_allclose(covariance, covariance_factor(moments, scheme, n) * source, atol=1e-12)
    np.testing.assert_allclose(of_mean * n, mean_variance_factor(moments, scheme, n) * source, atol=1e-12)
    # Controls: weights 1 % off, and the factor of another scheme (three parents of three rows are all rows).
    k = len(weights[0])
    off = Custom(1 / k + 1.01 * (np.array(weights) - 1 / k)).moments()
    assert np.max(np.abs(covariance - covariance_factor(off, scheme, n) * source)) > 1e-3
    others = {"iid", "distinct", "anchor", "cyclic"} - {scheme} if k < n else {"iid", "distinct"} - {scheme}
    for other in others:
        assert np.max(np.abs(covariance - covariance_factor(moments, other, n) * source)) > 1e-6


@pytest.mark.parametrize(
    ("law", "factors", "means"),
    [
        (
            Uniform(),
            {"iid": 0.6111, "distinct": 0.5833, "anchor": 0.6006, "cyclic": 0.6212},
            {"iid": 0.6111, "anchor": 0.3939, "cyclic": 0.1667},
        ),
        (
            EpBeta(),
            {"iid": 0.9167, "distinct": 0.9167, "anchor": 0.9870, "cyclic": 0.9875},
            {"iid": 0.9167, "anchor": 0.1427, "cyclic": 0.1376},
        ),
    ],
)
def test_printed_factors_for_twelve_rows(law, factors, means):
    moments = law.moments()
    for scheme, factor in factors.items():
        assert covariance_factor(moments, scheme, 12) == pytest.approx(factor, abs=5.1e-5)
    for scheme, factor in means.items():
        assert mean_variance_factor(moments, scheme, 12) == pytest.approx(factor, abs=5.1e-5)


@pytest.mark.parametrize("n", [12, 15])
def test_factors_equal_the_two_point_algebra(n):
    law = EpBeta(0.02, 0.4)
    mu, v = law.mean, law.moments().second[0, 0] - law.mean**2
    qbar = mu - mu**2 - v
    f = 1 - 2 * qbar * n / (n - 1)
    ra = mu - (1 - mu) / (n - 1)
    expected = {
        "iid": (n - 1) / n * (1 - 2 * qbar),
        "distinct": (n - 1) / n * f,
        "anchor": f * (1 - 1 / n) + ra**2 / n,
        "cyclic": f - 2 * v / (n - 1),
    }
    for scheme, factor in expected.items():
        assert covariance_factor(law.moments(), scheme, n) == pytest.approx(factor, abs=1e-14)


@pytest.mark.parametrize("scheme", ["iid", "distinct", "anchor", "cyclic"])
@pytest.mark.parametrize("n", [2, 5, 12, 1e6])
@pytest.mark.parametrize("mean", [0.55, 0.9, 0.999])
def test_required_qbar_makes_the_factor_one(scheme, n, mean):
    qbar = required_qbar(mean, scheme, n)
    spread = np.sqrt(mean - mean**2 - qbar)
    law = Custom([[mean - spread, 1 - mean + spread], [mean + spread, 1 - mean - spread]])
    assert covariance_factor(law.moments(), scheme, n) == pytest.approx(1.0, abs=1e-12)
    assert required_qbar(np.array([mean]), scheme, n)[0] == qbar < 0.0


def test_a_population_needs_no_correction():
    assert required_qbar(0.7, None) == 0.0
    assert covariance_factor(EpBeta().moments(), "cyclic", 1e12) == pytest.approx(1.0, abs=1e-11)


@pytest.mark.parametrize(
    ("scheme", "n", "message"),
    [
        ("cyclc", 10, "'cyclc' is unknown; did you mean 'cyclic'"),
        ("iid", 1, "at least 2 rows"),
        ("iid", "many", "n_rows='many' is not a finite number"),
        ("iid", float("nan"), "is not a finite number"),
    ],
)
def test_bad_arguments(scheme, n, message):
    for function in (covariance_factor, mean_variance_factor):
        with pytest.raises(OptionError, match=message):
            function(Uniform().moments(), scheme, n)
    with pytest.raises(OptionError, match=message):
        Uniform().corrected(n, scheme)
