"""Draws of mixing weights on a device, from any law of :mod:`synthmix.weights`.

A law reaches the device as the arrays that the compiled kernels draw from: quantile tables, a table of rows, or the
parameters of a sphere. No sampler of Beta or gamma variates is involved, so tiny shapes are right.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from synthmix.errors import OptionError
from synthmix.torch.batch.law_spec import LawLike, resolve_law
from synthmix.torch.plan.laws import Quantiles, quantile, quantiles_on
from synthmix.weights import WeightsLaw
from synthmix.weights.law_data import HYBRID, ROTATION, ROWS, SPHERE, STICK, TWO_POINT, LawData
from synthmix.weights.special import FloatArray


class LawOnDevice:
    """A law of mixing weights, ready to be drawn from on one device.

    Parameters
    ----------
    law : WeightsLaw, str, float or None
        As in :func:`resolve_law`; 0, "none" and None give lam = 1 in every draw.
    device : torch.device or str
        Where draws are made.

    Attributes
    ----------
    law : WeightsLaw or None
        The law.
    k : int
        Number of parents.
    signed : bool
        Whether weights can be below 0 or above 1.

    Notes
    -----
    The quantile function is that of the compiled kernels, evaluated in float64: piecewise linear through the same
    knots. Draws are independent over rows. Nothing here waits for the device.

    Raises
    ------
    OptionError
        For the rotation law, whose weights belong to disjoint groups of rows: use ``PlanSampler``.
    """

    def __init__(self, law: LawLike, device: torch.device | str = "cpu") -> None:
        self.law: WeightsLaw | None = resolve_law(law)
        self.device: torch.device = torch.device(device)
        self.k: int = 2 if self.law is None else self.law.k
        self.signed: bool = False
        self._tables: tuple[Quantiles, ...] = ()
        if self.law is None:
            return
        data = self.law.kernel_data()
        if data.code == ROTATION:
            raise OptionError(
                f"law={self.law!r} turns disjoint groups of {self.k} rows at once, which a batch of rows with partners "
                "cannot express; use synthmix.torch.PlanSampler, or Sphere(k), the same law for single rows"
            )
        self._code = data.code
        self._params = [float(value) for value in data.params]
        self._rows = torch.as_tensor(data.rows, device=self.device)
        self._tables = quantiles_on(data.u, data.q, data.offsets, self.device)
        self.signed = _is_signed(data)
        if data.code in (SPHERE, HYBRID):
            fixed = not np.isnan(self._params[0 if data.code == SPHERE else 1])
            self._helmert = torch.as_tensor(_helmert(self.k - fixed), device=self.device)

    def lam(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Return n draws of the weight of the row itself, shape (n,), float64; a law of two parents only.

        Raises
        ------
        OptionError
            For a law of more parents, or without a generator on this device.
        """
        if self.k != 2:
            raise OptionError(f"law={self.law!r} has {self.k} parents; draw weights(n), of shape ({self.k}, n)")
        if self.law is None:
            return torch.ones(n, dtype=torch.float64, device=self.device)
        if self._code in (TWO_POINT, STICK):
            return self.quantile(units((n,), self.device, generator))
        return self.weights(n, generator=generator)[0]

    def quantile(self, u: Tensor) -> Tensor:
        """Return the quantile function of lam at `u` in [0, 1], of any shape.

        Raises
        ------
        OptionError
            For a law that is not that of one number: more than two parents.
        """
        if self.law is None:
            return torch.ones_like(u)
        if self.k != 2:
            raise OptionError(f"law={self.law!r} has {self.k} parents and no quantile function; take a law of two")
        if self._code == ROWS:
            ordered = self._rows[:, 0].sort().values
            return ordered[(u * ordered.shape[0]).long().clamp_max(ordered.shape[0] - 1)]
        return quantile(self._tables[0], u)

    def weights(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        """Return n draws of all weights, shape (k, n), float64; the first is that of the row itself.

        Raises
        ------
        OptionError
            Without a generator on this device.
        """
        if self.law is None or self._code == TWO_POINT:
            lam = self.lam(n, generator=generator)
            return torch.stack([lam, 1.0 - lam])
        if self._code == STICK:
            return self._broken_stick(units((self.k - 1, n), self.device, generator))
        if self._code == ROWS:
            u = units((n,), self.device, generator)
            return self._rows[(u * self._rows.shape[0]).long()].T
        if self._code == SPHERE:
            return self._sphere(n, self._params[0], generator)
        return self._hybrid(n, generator)

    def _broken_stick(self, u: Tensor) -> Tensor:
        left = torch.ones_like(u[0])
        parts = []
        for table, unit in zip(self._tables, u, strict=True):
            taken = left * quantile(table, unit)
            parts.append(taken)
            left = left - taken
        return torch.stack([*parts, left])

    def _sphere(self, n: int, top: float, generator: torch.Generator | None) -> Tensor:
        """Return weights with sum and sum of squares 1; the first is `top` unless that is NaN."""
        k, fixed = self.k, not np.isnan(top)
        free = k - 1 if fixed else k
        centre, square = 1.0 / k, 1.0 - 1.0 / k
        if fixed:
            centre = (1.0 - top) / free
            square = max(1.0 - top * top - free * centre * centre, 0.0)
        source = on_same(needed(generator), self.device)
        normal = torch.randn((free - 1, n), dtype=torch.float64, device=self.device, generator=source)
        others = centre + square**0.5 * (self._helmert.T @ (normal / normal.norm(dim=0)))
        return torch.cat([torch.full_like(others[:1], top), others]) if fixed else others

    def _hybrid(self, n: int, generator: torch.Generator | None) -> Tensor:
        share, top = self._params[:2]
        chosen, unit = units((2, n), self.device, generator)
        lam = quantile(self._tables[0], unit)
        pair = torch.stack([lam, 1.0 - lam, *torch.zeros((self.k - 2, n), dtype=lam.dtype, device=lam.device)])
        return torch.where(chosen < share, pair, self._sphere(n, top, generator))


def on_device(law: LawLike | LawOnDevice, device: torch.device) -> LawOnDevice:
    """Return the law on a device; one that was used lately is kept there.

    Raises
    ------
    OptionError
        For a law that is on another device already, or as :class:`LawOnDevice` says.
    """
    if not isinstance(law, LawOnDevice):
        return _kept(resolve_law(law), device)
    if law.device.type == device.type and law.device.index in (None, device.index):
        return law
    raise OptionError(f"law is on {law.device} and the batch on {device}; make LawOnDevice(law, {str(device)!r})")


@lru_cache(maxsize=32)
def _kept(law: WeightsLaw | None, device: torch.device) -> LawOnDevice:
    return LawOnDevice(law, device)


def units(shape: tuple[int, ...], device: torch.device, generator: torch.Generator | None) -> Tensor:
    """Return independent uniforms on [0, 1), float64."""
    return torch.rand(shape, dtype=torch.float64, device=device, generator=on_same(needed(generator), device))


def needed(generator: torch.Generator | None) -> torch.Generator:
    """Return the generator, or say how to make one: global random state is never used."""
    if isinstance(generator, torch.Generator):
        return generator
    raise OptionError(
        f"generator={generator!r}: random draws need a torch.Generator of their own; make one before the loop, "
        "torch.Generator(device).manual_seed(seed), and pass it in every step"
    )


def on_same(generator: torch.Generator, device: torch.device) -> torch.Generator:
    """Return the generator if it is on the device, else raise OptionError."""
    if generator.device.type == device.type:
        return generator
    raise OptionError(
        f"generator is on {generator.device} and the batch on {device}; make it by torch.Generator({str(device)!r})"
    )


def _helmert(n: int) -> FloatArray:
    """Return an orthonormal basis of the vectors of n numbers with sum 0, shape (n - 1, n)."""
    basis = np.tril(np.ones((n - 1, n)))
    steps = np.arange(1.0, n)
    basis[np.arange(n - 1), np.arange(1, n)] = -steps
    return np.asarray(basis / np.sqrt(steps * (steps + 1.0))[:, None])


def _is_signed(data: LawData) -> bool:
    if data.code in (SPHERE, HYBRID):
        return True
    numbers = data.rows if data.code == ROWS else data.q
    return bool(numbers.min() < 0.0 or numbers.max() > 1.0)
