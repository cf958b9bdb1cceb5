"""Whether the digits of a single row give away the whole numbers that it was mixed from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthmix.audit.privacy.chosen import chosen
from synthmix.audit.privacy.form import nothing, share
from synthmix.audit.privacy.numeric import Numeric
from synthmix.audit.privacy.precision import step_of
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.joint.pool import Floats
from synthmix.kernels.threads import run_all

ROWS = 400
COLUMNS = 4
RANGE = 1000  # steps from the smallest to the largest value of a column that is tried
_EXACT = 1e-9


@dataclass(frozen=True)
class Lattice:
    """Columns whose real values are multiples of a step, in units of their steps.

    Attributes
    ----------
    columns : tuple of int
        Places among the numeric columns, narrow ones first.
    step, low, high, error : array of float64
        Step, smallest and largest real value, and how far a released value may be from the computed one.
    """

    columns: tuple[int, ...]
    step: Floats
    low: Floats
    high: Floats
    error: Floats


def lattice_of(numeric: Numeric) -> Lattice:
    """Return the narrowest four columns on a grid."""
    known = []
    for c in range(len(numeric.names)):
        step = step_of(numeric.real[:, c])
        if step > 0.0:
            low, high = (float(np.rint(end / step)) for end in (numeric.real[:, c].min(), numeric.real[:, c].max()))
            if high - low <= RANGE:
                known.append((high - low, c, step, low, high, numeric.rounding[c] / step))
    known.sort()
    _, columns, *rest = zip(*known[:COLUMNS], strict=True) if known else ((),) * 6
    return Lattice(tuple(columns), *(np.array(one, np.float64) for one in rest))


def lattice(numeric: Numeric, *, rows: int = ROWS, seed: int = 0, threads: int = 1) -> Finding:
    """Return the share of synthetic rows whose whole-number parents are known from the row itself.

    Parameters
    ----------
    numeric : Numeric
    rows : int
        The most synthetic rows that are attacked.
    seed, threads : int

    Returns
    -------
    Finding
        The share of rows with exactly one solution up to an exchange of the parents (two with it), by the narrowest
        four columns of whole numbers or fixed decimals. 0 where all released values lie on the source's grid.

    Notes
    -----
    In a column of whole numbers ``y = B + l (A - B)``: a guess of A and B in one column gives l, and then the others
    must have whole solutions inside the column's range too. Two-point mixing with l inside [0, 1] is attacked. Only
    columns of up to 1,000 steps are tried. It needs no other row, no candidates and no holdout. Rounding to the
    source's grid removes it.
    """
    sizes = {"n_real": len(numeric.real), "n_synth": len(numeric.synthetic), "seed": seed}
    grid = lattice_of(numeric)
    if len(grid.columns) < 2:
        return nothing("lattice", f"fewer than two columns on a grid of at most {RANGE} steps", **sizes)
    some = numeric.synthetic[chosen(len(numeric.synthetic), rows, seed, 90)][:, list(grid.columns)] / grid.step
    found = np.zeros(len(some))

    def work(place: int) -> None:
        found[place] = solutions(some[place], grid)

    run_all(work, range(len(some)), threads)
    names = ", ".join(numeric.names[c] for c in grid.columns)
    on_grid = int(np.isinf(found).sum())
    note = f"{on_grid} of {found.size} rows lie on the source's grid" if on_grid else ""
    return share("lattice", Rate(int((found == 1).sum()), found.size), method=names, note=note, **sizes)


def solutions(values: Floats, grid: Lattice) -> float:
    """Return how many pairs of lattice points have a row between them, infinite for a row on the grid.

    `values` are in steps. The first parent is the one that is larger in the column that is guessed.
    """
    error = grid.error + _EXACT
    off = np.flatnonzero(np.abs(values - np.rint(values)) > error)
    if off.size == 0:
        return np.inf
    first = int(off[0])
    below = np.arange(grid.low[first], np.floor(values[first]) + 1.0)
    above = np.arange(np.ceil(values[first]), grid.high[first] + 1.0)
    width = (above[:, None] - below[None, :]).ravel()
    weight = ((values[first] - below)[None, :] / (above[:, None] - below[None, :])).ravel()
    count = np.ones(weight.size)
    for c in range(len(grid.columns)):
        if c == first or weight.size == 0:
            continue
        low = np.arange(grid.low[c], grid.high[c] + 1.0)
        high = low + (values[c] - low) / weight[:, None]
        whole = np.rint(high)
        slack = error[c] + np.abs(whole - low) * error[first] / width[:, None]
        fits = np.abs(high - whole) * weight[:, None] <= slack
        fits &= (whole >= grid.low[c]) & (whole <= grid.high[c])
        ways = fits.sum(axis=1)
        kept = ways > 0
        count, weight, width = count[kept] * ways[kept], weight[kept], width[kept]
    return float(count.sum())
