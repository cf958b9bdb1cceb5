"""Whether a model can tell synthetic rows from real ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.pool import Pool, both, pooled, salted, shuffled
from synthmix.drift.noise import Z95
from synthmix.kernels.draws import random_keys
from synthmix.kernels.philox import SPLIT
from synthmix.kernels.threads import one_core

ROWS = 50_000  # of each table
FEWEST = 20  # rows of each table in each half


def classifier_test(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    rows: int = ROWS,
    seed: int = 0,
    names: Sequence[str] | None = None,
) -> Finding:
    """Return the AUC of boosted trees that tell the tables apart, on rows that they have not seen.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
    rows : int
        The most of each table; larger ones are sampled.
    seed : int
        Of the split and of the trees.
    names : sequence of str, optional

    Returns
    -------
    Finding
        0.5: not told apart. Above: told apart. Below, with a small `p_value` (two-sided): a held-out row has a
        near-twin of the other label among the rows that were learned, a sign of copies or near mixtures.

    Notes
    -----
    Lopez-Paz and Oquab (2017). One split into halves, which is drawn from the pooled rows without their labels; equal
    rows are in one half. So under exchangeable rows the held-out labels are independent of the scores, and the
    Mann-Whitney test of the scores is valid; scores pooled over folds would not be (they depend on each other).
    Held-out rows that equal each other in all columns are counted one by one, so p is approximate for discrete tables.
    """
    model = _model(seed)
    x, y = both(real, synthetic, names)
    cut = "" if max(len(x), len(y)) <= rows else f"at most {rows} rows of each table"
    pool = pooled(*(t if len(t) <= rows else shuffled(t, seed, 7 + k)[:rows] for k, t in enumerate((x, y))))
    held = held_out(pool, seed)
    halves = [int(part.sum()) for half in (held, ~held) for part in (half & pool.real, half & ~pool.real)]
    sizes: dict[str, Any] = {"n_real": len(x), "n_synth": len(y), "seed": seed}
    if min(halves) < FEWEST:
        note = f"fewer than {FEWEST} rows of each table in each half"
        return Finding(metric="c2st", family="joint", scope="joint", value=float("nan"), note=note, **sizes)
    with one_core():
        model.fit(pool.rows[~held], ~pool.real[~held])
        scores, synthetic_row = model.predict_proba(pool.rows[held])[:, 1], ~pool.real[held]
    auc, p_value, se, null = area(scores[~synthetic_row], scores[synthetic_row])
    low_note = "AUC below 1/2: near-twins of held-out rows were learned" if auc < 0.5 and p_value < 0.05 else ""
    return Finding(
        metric="c2st", variant="boosted trees", family="joint", scope="joint", value=auc, better="target", target=0.5,
        se=se, ci_low=max(0.0, auc - Z95 * se), ci_high=min(1.0, auc + Z95 * se),
        ci_method="95 %, normal (DeLong)", null_kind="closed_form", null_center=0.5, null_low=0.5 - Z95 * null,
        null_high=0.5 + Z95 * null, statistic=auc, p_value=p_value, method="one half learned, AUC on the other",
        note="; ".join(filter(None, (cut, low_note))), **sizes,
    )  # fmt: skip


def held_out(pool: Pool, seed: int) -> NDArray[np.bool_]:
    """Return which pooled rows are in the half that is held out: by a random word of each distinct row."""
    new = np.append(True, (np.diff(pool.rows, axis=0) != 0.0).any(axis=1))
    keys = random_keys(salted(seed, 9), int(new.sum()), SPLIT)
    second = np.zeros(keys.size, np.bool_)
    second[np.argsort(keys, kind="stable")[keys.size // 2 :]] = True
    held: NDArray[np.bool_] = second[np.cumsum(new) - 1]
    return held


def area(low: NDArray[np.floating], high: NDArray[np.floating]) -> tuple[float, float, float, float]:
    """Return AUC, two-sided Mann-Whitney p with ties, standard error (DeLong), and standard error under the null."""
    from scipy.stats import mannwhitneyu

    n, m = low.size, high.size
    low, high = np.sort(low), np.sort(high)
    above = (np.searchsorted(low, high, "left") + np.searchsorted(low, high, "right")) / (2.0 * n)
    below = 1.0 - (np.searchsorted(high, low, "left") + np.searchsorted(high, low, "right")) / (2.0 * m)
    auc = float(above.mean())
    if low[0] == low[-1] == high[0] == high[-1]:
        return 0.5, 1.0, 0.0, 0.0
    p_value = float(mannwhitneyu(high, low, alternative="two-sided", method="asymptotic").pvalue)
    se = float(np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n))
    return auc, p_value, se, float(np.sqrt((n + m + 1) / (12.0 * n * m)))


def _model(seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(early_stopping=False, random_state=seed & 0x7FFFFFFF)
