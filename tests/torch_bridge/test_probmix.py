"""ProbMixLoss: the oracles O-A1 to O-A8, label fusion, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import special, stats

from synthmix import families
from synthmix.errors import InputError, OptionError
from synthmix.weights import Beta, Custom, Dirichlet, EpBeta, Hybrid, Rotation, Sphere, Uniform

torch = pytest.importorskip("torch")

from synthmix.torch import ProbMixLoss  # noqa: E402 - after torch is known to be there
from synthmix.torch.probmix.support import support_of  # noqa: E402

F64 = torch.float64


def t(x, device="cpu"):
    return torch.tensor(x, dtype=F64, device=device)


def pairs(seed=0, n=7):
    rng = np.random.default_rng(seed)
    mean, variance = t(rng.normal(size=(2, n))), t(rng.uniform(0.2, 3.0, size=(2, n)))
    y, lam = t(rng.normal(size=(2, n))), t(rng.uniform(size=n))
    return (mean[0], variance[0]), (mean[1], variance[1]), y[0], y[1], lam


# --- O-A1 ---


def test_gaussian_loss_of_the_oracle(device):
    one, two = (t([125.0], device), t([182.25], device)), (t([-125.0], device), t([182.25], device))
    y = t([80.0], device)
    assert float(ProbMixLoss()(one, two, y, y, t([0.8], device))) == pytest.approx(3.5902153, abs=6e-8)


def test_categorical_loss_of_the_oracle(device):
    logits = t([[1.0, 0.0, -1.0]], device), t([[0.0, 2.0, 1.0]], device)
    ids = torch.tensor([0], device=device), torch.tensor([1], device=device)
    loss = ProbMixLoss("categorical")
    assert float(loss(*logits, *ids, t([0.3], device))) == pytest.approx(0.8610696, abs=6e-8)
    hot = t([[1.0, 0.0, 0.0]], device), t([[0.0, 1.0, 0.0]], device)
    assert float(loss(*logits, *hot, t([0.3], device))) == pytest.approx(0.8610696, abs=6e-8)


def test_loss_against_scipy():
    one, two, y_i, y_j, lam = pairs()
    found = ProbMixLoss(reduction="none")(one, two, y_i, y_j, lam)
    for r in range(len(lam)):
        w, m, v = float(lam[r]), [float(p[0][r]) for p in (one, two)], [float(p[1][r]) for p in (one, two)]
        width = 1.0 / (w / v[0] + (1 - w) / v[1])
        centre = width * (w * m[0] / v[0] + (1 - w) * m[1] / v[1])
        label = w * float(y_i[r]) + (1 - w) * float(y_j[r])
        assert float(found[r]) == pytest.approx(-stats.norm.logpdf(label, centre, math.sqrt(width)), rel=1e-13)
    linear = ProbMixLoss(pool="linear", reduction="none")(one, two, y_i, y_j, lam)
    label = lam * y_i + (1 - lam) * y_j
    p = [stats.norm.pdf(label.numpy(), q[0].numpy(), q[1].sqrt().numpy()) for q in (one, two)]
    np.testing.assert_allclose(linear, -np.log(lam.numpy() * p[0] + (1 - lam.numpy()) * p[1]), rtol=1e-13)


# --- O-A2 ---


def test_the_loss_is_the_weighted_nll_less_the_gap_and_trains_another_thing_than_it():
    one, two, y, _, lam = pairs()
    one = tuple(x.requires_grad_() for x in one)
    plain = ProbMixLoss(reduction="none")
    pooled = plain(one, two, y, y, lam)
    nll = [-families.Gaussian().log_density(y, p) for p in (one, two)]
    weighted = lam * nll[0] + (1 - lam) * nll[1]
    stacked = tuple(torch.stack([a, b]) for a, b in zip(one, two, strict=True))
    gap = families.log_linear_pool(stacked, torch.stack([lam, 1 - lam])).gap
    torch.testing.assert_close(pooled, weighted - gap, rtol=1e-13, atol=1e-13)
    assert (gap > 1e-3).any()
    ours = torch.autograd.grad(pooled.sum(), one[0], retain_graph=True)[0]
    theirs = torch.autograd.grad(weighted.sum(), one[0])[0]
    assert (ours - theirs).abs().max() > 0.1  # the control: without the normaliser it is another objective


# --- O-A3 ---


def affine(x, weight):
    """Natural parameters affine in x: (m / v, -1 / (2 v)), the second kept negative by the range of x."""
    phi = x @ weight
    variance = -0.5 / (phi[:, 1] - 3.0)
    return phi[:, 0] * variance, variance


def mean_log_variance(x, weight):
    out = x @ weight
    return out[:, 0], out[:, 1].exp()


def both_losses(net, family="gaussian", y=None):
    rng = np.random.default_rng(5)
    x, w0 = t(rng.uniform(-0.5, 0.5, size=(2, 30, 4))), t(rng.normal(size=(4, 3)))
    y = t(rng.normal(size=(2, 30))) if y is None else y(rng)
    lam = t(rng.uniform(size=30))
    weight = w0.clone().requires_grad_()
    loss = ProbMixLoss(family)
    ours = loss(net(x[0], weight), net(x[1], weight), y[0], y[1], lam)
    mixed = lam[:, None] * x[0] + (1 - lam[:, None]) * x[1]
    predicted = net(mixed, weight)
    theirs = loss(predicted, predicted, y[0], y[1], lam)
    grads = [torch.autograd.grad(v, weight)[0] for v in (ours, theirs)]
    return ours.detach(), theirs.detach(), *grads


def test_equals_input_mixup_for_affine_natural_parameters():
    cases = [
        both_losses(affine),
        both_losses(lambda x, w: x @ w, "categorical", lambda r: torch.tensor(r.integers(0, 3, size=(2, 30)))),
        both_losses(lambda x, w: (x @ w[:, 0]).exp(), "poisson", lambda r: t(r.poisson(2.0, size=(2, 30)))),
        both_losses(lambda x, w: x @ w[:, 0], "bernoulli", lambda r: t(r.integers(0, 2, size=(2, 30)))),
        both_losses(lambda x, w: 3.0 + (x @ w[:, 0]), "exponential", lambda r: t(r.exponential(size=(2, 30)))),
    ]
    for ours, theirs, g_ours, g_theirs in cases:
        torch.testing.assert_close(ours, theirs, rtol=1e-13, atol=1e-13)
        torch.testing.assert_close(g_ours, g_theirs, rtol=1e-12, atol=1e-12)


def test_differs_from_input_mixup_for_affine_mean_and_log_variance():
    ours, theirs, g_ours, g_theirs = both_losses(mean_log_variance)
    assert abs(ours - theirs) > 1e-3
    assert (g_ours - g_theirs).abs().max() > 1e-2


# --- O-A4 ---


def test_row_and_partner_may_be_swapped():
    one, two, y_i, y_j, lam = pairs()
    for pool in ("log-linear", "linear"):
        loss = ProbMixLoss(pool=pool, reduction="none")
        there, back = loss(one, two, y_i, y_j, lam), loss(two, one, y_j, y_i, 1.0 - lam)
        torch.testing.assert_close(there, back, rtol=1e-14, atol=1e-14)


def test_lambda_of_one_is_the_plain_nll_bit_for_bit(device):
    one, two, y_i, y_j, _ = pairs()
    one, two = (tuple(x.to(device, torch.float32) for x in p) for p in (one, two))
    y_i, y_j = y_i.to(device, torch.float32), y_j.to(device, torch.float32)
    plain = -families.Gaussian().log_density(y_i, one)
    for pool in ("log-linear", "linear"):
        loss = ProbMixLoss(pool=pool, reduction="none")
        assert torch.equal(loss(one, two, y_i, y_j, torch.ones(7, device=device)), plain)
        assert torch.equal(loss(two, one, y_j, y_i, torch.zeros(7, device=device)), plain)
        assert torch.equal(loss(one, two, y_i, y_j, torch.tensor(1.0, device=device)), plain)


def test_lambda_of_one_has_the_plain_gradient_also_beside_a_wild_partner():
    one, two, y_i, y_j, _ = pairs()
    one = tuple(x.clone().requires_grad_() for x in one)
    two = (two[0], (two[1] * 1e-30).requires_grad_())
    for pool in ("log-linear", "linear"):
        found = torch.autograd.grad(
            ProbMixLoss(pool=pool)(one, two, y_i, y_j, torch.ones(7, dtype=F64)), (*one, two[1])
        )
        plain = torch.autograd.grad(-families.Gaussian().log_density(y_i, one).mean(), one)
        torch.testing.assert_close(found[:2], plain, rtol=1e-14, atol=1e-14)
        assert torch.equal(found[2], torch.zeros(7, dtype=F64))


def test_a_row_paired_with_itself_gives_the_plain_nll():
    one, _, y, _, lam = pairs()
    plain = -families.Gaussian().log_density(y, one)
    torch.testing.assert_close(ProbMixLoss(reduction="none")(one, one, y, y, lam), plain, rtol=1e-13, atol=1e-13)


def test_a_constant_added_to_logits_changes_nothing():
    rng = np.random.default_rng(2)
    logits, ids = t(rng.normal(size=(2, 9, 4))), torch.tensor(rng.integers(0, 4, size=(2, 9)))
    lam, shift = t(rng.uniform(size=9)), t(rng.normal(size=(2, 9, 1)))
    loss = ProbMixLoss("categorical", reduction="none")
    moved = logits + shift
    torch.testing.assert_close(loss(*logits, *ids, lam), loss(*moved, *ids, lam), rtol=1e-13, atol=1e-13)


# --- O-A5 ---


def test_equal_variances_give_the_nll_at_the_mixed_mean():
    one, two, y_i, y_j, lam = pairs()
    s2 = t(0.7)
    found = ProbMixLoss(reduction="none")((one[0], s2), (two[0], s2), y_i, y_j, lam)
    expected = -families.Gaussian().log_density(lam * y_i + (1 - lam) * y_j, (lam * one[0] + (1 - lam) * two[0], s2))
    torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-13)


# --- O-A7 and 1.2: the fitted variance is c sigma^2 + beta; 1.1: loss mixing is another thing ---


def slope_at(variance, a, sigma, jitter):
    """Return d loss / d log v of a homoscedastic model with a right mean, over all ordered pairs and the law of lam."""
    rng = np.random.default_rng(8)
    n = 20
    x, noise = rng.uniform(-2, 2, size=n), rng.normal(size=n)
    noise = sigma * (noise - noise.mean()) / noise.std()
    nodes, mass = special.roots_jacobi(8, a - 1, a - 1)  # exact for polynomials in lam under Beta(a, a)
    lam = t((1 + nodes) / 2)[:, None].expand(8, n * n)
    pair = [k.ravel() for k in np.meshgrid(np.arange(n), np.arange(n))]
    mean, y = (torch.stack([t(z[k]).expand(8, n * n) for k in pair]) for z in (x, x + noise))
    log_v = torch.tensor(math.log(variance), dtype=F64, requires_grad=True)
    loss = ProbMixLoss(jitter=jitter, reduction="none")
    losses = loss.fused((mean, log_v.exp().expand(2, 8, n * n)), y, torch.stack([lam, 1 - lam]))
    total = (t(mass / mass.sum()) * losses.mean(1)).sum()
    return float(torch.autograd.grad(total, log_v)[0])


@pytest.mark.parametrize("a", [0.1, 0.2, 1.0, 2.0])
def test_fitted_variance_shrinks_by_c_and_jitter_repairs_it(a):
    sigma2, c = 0.01, (a + 1) / (2 * a + 1)
    assert slope_at(c * sigma2, a, 0.1, 0.0) == pytest.approx(0.0, abs=1e-12)
    assert slope_at(sigma2, a, 0.1, sigma2 * a / (2 * a + 1)) == pytest.approx(0.0, abs=1e-12)
    assert slope_at(sigma2, a, 0.1, 0.0) > 0.02  # the control: sigma^2 itself is not fitted without jitter


# --- O-A8 ---


def test_expected_loss_under_jitter_of_the_oracle_and_by_drawing(device):
    one = (t([0.4], device), t([0.8], device))
    y, lam = t([1.0], device), t([0.5], device)
    exact = float(ProbMixLoss(jitter=0.2)(one, one, y, y, lam))
    assert exact == pytest.approx(1.1573668, abs=6e-8)
    many = tuple(x.expand(200_000) for x in one)
    g = torch.Generator(device).manual_seed(1)
    drawn = ProbMixLoss(jitter=0.2, jitter_draw="sampled", reduction="none")
    losses = drawn(many, many, y.expand(200_000), y.expand(200_000), lam.expand(200_000), g)
    assert float(losses.mean()) == pytest.approx(exact, abs=6 * float(losses.std()) / math.sqrt(200_000))
    assert exact - float(ProbMixLoss()(one, one, y, y, lam)) == pytest.approx(0.125)  # the control: no jitter


def test_expected_jitter_of_normal_vectors_against_quadrature():
    rng = np.random.default_rng(4)
    half = t(rng.normal(size=(2, 5, 2, 2)))
    covariance = half @ half.transpose(-1, -2) + 0.5 * torch.eye(2, dtype=F64)
    mean, y, lam = t(rng.normal(size=(2, 5, 2))), t(rng.normal(size=(2, 5, 2))), t(rng.uniform(size=5))
    nodes, mass = np.polynomial.hermite_e.hermegauss(5)
    mass = mass / mass.sum()
    for family, width in (
        ("multivariate_normal", covariance),
        ("diagonal_normal", covariance.diagonal(dim1=-2, dim2=-1)),
    ):
        found = ProbMixLoss(family, jitter=0.3, reduction="none")((mean[0], width[0]), (mean[1], width[1]), *y, lam)
        plain = ProbMixLoss(family, reduction="none")
        expected = torch.zeros(5, dtype=F64)
        for a, p in zip(nodes, mass, strict=True):
            for b, q in zip(nodes, mass, strict=True):
                moved = y + math.sqrt(0.3) * t([a, b])
                expected += p * q * plain((mean[0], width[0]), (mean[1], width[1]), *moved, lam)
        torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)


# --- labels ---


def test_label_fusion_of_the_paper():
    from synthmix.torch.probmix.labels import fuse_labels

    ids, w = torch.tensor([[0], [1]]), t([[0.8], [0.2]])
    fused = {
        (fusion, s): fuse_labels(ids, w, families.Categorical(), (1, 3), fusion, s)[0]
        for fusion, s in (("log-linear", 0.01), ("linear", 0.01), ("linear", 0.0), ("log-linear", 1e-6))
    }
    np.testing.assert_allclose(fused["log-linear", 0.01], (0.919, 0.058, 0.023), atol=5e-4)
    np.testing.assert_allclose(fused["linear", 0.01], (0.786, 0.204, 0.010), atol=5e-4)
    np.testing.assert_allclose(fused["linear", 0.0], (0.8, 0.2, 0.0), rtol=1e-15)
    assert float(fused["log-linear", 1e-6][0]) == pytest.approx(0.9997, abs=5e-5)
    two = fuse_labels(t([[0.0], [1.0]]), w, families.Bernoulli(), (1,), "log-linear", 0.01)
    same = fuse_labels(torch.tensor([[0], [1]]), w, families.Categorical(), (1, 2), "log-linear", 0.01)
    np.testing.assert_allclose(two, same[:, 1], rtol=1e-14)


def test_as_many_rows_as_classes_is_no_trap():
    logits, ids = t(np.eye(3)[None].repeat(2, 0)), torch.tensor([[0, 1, 2], [1, 1, 0]])
    loss = ProbMixLoss("categorical", reduction="none")
    by_number = loss(*logits, *ids, t([0.3, 0.4, 0.5]))
    by_vector = loss(*logits, *torch.eye(3, dtype=F64)[ids], t([0.3, 0.4, 0.5]))
    assert torch.equal(by_number, by_vector)
    whole = loss(*logits, *torch.eye(3, dtype=torch.int64)[ids], t([0.3, 0.4, 0.5]))
    assert torch.equal(by_number, whole)


# --- shapes, types, K rows, compilation ---


def test_k_rows_are_what_two_are():
    one, two, y_i, y_j, lam = pairs()
    loss = ProbMixLoss(reduction="none")
    stacked = tuple(torch.stack([a, b, a]) for a, b in zip(one, two, strict=True))
    weights = torch.stack([lam / 2, 1 - lam, lam / 2])
    found = loss.fused(stacked, torch.stack([y_i, y_j, y_i]), weights)
    torch.testing.assert_close(found, loss(one, two, y_i, y_j, lam), rtol=1e-12, atol=1e-12)


def test_leading_axes_several_outputs_and_reductions():
    rng = np.random.default_rng(0)
    m, v, y = (
        t(rng.normal(size=(2, 4, 5, 3))),
        t(rng.uniform(1, 2, size=(2, 4, 5, 3))),
        t(rng.normal(size=(2, 4, 5, 3))),
    )
    lam = t(rng.uniform(size=(4, 5)))
    losses = {r: ProbMixLoss(reduction=r)((m[0], v[0]), (m[1], v[1]), *y, lam) for r in ("none", "mean", "sum")}
    assert losses["none"].shape == (4, 5, 3)
    torch.testing.assert_close(losses["none"].sum(), losses["sum"])
    torch.testing.assert_close(losses["none"].mean(), losses["mean"])
    single = ProbMixLoss()((m[0, 1, 2], v[0, 1, 2]), (m[1, 1, 2], v[1, 1, 2]), *y[:, 1, 2], lam[1, 2])
    torch.testing.assert_close(losses["none"][1, 2].mean(), single)


def test_half_precision_is_computed_in_float32(device):
    one, two, y_i, y_j, lam = pairs()
    low = [tuple(x.to(device, torch.bfloat16) for x in p) for p in (one, two)]
    loss = ProbMixLoss(reduction="none")
    found = loss(*low, y_i.to(device), y_j.to(device), lam.to(device))
    assert found.dtype == torch.float32
    exact = loss(*(tuple(x.float() for x in p) for p in low), *(x.to(device, torch.float32) for x in (y_i, y_j, lam)))
    torch.testing.assert_close(found, exact)


@pytest.mark.parametrize("name", ["gaussian", "categorical", "gamma"])
def test_gradients_and_compilation(name):
    rng = np.random.default_rng(1)
    y = t(rng.uniform(0.5, 2, size=(2, 6)))
    params = [t(rng.uniform(0.5, 2, size=(6,))).requires_grad_() for _ in range(4)]
    if name == "categorical":
        params = [t(rng.normal(size=(6, 3))).requires_grad_() for _ in range(2)]
        y = torch.tensor(rng.integers(0, 3, size=(2, 6)))
    half, lam = len(params) // 2, t(rng.uniform(size=6))
    for pool in ("log-linear", "linear"):
        loss = ProbMixLoss(name, pool=pool)

        def value(*p, loss=loss):
            return loss(p[:half], p[half:], y[0], y[1], lam)

        assert torch.autograd.gradcheck(value, params)
        if (name, pool) in (("gaussian", "linear"), ("categorical", "log-linear")):
            torch._dynamo.reset()
            compiled = torch.compile(value, fullgraph=True, backend="aot_eager")
            torch.testing.assert_close(compiled(*params), value(*params))


def test_nothing_is_mutated_and_no_global_state_is_touched():
    one, two, y_i, y_j, lam = pairs()
    before = [x.clone() for x in (*one, *two, y_i, y_j, lam)]
    state = torch.get_rng_state()
    ProbMixLoss(jitter=0.1, jitter_draw="sampled")(one, two, y_i, y_j, lam, torch.Generator().manual_seed(0))
    assert all(torch.equal(a, b) for a, b in zip(before, (*one, *two, y_i, y_j, lam), strict=True))
    assert torch.equal(state, torch.get_rng_state())


# --- what is refused ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pool": "loglinear"}, "did you mean 'log-linear'"),
        ({"family": "gausian"}, "did you mean 'gaussian'"),
        ({"reduction": "average"}, "reduction='average'"),
        ({"jitter": -1.0}, "is a variance"),
        ({"family": "poisson", "jitter": 0.1}, "not for family 'poisson'"),
        ({"pool": "linear", "jitter": 0.1}, "jitter_draw='sampled'"),
        ({"label_fusion": "log-linear"}, "is for classes"),
        ({"family": "categorical", "label_fusion": "log-linear"}, "needs smoothing > 0"),
        ({"family": "categorical", "smoothing": -0.1}, "smoothing=-0.1"),
        ({"family": "categorical", "label_fusion": "lin"}, "label_fusion='lin'"),
        ({"law": EpBeta(delta=0.05)}, r"law=EpBeta.*outside \[0, 1\].*'gaussian'"),
        ({"law": (-0.1, 1.1), "pool": "linear"}, "a mixture of densities"),
        ({"law": Sphere(k=3), "family": "categorical"}, "unbounded below.*label_fusion='log-linear'"),
        ({"law": Sphere(k=3), "family": "poisson"}, "unbounded below"),
        ({"law": (1.0, 0.0)}, "least and largest"),
        ({"law": "beta"}, "least and largest"),
    ],
)
def test_options_that_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        ProbMixLoss(**options)


def test_laws_outside_the_unit_interval_where_they_make_sense():
    signed = EpBeta(delta=0.05)
    ProbMixLoss(families.Gaussian(shared_variance=True), law=signed)
    ProbMixLoss("categorical", label_fusion="log-linear", smoothing=0.01, law=signed)
    for law in (Beta(0.4), Uniform(), Dirichlet(k=3), Custom([[0.2, 0.8], [0.5, 0.5]])):
        ProbMixLoss(law=law)
        low, high = support_of(law)
        assert 0.0 <= low <= high <= 1.0
    for law in (signed, Sphere(k=3), Rotation(k=3), Hybrid(k=3)):
        low, high = support_of(law)
        assert low < 0.0
        assert high > 1.0


def test_shapes_that_are_refused():
    one, two, y_i, y_j, lam = pairs()
    loss = ProbMixLoss()
    with pytest.raises(InputError, match="reshape the labels"):
        loss(tuple(x[:, None] for x in one), tuple(x[:, None] for x in two), y_i, y_j, lam)
    with pytest.raises(InputError, match="one partner for each row"):
        loss(one, tuple(x[:3] for x in two), y_i, y_j, lam)
    with pytest.raises(InputError, match="leading axes"):
        loss(one, two, y_i, y_j, lam[:3])
    with pytest.raises(InputError, match="class numbers"):
        ProbMixLoss("categorical")(torch.zeros(7, 3), torch.zeros(7, 3), y_i, y_j, lam)
    with pytest.raises(OptionError, match="generator="):
        ProbMixLoss(jitter=0.1, jitter_draw="sampled")(one, two, y_i, y_j, lam)


@pytest.mark.parametrize("labels", [[3, 0], [-1, 0], [3.0, 0.0], [0.0, -1.0], [float("nan"), 0.0]])
def test_classes_that_there_are_not(labels):
    y, lam = torch.tensor(labels), torch.full((2,), 0.5)
    with pytest.raises(InputError, match="0, 1 or probabilities"):
        ProbMixLoss("bernoulli")(torch.zeros(2), torch.zeros(2), y, y, lam)
    if not y.is_floating_point():
        with pytest.raises(InputError, match=r"class numbers 0, \.\.\., 2"):
            ProbMixLoss("categorical")(torch.zeros(2, 3), torch.zeros(2, 3), y, y, lam)


def test_labels_and_weights_of_another_form():
    both, y = (torch.zeros(1, 2), torch.ones(1, 2)), torch.zeros(3, 2)
    with pytest.raises(InputError, match="one label a weight"):
        ProbMixLoss("gaussian").fused(both, y, torch.ones(1, 2))
    one = (torch.zeros(2), torch.ones(2))
    with pytest.raises(InputError, match="lam has type float"):
        ProbMixLoss("gaussian")(one, one, y[0], y[0], 0.5)
    with pytest.raises(InputError, match="weights has type list"):
        ProbMixLoss("gaussian").fused(both, y[:1], [[1.0, 1.0]])


@pytest.mark.parametrize("family", ["bernoulli", "categorical"])
def test_labels_may_be_mapped_over(family):
    loss, lam = ProbMixLoss(family, reduction="none"), torch.full((3,), 0.25)
    g = torch.Generator().manual_seed(0)
    params = torch.randn(4, 3, *([2] if family == "categorical" else []), generator=g)
    y = torch.randint(2, (4, 3), generator=g)
    mapped = torch.func.vmap(lambda p, y: loss(p, p.flip(0), y, y.flip(0), lam))(params, y)
    one_by_one = torch.stack([loss(p, p.flip(0), y, y.flip(0), lam) for p, y in zip(params, y, strict=True)])
    torch.testing.assert_close(mapped, one_by_one)
