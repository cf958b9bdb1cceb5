"""MixupE: values worked out by hand, gradients, and the signs of the released versions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import roots_jacobi

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")

from synthmix.torch import directional_term, logit_slope, mixupe_loss, one_sided_mean  # noqa: E402

# PyTorch itself loads rules of forward differentiation by a function that it calls deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def labels(n, classes, seed=0):
    ids = torch.randint(classes, (n,), generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.one_hot(ids, classes).double()


def entropy(logits, y):
    return torch.nn.functional.cross_entropy(logits, y)


LOGITS = torch.tensor([[1.0, 0.0, -1.0]] * 2, dtype=torch.float64)
BY_HAND = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
UNSCALED = {"eta": 1.0, "rescale": False}


@pytest.mark.parametrize(("row", "value"), [(0, 0.4247896), (1, -1.5752104)])
def test_the_cheap_term_by_hand(row, value, device):  # O-B5
    zero = torch.zeros((), dtype=torch.float64, device=device)
    f, y = LOGITS[[row]].to(device), BY_HAND[[row]].to(device)
    assert float(mixupe_loss(zero, f, y, coef=1.0, **UNSCALED)) == pytest.approx(abs(value), abs=5e-8)
    signed = mixupe_loss(zero, f, y, coef=-1.0, variant="released4", **UNSCALED)
    assert float(signed) == pytest.approx(value, abs=5e-8)


@pytest.mark.parametrize(("a", "value"), [(1, 1 / 3), (0.2, 0.1428571)])
def test_the_regulariser_by_hand(a, value):  # O-B5
    zero = torch.zeros((), dtype=torch.float64)
    found = mixupe_loss(zero, LOGITS, BY_HAND, coef=one_sided_mean(a), **UNSCALED)
    assert float(found) == pytest.approx(value, abs=5e-8)


def test_the_scale_by_hand():  # O-B5
    mix = torch.tensor(1.2, dtype=torch.float64, requires_grad=True)
    loss = mixupe_loss(mix, LOGITS, BY_HAND, coef=one_sided_mean(1), eta=0.5)
    assert float(loss.detach()) == pytest.approx(1.2, abs=1e-15)
    assert float(torch.autograd.grad(loss, mix)[0]) == pytest.approx(0.8780488, abs=5e-8)


def network(shift=True, seed=1):
    parameters = [normal(5, 3, seed=seed), normal(4, 5, seed=seed + 1)]
    biases = [normal(5, seed=seed + 2) * shift, normal(4, seed=seed + 3) * shift]

    def model(x):
        return torch.relu(x @ parameters[0].T + biases[0]) @ parameters[1].T + biases[1]

    return model, parameters


def test_value_and_gradient():  # O-B1
    model, parameters = network()
    for parameter in parameters:
        parameter.requires_grad_()
    x, mixed, y, soft = normal(6, 3), normal(6, 3, seed=9), labels(6, 4), torch.softmax(normal(6, 4, seed=8), 1)
    mix, f = entropy(model(mixed), soft), model(x)
    loss = mixupe_loss(mix, f, y, coef=0.4, eta=2.0)
    assert float(loss.detach()) == pytest.approx(float(mix.detach()), rel=1e-15)
    regulariser = 0.4 * torch.sum(f * (y - f.softmax(1)), 1).abs().mean()
    scale = float((mix / (mix + 2.0 * regulariser)).detach())
    for parameter in parameters:
        found, of_mix, of_r = (
            torch.autograd.grad(part, parameter, retain_graph=True)[0] for part in (loss, mix, regulariser)
        )
        torch.testing.assert_close(found, scale * (of_mix + 2.0 * of_r), rtol=1e-12, atol=1e-14)
        assert float((found - of_mix).abs().max()) > 1e-3  # the regulariser does something


def test_no_strength_is_mixup_bit_for_bit():  # O-B4
    mix = torch.tensor(0.7, requires_grad=True)
    assert mixupe_loss(mix, LOGITS, BY_HAND, coef=0.3, eta=0.0) is mix
    kept = mixupe_loss(mix, LOGITS, BY_HAND, coef=0.0, eta=0.1)  # a law that keeps the covariance
    assert kept == mix
    assert torch.autograd.grad(kept, mix)[0] == 1.0


@pytest.mark.parametrize("link", ["softmax", "logistic", "identity"])
@pytest.mark.parametrize("kind", ["linear", "relu"])
def test_both_terms_agree_without_bias_around_zero(kind, link):  # O-B3
    matrix = normal(4, 3, seed=5)
    model = (lambda x: x @ matrix.T) if kind == "linear" else network(shift=False)[0]
    x, y = normal(8, 3), labels(8, 4)
    q = directional_term(model, x, y, torch.zeros(3, dtype=torch.float64), link=link)
    f, zero = model(x), torch.zeros((), dtype=torch.float64)
    mean = {"softmax": f.softmax(1), "logistic": f.sigmoid(), "identity": f}[link]
    np.testing.assert_allclose(q, torch.sum((y - mean) * f, 1), rtol=1e-12, atol=1e-14)
    cheap = mixupe_loss(zero, f, y, coef=1.0, link=link, **UNSCALED)
    slope = logit_slope(model, x, torch.zeros(3, dtype=torch.float64))[1]
    accurate = mixupe_loss(zero, f, y, coef=1.0, link=link, slope=slope, **UNSCALED)
    assert float(cheap) == pytest.approx(float(accurate), rel=1e-13)


def test_affine_logits_need_the_reference():
    matrix, shift, mean = normal(4, 3, seed=5), normal(4, seed=6), normal(3, seed=7)
    x, y, zero = normal(8, 3), labels(8, 4), torch.zeros((), dtype=torch.float64)
    f, at_mean = x @ matrix.T + shift, mean @ matrix.T + shift
    q = directional_term(lambda z: z @ matrix.T + shift, x, y, mean)
    np.testing.assert_allclose(q, torch.sum((y - f.softmax(1)) * (f - at_mean), 1), rtol=1e-12, atol=1e-14)
    referred = mixupe_loss(zero, f, y, coef=1.0, logit_reference=at_mean, **UNSCALED)
    assert float(referred) == pytest.approx(float(q.abs().mean()), rel=1e-13)
    assert abs(float(mixupe_loss(zero, f, y, coef=1.0, **UNSCALED) - q.abs().mean())) > 0.1


def test_the_accurate_term_against_finite_differences():
    model, _ = network()
    x, y, mean, h = normal(8, 3), labels(8, 4), normal(3, seed=7), 1e-6
    ahead, behind = (
        torch.nn.functional.cross_entropy(model(x + step * (mean - x)), y, reduction="none") for step in (h, -h)
    )
    np.testing.assert_allclose(directional_term(model, x, y, mean), (ahead - behind) / (2 * h), atol=1e-8)


@pytest.mark.parametrize("a", [0.3, 1.0])
def test_mixup_to_second_order(a):  # O-B6
    matrix, y = normal(4, 3, seed=5), labels(6, 4)

    def gap(size):
        """Mixup loss over all ordered pairs minus clean loss minus the first two orders, for rows of this size."""
        x = size * normal(6, 3)
        x = x - x.mean(0)
        f = x @ matrix.T
        nodes, weights = roots_jacobi(12, a - 1, a - 1)
        mixup = 0.0
        for lam, weight in zip((nodes + 1) / 2, weights / weights.sum(), strict=True):
            mixed_f = lam * f[:, None] + (1 - lam) * f[None]
            mixed_y = lam * y[:, None] + (1 - lam) * y[None]
            mixup += weight * float(entropy(mixed_f.flatten(0, 1), mixed_y.flatten(0, 1)))
        q = directional_term(lambda z: z @ matrix.T, x, y, torch.zeros(3, dtype=torch.float64))
        g, d = f.softmax(1), f[None] - f[:, None]  # d[i, j]: from row i to row j
        curvature = torch.einsum("ic,ijc,ijc->ij", g, d, d) - torch.einsum("ic,ijc->ij", g, d).square()
        u = one_sided_mean(a)
        first, second = u * float(q.mean()), u / 2 * float(curvature.mean()) / 2
        return mixup - float(entropy(f, y)), first, second

    whole, half = gap(0.02), gap(0.01)
    assert abs(whole[0] - whole[1]) > 10 * abs(whole[0] - whole[1] - whole[2])
    # The third order cancels over pairs that come in both directions, to leading order: what is left falls by 16.
    assert (whole[0] - sum(whole[1:])) / (half[0] - sum(half[1:])) == pytest.approx(16.0, rel=0.1)
    assert (whole[0] - whole[1]) / (half[0] - half[1]) == pytest.approx(4.0, rel=0.1)  # the control: second order


VERSIONS = ["listing1", "released1", "released2", "released3", "released4"]


def released_gradient(variant, matrix, x, y):
    """Gradient of what a variant adds, for bias-free linear logits and centred rows."""
    weight = matrix.clone().requires_grad_()
    f, slope = logit_slope(lambda z: z @ weight.T, x, torch.zeros(3, dtype=torch.float64))
    given = slope if variant in ("released1", "released2") else None
    limit = {"released1": float("inf"), "released3": float("inf")}.get(variant)
    zero = torch.zeros((), dtype=torch.float64)
    added = mixupe_loss(zero, f, y, coef=1.0, variant=variant, slope=given, threshold=limit, **UNSCALED)
    return torch.autograd.grad(added, weight)[0].flatten()


def cosine(a, b):
    return float(torch.nn.functional.cosine_similarity(a, b, dim=0))


def test_signs_of_the_released_versions():  # O-B7
    x = normal(40, 3)
    x, matrix = x - x.mean(0), normal(4, 3, seed=5)
    right = torch.nn.functional.one_hot((x @ matrix.T).argmax(1), 4).double()  # every term is positive
    wrong = torch.nn.functional.one_hot((x @ matrix.T).argmin(1), 4).double()  # every term is negative
    added = {name: [released_gradient(name, matrix, x, y) for y in (right, wrong)] for name in VERSIONS}
    paper = added["listing1"]
    # Versions without a detached residual are the paper's gradient up to sign, exactly.
    assert cosine(added["released3"][0], paper[0]) == pytest.approx(-1.0, abs=1e-12)
    assert cosine(added["released3"][1], paper[1]) == pytest.approx(1.0, abs=1e-12)
    # Version 1 is version 2 where q > 0 and its opposite where q < 0; version 4 is minus the signed term.
    assert cosine(added["released1"][0], added["released2"][0]) == pytest.approx(1.0, abs=1e-12)
    assert cosine(added["released1"][1], added["released2"][1]) == pytest.approx(-1.0, abs=1e-12)
    assert cosine(added["released2"][1], paper[1]) > 0.9
    for place, y in enumerate((right, wrong)):
        weight = matrix.clone().requires_grad_()
        clean = torch.autograd.grad(entropy(x @ weight.T, y), weight)[0].flatten()
        torch.testing.assert_close(added["released4"][place], clean, rtol=1e-12, atol=1e-14)


def test_thresholds_of_the_released_versions():
    zero = torch.zeros((), dtype=torch.float64)
    q = torch.tensor([-3.0, -0.5, 0.5, 3.0], dtype=torch.float64)
    f = torch.stack([q, torch.zeros(4)], 1).double()
    y = f + torch.tensor([1.0, 0.0], dtype=torch.float64)  # with the identity link b = (1, 0), qhat = q
    common = {"coef": 1.0, "link": "identity", **UNSCALED}
    assert float(mixupe_loss(zero, f, y, variant="released3", **common)) == pytest.approx(3.0 / 4)
    slope = torch.stack([-q, torch.zeros(4)], 1).double()
    assert float(mixupe_loss(zero, f, y, variant="released1", slope=slope, **common)) == pytest.approx(-3.0 / 4)
    assert float(mixupe_loss(zero, f, y, variant="released2", slope=slope, **common)) == pytest.approx(7.0 / 4)
    assert float(mixupe_loss(zero, f, y, **common)) == pytest.approx(7.0 / 4)


@pytest.mark.parametrize("link", ["softmax", "logistic", "identity"])
def test_gradients_in_float64(link):
    x, y, mean = normal(4, 3), labels(4, 4), normal(3, seed=7)

    def loss(first, second, slopes):
        def model(z):
            return torch.tanh(z @ first.T) @ second.T

        f, slope = logit_slope(model, x, mean)
        mix = entropy(model(x.flip(0)), y)
        return mixupe_loss(mix, f, y, coef=0.3, eta=0.5, slope=slope if slopes else None, link=link, rescale=False)

    weights = [normal(5, 3, seed=1).requires_grad_(), normal(4, 5, seed=2).requires_grad_()]
    for slopes in (False, True):
        assert torch.autograd.gradcheck(lambda *w, s=slopes: loss(*w, s), weights)


def test_what_does_not_fit():
    mix = torch.tensor(0.7)
    with pytest.raises(OptionError, match="did you mean 'listing1'"):
        mixupe_loss(mix, LOGITS, BY_HAND, coef=0.3, variant="listing")
    with pytest.raises(OptionError, match="give slope="):
        mixupe_loss(mix, LOGITS, BY_HAND, coef=0.3, variant="released2")
    with pytest.raises(OptionError, match="leave slope out"):
        mixupe_loss(mix, LOGITS, BY_HAND, coef=0.3, variant="released4", slope=LOGITS)
    with pytest.raises(OptionError, match="set rescale=False"):
        mixupe_loss(mix, LOGITS, BY_HAND, coef=0.3, positive=False)
    with pytest.raises(OptionError, match="did you mean 'logistic'"):
        mixupe_loss(mix, LOGITS, BY_HAND, coef=0.3, link="logit")
    with pytest.raises(InputError, match="one_hot"):
        mixupe_loss(mix, LOGITS, torch.tensor([0, 2]), coef=0.3)
    with pytest.raises(InputError, match="a scalar"):
        mixupe_loss(mix[None], LOGITS, BY_HAND, coef=0.3)
    with pytest.raises(InputError, match="slope has shape"):
        mixupe_loss(mix, LOGITS, BY_HAND, coef=0.3, slope=LOGITS[:1])
    with pytest.raises(InputError, match="give the mean row"):
        logit_slope(lambda x: x, LOGITS, torch.zeros(2))
    with pytest.raises(InputError, match="give one-hot labels"):
        directional_term(lambda x: x, LOGITS, BY_HAND[:1], torch.zeros(3))


@pytest.mark.parametrize("rescale", [False, True])
def test_the_loss_compiles_into_one_graph(rescale):
    def loss(mix, f, y):
        return mixupe_loss(mix, f, y, coef=0.3, eta=0.1, rescale=rescale)

    given = (torch.tensor(0.7, dtype=torch.float64), LOGITS, BY_HAND)
    found = torch.compile(loss, fullgraph=True, backend="eager")(*given)
    torch.testing.assert_close(found, loss(*given))
