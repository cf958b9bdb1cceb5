"""Mixing losses in place of labels, where the two have the same gradient and nowhere else."""

from __future__ import annotations

import copy
import inspect
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from synthmix.errors import InputError, OptionError
from synthmix.torch.probmix.labels import check_weight, widened
from synthmix.torch.probmix.loss import reduced

# The learned parameters meet the label only through T(y) = y: the loss is A - y . eta + something of y alone.
_ALLOWED = (nn.CrossEntropyLoss, nn.BCEWithLogitsLoss, nn.BCELoss, nn.PoissonNLLLoss, nn.MSELoss)
_FUNCTIONS: dict[Any, Any] = {
    functional.cross_entropy: nn.CrossEntropyLoss,
    functional.binary_cross_entropy_with_logits: nn.BCEWithLogitsLoss,
    functional.binary_cross_entropy: nn.BCELoss,
    functional.poisson_nll_loss: nn.PoissonNLLLoss,
    functional.mse_loss: nn.MSELoss,
    functional.gaussian_nll_loss: nn.GaussianNLLLoss,
}


def mixed_loss(
    criterion: Any, prediction: Tensor, y_i: Tensor, y_j: Tensor, lam: Tensor, *, variance: Tensor | float | None = None
) -> Tensor:
    """Return ``lam loss(y_i) + (1 - lam) loss(y_j)`` where its gradient is that of the loss at the mixed label.

    Parameters
    ----------
    criterion : module or function of torch
        ``CrossEntropyLoss``, ``BCEWithLogitsLoss``, ``BCELoss``, ``PoissonNLLLoss``, ``MSELoss``, or
        ``GaussianNLLLoss`` with a fixed `variance`; also as functions of ``torch.nn.functional``. The reduction of a
        module is honoured; "mean" is the plain mean over what the module leaves unreduced.
    prediction : Tensor
        Prediction for the mixed row, batch first.
    y_i, y_j : Tensor
        Labels of row and partner, as the criterion takes them.
    lam : Tensor
        Weight of row i, of the leading axes of the batch; a tensor of no axes is one weight for all.
    variance : Tensor or float, optional
        For ``GaussianNLLLoss``: a variance that is not learned.

    Raises
    ------
    OptionError
        For a variance that is learned, for L1, Huber and any other criterion: there, mixing losses fits something
        else. A learned variance, for example, is inflated to c sigma^2 + (1-c) Var(y), c = E[lam^2 + (1-lam)^2].
    InputError
        For weights that are no tensor or do not fit the losses, and for labels of another shape than the prediction:
        nothing is broadcast, since (B,) and (B, 1) would give (B, B).

    Notes
    -----
    The value exceeds the loss at the mixed label by nothing for cross-entropy, by lam (1-lam) (y_i - y_j)^2 for
    squared error, and by other terms of the labels alone for the others.
    """
    check_weight(lam)
    loss = _unreduced(criterion, variance)
    _check_shapes(criterion, prediction, y_i, y_j)
    both = loss(prediction, y_i), loss(prediction, y_j)
    if lam.shape != both[0].shape[: lam.ndim]:
        raise InputError(
            f"lam has shape {tuple(lam.shape)} and the losses have {tuple(both[0].shape)}; one for each row"
        )
    w = widened(lam, both[0].ndim)
    mixed: Tensor = w * both[0] + (1.0 - w) * both[1]
    return reduced(mixed, getattr(criterion, "reduction", "mean"))


def _check_shapes(criterion: Any, prediction: Tensor, y_i: Tensor, y_j: Tensor) -> None:
    """Refuse what torch would broadcast; cross-entropy has class numbers too, and checks shapes itself."""
    classes = type(criterion) is nn.CrossEntropyLoss or criterion is functional.cross_entropy
    if y_i.shape != y_j.shape or not (classes or y_i.shape == prediction.shape):
        raise InputError(
            f"prediction has shape {tuple(prediction.shape)}, y_i {tuple(y_i.shape)} and y_j {tuple(y_j.shape)}; "
            "give labels of the shape of the prediction, such as prediction.squeeze(-1) for labels (B,)"
        )


def _unreduced(criterion: Any, variance: Tensor | float | None) -> Any:
    """Return the criterion as a function of prediction and label that reduces nothing."""
    if inspect.isclass(criterion):
        raise OptionError(f"criterion={criterion.__name__} is a class; call it: {criterion.__name__}()")
    kind = _FUNCTIONS.get(criterion)
    module: Any = copy.copy(criterion) if kind is None else kind()
    if type(module) is nn.GaussianNLLLoss:
        return _gaussian(module, variance)
    if type(module) not in _ALLOWED:
        name = getattr(criterion, "__name__", type(criterion).__name__)
        raise OptionError(
            f"criterion={name} may not be mixed: its gradient differs from that at the mixed label; mix the labels "
            "instead and call it once, or use ProbMixLoss"
        )
    if variance is not None:
        raise OptionError(f"variance is for GaussianNLLLoss, not for {type(module).__name__}; leave it out")
    module.reduction = "none"
    return module


def _gaussian(module: Any, variance: Tensor | float | None) -> Any:
    if variance is None:
        raise OptionError("GaussianNLLLoss needs variance=, fixed; for a learned variance mix the labels instead")
    if isinstance(variance, Tensor) and variance.requires_grad:
        raise OptionError(
            "variance is learned, and mixing losses would inflate it to c sigma^2 + (1 - c) Var(y); mix the labels "
            "instead (y~ = lam y_i + (1 - lam) y_j), or use ProbMixLoss"
        )
    module.reduction = "none"

    def loss(prediction: Tensor, y: Tensor) -> Tensor:
        like = torch.as_tensor(variance, dtype=prediction.dtype, device=prediction.device)
        result: Tensor = module(prediction, y, like.expand_as(prediction))
        return result

    return loss
