"""How much of one real row is in the synthetic table, by the record of who mixed it."""

from __future__ import annotations

import numpy as np

from synthmix.audit.privacy.findings_of import number, share
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.synthesizer import MixupSynthesizer

HEAVY = 0.9
ROWS = 200_000


def plan_use(generator: MixupSynthesizer, rows: int) -> list[Finding]:
    """Return how often one parent is nearly all of a row, and how much one parent is used.

    Parameters
    ----------
    generator : MixupSynthesizer
        The one that made the table.
    rows : int
        Rows of the synthetic table, which are rows 0, 1, ... of the generator; at most 200,000 are looked at.

    Returns
    -------
    list of Finding
        "max_weight": the share of rows with a weight above 0.9, near copies of a parent. "max_parent_use": the share of
        rows that the most used parent takes part in (weight above 0); `null_center` is that of a parent that is used as
        often as the others.

    Notes
    -----
    The plan is private and so are these numbers' origins; the numbers themselves tell nothing of a single row.
    """
    count = min(rows, ROWS)
    plan = generator.plan(0, count)
    weights = np.abs(plan.weights)
    real = int(plan.parents.max()) + 1 if count else 0
    used = plan.parents[weights > 0.0]
    uses = np.bincount(used, minlength=real)
    sizes = {"n_real": real, "n_synth": rows, "method": f"plan of rows 0 to {count - 1}"}
    heavy = Rate(int((weights.max(axis=1) > HEAVY).sum()), count)
    mean = float(used.size / max(real, 1) / count)
    return [
        share("max_weight", heavy, **sizes),
        number("max_parent_use", float(uses.max() / count), null_kind="oracle", null_center=mean, **sizes),
    ]
