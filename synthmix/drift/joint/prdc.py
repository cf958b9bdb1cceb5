"""Precision, recall, density and coverage as they are usually defined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, blocks_of, plan
from synthmix.drift.joint.coverage import coverage_null
from synthmix.drift.joint.neighbours import neighbours
from synthmix.drift.joint.pairs import between, panels
from synthmix.drift.joint.pool import Floats, both
from synthmix.errors import OptionError
from synthmix.kernels.threads import run_all


@dataclass(frozen=True)
class Prdc:
    """Shares of rows in balls.

    Attributes
    ----------
    precision : float
        Share of synthetic rows in the ball of some real row.
    recall : float
        Share of real rows in the ball of some synthetic row.
    density : float
        Mean number of real balls that a synthetic row is in, over k.
    coverage : float
        Share of real balls with a synthetic row.
    empty : int
        Rows of both tables with a ball of radius 0.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    empty: int


def prdc_of(real: Floats, synthetic: Floats, k: int, threads: int = 1) -> Prdc:
    """Return the four shares for balls to the k-th neighbour in a row's own table, without their surface."""
    own_real, own_synth = (neighbours(t, t, k, own=True, threads=threads).squared[:, -1] for t in (real, synthetic))
    columns = np.ascontiguousarray(synthetic.T)
    parts = panels(len(real))
    recalled, holding = np.empty(len(real), np.bool_), np.empty(len(real), np.bool_)
    inside = np.empty((len(parts), len(synthetic)), np.int64)

    def work(number: int) -> None:
        start, stop = parts[number]
        squared = between(real[start:stop], columns)
        in_real = squared < own_real[start:stop, None]
        recalled[start:stop] = (squared < own_synth).any(axis=1)
        holding[start:stop] = in_real.any(axis=1)
        inside[number] = in_real.sum(axis=0)

    run_all(work, range(len(parts)), threads)
    balls = inside.sum(axis=0)
    return Prdc(
        precision=float((balls > 0).mean()),
        recall=float(recalled.mean()),
        density=float(balls.mean()) / k,
        coverage=float(holding.mean()),
        empty=int((own_real == 0.0).sum() + (own_synth == 0.0).sum()),
    )


def prdc(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    k: int = 5,
    seed: int = 0,
    budget: Budget | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> list[Finding]:
    """Return precision, recall, density and coverage (Naeem et al. 2020) as compatibility numbers.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
    k : int
        5 in the literature, which saturates coverage at common sizes; :func:`synthmix.drift.joint.coverage.coverage`
        chooses it by its null.
    seed, budget, names, threads
        As for the fused test; only one block of rows is used.

    Returns
    -------
    list of Finding
        Only coverage has a closed null, and density one of about 1; precision and recall depend on the dimension and
        mean something only against the same number of two real samples.

    Notes
    -----
    Balls are open, as in the reference implementation: a row that occurs more than k times has radius 0, covers
    nothing and is not covered by its own copies. The note counts such rows; metric "coverage" has no such defect.
    """
    x, y = both(real, synthetic, names)
    drawn = plan(len(x), len(y), x.shape[1], budget or Budget())
    if not 1 <= k < min(drawn.real, drawn.synthetic):
        raise OptionError(f"k={k!r}: give a number of neighbours from 1 to {min(drawn.real, drawn.synthetic) - 1}")
    x, y = blocks_of(x, y, drawn, seed)[0]
    done = prdc_of(x, y, k, threads)
    notes = [f"{done.empty} rows occur more than {k} times: their open balls are empty" if done.empty else ""]
    if (len(x), len(y)) != (len(real), len(synthetic)):
        notes.append(f"{len(x)} of {len(real)} real and {len(y)} of {len(synthetic)} synthetic rows")
    nulls = {"coverage": coverage_null(len(x), len(y), k), "density": 1.0}
    return [
        Finding(
            metric="prdc", variant=name, family="joint", scope="joint", value=getattr(done, name), better="high",
            null_kind="closed_form" if name in nulls else "none", null_center=nulls.get(name, float("nan")),
            n_real=len(real), n_synth=len(synthetic), method=f"open balls to neighbour {k}", seed=seed,
            note="; ".join(filter(None, notes)),
        )
        for name in ("precision", "recall", "density", "coverage")
    ]  # fmt: skip
