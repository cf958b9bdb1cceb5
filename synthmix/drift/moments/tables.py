"""Two-way tables of every pair of columns, numeric ones in bins that only the real table defines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.binned import reference_edges
from synthmix.drift.marginal.levels import level_counts_of, tvd
from synthmix.drift.moments.association import Codes, MixedTable
from synthmix.drift.moments.covariance import checked
from synthmix.drift.noise import Noise
from synthmix.kernels.threads import run_all

_BINS = 5


def reference_codes(
    real: MixedTable, synthetic: MixedTable, *, bins: int = _BINS, names: Sequence[str] = ()
) -> tuple[list[Codes], list[Codes]]:
    """Return all columns of both tables as codes; bin edges are quantiles of the real column, for both tables.

    Edges of the new table's own would hide every change of units: a column x and its 1000 x + 5,000,000 would have
    equal tables with all others.
    """
    numbers = checked(real.numbers, "real", names), checked(synthetic.numbers, "new", names)
    coded: tuple[list[Codes], list[Codes]] = ([], [])
    for place in range(numbers[0].shape[1]):
        edges = reference_edges(numbers[0][:, place], bins) if numbers[0].shape[0] else np.empty(0)
        for side in (0, 1):
            coded[side].append(np.searchsorted(edges, numbers[side][:, place], side="right").astype(np.int32))
    for side, table in enumerate((real, synthetic)):
        coded[side].extend(np.ascontiguousarray(column) for column in table.codes.T)
    return coded


def pair_tables(
    real: MixedTable,
    synthetic: MixedTable,
    *,
    names: Sequence[str] = (),
    code_names: Sequence[str] = (),
    bins: int = _BINS,
    noise: Noise = "synthetic",
    n_jobs: int = 1,
) -> list[Finding]:
    """Compare the two-way table of every pair of columns by total variation.

    Parameters
    ----------
    real, synthetic : MixedTable
    names, code_names : sequences of str
        Names of the numeric and of the discrete columns.
    bins : int
        Bins of a numeric column, between quantiles of the real one.
    noise : {"synthetic", "both"}
        Whose sampling noise floor and interval count.
    n_jobs : int
        Threads.

    Returns
    -------
    list of Finding
        `pair_tvd`, variant "excess" (less the floor), one for each pair, largest first; the raw distance is the
        statistic. It sees changes of units, of kind and of strength of an association, and of both margins.

    Raises
    ------
    InputError
        For missing or infinite numbers, or negative codes.
    """
    ours, theirs = reference_codes(real, synthetic, bins=bins, names=names)
    p = real.numbers.shape[1]
    labels = [str(name) for name in names] or [str(place) for place in range(p)]
    labels += [str(name) for name in code_names] or [str(place) for place in range(p, len(ours))]
    pairs = [(i, j) for i in range(len(ours)) for j in range(i + 1, len(ours))]
    sizes = [1 + max(int(one.max(initial=0)), int(two.max(initial=0))) for one, two in zip(ours, theirs, strict=True)]
    found: list[Finding | None] = [None] * len(pairs)

    def work(place: int) -> None:
        i, j = pairs[place]
        cells = [_cells(side[i], side[j], sizes[j]) for side in (ours, theirs)]
        excess = tvd(level_counts_of(cells[0], cells[1]), noise=noise)[0]
        found[place] = replace(
            excess, metric="pair_tvd", family="moments", scope="pair", column=labels[i], column2=labels[j]
        )

    run_all(work, range(len(pairs)), n_jobs)
    return sorted((one for one in found if one is not None), key=lambda one: (-one.value, one.column, one.column2))


def _cells(first: Codes, second: Codes, size: int) -> NDArray[np.int32]:
    """Return the cell of each row in the two-way table, numbered without gaps over the cells that could be."""
    return (first.astype(np.int64) * size + second).astype(np.int32)
