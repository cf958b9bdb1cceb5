"""Whether the parents of a mixed row can be found by someone who has a list of candidates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.chosen import chosen
from synthmix.audit.privacy.form import NO_HOLDOUT, excess, nothing, share
from synthmix.audit.privacy.lines import lines_through, points_of
from synthmix.audit.privacy.numeric import Numeric
from synthmix.audit.privacy.precision import steps_of
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.joint.pool import Floats
from synthmix.kernels.threads import run_all

ROWS = 500
_PAIRS = 1.0e7  # comparisons of directions for one row: what a reach that large would cost
_WIDEST = 0.1
ON_GRID = "; columns of whole numbers or few decimals put rows on lines by chance, which real rows do not stand in for"


def parent_exposure(numeric: Numeric, *, rows: int = ROWS, seed: int = 0, threads: int = 1) -> list[Finding]:
    """Return the share of synthetic rows that exactly one real row, or one pair of them, explains.

    Parameters
    ----------
    numeric : Numeric
    rows : int
        The most synthetic rows that are attacked.
    seed, threads : int

    Returns
    -------
    list of Finding
        Metric "parent_exposure". Variant "share": synthetic rows that equal one training row, or lie on the line
        through exactly one pair of training rows, by all numeric columns. Variant "excess": less the share that
        candidates who are no parents explain: the holdout. Without one the other training rows of training rows stand
        in where all columns are fine; where some lie on a grid there is no number.

    Notes
    -----
    A row ``l x + (1 - l) y`` lies on the line through its parents: seen from it they are in opposite directions, or in
    the same one if l is outside of [0, 1]. The attacker knows candidates for the parents, among them the true ones.
    "Exactly" means 1e-8 of an angle, and as far as rounding to the released step may have moved the row; candidates
    that are so near that rounding turns their direction by more than 0.1 (less for many candidates) are left out. Rows
    of three and more parents are not found by pairs, and those mixed as normal scores lie on no line of the data's own
    units: an audit that is given the generator attacks the scores, too.
    """
    sizes = {"n_real": len(numeric.real), "n_synth": len(numeric.synthetic), "seed": seed}
    if len(numeric.names) < 2:
        note = "needs two numeric columns that all rows have: in one column all rows are on a line"
        return [nothing("parent_exposure", note, variant=variant, **sizes) for variant in ("excess", "share")]
    some = numeric.synthetic[chosen(len(numeric.synthetic), rows, seed, 71)]
    what = {"method": f"{len(some)} synthetic rows, {len(numeric.names)} numeric columns", **sizes}
    attack = _rate(exposed(some, numeric.real, numeric, seed=seed, threads=threads))
    if numeric.holdout is not None:
        held = numeric.holdout[chosen(len(numeric.holdout), len(numeric.real), seed, 73)]
        control, which = exposed(some, held, numeric, seed=seed, threads=threads), f"{len(held)} holdout rows"
    elif steps_of(numeric.real).any():
        plain = share("parent_exposure", attack, variant="share", **what)
        return [nothing("parent_exposure", f"{NO_HOLDOUT}{ON_GRID}", variant="excess", **what), plain]
    else:
        real = numeric.real[chosen(len(numeric.real), rows, seed, 72)]
        control = exposed(real, numeric.real, numeric, own=True, seed=seed, threads=threads)
        which = "other real rows, of real rows"
    return [
        excess(
            "parent_exposure", attack, _rate(control), variant="excess", note=f"control: candidates are {which}", **what
        ),
        share("parent_exposure", attack, variant="share", **what),
    ]


def _rate(found: NDArray[np.bool_]) -> Rate:
    return Rate(int(found.sum()), found.size)


def exposed(
    rows: Floats, candidates: Floats, numeric: Numeric, *, own: bool = False, seed: int = 0, threads: int = 1
) -> NDArray[np.bool_]:
    """Return which rows exactly one candidate or exactly one pair of candidates explains.

    Parameters
    ----------
    rows, candidates : array of float64
        In the data's own units.
    numeric : Numeric
        Scales and released precision.
    own : bool
        Rows are candidates themselves and do not explain themselves.
    """
    distinct = np.unique(candidates + 0.0, axis=0) / numeric.scale
    points, asked = points_of(distinct, seed), rows / numeric.scale
    near, found = 1.0000001 * numeric.rounding / numeric.scale, np.zeros(len(rows), np.bool_)
    widest = min(_WIDEST, _PAIRS / max(len(distinct), 1) ** 2)

    def work(place: int) -> None:
        row = asked[place]
        same = 0 if own else int((np.abs(points.columns - row[:, None]) <= near[:, None]).all(axis=0).sum())
        explained = same or lines_through(row, points, numeric.reach, widest=widest, enough=2)
        found[place] = explained == 1

    run_all(work, range(len(rows)), threads)
    return found
