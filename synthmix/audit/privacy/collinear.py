"""Whether someone who has only the synthetic file can see lines in it, and so the parents where lines cross."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.chosen import chosen
from synthmix.audit.privacy.form import excess, nothing, number
from synthmix.audit.privacy.lines import lines_through, points_of
from synthmix.audit.privacy.numeric import Numeric
from synthmix.audit.privacy.precision import steps_of
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.joint.pool import Floats
from synthmix.kernels.threads import run_all

ROWS = 400
CLASSES = 10
EDGE = 1e-6  # of a step, within which a value is on the grid
BLIND = 0.05  # share of real rows on honest lines from which lines show nothing
_FEWEST = 10
_CLASS_ROWS = 100
GRID = ", which are all on a grid; only synthetic rows that are off it"


@dataclass(frozen=True)
class Classes:
    """Classes within which rows were mixed.

    Attributes
    ----------
    real, synthetic : array of integers
        The class of each row.
    labels : tuple of str
    """

    real: NDArray[np.integer]
    synthetic: NDArray[np.integer]
    labels: tuple[str, ...]


def collinear_triples(
    numeric: Numeric, classes: Classes | None = None, *, rows: int = ROWS, seed: int = 0, threads: int = 1
) -> list[Finding]:
    """Return how many synthetic rows lie on a line with two others, beside what honest rows and random pairs give.

    Parameters
    ----------
    numeric : Numeric
    classes : Classes, optional
        Small classes have few pairs; triples inside of the ten largest are counted too.
    rows : int
        The most rows whose lines are counted; all rows are looked at from each.
    seed, threads : int

    Returns
    -------
    list of Finding
        Metric "collinear_triples". Variant "rows": the share of synthetic rows with two others on one line, less the
        share among real rows. Variant "count": the estimated number of triples; `null_center` is what T rows of global
        pairs of n real rows give, ``C(T, 3) / P^2`` with P = n (n - 1) / 2, and `p_value` Poisson's upper tail. With a
        `level`, the count inside of a class.

    Notes
    -----
    Three rows that were mixed from one pair are on one line, and two such lines that share a parent cross at it: rows
    from neighbours (SMOTE, local mixing) give their parents away (arXiv 2510.15083). From each looked-at row all
    directions are sorted, which takes T log T steps instead of T^2. Tables of few coarse columns have honest lines: the
    same among real rows is subtracted, tables are cut to equal sizes then, and where over 5 % of the real rows are on
    such lines there is no number. Where real values lie on a grid and synthetic ones do not, only those rows are looked
    at, and there are no honest lines. Only exact lines
    count, along which three columns change (two in tables of up to three): rounding to a coarse step hides them.
    """
    sides = numeric.real, numeric.synthetic
    found = _overall(numeric, *sides, rows, seed, threads)
    if classes is None:
        return found
    sizes = np.bincount(classes.synthetic, minlength=len(classes.labels))
    for code in np.argsort(-sizes, kind="stable")[:CLASSES]:
        own = numeric.real[classes.real == code], numeric.synthetic[classes.synthetic == code]
        if len(own[1]):
            what = _sizes(*own, seed) | {"level": classes.labels[code], "variant": "count"}
            found.append(_inside(numeric, *own, what, min(rows, _CLASS_ROWS), threads))
    return found


def _sizes(real: Floats, synthetic: Floats, seed: int) -> dict[str, Any]:
    return {"n_real": len(real), "n_synth": len(synthetic), "seed": seed}


def _overall(numeric: Numeric, real: Floats, synthetic: Floats, rows: int, seed: int, threads: int) -> list[Finding]:
    what = _sizes(real, synthetic, seed)
    off = off_grid(numeric, synthetic)
    alone = int(off.sum()) >= _FEWEST  # no honest row is off the grid, so lines of such rows need no control
    synthetic = synthetic[off] if alone else synthetic
    made, known = (np.unique(side + 0.0, axis=0) for side in (synthetic, real))
    note = _obstacle(numeric, made, known)
    if note:
        return [nothing("collinear_triples", note, variant=variant, **what) for variant in ("rows", "count")]
    least = min(len(made), len(known))
    some = known[chosen(len(known), least, seed, 80)]
    honest = np.zeros(min(rows, least), np.int64) if alone else pairs_in_line(some, numeric, rows, seed, threads)
    if honest.any():
        made = made[chosen(len(made), least, seed, 80)]
    control = Rate(int((honest > 0).sum()), honest.size)
    if control.share > BLIND:
        note = f"{control.share:.0%} of the real rows are on honest lines: lines show nothing in so coarse a table"
        return [nothing("collinear_triples", note, variant=variant, **what) for variant in ("rows", "count")]
    lines = pairs_in_line(made, numeric, rows, seed, threads)
    attack = Rate(int((lines > 0).sum()), lines.size)
    what["method"] = f"lines through {lines.size} of {len(made)} distinct rows"
    return [
        excess("collinear_triples", attack, control, variant="rows", note=f"control: real rows{GRID * alone}", **what),
        _triples(lines, len(made), len(known), {"variant": "count", **what}),
    ]


def off_grid(numeric: Numeric, rows: Floats) -> NDArray[np.bool_]:
    """Return which rows have a value between the steps of a column whose real values are multiples of one."""
    steps = steps_of(numeric.real)
    grid = steps > 0.0
    scaled = rows[:, grid] / steps[grid]
    return np.asarray((np.abs(scaled - np.rint(scaled)) > EDGE).any(axis=1))


def _obstacle(numeric: Numeric, made: Floats, known: Floats) -> str:
    if len(numeric.names) < 2:
        return "needs two numeric columns that all rows have: in one column all rows are on a line"
    return f"needs {_FEWEST} distinct rows in each table" if min(len(made), len(known)) < _FEWEST else ""


def _inside(
    numeric: Numeric, real: Floats, synthetic: Floats, what: dict[str, Any], rows: int, threads: int
) -> Finding:
    made, known = (np.unique(side + 0.0, axis=0) for side in (synthetic, real))
    note = _obstacle(numeric, made, known)
    if note:
        return nothing("collinear_triples", note, **what)
    lines = pairs_in_line(made, numeric, rows, what["seed"], threads)
    return _triples(lines, len(made), len(known), {"method": f"lines through {lines.size} rows", **what})


def expected_triples(t: int, n: int) -> float:
    """Return how many triples of t rows are of one pair, if each row is of a random one of the pairs of n rows."""
    pairs = n * (n - 1) / 2.0
    return t * (t - 1) * (t - 2) / 6.0 / (pairs * pairs)


def _triples(lines: NDArray[np.int64], t: int, n: int, what: dict[str, Any]) -> Finding:
    """Return the estimated number of triples; from q of the rows a triple is seen 3q times, with dispersion 1 + 2q."""
    from scipy.stats import poisson

    q, seen, mean = lines.size / t, int(lines.sum()), expected_triples(t, n)
    spread = 1.0 + 2.0 * q
    p_value = float(poisson.sf(np.ceil(seen / spread) - 1, 3.0 * q * mean / spread)) if seen else 1.0
    return number(
        "collinear_triples", seen / (3.0 * q), null_kind="closed_form", null_center=mean, statistic=float(seen),
        p_value=p_value, **what,
    )  # fmt: skip


def pairs_in_line(rows: Floats, numeric: Numeric, most: int, seed: int, threads: int) -> NDArray[np.int64]:
    """Return, for some rows, how many pairs of other rows lie on one line with it."""
    scaled, asked = rows / numeric.scale, chosen(len(rows), most, seed, 81)
    points, found = points_of(scaled, seed), np.zeros(len(asked), np.int64)
    full, columns = numeric.steps == 0.0, 3 if len(numeric.names) > 3 else 2
    reach = float(np.sqrt(((numeric.rounding / numeric.scale)[full] ** 2).sum()))

    def work(place: int) -> None:
        found[place] = lines_through(scaled[asked[place]], points, reach, widest=1e-6, columns=columns)

    run_all(work, range(len(asked)), threads)
    return found
