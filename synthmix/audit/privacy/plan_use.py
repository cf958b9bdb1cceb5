"""How much of one real row is in the synthetic table, by the record of who mixed it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.audit.privacy.form import number, share
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.mixing.plan import Plan
from synthmix.synthesizer import MixupSynthesizer

HEAVY = 0.9
ROWS = 50_000


def plan_use(generator: MixupSynthesizer, rows: int) -> list[Finding]:
    """Return how often one parent is nearly all of a row, and how much one parent is used.

    Parameters
    ----------
    generator : MixupSynthesizer
        The one that made the table.
    rows : int
        Rows of the synthetic table, which are rows 0, 1, ... of the generator; at most 50,000 are looked at.

    Returns
    -------
    list of Finding
        "max_weight": the share of rows that are to more than 0.9 one parent, near copies of it. With chained pairing
        that is the mean of its weights over columns. "max_parent_use": the share of
        rows that the most used parent takes part in (weight above 0); `null_center` is that of a parent that is used as
        often as the others.

    Notes
    -----
    The plan is private and so are these numbers' origins; the numbers themselves tell nothing of a single row.
    """
    count = min(rows, ROWS)
    plan = generator.plan(0, count)
    cells = 1 if isinstance(plan, Plan) else len(plan.columns)
    real = int(plan.parents.max()) + 1 if count else 0
    who, taken = _shares(plan.parents.reshape(count, -1), np.abs(plan.weights).reshape(count, -1) / cells, real)
    largest = np.zeros(count)
    np.maximum.at(largest, who // max(real, 1), taken)
    uses = np.bincount(who[taken > 0.0] % max(real, 1), minlength=real)
    sizes = {"n_real": real, "n_synth": rows, "method": f"plan of rows 0 to {count - 1}"}
    mean = float(uses.sum() / max(real, 1) / count)
    return [
        share("max_weight", Rate(int((largest > HEAVY).sum()), count), **sizes),
        number("max_parent_use", float(uses.max() / count), null_kind="oracle", null_center=mean, **sizes),
    ]


def _shares(
    parents: NDArray[np.int64], weights: NDArray[np.float64], real: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return row x `real` + parent for each pair of a row and one of its parents, and the parent's summed weight."""
    pairs = np.arange(parents.shape[0])[:, np.newaxis] * real + parents
    who, place = np.unique(pairs, return_inverse=True)
    taken = np.bincount(place.ravel(), weights=weights.ravel(), minlength=who.size)
    return who, taken.astype(np.float64, copy=False)
