"""What is true of honest tables, and how often an interval says otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import lmoment

from benchmarks.audit.people import population
from synthmix.audit.margins import DEFAULT_MARGINS
from synthmix.audit.prediction.fairness import range_change
from synthmix.audit.prediction.learners import learn
from synthmix.audit.prediction.task import make_task
from synthmix.audit.privacy.dcr import dcr_share, pooled_neighbours
from synthmix.audit.privacy.ground import Ground
from synthmix.drift.finding import Finding
from synthmix.drift.joint.core_tail import FEWEST, TAIL, beta_binomial, core_tail
from synthmix.drift.marginal.shape import l_shape
from synthmix.drift.reference import Reference
from synthmix.drift.tables import align

NUMBERS = ("a", "b", "c", "age")
SEEN, MORE, MANY = 2000, 38_000, 2_000_000  # rows of the audit's holdout, more of them, rows that tell a column's law
SHAPES, SCREENS = 10, 5  # tables for each audit that was asked for: these are cheap
LEVEL = 0.05
Floats = NDArray[np.float64]


def judged(name: str, low: float, high: float, true: float) -> tuple[bool, bool, bool, bool]:
    """Return whether the true number is beyond the margin, the interval is, it is so wrongly, it holds the number."""
    inside, outside = DEFAULT_MARGINS[name].warn
    beyond, accused = not inside <= true <= outside, low > outside or high < inside
    return beyond, accused, accused and not beyond, low <= true <= high


def shapes(tables: int, rows: int) -> Iterator[tuple[str, str, list[tuple[bool, ...]]]]:
    """Yield L-skewness and L-kurtosis of each column."""
    law = population(MANY, 10**6)
    pairs = [(population(rows, 10**6 + 2 * k + 1), population(rows, 10**6 + 2 * k + 2)) for k in range(tables)]
    for name in NUMBERS:
        whole = lmoment(np.sort(law[name].to_numpy(float)))[2:4]
        found: dict[str, list[tuple[bool, ...]]] = {}
        for train, other in pairs:
            x = train[name].to_numpy(float)
            trues = whole - lmoment(x)[2:4]
            for one, true in zip(l_shape(x, other[name].to_numpy(float)), trues, strict=True):
                found.setdefault(one.variant, []).append(judged("l_shape", one.ci_low, one.ci_high, float(true)))
        yield from ((f"l_shape ({variant})", name, lines) for variant, lines in found.items())


def change_of(calls: tuple[Floats, Floats], groups: NDArray[np.integer]) -> tuple[float, float, float, float]:
    """Return how the largest difference between groups in the share that is called changes, as the audit does."""
    made, real = (one[:, 1] >= 0.5 for one in calls)
    sides = np.stack([made & real, made & ~real, ~made & real, ~made & ~real], axis=1)
    cells = np.array([sides[groups == code].sum(axis=0) for code in np.unique(groups)], float)
    return range_change(cells, np.zeros(len(cells), np.int64))


def parity(tables: int, rows: int, learner: str) -> list[tuple[bool, ...]]:
    """Return how demographic parity is judged of two models that learned from two honest tables."""
    found = []
    for k in range(tables):
        sizes = (rows, rows, SEEN + MORE)
        aligned_of = [population(size, 2 * 10**6 + 3 * k + use) for use, size in enumerate(sizes)]
        aligned = align(Reference.of(aligned_of[0]), *aligned_of[1:])
        task = make_task(aligned, "bought")
        calls = [learn(learner, task, task.rows[which], 0).predict(task.rows["holdout"])
                 for which in ("synthetic", "real")]  # fmt: skip
        groups = task.rows["holdout"].groups[:, aligned.code_names.index("group")]
        low, high = change_of((calls[0][:SEEN], calls[1][:SEEN]), groups[:SEEN])[2:]
        synthetic, real = change_of((calls[0][SEEN:], calls[1][SEEN:]), groups[SEEN:])[:2]
        found.append(judged("demographic_parity", low, high, synthetic - real))
    return found


def far_rows(n: int, m: int) -> tuple[float, float]:
    """Return the exact chances that the number of the tail is accused, and that its interval holds the true 1."""
    chances = np.diff(beta_binomial(m, max(FEWEST, round(TAIL * n)), n), prepend=0.0)
    own, lines = np.arange(1.0, n + 1), []
    for beyond in range(m + 1):
        one: Finding = core_tail(own, np.repeat([0.5, n + 1.0], [m - beyond, beyond]))[1]
        lines.append(judged("core_tail", one.ci_low, one.ci_high, 1.0))
    table = np.array(lines, float)
    return float(chances @ table[:, 1]), float(chances @ table[:, 3])


def dcr_size(tables: int, rows: int) -> float:
    """Return how often the screen of distances warns."""
    warned, sizes = 0, (rows, rows, SEEN)
    for k in range(tables):
        train, other, holdout = (population(size, 3 * 10**6 + 3 * k + use) for use, size in enumerate(sizes))
        whole = Ground(align(Reference.of(train), other, holdout), k, 1).part([0, 1, 2, 3], [0, 1, 2])
        if whole is not None:  # which it is not where no column varies
            found = dcr_share(pooled_neighbours(whole.real, whole.held, whole.synthetic, seed=k))
            warned += found.p_value <= LEVEL
    return warned / tables


def truths(audits: int, rows: int) -> list[str]:
    """Return the lines of the page about numbers whose truth is known."""
    lines = ["| number | of | tables | beyond | accused | wrongly | covered |", "|---" * 7 + "|"]
    known = [*shapes(SHAPES * audits, rows)]
    known += [(f"demographic_parity ({one})", "group", parity(audits, rows, one)) for one in ("linear", "trees")]
    for name, of, judgements in known:
        shares = pd.DataFrame(judgements).mean()
        lines.append(f"| {name} | {of} | {len(judgements)} | " + " | ".join(f"{one:.3f}" for one in shares) + " |")
    accused, covered = far_rows(rows, rows)
    screens = SCREENS * audits
    words = REMARKS.format(rows=rows, accused=accused, covered=covered, warned=dcr_size(screens, rows), screens=screens)
    return [*lines, words.rstrip()]


REMARKS = """
Whoever is accused of other group differences (demographic_parity) is so rightly: that is all that exceeds its bound. An
interval of a column that is skewed itself (c is log-normal) covers a little less than .95 with so few rows, since its
error is estimated from the same rows; it accuses wrongly less often than the nominal rate all the same.

The tail has margins on both sides, .9 and 1.1, and the noise of {rows} rows is wider than the room between them, so
either end of its interval may be beyond one: with a true number of 1 it is accused in {accused:.4f} of all tables, and
covered in {covered:.4f} (exact). The screen dcr_share warns in {warned:.3f} of {screens:,} other honest tables of these
sizes. "All declared" counts audits with any such number in the section.
"""
