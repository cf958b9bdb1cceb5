"""Can someone who has only the synthetic file see lines in it, and so the parents where lines cross?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.findings_of import excess, nothing, number
from synthmix.audit.privacy.ground import chosen
from synthmix.audit.privacy.lines import lines_through, probe_of
from synthmix.audit.privacy.numeric import Numeric
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.joint.pool import Floats
from synthmix.kernels.threads import run_all

ROWS = 1000
CLASSES = 10
_FEWEST = 10


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
        Small classes have few pairs; the ten largest are also counted by themselves.
    rows : int
        The most rows whose lines are counted; all rows are looked at from each.
    seed, threads : int

    Returns
    -------
    list of Finding
        Metric "collinear_triples". Variant "rows": the share of synthetic rows with two others on one line, less the share
        among real rows. Variant "count": the estimated number of triples; `null_center` is what T rows of global pairs of n
        real rows give, ``C(T, 3) / P^2`` with P = n (n - 1) / 2, and `p_value` Poisson's upper tail.

    Notes
    -----
    Three rows that were mixed from one pair are on one line, and two such lines that share a parent cross at it: rows from
    neighbours (SMOTE, local mixing) give their parents away (2510.15083). From each looked-at row all directions are sorted,
    which takes T log T steps, not T^2. Tables of few coarse columns have honest lines: they are subtracted, and where there
    are any, both tables are cut to the same number of rows. Only exact lines count: rounding to a coarse step hides them.
    """
    found = _count(numeric, numeric.real, numeric.synthetic, rows, seed, threads, {})
    if classes is None:
        return found
    sizes = np.bincount(classes.synthetic, minlength=len(classes.labels))
    for code in np.argsort(-sizes, kind="stable")[:CLASSES]:
        sides = numeric.real[classes.real == code], numeric.synthetic[classes.synthetic == code]
        if len(sides[1]):
            what = {"level": classes.labels[code]}
            found += _count(numeric, *sides, max(1, rows // min(CLASSES, len(classes.labels))), seed, threads, what)
    return found


def _count(
    numeric: Numeric, real: Floats, synthetic: Floats, rows: int, seed: int, threads: int, what: dict[str, Any]
) -> list[Finding]:
    what = {**what, "n_real": len(real), "n_synth": len(synthetic), "seed": seed}
    sides = [np.unique(side + 0.0, axis=0) for side in (synthetic, real)]
    note = ""
    if len(numeric.names) < 2:
        note = "needs two numeric columns that all rows have: in one column all rows are on a line"
    elif min(len(sides[0]), len(sides[1])) < _FEWEST:
        note = f"needs {_FEWEST} distinct rows in each table"
    if note:
        return [nothing("collinear_triples", note, variant=variant, **what) for variant in ("rows", "count")]
    least = min(len(sides[0]), len(sides[1]))
    cut = [side[chosen(len(side), least, seed, 80)] for side in sides]
    honest = pairs_in_line(cut[1], numeric, rows, seed, threads)
    made = cut[0] if honest.any() else sides[0]
    lines = pairs_in_line(made, numeric, rows, seed, threads)
    method = f"lines through {lines.size} of {len(made)} distinct rows"
    attack, control = (Rate(int((one > 0).sum()), one.size) for one in (lines, honest))
    return [
        excess("collinear_triples", attack, control, variant="rows", method=method, note="control: real rows", **what),
        _triples(lines, len(made), len(sides[1]), {"method": method, **what}),
    ]


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
        "collinear_triples", seen / (3.0 * q), variant="count", null_kind="closed_form", null_center=mean,
        statistic=float(seen), p_value=p_value, **what,
    )  # fmt: skip


def pairs_in_line(rows: Floats, numeric: Numeric, most: int, seed: int, threads: int) -> NDArray[np.int64]:
    """Return, for some rows, how many pairs of other rows lie on one line with it."""
    points, asked = rows / numeric.scale, chosen(len(rows), most, seed, 81)
    probe, found = probe_of(points.shape[1], seed), np.zeros(len(asked), np.int64)
    full = numeric.steps == 0.0
    reach = float(np.sqrt(((numeric.rounding / numeric.scale)[full] ** 2).sum()))

    def work(place: int) -> None:
        found[place] = lines_through(points[asked[place]], points, probe, reach, widest=1e-6).first.size

    run_all(work, range(len(asked)), threads)
    return found
