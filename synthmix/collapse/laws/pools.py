"""What the table of each generation is made of, for every regime."""

from __future__ import annotations

from dataclasses import dataclass

from synthmix.arguments import count
from synthmix.collapse.laws.paths import share_of
from synthmix.errors import OptionError, did_you_mean

POPULATION = -1  # stands for real rows that are in no batch
REGIMES = ("replace", "accumulate", "subsample", "share", "window")


@dataclass(frozen=True)
class Pool:
    """The table from which the next generation is made.

    Parameters
    ----------
    parts : tuple of (int, float)
        Batch and number of its rows: all rows of the batch, or as many that are drawn anew, without replacement and
        independently of all else. Batch 0 is the real table, g the rows made in generation g.
    take : float, optional
        Rows that are drawn from the parts together, without replacement; all where it is None.
    """

    parts: tuple[tuple[int, float], ...]
    take: float | None = None

    @property
    def rows(self) -> float:
        """Rows of the table."""
        return self.take if self.take is not None else sum(rows for _, rows in self.parts)


def pools(
    regime: str,
    n: float,
    m: float,
    generations: int,
    *,
    share: float | None = None,
    fresh: bool = False,
    width: int | None = None,
    keep_real: bool = False,
) -> list[Pool]:
    """Return the tables P_0, ..., P_G of a regime.

    Parameters
    ----------
    regime : {"replace", "accumulate", "subsample", "share", "window"}
    n : float
        Rows of the real table, and of every training table where the regime holds that fixed.
    m : float
        Rows made in each generation.
    generations : int
    share : float
        Of real rows, for "share".
    fresh : bool
        Whether these are new real rows in each generation, not rows of the real table.
    width, keep_real : int, bool
        For "window": generations in the training table, and whether the real table stays in it.

    Raises
    ------
    OptionError
        For an unknown regime or a missing parameter.
    """
    total = count("generations", generations)
    start = [Pool(((0, n),))]
    if regime == "replace":
        return start + [Pool(((g, m),)) for g in range(1, total + 1)]
    if regime in ("accumulate", "subsample"):
        take = n if regime == "subsample" else None
        return start + [Pool(((0, n), *((b, m) for b in range(1, g + 1))), take) for g in range(1, total + 1)]
    if regime == "share" and share is not None:
        real = float(round(share_of("share", share) * n))
        source = POPULATION if fresh else 0
        return start + [_shared(source, real, g, n) for g in range(1, total + 1)]
    if regime == "window" and width is not None:
        return start + [_window(g, int(width), n, m, keep_real) for g in range(1, total + 1)]
    if regime in REGIMES:
        raise OptionError(f"regime {regime!r} needs its share or width")
    raise OptionError(f"regime {regime!r} is unknown{did_you_mean(regime, REGIMES)}")


def _shared(source: int, real: float, generation: int, n: float) -> Pool:
    return Pool(tuple(part for part in ((source, real), (generation, n - real)) if part[1] > 0.0))


def _window(generation: int, width: int, n: float, m: float, keep_real: bool) -> Pool:
    batches = list(range(max(0, generation - width + 1), generation + 1))
    if keep_real and batches[0] > 0:
        batches.insert(0, 0)
    return Pool(tuple((b, n if b == 0 else m) for b in batches))
