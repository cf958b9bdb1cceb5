"""Multi-mix: its algebra, and the law of the gradient's variance."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import roots_jacobi

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")

from synthmix.torch import Mixing, mix_rows, multi_mix, spread_lam, variance_split  # noqa: E402


def source(device="cpu", seed=0):
    return torch.Generator(device).manual_seed(seed)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=source(seed=seed), dtype=torch.float64)


def test_rows_are_draw_by_draw(device):
    x_i, x_j = normal(4, 3).to(device), normal(4, 3, seed=1).to(device)
    ids = torch.tensor([0, 1, 2, 1], device=device)
    lam = torch.rand(3, 4, generator=source(), dtype=torch.float64).to(device)
    x, y = multi_mix({"x": x_i, "id": ids}, {"x": x_j, "id": ids.flip(0)}, ids, ids.flip(0), lam, num_classes=3)
    eye = torch.eye(3, dtype=torch.float64, device=device)
    for k in range(3):
        for b in range(4):
            row, w = k * 4 + b, lam[k, b]
            torch.testing.assert_close(x["x"][row], w * x_i[b] + (1 - w) * x_j[b], rtol=1e-14, atol=1e-15)
            torch.testing.assert_close(y[row], w * eye[ids[b]] + (1 - w) * eye[ids[3 - b]], rtol=1e-14, atol=1e-15)
            assert x["id"][row] == (ids[b] if w >= 0.5 else ids[3 - b])


def test_one_draw_is_mixup_bit_for_bit(device):  # O-C1
    x, y, partner = normal(6, 3).to(device), normal(6, seed=2).to(device), torch.arange(6, device=device).flip(0)
    lam = spread_lam(0.4, 1, 6, generator=source(device), device=device)
    found_x, found_y = multi_mix(x, x[partner], y, y[partner], lam)
    mixing = Mixing(lam[0], partner, torch.zeros_like(partner))
    assert torch.equal(found_x, mix_rows(x, mixing))
    assert torch.equal(found_y, mix_rows(y, mixing))


def loss_and_gradient(lam, batch=8):
    x, y = normal(2, batch, 3, seed=3), normal(2, batch, seed=4)
    weight = normal(3, seed=5).requires_grad_()
    mixed_x, mixed_y = multi_mix(x[0], x[1], y[0], y[1], lam)
    loss = (torch.tanh(mixed_x @ weight) - mixed_y).square().mean()
    return loss.detach(), torch.autograd.grad(loss, weight)[0]


def test_order_cannot_matter():  # O-C2
    lam = spread_lam(1.0, 5, 8, generator=source())
    for found, other in zip(loss_and_gradient(lam), loss_and_gradient(lam.sort(0).values), strict=True):
        torch.testing.assert_close(found, other, rtol=1e-13, atol=1e-14)
    assert abs(float(loss_and_gradient(lam)[0] - loss_and_gradient(lam.flip(1))[0])) > 1e-3  # the pairs do matter


def test_the_scale_of_the_loss_does_not_depend_on_the_draws():  # O-C5
    lam = spread_lam(1.0, 1, 8, generator=source())
    for found, other in zip(loss_and_gradient(lam), loss_and_gradient(lam.expand(7, 8)), strict=True):
        torch.testing.assert_close(found, other, rtol=1e-13, atol=1e-14)


def test_weights_zero_and_one_give_clean_rows():  # O-C6
    x_i, x_j = normal(4, 3), normal(4, 3, seed=1)
    x, y = multi_mix(x_i, x_j, None, None, torch.tensor([[1.0] * 4, [0.0] * 4]))
    assert torch.equal(x, torch.cat([x_i, x_j]))
    assert y is None


def beta_nodes(a):
    nodes, weights = roots_jacobi(20, a - 1, a - 1)
    return torch.as_tensor((nodes + 1) / 2), torch.as_tensor(weights / weights.sum())


def gradients(theta, x_i, x_j, y_i, y_j, lam):
    """Gradients of half the squared error of theta x, one for each draw and pair, by autograd."""
    x, y = multi_mix(x_i, x_j, y_i, y_j, lam)
    slope = torch.full_like(x, theta, requires_grad=True)
    return torch.autograd.grad((0.5 * (slope * x - y).square()).sum(), slope)[0].view(lam.shape)


def closed_form(a, theta, x, y, x2, y2):
    """The variance over lam of the gradient of one pair."""
    m = [1.0]
    for i in range(4):
        m.append(m[-1] * (a + i) / (2 * a + i))
    d, e, r = x - x2, theta * (x - x2) - (y - y2), theta * x2 - y2
    b, c2 = r * d + e * x2, e * d
    return b**2 * (m[2] - m[1] ** 2) + 2 * b * c2 * (m[3] - m[1] * m[2]) + c2**2 * (m[4] - m[2] ** 2)


@pytest.mark.parametrize(("a", "value"), [(0.2, 0.535913), (1.0, 0.250663), (2.0, 0.150266)])
def test_variance_within_a_pair(a, value):  # O-C3
    assert closed_form(a, 0.7, 1.3, 2.0, -0.4, 0.5) == pytest.approx(value, abs=5e-7)
    lam, weight = beta_nodes(a)
    pair = [torch.tensor([number], dtype=torch.float64) for number in (1.3, -0.4, 2.0, 0.5)]
    g = gradients(0.7, *pair, lam[:, None])[:, 0]
    assert float(weight @ g.square() - (weight @ g) ** 2) == pytest.approx(value, abs=5e-7)
    drawn = gradients(0.7, *(number.expand(200_000) for number in pair), spread_lam(a, 2, 200_000, generator=source()))
    split = variance_split(drawn)
    assert float(split.within) == pytest.approx(value, rel=0.02)
    assert abs(float(split.between)) < 0.02  # all pairs are the same


ROWS, PAIRS, STEPS, THETA = 40, 20, 6000, 0.7
X = normal(ROWS, seed=11)
Y = 0.5 * X + normal(ROWS, seed=12)


def exact_split(a):
    """Variance between and within pairs, by enumeration of all ordered pairs and quadrature over lam."""
    lam, weight = beta_nodes(a)
    i, j = (index.flatten() for index in torch.meshgrid(torch.arange(ROWS), torch.arange(ROWS), indexing="ij"))
    g = gradients(THETA, X[i], X[j], Y[i], Y[j], lam[:, None].expand(-1, len(i)))
    mean = weight @ g
    return float(mean.var(correction=0)), float((weight @ g.square() - mean.square()).mean())


def variance_of_steps(i, j, lam):
    """Variance over steps of the mean gradient; pairs of a step are neighbours."""
    g = gradients(THETA, X[i], X[j], Y[i], Y[j], lam)
    return float(g.view(len(lam), STEPS, PAIRS).mean((0, 2)).var())


def drawn(points, seed, spread="independent", a=1.0):
    return spread_lam(a, points, STEPS * PAIRS, spread=spread, generator=source(seed=seed))


# A variance of 6,000 means of 20 has a relative standard error near sqrt(2 / 6000) = 1.8 %; 9 % is five of them.
@pytest.mark.parametrize("points", [1, 2, 5])
def test_the_variance_law(points):  # O-C4
    between, within = exact_split(1.0)
    i, j = (torch.randint(ROWS, (STEPS * PAIRS,), generator=source(seed=s)) for s in (1, 2))
    assert variance_of_steps(i, j, drawn(points, 3)) == pytest.approx(
        between / PAIRS + within / (points * PAIRS), rel=0.09
    )
    assert within > 0.5 * between  # so that the law says something here


def test_better_spreads_reach_the_floor():  # O-C4
    between, within = exact_split(1.0)
    i, j = (torch.randint(ROWS, (STEPS * PAIRS,), generator=source(seed=s)) for s in (1, 2))
    floor = between / PAIRS
    assert variance_of_steps(i, j, drawn(5, 3, "stratified")) == pytest.approx(floor, rel=0.09)
    antithetic, independent = (variance_of_steps(i, j, drawn(4, 3, spread)) for spread in ("antithetic", "independent"))
    assert antithetic < independent - 0.5 * within / (4 * PAIRS)


@pytest.mark.parametrize("points", [1, 5])
def test_partners_that_permute_a_batch_break_the_law(points):
    between, within = exact_split(1.0)
    i = torch.randint(ROWS, (STEPS, PAIRS), generator=source(seed=1))
    order = torch.rand(STEPS, PAIRS, generator=source(seed=2)).argsort(1)
    found = variance_of_steps(i.flatten(), i.gather(1, order).flatten(), drawn(points, 3))
    assert found > 1.25 * (between / PAIRS + within / (points * PAIRS))


def test_the_split_is_estimated_without_bias():
    between, within = exact_split(1.0)
    i, j = (torch.randint(ROWS, (STEPS * PAIRS,), generator=source(seed=s)) for s in (1, 2))
    g = gradients(THETA, X[i], X[j], Y[i], Y[j], drawn(3, 4))
    split = variance_split(g)
    assert float(split.between) == pytest.approx(between, rel=0.09)
    assert float(split.within) == pytest.approx(within, rel=0.09)
    assert float(split.of_mean(20, 5)) == pytest.approx(between / 20 + within / 100, rel=0.09)
    both = variance_split(torch.stack([g, 2 * g], -1))
    assert float(both.within) == pytest.approx(5 * float(split.within))
    # On a few numbers, against the textbook sums of squares.
    few = normal(3, 4).numpy()
    msw = ((few - few.mean(0)) ** 2).sum() / (4 * 2)
    msb = 3 * ((few.mean(0) - few.mean()) ** 2).sum() / 3
    np.testing.assert_allclose([*variance_split(torch.as_tensor(few))], [(msb - msw) / 3, msw])


def test_what_does_not_fit():
    x = torch.zeros(4, 2)
    with pytest.raises(InputError, match=r"give \(K, B\) = \(K, 4\)"):
        multi_mix(x, x, None, None, torch.zeros(4))
    with pytest.raises(InputError, match="make them alike"):
        multi_mix(x, torch.zeros(4, 3), None, None, torch.zeros(2, 4))
    with pytest.raises(InputError, match="y_j has 3 rows"):
        multi_mix(x, x, torch.zeros(4), torch.zeros(3), torch.zeros(2, 4))
    ids = torch.zeros(4, dtype=torch.int64)
    with pytest.raises(OptionError, match="give num_classes"):
        multi_mix(x, x, ids, ids, torch.zeros(2, 4))
    with pytest.raises(OptionError, match="unbounded below"):
        multi_mix(x, x, ids, ids, torch.zeros(2, 4), num_classes=2, signed=True)
    with pytest.raises(OptionError, match="K and B at least 2"):
        variance_split(torch.zeros(1, 5))


def test_weights_and_counts_of_another_type():
    x = torch.zeros(2, 1)
    with pytest.raises(InputError, match="lam has type list"):
        multi_mix(x, x, None, None, [[0.5, 0.5]])
    for points, n in ((2.5, 4), (True, 4), (2, -4), (2, 4.0)):
        with pytest.raises(OptionError, match="is no count"):
            spread_lam("uniform", points, n, generator=torch.Generator().manual_seed(0))
