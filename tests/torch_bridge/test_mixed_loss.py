"""Losses may be mixed where that has the gradient of mixed labels, and are refused elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")
nn = torch.nn

from synthmix.torch import mixed_loss  # noqa: E402 - after torch is known to be there

F64 = torch.float64


def data(labels="normal", width=None):
    rng = np.random.default_rng(0)
    prediction = torch.tensor(rng.normal(size=(8,) if width is None else (8, width)), requires_grad=True)
    y = {
        "normal": rng.normal(size=(2, 8)),
        "binary": rng.integers(0, 2, size=(2, 8)).astype(float),
        "counts": rng.poisson(3.0, size=(2, 8)).astype(float),
    }[labels]
    return prediction, torch.tensor(y), torch.tensor(rng.uniform(size=8))


@pytest.mark.parametrize(
    ("criterion", "labels"),
    [
        (nn.MSELoss(), "normal"),
        (nn.functional.mse_loss, "normal"),
        (nn.BCEWithLogitsLoss(reduction="sum"), "binary"),
        (nn.PoissonNLLLoss(), "counts"),
        (nn.PoissonNLLLoss(full=True), "counts"),
    ],
)
def test_the_gradient_is_that_of_the_mixed_label(criterion, labels):
    prediction, y, lam = data(labels)
    ours = torch.autograd.grad(mixed_loss(criterion, prediction, *y, lam), prediction)[0]
    label = lam * y[0] + (1 - lam) * y[1]
    theirs = torch.autograd.grad(criterion(prediction, label), prediction)[0]
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-13)


def test_cross_entropy_has_the_value_too_with_numbers_of_classes():
    prediction, _, lam = data(width=3)
    ids = torch.tensor(np.random.default_rng(1).integers(0, 3, size=(2, 8)))
    hot = torch.eye(3, dtype=F64)[ids]
    label = lam[:, None] * hot[0] + (1 - lam[:, None]) * hot[1]
    for criterion in (nn.CrossEntropyLoss(), nn.CrossEntropyLoss(label_smoothing=0.1)):
        torch.testing.assert_close(mixed_loss(criterion, prediction, *ids, lam), criterion(prediction, label))
    rows = mixed_loss(nn.CrossEntropyLoss(reduction="none"), prediction, *ids, lam)
    assert rows.shape == (8,)


def test_binary_cross_entropy_of_probabilities():
    prediction, y, lam = data("binary")
    p = prediction.sigmoid()
    torch.testing.assert_close(mixed_loss(nn.BCELoss(), p, *y, lam), nn.BCELoss()(p, lam * y[0] + (1 - lam) * y[1]))


def test_squared_error_differs_by_the_labels_alone():
    prediction, y, lam = data()
    excess = (
        mixed_loss(nn.MSELoss(reduction="none"), prediction, *y, lam)
        - (prediction - lam * y[0] - (1 - lam) * y[1]) ** 2
    )
    torch.testing.assert_close(excess, lam * (1 - lam) * (y[0] - y[1]) ** 2)


def test_gaussian_with_a_fixed_variance():
    prediction, y, lam = data()
    found = torch.autograd.grad(mixed_loss(nn.GaussianNLLLoss(), prediction, *y, lam, variance=0.5), prediction)[0]
    label = lam * y[0] + (1 - lam) * y[1]
    expected = torch.autograd.grad((0.5 * (prediction - label) ** 2 / 0.5).mean(), prediction)[0]
    torch.testing.assert_close(found, expected)


def test_what_a_learned_variance_would_become():
    """1.1: mixing losses fits c sigma^2 + (1 - c) Var(y) where mixing labels fits c sigma^2; hence the refusal."""
    n = 40
    x = np.linspace(-1, 1, n)
    noise = np.tile([0.1, -0.1], n // 2)
    noise -= x * (x @ noise) / (x @ x)
    y, sigma2 = x + noise, noise.var()
    i, j = (k.ravel() for k in np.meshgrid(np.arange(n), np.arange(n)))
    lam, weight = np.array([0.0, 0.5, 1.0])[:, None], np.array([1 / 6, 4 / 6, 1 / 6])  # Simpson: exact for Uniform
    c = 2 / 3
    mixed = weight @ ((lam * (y[i] - x[i]) + (1 - lam) * (y[j] - x[j])) ** 2).mean(1)
    assert mixed == pytest.approx(c * sigma2, rel=1e-12)
    centre = lam * x[i] + (1 - lam) * x[j]
    both = weight @ (lam * (y[i] - centre) ** 2 + (1 - lam) * (y[j] - centre) ** 2).mean(1)
    assert both == pytest.approx(c * sigma2 + (1 - c) * y.var(), rel=1e-12)
    assert both > 15 * mixed


@pytest.mark.parametrize(
    "criterion", [nn.L1Loss(), nn.HuberLoss(), nn.SmoothL1Loss(), nn.functional.l1_loss, lambda p, y: (p - y).abs()]
)
def test_other_losses_are_refused(criterion):
    prediction, y, lam = data()
    with pytest.raises(OptionError, match="may not be mixed"):
        mixed_loss(criterion, prediction, *y, lam)


def test_what_else_is_refused():
    prediction, y, lam = data()
    learned = torch.ones((), dtype=F64, requires_grad=True)
    with pytest.raises(OptionError, match="inflate it"):
        mixed_loss(nn.GaussianNLLLoss(), prediction, *y, lam, variance=learned)
    with pytest.raises(OptionError, match="needs variance="):
        mixed_loss(nn.functional.gaussian_nll_loss, prediction, *y, lam)
    with pytest.raises(OptionError, match="leave it out"):
        mixed_loss(nn.MSELoss(), prediction, *y, lam, variance=1.0)
    with pytest.raises(OptionError, match="is a class"):
        mixed_loss(nn.MSELoss, prediction, *y, lam)
    with pytest.raises(InputError, match="one for each row"):
        mixed_loss(nn.MSELoss(), prediction, *y, lam[:3])


def test_the_criterion_is_left_as_it_was():
    prediction, y, lam = data()
    criterion = nn.MSELoss()
    mixed_loss(criterion, prediction, *y, lam)
    assert criterion.reduction == "mean"


def test_labels_of_another_shape_are_never_broadcast():
    y, lam = torch.tensor([1.0, 2.0, 7.0]), torch.ones(3)
    column = torch.tensor([[0.0], [1.0], [2.0]])
    criteria = [nn.PoissonNLLLoss(), nn.MSELoss(), nn.BCEWithLogitsLoss(), nn.functional.mse_loss]
    for criterion in criteria:
        with pytest.raises(InputError, match=r"prediction has shape \(3, 1\), y_i \(3,\)"):
            mixed_loss(criterion, column, y, y, lam)
        with pytest.raises(InputError, match=r"y_j \(3, 1\)"):
            mixed_loss(criterion, y, y, y[:, None], lam)
    with pytest.raises(InputError, match="prediction has shape"):
        mixed_loss(nn.GaussianNLLLoss(), column, y, y, lam, variance=1.0)
    right = mixed_loss(nn.PoissonNLLLoss(), column[:, 0], y, y, lam)
    torch.testing.assert_close(right, (column[:, 0].exp() - y * column[:, 0]).mean())


def test_a_weight_that_is_no_tensor():
    prediction, y, _ = data()
    with pytest.raises(InputError, match="lam has type float"):
        mixed_loss(nn.MSELoss(), prediction, *y, 0.5)
