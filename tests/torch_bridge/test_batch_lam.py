"""Weights on a device: the laws of synthmix.weights, drawn through their own tables."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from synthmix.errors import OptionError
from synthmix.kernels.laws import shares
from synthmix.weights import Beta, Custom, Dirichlet, EpBeta, Hybrid, Rotation, Sphere, Uniform

torch = pytest.importorskip("torch")

from synthmix.torch import LawOnDevice, one_sided_mean, resolve_law, spread_lam  # noqa: E402
from synthmix.torch.batch.lam import on_device  # noqa: E402

N = 200_000
GRID = np.concatenate([[0.0, 1.0 - 2.0**-53], np.linspace(0.0, 1.0, 4097)[:-1], np.logspace(-12, -0.01, 500)])


def source(device, seed=0):
    return torch.Generator(device).manual_seed(seed)


@pytest.mark.parametrize("law", [Beta(1e-8), Beta(0.2), Beta(2, 0.7), EpBeta(), Uniform()], ids=repr)
def test_quantiles_are_those_of_the_compiled_kernels(law, device):
    # The kernel turns two words into a unit; with these words it is k / 2**32 + a constant below 2**-32.
    rng = np.random.default_rng(1)
    high, low = rng.integers(0, 2**32, (2, 5000), dtype=np.uint32)
    data, out, unit = law.kernel_data(), np.empty(5000), np.empty(5000)
    shares(high, low, data.u, data.q, data.guide, data.u.size - 2, out)
    flat = Uniform().kernel_data()
    shares(high, low, flat.u, flat.q, flat.guide, 0, unit)
    found = LawOnDevice(law, device).quantile(torch.as_tensor(unit, device=device)).cpu().numpy()
    np.testing.assert_allclose(found, out, rtol=4e-16, atol=4e-16)


@pytest.mark.parametrize("a", [0.05, 0.2, 1.0, 2.0])
def test_the_quantile_function_inverts_the_distribution_function(a, device):
    lam = LawOnDevice(a, device).quantile(torch.as_tensor(GRID, device=device)).cpu().numpy()
    inner = (lam > 1e-12) & (lam < 1 - 1e-9)
    np.testing.assert_allclose(stats.beta(a, a).cdf(lam[inner]), GRID[inner], atol=2e-6)


@pytest.mark.parametrize("a", [0.01, 0.05, 0.2, 1.0, 2.0])
def test_mean_and_variance_of_beta(a, device):
    lam = LawOnDevice(a, device).lam(N, generator=source(device))
    assert lam.dtype == torch.float64
    assert bool(torch.isfinite(lam).all())
    variance = 1 / (4 * (2 * a + 1))
    assert abs(float(lam.mean()) - 0.5) < 6 * (variance / N) ** 0.5
    assert abs(float(lam.var()) - variance) < 6 * 0.25 / N**0.5


@pytest.mark.parametrize("a", [1e-32, 1e-8, 1e-4, 1e-3])
def test_tiny_shapes_copy(a, device):
    # A sampler of gamma variates gives one half, zero or NaN here.
    lam = LawOnDevice(a, device).lam(N, generator=source(device))
    middle = ((lam > 1e-3) & (lam < 1 - 1e-3)).double().mean()
    assert float(middle) < 20 * a + 1e-12  # twice the share ln(1e6) a / 2 of Beta(a, a), and then some
    assert abs(float(lam.mean()) - 0.5) < 6 * 0.5 / N**0.5


@pytest.mark.parametrize("law", [0, 0.0, "none", None, "beta:0", "beta:a=0"])
def test_zero_is_no_mixing(law, device):
    on = LawOnDevice(law, device)
    assert bool((on.lam(5) == 1.0).all())
    assert bool((on.weights(5) == torch.tensor([[1.0], [0.0]], device=device)).all())
    assert not on.signed
    assert resolve_law(law) is None
    assert one_sided_mean(law) == 0.0


LAWS = [
    Beta(2, 0.7),
    EpBeta(),
    Dirichlet(2, 0.4),
    Dirichlet(4, 0.5),
    Sphere(3),
    Sphere(5, top=0.9),
    Sphere(3, top=0.8),
    Hybrid(),
    Custom(weights=[[1.2, -0.2], [0.6, 0.4], [0.1, 0.9]]),
    Custom(weights=[[0.5, 0.3, 0.2], [0.9, 0.1, 0.0]]),
    Custom(quantile=lambda u: 0.2 + 0.5 * u),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_second_moments_of_every_law(law, device):
    w = LawOnDevice(law, device).weights(N, generator=source(device, 3))
    assert w.shape == (law.k, N)
    assert float((w.sum(0) - 1.0).abs().max()) < 1e-12
    expected = law.moments()
    limit = 6 * float((w**2).std()) / N**0.5 + 1e-12
    np.testing.assert_allclose(w.mean(1).cpu().numpy(), expected.mean, atol=6 * float(w.std()) / N**0.5)
    np.testing.assert_allclose((w @ w.T / N).cpu().numpy(), expected.second, atol=2 * limit)
    np.testing.assert_allclose(float((w**3).sum(0).mean()), expected.p3, atol=6 * float((w**3).sum(0).std()) / N**0.5)
    if expected.sum_w2_constant:
        assert float(((w**2).sum(0) - 1.0).abs().max()) < 1e-9


@pytest.mark.parametrize(
    ("law", "signed"),
    [(Beta(), False), (Dirichlet(3), False), (EpBeta(), True), (Sphere(3), True), (Hybrid(), True), (LAWS[8], True)],
    ids=repr,
)
def test_signed_laws_are_known(law, signed):
    assert LawOnDevice(law).signed == signed


@pytest.mark.parametrize(
    ("short", "law"),
    [
        (0.2, Beta(0.2)),
        ("beta:0.2", Beta(0.2)),
        ("beta:2,0.7", Beta(2, 0.7)),
        ("beta:a=2,b=0.7", Beta(2, 0.7)),
        ("uniform", Uniform()),
        ("epbeta:0.05,0.3", EpBeta(0.05, 0.3)),
        ("dirichlet:3", Dirichlet(3)),
        (Sphere(4), Sphere(4)),
    ],
    ids=str,
)
def test_short_forms(short, law):
    assert resolve_law(short) == law


@pytest.mark.parametrize(
    ("law", "words"),
    [
        ("bta", "did you mean 'beta'"),
        ("bta:0.2", "did you mean 'beta'"),
        ("beta:x", "'x' is no number"),
        ("beta:c=1", "write for example"),
        ("beta:1,a=2", "names 'a' twice"),
        ("beta:", "'' is no number"),
        ("beta:1,2,3", "is not OPTION=VALUE; its options are a, b"),
        (-0.2, "outside"),
        (True, "has type bool"),
        ([0.2], "has type list"),
        (Rotation(4), "PlanSampler"),
    ],
    ids=str,
)
def test_laws_that_are_none(law, words):
    with pytest.raises(OptionError, match=words):
        LawOnDevice(law)


def test_draws_need_a_generator_and_leave_the_global_state_alone():
    before = torch.get_rng_state()
    with pytest.raises(OptionError, match=r"torch\.Generator\(device\).manual_seed"):
        LawOnDevice(0.2).lam(3)
    with pytest.raises(OptionError, match=r"torch\.Generator"):
        LawOnDevice(Sphere(3)).weights(3, generator=7)
    LawOnDevice(Hybrid()).weights(3, generator=source("cpu"))
    assert torch.equal(before, torch.get_rng_state())
    with pytest.raises(OptionError, match="3 parents"):
        LawOnDevice(Sphere(3)).lam(3, generator=source("cpu"))
    with pytest.raises(OptionError, match="no quantile function"):
        LawOnDevice(Sphere(3)).quantile(torch.zeros(1))


def test_a_law_is_kept_on_its_device(device):
    assert on_device("beta:0.3", device) is on_device(0.3, device)
    law = LawOnDevice(0.3, device)
    assert on_device(law, torch.zeros(1, device=device).device) is law
    with pytest.raises(OptionError, match="the batch on meta"):
        on_device(law, torch.device("meta"))


@pytest.mark.parametrize("spread", ["independent", "stratified", "antithetic"])
@pytest.mark.parametrize("points", [1, 4, 5])
@pytest.mark.parametrize("shuffle", [False, True])
def test_every_spread_keeps_the_law(spread, points, shuffle, device):  # O-C7
    lam = spread_lam(
        "beta:2,0.7", points, 20_000, spread=spread, shuffle=shuffle, generator=source(device, 5), device=device
    )
    assert lam.shape == (points, 20_000)
    law = stats.beta(2, 0.7)
    # Draws of one row depend on each other: take one at random from each.
    pick = torch.randint(points, (1, 20_000), generator=source(device), device=device)
    assert stats.kstest(lam.gather(0, pick)[0].cpu().numpy(), law.cdf).pvalue > 1e-6
    if shuffle or spread != "stratified":
        for row in lam.cpu().numpy():
            assert stats.kstest(row, law.cdf).pvalue > 1e-6
    if spread == "stratified" and points > 1 and not shuffle:  # a control: one stratum is not the law
        assert stats.kstest(lam[0].cpu().numpy(), law.cdf).pvalue < 1e-6


def test_stratified_and_antithetic_draws_are_what_they_say():
    lam = spread_lam("uniform", 5, 100, spread="stratified", generator=source("cpu"))
    assert torch.equal((lam * 5).long(), torch.arange(5)[:, None].expand(5, 100))
    mixed = spread_lam("uniform", 5, 100, spread="stratified", shuffle=True, generator=source("cpu"))
    assert torch.equal((mixed * 5).long().sort(0).values, torch.arange(5)[:, None].expand(5, 100))
    assert not torch.equal((mixed * 5).long(), torch.arange(5)[:, None].expand(5, 100))
    lam = spread_lam(0.4, 4, 100, spread="antithetic", generator=source("cpu"))
    np.testing.assert_allclose(lam[0::2] + lam[1::2], 1.0, atol=1e-6)
    assert bool((spread_lam("none", 3, 2) == 1.0).all())
    with pytest.raises(OptionError, match="did you mean 'stratified'"):
        spread_lam(1, 3, 2, spread="stratifid")
    with pytest.raises(OptionError, match="points=0"):
        spread_lam(1, 0, 2)
    with pytest.raises(OptionError, match="3 parents"):
        spread_lam(Sphere(3), 2, 2, generator=source("cpu"))


@pytest.mark.parametrize(
    ("law", "value"),
    [(0.1, 1 / 12), (0.2, 1 / 7), (0.5, 0.25), (1, 1 / 3), (2, 0.4), ("beta:2,0.7", 0.28028), (EpBeta(), 0.0)],
)
def test_one_sided_mean(law, value):  # O-B2
    assert one_sided_mean(law) == pytest.approx(value, abs=5e-6)
