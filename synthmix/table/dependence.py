"""Number columns that are functions of a discrete column, such as a code beside its label."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthmix.table.cells import Numbers
from synthmix.table.infer import Finding

ROWS_PER_LEVEL = 10  # fewer rows for each level on average, and a function would be an accident
_FIRST_LOOKS = (100, 2000)  # a few rows show that most columns are no functions of each other


def carry_functions(findings: list[Finding], *, declared: set[str]) -> list[Finding]:
    """Return `findings`, with numbers that a discrete column determines made discrete themselves.

    Under normal scores the two would otherwise be made independently of each other's function, and every row would
    show it. As discrete columns they come from the same donor. Columns in `declared` stay what the user called them.
    """
    discrete = [finding for finding in findings if finding.role == "discrete" and _often(finding)]
    return [finding if finding.column.name in declared else _carried(finding, discrete) for finding in findings]


def _often(finding: Finding) -> bool:
    return finding.column.n_distinct * ROWS_PER_LEVEL <= finding.column.missing.size


def _carried(finding: Finding, discrete: list[Finding]) -> Finding:
    column = finding.column
    if finding.role != "continuous" or finding.kind not in ("integer", "real") or not isinstance(column.cells, Numbers):
        return finding
    for other in discrete:
        if _determines(other.column.distinct.codes, column.cells):
            note = (
                f"a function of {other.column.name!r}, so it is carried with it; "
                f"columns={{{column.name!r}: {finding.kind!r}}} would mix it as a number instead"
            )
            return replace(finding, role="discrete", note=note)
    return finding


def _determines(codes: NDArray[np.int32], cells: Numbers) -> bool:
    """Return whether rows of equal code (missing, -1, is a code) have equal values (missing equals missing)."""
    looks = (*(look for look in _FIRST_LOOKS if look < codes.size), codes.size)
    return all(_determines_first(look, codes[:look], cells) for look in looks)


def _determines_first(look: int, codes: NDArray[np.int32], cells: Numbers) -> bool:
    values = cells.data[:look].astype(np.float64)
    values[cells.missing[:look]] = np.nan
    first = np.empty(int(codes.max(initial=0)) + 2)
    first[codes[::-1]] = values[::-1]  # the first row of a code is written last
    expected = first[codes]
    return bool(((values == expected) | (np.isnan(values) & np.isnan(expected))).all())
