"""Three ways to fuse two Gaussian codes: of their means, of draws from them, and of their densities."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from synthmix.arguments import one_of
from synthmix.errors import InputError, OptionError
from synthmix.families import log_linear_pool

Fusion: TypeAlias = Literal["mean", "sample", "log-linear"]
FUSIONS = ("mean", "sample", "log-linear")


def fuse_gaussians(
    m_i: Tensor, v_i: Tensor, m_j: Tensor, v_j: Tensor, lam: Tensor | float, fusion: Fusion = "mean"
) -> tuple[Tensor, Tensor]:
    """Return mean and variance of the fused code of N(m_i, v_i) and N(m_j, v_j), coordinate by coordinate.

    Parameters
    ----------
    m_i, v_i, m_j, v_j : Tensor of shape (B, ...)
        Means and variances.
    lam : Tensor of shape (B,) or float
        Weight of the row itself; its partner has 1 - lam.
    fusion : {"mean", "sample", "log-linear"}
        "mean" is the point lam m_i + (1 - lam) m_j (VarMixup): variance 0. "sample" is the law of
        lam z_i + (1 - lam) z_j for independent draws: variance lam^2 v_i + (1 - lam)^2 v_j. "log-linear" is the
        normalised product of the densities to the powers lam and 1 - lam: precisions mix linearly, and the mean leans
        to the surer code. It needs lam in [0, 1], or precisions that stay positive (not checked: a check would wait
        for the device), and positive variances.

    Notes
    -----
    lam m_i + (1 - lam) m_j shrinks E|z|^2 of centred codes by c = E(lam^2 + (1 - lam)^2), so a decoder sees codes
    nearer to the origin than it was trained on; weights with c = 1 (rotation, EpBeta) do not. Mangla et al. (2021),
    arXiv 2003.06566 for "mean"; El-Laham et al. (2025), PMLR 286, for "log-linear".
    """
    one_of("fusion", fusion, FUSIONS)
    shapes = {tuple(tensor.shape) for tensor in (m_i, v_i, m_j, v_j)}
    if len(shapes) > 1:
        raise InputError(f"means and variances have the shapes {sorted(shapes)}; give four of one shape")
    own = row_weights(lam, m_i)
    mean = own * m_i + (1.0 - own) * m_j
    if fusion == "mean":
        return mean, torch.zeros_like(mean)
    if fusion == "sample":
        return mean, own**2 * v_i + (1.0 - own) ** 2 * v_j
    weights = torch.as_tensor(own, dtype=m_i.dtype, device=m_i.device).broadcast_to(m_i.shape)
    both = torch.stack([m_i, m_j]), torch.stack([v_i, v_j])
    mean, variance = log_linear_pool(both, torch.stack([weights, 1.0 - weights]), "gaussian").params
    return mean, variance


def latent_mix(
    m_i: Tensor,
    v_i: Tensor,
    m_j: Tensor,
    v_j: Tensor,
    lam: Tensor | float,
    fusion: Fusion = "mean",
    *,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return mixed codes, shape (B, ...): the fused mean, or a draw where the fused code has a variance.

    The arguments are those of :func:`fuse_gaussians`. "sample" and "log-linear" draw by reparameterisation, so
    gradients pass; they need a `generator` on the device of the codes.
    """
    mean, variance = fuse_gaussians(m_i, v_i, m_j, v_j, lam, fusion)
    if fusion == "mean":
        return mean
    if generator is None:
        raise OptionError(f"fusion={fusion!r} draws codes; give generator=torch.Generator(device).manual_seed(...)")
    noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
    return mean + variance.sqrt() * noise


def row_weights(lam: Tensor | float, like: Tensor) -> Tensor | float:
    """Return `lam` in a shape that multiplies the rows of `like` (B, ...): a number, or (B, 1, ...)."""
    if not isinstance(lam, Tensor):
        return lam
    if lam.ndim == 0:
        return lam.to(like)
    if lam.shape != like.shape[:1]:
        raise InputError(
            f"lam has shape {tuple(lam.shape)} for {like.shape[0]} rows; give one weight a row, or one for all"
        )
    return lam.to(like).reshape(-1, *[1] * (like.ndim - 1))
