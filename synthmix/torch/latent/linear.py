"""The linear autoencoder in closed form: principal components."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError


@dataclass(frozen=True, eq=False)
class LinearAutoencoder:
    """Orthogonal projection to an affine subspace: codes are (x - centre) directions, variances are zero.

    Attributes
    ----------
    centre : Tensor of shape (d,)
    directions : Tensor of shape (d, latent)
        Orthonormal columns.
    shape : tuple of int
        Shape of one row.
    """

    centre: Tensor
    directions: Tensor
    shape: tuple[int, ...]

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return codes (B, latent) of rows `x`, and their variances, which are zero."""
        if tuple(x.shape[1:]) != self.shape:
            raise InputError(f"x has rows of shape {tuple(x.shape[1:])}; the autoencoder was made for {self.shape}")
        codes = (x.flatten(1) - self.centre) @ self.directions
        return codes, torch.zeros_like(codes)

    def decode(self, z: Tensor) -> Tensor:
        """Return the rows of codes `z` (B, latent)."""
        return (z @ self.directions.T + self.centre).reshape(-1, *self.shape)


def linear_autoencoder(x: Tensor, latent: int | None = None) -> LinearAutoencoder:
    """Return the autoencoder of least squared error among linear ones: the first principal components of `x`.

    Parameters
    ----------
    x : Tensor of shape (n, ...)
        Floating-point rows.
    latent : int, optional
        Number of components; None keeps all d, and rows come back to rounding error whatever their number n.

    Notes
    -----
    Its decoder is affine, so VarMixup with it equals mixup of reconstructions, and with all components plain mixup.
    Baldi and Hornik (1989), Neural Networks 2:53-58.
    """
    if x.ndim < 2 or not x.is_floating_point() or x.shape[0] < 1:
        raise InputError(f"x is {x.dtype} of shape {tuple(x.shape)}; give floating-point rows, (n, d) or images")
    rows = x.detach().flatten(1)
    size = rows.shape[1]
    kept = size if latent is None else latent
    if not 1 <= kept <= size:
        raise OptionError(f"latent={latent!r}: rows of {size} numbers have 1 to {size} components")
    centre = rows.mean(0)
    directions = torch.linalg.eigh((rows - centre).T @ (rows - centre))[1].flip(1)[:, :kept]
    return LinearAutoencoder(centre, directions.contiguous(), tuple(x.shape[1:]))
