"""The part of a report that looks at variances, covariances and associations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.moments.association import MixedTable, PairChange, association_findings, pair_changes
from synthmix.drift.moments.dimension import eff_dim
from synthmix.drift.moments.equality import equal_covariance, second_moment_test
from synthmix.drift.moments.equivalence import equivalent_contrasts, equivalent_entries
from synthmix.drift.moments.spectrum import var_ratio_range, volumes
from synthmix.drift.moments.tables import pair_tables
from synthmix.drift.settings import Settings
from synthmix.drift.tables import Tables


def moment_findings(
    tables: Tables, settings: Settings, entries: float, contrasts: tuple[float, float]
) -> list[Finding]:
    """Compare second moments of complete rows, and associations of all columns and of missing flags.

    `entries` and `contrasts` are the largest change of an association and the variance ratios within which the tables
    count as equivalent.
    """
    rows, threads = tables.complete, settings.threads
    real, synthetic, names = rows.real, rows.synthetic, rows.names
    ratios = var_ratio_range(
        real, synthetic, columns=names, noise=settings.noise, random_state=settings.seed, n_jobs=threads
    )
    found = [*ratios, *volumes(real, synthetic, columns=names, noise=settings.noise, n_jobs=threads)]
    if 0.0 < contrasts[0] < 1.0 < contrasts[1] < np.inf:
        found.append(equivalent_contrasts(ratios, *contrasts))
    found += eff_dim(real, synthetic, columns=names, noise=settings.noise, n_jobs=threads)
    if settings.level != "quick":
        found += second_moment_test(real, synthetic, columns=names, random_state=settings.seed, n_jobs=threads)
    if settings.level == "full":
        found += equal_covariance(real, synthetic, columns=names, n_jobs=threads)
        found += equal_covariance(real, synthetic, columns=names, scores=True, n_jobs=threads)
    found = [_with_note(finding, rows.note) for finding in found]
    changes, notes = _changes(tables, settings)
    found += association_findings(changes, notes, tables.real.n, tables.synthetic.n, settings.noise)
    if 0.0 < entries < np.inf:
        found.append(equivalent_entries(changes, entries))
    if settings.level == "full":
        found += _tables_of_pairs(tables, settings)
    return found


def _with_note(finding: Finding, note: str) -> Finding:
    return replace(finding, note="; ".join(filter(None, (finding.note, note))))


def _changes(tables: Tables, settings: Settings) -> tuple[list[PairChange], list[str]]:
    """Return the pairs of columns: those with a number from complete rows, the others from all rows."""
    rows, few = tables.complete, tables.few_levels
    names, code_names = list(rows.names), list(tables.code_names)
    sides = [
        MixedTable(numbers, np.ascontiguousarray(codes[chosen]))
        for numbers, codes, chosen in zip((rows.real, rows.synthetic), few[:2], rows.rows, strict=True)
    ]
    if min(side.n for side in sides) < 4:
        return [], [*filter(None, ("fewer than four complete rows in a table", rows.note))]
    first, notes = pair_changes(
        sides[0], sides[1], names=names, code_names=code_names, noise=settings.noise, n_jobs=settings.threads
    )
    notes += [note for note in (rows.note, few[2]) if note]
    flagged, flags = _flags(tables)
    if not flagged and all(chosen.all() for chosen in rows.rows):
        return first, notes
    whole = [
        MixedTable(np.empty((codes.shape[0], 0)), np.concatenate([codes, flag], axis=1))
        for codes, flag in zip(few[:2], flags, strict=True)
    ]
    second, _ = pair_changes(
        whole[0], whole[1], code_names=[*code_names, *flagged], noise=settings.noise, n_jobs=settings.threads
    )
    return [one for one in first if one.kind != "discrete"] + second, notes


def _flags(tables: Tables) -> tuple[list[str], list[NDArray[np.int32]]]:
    """Return numeric columns with missing values, as flags."""
    gaps = [np.isnan(side.numbers) for side in (tables.real, tables.synthetic)]
    some = np.asarray(np.concatenate(gaps).any(axis=0)).tolist()
    names = [f"{name} (missing)" for name, has in zip(tables.names, some, strict=True) if has]
    return names, [gap[:, some].astype(np.int32) for gap in gaps]


def _tables_of_pairs(tables: Tables, settings: Settings) -> list[Finding]:
    rows, few = tables.complete, tables.few_levels
    sides = [
        MixedTable(numbers, np.ascontiguousarray(codes[chosen]))
        for numbers, codes, chosen in zip((rows.real, rows.synthetic), few[:2], rows.rows, strict=True)
    ]
    if not min(side.n for side in sides):
        return []
    return pair_tables(
        sides[0], sides[1], names=rows.names, code_names=tables.code_names, noise=settings.noise,
        n_jobs=settings.threads,
    )  # fmt: skip
