"""Shares with their doubt: intervals, differences against a control, and the residual risk of an attack."""

from __future__ import annotations

import math
from dataclasses import dataclass

from synthmix.drift.marginal.tails import clopper_pearson
from synthmix.drift.noise import Z95


@dataclass(frozen=True)
class Rate:
    """How often something happened: `hits` of `trials`."""

    hits: int
    trials: int

    @property
    def share(self) -> float:
        """The plain share, 0 where nothing was tried."""
        return self.hits / self.trials if self.trials else 0.0

    @property
    def exact(self) -> tuple[float, float]:
        """Clopper and Pearson's 95 % interval."""
        return clopper_pearson(self.hits, self.trials) if self.trials else (0.0, 1.0)

    @property
    def wilson(self) -> tuple[float, float]:
        """Centre and half-width of Wilson's 95 % interval."""
        n, z = self.trials, Z95
        share, spread = self.share, 1.0 + z * z / n
        half = z * math.sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n)) / spread
        return (share + z * z / (2.0 * n)) / spread, half


def difference(attack: Rate, control: Rate) -> tuple[float, float, float]:
    """Return the difference of two independent shares and its 95 % interval.

    Newcombe's hybrid (1998, Stat. Med. 17:873-890, method 10) of two exact intervals instead of Wilson's, which is on
    the safe side where one of the shares is 0.
    """
    low_a, high_a = attack.exact
    low_c, high_c = control.exact
    a, c = attack.share, control.share
    down = math.hypot(a - low_a, high_c - c)
    return a - c, a - c - down, a - c + math.hypot(high_a - a, c - low_c)


def residual_risk(attack: Rate, control: Rate) -> tuple[float, float]:
    """Return what an attack achieves beyond its control, over what it could achieve, and its 95 % half-width.

    ``(a - c) / (1 - c)`` of the centres of Wilson's intervals; the error of both is carried through by the delta method
    as if they were independent (Giomi et al. 2023, PoPETs 2023(2)). It may be negative: nothing is cut off at 0. The
    half-width is too short where the control has few hits: limits are those of :func:`residual_limits`.
    """
    (a, error_a), (c, error_c) = attack.wilson, control.wilson
    if c >= 1.0:
        return 0.0, math.inf
    slope = (a - 1.0) / (1.0 - c) ** 2
    return (a - c) / (1.0 - c), math.hypot(error_a / (1.0 - c), slope * error_c)


def residual_limits(attack: Rate, control: Rate) -> tuple[float, float]:
    """Return 95 % limits of the residual risk ``(a - c) / (1 - c)``, one less the ratio of the shares of misses.

    Donner and Zou's (2012, Stat. Methods Med. Res. 21:347-359) limits of a ratio from exact limits of both shares: on
    the safe side where attack or control have no hits, or nothing but hits.
    """
    (a_low, a_high), (c_low, c_high) = attack.exact, control.exact
    missed, ordinary = 1.0 - attack.share, 1.0 - control.share

    def ratio(own: float, other: float, sign: float) -> float:
        product = missed * ordinary
        room = product * product - own * other * (2.0 * missed - own) * (2.0 * ordinary - other)
        return (product + sign * math.sqrt(max(room, 0.0))) / (other * (2.0 * ordinary - other))

    if ordinary <= 0.0:
        return -math.inf, 1.0
    return 1.0 - ratio(1.0 - a_low, 1.0 - c_high, 1.0), 1.0 - ratio(1.0 - a_high, 1.0 - c_low, -1.0)
