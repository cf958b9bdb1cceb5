"""Whether the synthetic table helps to link two halves of a person's record."""

from __future__ import annotations

import numpy as np

from synthmix.audit.privacy.chosen import Places, chosen
from synthmix.audit.privacy.form import NO_HOLDOUT, nothing, residual
from synthmix.audit.privacy.ground import Ground
from synthmix.audit.privacy.rates import Rate
from synthmix.drift.finding import Finding
from synthmix.drift.joint.neighbours import neighbours

TARGETS = 1000
NEIGHBOURS = 10
_FEWEST = 50


def linkability(ground: Ground, quasi: tuple[str, ...] = (), k: int = NEIGHBOURS) -> list[Finding]:
    """Return how much more often both halves of a record lead to one synthetic row, for training than for holdout rows.

    Parameters
    ----------
    ground : Ground
    quasi : tuple of str
        The columns of one half; by default every second one.
    k : int
        Neighbours of each half.

    Returns
    -------
    list of Finding
        Metric "linkability", the residual risk. A link: the k nearest synthetic rows by the columns of one half and
        those by the other have a row in common (Giomi et al. 2023, PoPETs 2023(2)). `null_center` is 0; guessing links
        about k^2 / m of the records, which the note says.

    Notes
    -----
    Of synthetic rows that are equally near those come first whose place in the table's own order is lower: the same for
    training and holdout records.
    """
    tables = ground.tables
    sizes = {"n_real": tables.real.n, "n_synth": tables.synthetic.n, "seed": ground.seed}
    note = _obstacle(ground, k)
    parts = [ground.part(*half) for half in _halves(ground, quasi)] if not note else []
    halves = [half for half in parts if half is not None]
    if len(halves) < 2:
        return [nothing("linkability", note or "a half of the columns does not vary", **sizes)]
    rates = []
    for use, side in enumerate(("real", "held")):
        found: list[Places] = []
        for half in halves:
            rows = getattr(half, side)
            some = np.ascontiguousarray(rows[chosen(len(rows), TARGETS, ground.seed, 50 + use)])
            found.append(neighbours(some, half.synthetic, k, threads=ground.threads).index)
        linked = (found[0][:, :, None] == found[1][:, None, :]).any(axis=(1, 2))
        rates.append(Rate(int(linked.sum()), linked.size))
    chance = 1.0 - (1.0 - k / tables.synthetic.n) ** k
    return [
        residual("linkability", rates[0], rates[1], variant=f"k={k}", method="two halves of the columns",
                 note=f"guessing links {chance:.2g}", **sizes)
    ]  # fmt: skip


def _obstacle(ground: Ground, k: int) -> str:
    tables = ground.tables
    if tables.holdout is None:
        return NO_HOLDOUT
    least = min(tables.real.n, tables.synthetic.n, tables.holdout.n)
    if least < max(_FEWEST, 2 * k):
        return f"needs {max(_FEWEST, 2 * k)} rows in each table"
    return "" if len(tables.names) + len(tables.code_names) > 1 else "needs two columns"


def _halves(ground: Ground, quasi: tuple[str, ...]) -> list[tuple[list[int], list[int]]]:
    columns = (*ground.tables.names, *ground.tables.code_names)
    first = [name in quasi for name in columns] if quasi else [place % 2 == 0 for place in range(len(columns))]
    cut = len(ground.tables.names)
    return [
        (
            [c for c in range(cut) if first[c] is which],
            [c - cut for c in range(cut, len(columns)) if first[c] is which],
        )
        for which in (True, False)
    ]
