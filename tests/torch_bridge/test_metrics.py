"""Metrics against scipy, quadrature, naive loops and simulations of calibrated models."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")

from synthmix.torch import metrics  # noqa: E402 - after torch is known to be there


def t(x, device="cpu"):
    return torch.tensor(np.asarray(x), device=device)


def normals(n=50, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=n), rng.uniform(0.2, 3.0, size=n), rng.normal(size=n)


# --- likelihood and squared error ---


def test_nll_of_a_family_with_its_standard_error(device):
    mean, variance, y = normals()
    found = metrics.negative_log_likelihood((t(mean, device), t(variance, device)), t(y, device))
    scores = -stats.norm.logpdf(y, mean, np.sqrt(variance))
    assert found.value == pytest.approx(scores.mean(), rel=1e-13)
    assert found.standard_error == pytest.approx(stats.sem(scores), rel=1e-12)
    assert (found.n, float(found)) == (50, found.value)
    with pytest.raises(InputError, match="reshape the labels"):
        metrics.negative_log_likelihood((t(mean), t(variance)), t(y)[:, None])
    with pytest.raises(InputError, match="no rows"):
        metrics.negative_log_likelihood((t(mean[:0]), t(variance[:0])), t(y[:0]))


def test_nll_of_classes():
    rng = np.random.default_rng(0)
    logits, ids = rng.normal(size=(40, 3)), rng.integers(0, 3, size=40)
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    expected = pytest.approx(-np.log(p[np.arange(40), ids]).mean(), rel=1e-12)
    assert metrics.negative_log_likelihood(t(logits), t(ids), "categorical").value == expected
    assert metrics.negative_log_likelihood(t(logits), t(np.eye(3)[ids]), "categorical").value == expected


def test_nll_from_samples_puts_them_inside_the_logarithm():
    logs = np.random.default_rng(0).normal(size=(30, 20)) * 3
    found = metrics.negative_log_likelihood_samples(t(logs))
    assert found.value == pytest.approx(-np.log(np.exp(logs).mean(0)).mean(), rel=1e-13)
    assert found.value < -logs.mean() - 1.0  # the control: the mean of logs is another number
    assert found.n == 20
    with pytest.raises(InputError, match="samples, rows"):
        metrics.negative_log_likelihood_samples(t(logs[0]))


def test_rmse_with_its_standard_error():
    rng = np.random.default_rng(3)
    y = rng.normal(size=400)
    found = metrics.rmse(t(np.zeros(400)), t(y))
    assert found.value == pytest.approx(np.sqrt((y**2).mean()), rel=1e-14)
    many = np.sqrt((rng.normal(size=(4000, 400)) ** 2).mean(1))
    assert found.standard_error == pytest.approx(many.std(), rel=0.25)
    assert math.isnan(metrics.rmse(t(y), t(y)).standard_error)
    with pytest.raises(InputError, match=r"prediction \(400,\), y \(400, 1\)"):
        metrics.rmse(t(y), t(y)[:, None])


# --- CRPS ---


def test_crps_of_normal_laws_is_the_integral(device):
    mean, variance, y = normals(6)
    found = metrics.crps_gaussian(t(mean, device), t(variance, device), t(y, device)).cpu()
    for r in range(6):
        law = stats.norm(mean[r], math.sqrt(variance[r]))
        below = integrate.quad(lambda x, law=law: law.cdf(x) ** 2, -25, y[r], epsabs=1e-12)[0]
        above = integrate.quad(lambda x, law=law: law.sf(x) ** 2, y[r], 25, epsabs=1e-12)[0]
        assert float(found[r]) == pytest.approx(below + above, abs=1e-9)


def test_crps_of_normal_laws_has_gradients():
    params = [t(x[:5]).requires_grad_() for x in normals()]
    assert torch.autograd.gradcheck(metrics.crps_gaussian, params)


@pytest.mark.parametrize("fair", [True, False])
def test_crps_of_samples_is_the_naive_double_sum(fair):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(9, 4, 2)), rng.normal(size=(4, 2))
    x[3] = x[2]  # ties
    pairs = np.abs(x[:, None] - x[None]).sum((0, 1))
    expected = np.abs(x - y).mean(0) - pairs / (2 * (9 * 8 if fair else 81))
    np.testing.assert_allclose(metrics.crps_samples(t(x), t(y), fair=fair), expected, rtol=1e-12, atol=1e-14)


def test_the_fair_crps_is_unbiased_and_the_other_is_not():
    y = torch.full((200_000,), 0.7, dtype=torch.float64)
    x = torch.randn((3, 200_000), generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    exact = float(metrics.crps_gaussian(*(t([v]) for v in (0.0, 1.0, 0.7))))
    fair, empirical = (metrics.crps_samples(x, y, fair=f) for f in (True, False))
    slack = 6 * float(fair.std()) / math.sqrt(200_000)
    assert float(fair.mean()) == pytest.approx(exact, abs=slack)
    assert float(empirical.mean()) == pytest.approx(exact + 2 / math.sqrt(math.pi) / 6, abs=slack)  # E|X - X'| / (2 S)


def test_crps_of_quantiles():
    levels = (np.arange(2000) + 0.5) / 2000
    quantiles = stats.norm.ppf(levels)[:, None] * np.array([1.0, 2.0])
    y = t([0.7, -1.0])
    exact = metrics.crps_gaussian(t([0.0, 0.0]), t([1.0, 4.0]), y)
    np.testing.assert_allclose(metrics.crps_quantiles(t(quantiles), t(levels), y), exact, rtol=2e-3)
    few = t(quantiles[::200])
    empirical = metrics.crps_samples(few, y, fair=False)  # equal weights at (q - 1/2) / Q are the empirical law
    np.testing.assert_allclose(metrics.crps_quantiles(few, t((np.arange(10) + 0.5) / 10), y), empirical, rtol=1e-12)


def test_crps_refusals():
    mean, variance, y = (t(x) for x in normals())
    with pytest.raises(InputError, match="shapes differ"):
        metrics.crps_gaussian(mean, variance, y[:, None])
    with pytest.raises(InputError, match="at least two"):
        metrics.crps_samples(y[None], y)
    with pytest.raises(InputError, match="samples have shape"):
        metrics.crps_samples(y, y)
    with pytest.raises(InputError, match="levels have shape"):
        metrics.crps_quantiles(torch.stack([y, y]), t([0.5]), y)


# --- calibration ---


def naive(p, right, edges_or_groups):
    plug_in = square = debiased = 0.0
    for group in edges_or_groups:
        n = len(group)
        d = right[group].mean() - p[group].mean()
        variance = np.var(right[group] - p[group], ddof=1) / n
        plug_in += n / len(p) * abs(d)
        square += n / len(p) * d**2
        debiased += n / len(p) * (d**2 - variance)
    return plug_in, math.sqrt(square), debiased


@pytest.mark.parametrize("binning", ["equal-width", "equal-mass"])
def test_calibration_error_is_that_of_naive_loops(binning, device):
    rng = np.random.default_rng(5)
    logits = 1.2 * rng.normal(size=(600, 4))
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    ids = rng.integers(0, 4, size=600)
    top, right = p.max(1), (p.argmax(1) == ids).astype(float)
    if binning == "equal-width":
        groups = [np.flatnonzero((top >= b / 10) & (top < (b + 1) / 10)) for b in range(10)]
        groups = [g for g in groups if len(g)]
    else:
        groups = np.array_split(np.argsort(top), 10)
    plug_in, root, squared = naive(top, right, groups)
    found = {
        norm: metrics.calibration_error(t(p, device), t(ids, device), bins=10, binning=binning, norm=norm)
        for norm in ("l1", "l2")
    }
    assert found["l1"].plug_in == pytest.approx(plug_in, rel=1e-12)
    assert found["l2"].plug_in == pytest.approx(root, rel=1e-12)
    assert found["l2"].squared == pytest.approx(squared, rel=1e-12)
    assert found["l2"].value == pytest.approx(math.sqrt(squared), rel=1e-12)
    assert found["l1"].counts == tuple(len(g) for g in groups)
    np.testing.assert_allclose(found["l1"].accuracy, [right[g].mean() for g in groups], rtol=1e-12)
    assert found["l1"].n == 600


def test_the_debiased_square_is_that_of_kumar_for_equal_probabilities():
    p, y = np.repeat([0.2, 0.7], [10, 20]), np.tile([1, 0, 0, 1, 1], 6)
    found = metrics.calibration_error(t(p), t(y), bins=2, norm="l2")
    expected = 0.0
    for group in (slice(0, 10), slice(10, 30)):
        n, a = len(p[group]), y[group].mean()
        expected += n / 30 * ((p[group][0] - a) ** 2 - a * (1 - a) / (n - 1))
    assert found.squared == pytest.approx(expected, rel=1e-12)
    assert found.counts == (10, 20)


def test_of_a_calibrated_model_the_debiased_square_is_zero_in_the_mean_and_the_plug_in_is_not():
    g = torch.Generator().manual_seed(0)
    squared, plug_in, by_chance, l1, l1_plug_in, l1_chance = (np.zeros(80) for _ in range(6))
    for r in range(80):
        p = torch.rand(500, generator=g, dtype=torch.float64)
        y = (torch.rand(500, generator=g, dtype=torch.float64) < p).long()
        two, one = (metrics.calibration_error(p, y, norm=norm) for norm in ("l2", "l1"))
        squared[r], plug_in[r], by_chance[r] = two.squared, two.plug_in**2, two.if_calibrated**2
        l1[r], l1_plug_in[r], l1_chance[r] = one.value, one.plug_in, one.if_calibrated
    assert abs(squared.mean()) < 5 * stats.sem(squared)
    assert plug_in.mean() > 10 * stats.sem(plug_in)  # the control
    assert plug_in.mean() == pytest.approx(by_chance.mean(), rel=0.25)
    assert l1_plug_in.mean() == pytest.approx(l1_chance.mean(), rel=0.15)
    assert l1.mean() / l1_chance.mean() == pytest.approx(0.586, abs=0.2)  # what is documented to be left


def test_a_large_error_is_found_by_both_norms():
    g = torch.Generator().manual_seed(1)
    p = torch.rand(20_000, generator=g, dtype=torch.float64)
    y = (torch.rand(20_000, generator=g, dtype=torch.float64) < 0.5).long()
    assert metrics.calibration_error(p, y, norm="l1").value == pytest.approx(0.25, abs=0.02)
    assert metrics.calibration_error(p, y, norm="l2").value == pytest.approx(math.sqrt(1 / 12), abs=0.02)


def test_bins_of_one_row_and_equal_probabilities():
    p, y = t([0.1, 0.1, 0.1, 0.9]), t([0, 1, 0, 1])
    found = metrics.calibration_error(p, y, bins=4, norm="l2")
    assert found.counts == (3, 1)
    assert found.squared == pytest.approx((1 / 3 - 0.1) ** 2 - (1 / 3 * 2 / 3) / 2, rel=1e-12)
    assert math.isfinite(metrics.calibration_error(p, y, bins=4).value)


def test_calibration_refusals():
    p, y = t(np.full((4, 2), 0.5)), t([0, 1, 0, 1])
    for options, message in (
        ({"bins": 0}, "bins=0"),
        ({"binning": "equal-size"}, "binning='equal-size'"),
        ({"norm": "max"}, "norm='max'"),
    ):
        with pytest.raises(OptionError, match=message):
            metrics.calibration_error(p, y, **options)
    with pytest.raises(InputError, match="class numbers"):
        metrics.calibration_error(p, y.double())
    with pytest.raises(InputError, match="two or more"):
        metrics.calibration_error(p[:1], y[:1])


# --- coverage ---


def test_coverage_with_the_exact_interval(device):
    y = t(np.arange(20.0), device)
    found = metrics.interval_coverage(y * 0, y * 0 + 16, y)
    expected = stats.binomtest(17, 20).proportion_ci(0.95, method="exact")
    assert found.value == 0.85
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-10)
    assert (found.width, found.n) == (16.0, 20)
    assert found.standard_error == pytest.approx(math.sqrt(0.85 * 0.15 / 20))


def test_coverage_of_all_and_of_none():
    y = t(np.arange(5.0))
    everything, nothing = metrics.interval_coverage(y - 1, y + 1, y), metrics.interval_coverage(y + 1, y + 2, y)
    assert (everything.low, everything.high) == pytest.approx((0.025 ** (1 / 5), 1.0))
    assert (nothing.low, nothing.high) == pytest.approx((0.0, 1 - 0.025 ** (1 / 5)))


def test_coverage_refusals():
    y = t(np.arange(5.0))
    with pytest.raises(OptionError, match="confidence=95"):
        metrics.interval_coverage(y, y, y, confidence=95)
    with pytest.raises(InputError, match="shapes differ"):
        metrics.interval_coverage(y, y, y[:, None])
    with pytest.raises(InputError, match="no labels"):
        metrics.interval_coverage(y[:0], y[:0], y[:0])


@pytest.mark.parametrize("offset", [1e6, -1e6])
@pytest.mark.parametrize("away", [0.0, 1e4])
def test_crps_of_samples_far_from_zero_in_single_precision(offset, away):
    rng = np.random.default_rng(3)
    samples = np.round(rng.normal(size=(200, 5)) * 16) / 16 + offset  # exact in float32
    y = np.full(5, offset + away)
    expected = metrics.crps_samples(t(samples - offset), t(y - offset))
    found = metrics.crps_samples(t(samples.astype(np.float32)), t(y.astype(np.float32)))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("p", "y", "words"),
    [
        ([[0.2], [0.7]], [0, 1], "one column"),
        ([0.2, 0.7], [0, 2], "y lies in 0 ... 2"),
        ([0.2, 0.7], [-1, 1], "y lies in -1 ... 1"),
        ([[0.2, 0.8], [0.5, 0.5]], [0, 2], "give classes 0, ..., 1"),
        ([[-1.0, 2.0], [0.5, 0.5]], [0, 1], "softmax or sigmoid"),
        ([0.2, 1.5], [0, 1], "softmax or sigmoid"),
        ([0.2, math.nan], [0, 1], "softmax or sigmoid"),
        ([[0.2, 0.7], [0.5, 0.5]], [0, 1], "do not sum to one"),
    ],
)
def test_numbers_that_are_no_probabilities_and_classes_that_there_are_not(p, y, words):
    with pytest.raises(InputError, match=words):
        metrics.calibration_error(t(p), t(y))


def test_rounding_makes_no_probability_wrong():
    logits = torch.tensor([[100.0, 0.0], [0.0, 99.7], [88.3, 88.1]])
    p = (logits - logits.logsumexp(1, keepdim=True) + 1e-5).exp()
    assert float(p.max()) > 1.0
    assert metrics.calibration_error(p, torch.tensor([0, 1, 0])).n == 3


def test_probabilities_in_half_precision_are_probabilities():
    p = torch.randn(300, 50, generator=torch.Generator().manual_seed(0)).softmax(1).to(torch.bfloat16)
    assert math.isfinite(metrics.calibration_error(p, torch.arange(300) % 50).value)


def test_the_l2_error_of_bins_of_one_row_is_refused():
    with pytest.raises(InputError, match="fewer bins"):
        metrics.calibration_error(t([0.1, 0.5, 0.9]), t([0, 1, 1]), bins=15, norm="l2")
