"""MixupE: mixup with its first-order directional regulariser strengthened."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.torch.losses.links import Link, mean_label

Variant: TypeAlias = Literal["listing1", "released1", "released2", "released3", "released4"]

_NEEDS_SLOPE = ("released1", "released2")
_DETACHED = ("released1", "released2", "released4")


def mixupe_loss(
    mix_loss: Tensor,
    clean_logits: Tensor,
    y_onehot: Tensor,
    *,
    coef: float,
    eta: float = 1e-3,
    rescale: bool = True,
    variant: Variant = "listing1",
    slope: Tensor | None = None,
    logit_reference: Tensor | None = None,
    link: Link = "softmax",
    threshold: float | None = None,
    positive: bool = True,
) -> Tensor:
    """Return the loss of MixupE: L_mix + eta R, scaled back to the value of L_mix.

    ``R = coef * mean |qhat|``, ``qhat_i = (y_i - g(f_i))^T f_i``, or with `slope` the accurate
    ``q_i = (g(f_i) - y_i)^T slope_i``.

    Parameters
    ----------
    mix_loss : Tensor, scalar
        Mean mixup loss of the batch, L_mix.
    clean_logits : Tensor, shape (B, C)
        f of the clean rows, in the same mode of the network.
    y_onehot : Tensor, shape (B, C)
        Labels of the clean rows.
    coef : float
        Expected weight of the partner, :func:`one_sided_mean` of the law: a / (2 a + 1) for Beta(a, a). With a law
        that keeps the covariance it is 0 and the loss is L_mix.
    eta : float
        Strength of the regulariser; at 0 the loss is `mix_loss` itself.
    rescale : bool
        Multiply by ``|L_mix| / |L_mix + eta R|``, held constant: the value is that of L_mix, the gradient points along
        L_mix + eta R.
    variant : {"listing1", "released1", "released2", "released3", "released4"}
        "listing1" is the method as the paper's supplement prints it. The others are the versions of the released code,
        which differ from the paper; with B the rows, b = y - g(f) and c = coef:

        - "released1": L_mix + eta c sum(q below threshold) / B, b detached, threshold -1; of opposite sign where q < 0.
        - "released2": ``L_mix + eta c mean |q|``, b detached.
        - "released3": L_mix - eta c sum(qhat below threshold) / B, threshold 1; of opposite sign where qhat > 0.
        - "released4": L_mix - eta c mean qhat, b detached; its gradient is that of more clean cross-entropy.
    slope : Tensor, shape (B, C), optional
        J_f(x) (mean - x) from :func:`logit_slope`, for the accurate term. "released1" and "released2" need it.
    logit_reference : Tensor, shape (C,) or (1, C), optional
        f(mean row), subtracted from the logits in qhat. Exact for models with affine logits, and for no others.
    link : {"softmax", "logistic", "identity"}
        The loss: cross-entropy, binary cross-entropy, half the squared error (with centred rows and labels; not in the
        paper).
    threshold : float, optional
        For "released1" and "released3".
    positive : bool
        Your word that L_mix > 0, as cross-entropy and squared error are. The value is not looked at, which would wait
        for the device. The NLL of a density can be 0 or negative, and rescaling then blows up or turns the sign: with
        ``positive=False`` it is refused.

    Returns
    -------
    Tensor, scalar

    Notes
    -----
    On tables no gain over mixup is to be expected (the paper's own tables; digits: none at any eta). The clean forward
    pass also feeds clean rows to batch normalisation, which mixup alone does not: compare with eta = 0 and that pass.

    Raises
    ------
    InputError
        For labels or slopes whose shape is not that of the logits, or a `mix_loss` that is no scalar.
    OptionError
        For an unknown variant, a missing slope, or rescaling with ``positive=False``.

    References
    ----------
    Zou, Verma, Mittal, Tang, Pham, Kannala, Bengio, Solin and Kawaguchi, MixupE, UAI 2023, PMLR 216:2597-2607,
    arXiv 2212.13381.
    """
    _check(mix_loss, clean_logits, y_onehot, slope, variant)
    if rescale and not positive:
        raise OptionError("rescale=True needs L_mix > 0, and positive=False says that it may not be; set rescale=False")
    if eta == 0.0:
        return mix_loss
    residual = y_onehot - mean_label(clean_logits, link)
    if variant in _DETACHED:
        residual = residual.detach()
    if slope is not None:
        q = -torch.sum(residual * slope, -1)
    else:
        shown = clean_logits if logit_reference is None else clean_logits - logit_reference
        q = torch.sum(residual * shown, -1)
    total = mix_loss + eta * (coef * _regulariser(q, variant, threshold))
    if not rescale:
        return total
    scale = (mix_loss / total).detach().abs()
    return torch.where(total == 0.0, 1.0, scale) * total


def _regulariser(q: Tensor, variant: Variant, threshold: float | None) -> Tensor:
    """Return what is added to L_mix, without eta and coef."""
    if variant in ("listing1", "released2"):
        return q.abs().mean()
    if variant == "released4":
        return -q.mean()
    limit = {"released1": -1.0, "released3": 1.0}[variant] if threshold is None else threshold
    kept = torch.where(q < limit, q, 0.0).mean()
    return kept if variant == "released1" else -kept


def _check(mix_loss: Tensor, logits: Tensor, y: Tensor, slope: Tensor | None, variant: str) -> None:
    if variant not in get_args(Variant):
        raise OptionError(f"variant={variant!r} is unknown{did_you_mean(variant, get_args(Variant))}")
    if mix_loss.ndim != 0:
        raise InputError(f"mix_loss has shape {tuple(mix_loss.shape)}; give the mean over the batch, a scalar")
    if y.shape != logits.shape or not y.dtype.is_floating_point:
        raise InputError(
            f"y_onehot is {y.dtype} of shape {tuple(y.shape)} and the logits have shape {tuple(logits.shape)}; "
            "give floating point labels of that shape, such as torch.nn.functional.one_hot(ids, C).float()"
        )
    if slope is None and variant in _NEEDS_SLOPE:
        raise OptionError(f"variant={variant!r} uses the accurate term; give slope= from logit_slope(model, x, mean)")
    if slope is not None and slope.shape != logits.shape:
        raise InputError(f"slope has shape {tuple(slope.shape)} and the logits {tuple(logits.shape)}")
    if slope is not None and variant in ("released3", "released4"):
        raise OptionError(f"variant={variant!r} uses the cheap term of the logits; leave slope out")
