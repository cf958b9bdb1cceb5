"""Several draws of lam for each row, which can cover the law better than independent ones do."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import torch
from torch import Tensor

from synthmix.errors import OptionError, did_you_mean
from synthmix.torch.batch.lam import LawOnDevice, units
from synthmix.torch.batch.law_spec import LawLike

Spread: TypeAlias = Literal["independent", "stratified", "antithetic"]


def spread_lam(
    law: LawLike | LawOnDevice,
    points: int,
    n: int,
    *,
    spread: Spread = "independent",
    shuffle: bool = False,
    generator: torch.Generator | None = None,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Return `points` draws of lam for each of `n` rows, shape (points, n), float64.

    Parameters
    ----------
    law : WeightsLaw, str, float, None or LawOnDevice
        A law of two parents.
    points : int
        Draws for each row, K.
    n : int
        Rows.
    spread : {"independent", "stratified", "antithetic"}
        "stratified": draw k is the quantile at (k + u_k) / K, one draw from each of K equally likely parts of the law.
        "antithetic": draws come in pairs, the quantiles at u and at 1 - u, which is (lam, 1 - lam) for a symmetric law;
        with an odd K the last is alone.
    shuffle : bool
        Put the draws of each row in random order. Stratified draws come in increasing order otherwise, so that only
        a draw taken at random among the K has the law; a mean over the K cannot tell the difference.
    generator : torch.Generator
        Source of the uniforms, on the same device.
    device : torch.device or str
        Where; a LawOnDevice knows.

    Notes
    -----
    Every spread keeps the law of a single draw. What a better spread lowers is the part of the gradient's variance
    that lies within pairs of rows; see :func:`variance_split`.

    Raises
    ------
    OptionError
        For an unknown spread, a count that is no whole number, points below 1, or a law with more than two parents.
    """
    if spread not in get_args(Spread):
        raise OptionError(f"spread={spread!r} is unknown{did_you_mean(spread, get_args(Spread))}")
    for name, count, least in (("points", points, 1), ("n", n, 0)):
        if isinstance(count, bool) or not isinstance(count, int) or count < least:
            raise OptionError(f"{name}={count!r} is no count; give a whole number, {least} or more")
    on = law if isinstance(law, LawOnDevice) else LawOnDevice(law, device)
    if on.law is None:
        return on.lam(points * n).view(points, n)
    if spread == "antithetic":
        half = units(((points + 1) // 2, n), on.device, generator)
        u = torch.stack([half, 1.0 - half], dim=1).reshape(-1, n)[:points]
    else:
        u = units((points, n), on.device, generator)
        if spread == "stratified":
            u = (torch.arange(points, device=on.device)[:, None] + u) / points
    if shuffle:
        u = u.gather(0, units((points, n), on.device, generator).argsort(0))
    return on.quantile(u)
