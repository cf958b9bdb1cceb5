"""Last layers that give the parameters of a normal law."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class MeanVariance(nn.Module):
    """Linear layer to mean and variance, ``variance = softplus(.) + floor``.

    Parameters
    ----------
    in_features : int
        Features of the row.
    out_features : int, optional
        Number of outputs; without it one, and no axis for it.
    floor : float, default 1e-6
        The least variance, in squared units of the output. Without one, an interpolating net drives the loss to minus
        infinity.
    """

    def __init__(self, in_features: int, out_features: int | None = None, *, floor: float = 1e-6) -> None:
        super().__init__()
        self.mean: nn.Linear = nn.Linear(in_features, out_features or 1)
        self.raw_variance: nn.Linear = nn.Linear(in_features, out_features or 1)
        self.scalar: bool = out_features is None
        self.floor: float = float(floor)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return mean and variance for features (..., in_features)."""
        mean, variance = self.mean(features), functional.softplus(self.raw_variance(features)) + self.floor
        return (mean.squeeze(-1), variance.squeeze(-1)) if self.scalar else (mean, variance)
