"""The part of a report that looks at one column at a time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synthmix.drift.finding import Finding
from synthmix.drift.marginal.binned import divergences, reference_bins
from synthmix.drift.marginal.column import SortedColumn, sorted_column
from synthmix.drift.marginal.counts import count_tests
from synthmix.drift.marginal.family import marginal_family
from synthmix.drift.marginal.levels import level_counts_of, lost_and_invented, tvd
from synthmix.drift.marginal.missing import missing_patterns, missing_rate
from synthmix.drift.marginal.permute import N_PERM
from synthmix.drift.marginal.quantiles import quantile_gap
from synthmix.drift.marginal.ranks import ks, rank_tests
from synthmix.drift.marginal.shape import l_shape
from synthmix.drift.marginal.tails import tail_log2
from synthmix.drift.marginal.wasserstein import w1
from synthmix.drift.settings import Settings
from synthmix.drift.tables import Tables
from synthmix.kernels.threads import run_all

FAMILY = ("ks", "chi2", "missing")  # tests that are adjusted together (T1)


def column_findings(tables: Tables, settings: Settings) -> list[Finding]:
    """Compare every common column, and which values are missing; the test of them all together comes first."""
    n_perm = max(N_PERM, int(np.ceil(2.0 * (len(tables.names) + len(tables.code_names)) / settings.alpha)) - 1)
    columns = [*tables.names, *tables.code_names]
    found: list[list[Finding]] = [[] for _ in columns]

    def work(place: int) -> None:
        one = _numeric if place < len(tables.names) else _discrete
        found[place] = one(tables, columns[place], settings, n_perm)

    run_all(work, range(len(columns)), settings.threads)
    findings = [finding for part in found for finding in part]
    findings += _patterns(tables, settings, n_perm)
    if settings.level == "quick":
        return findings
    tests = [finding for finding in findings if finding.metric in FAMILY]
    return [marginal_family(tests, variant="ks, chi2, missing", alpha=settings.alpha).summary, *findings]


def _numeric(tables: Tables, name: str, settings: Settings, n_perm: int) -> list[Finding]:
    place = tables.names.index(name)
    new = tables.synthetic.numbers[:, place]
    real, synthetic = tables.reference.sorted_column(name), sorted_column(new[~np.isnan(new)], name)
    noise = settings.noise
    found = w1(real, synthetic, column=name, noise=noise)
    found += tail_log2(real, synthetic, column=name, noise=noise)
    found += l_shape(real, synthetic, column=name, noise=noise)
    missing = tables.real.n - real.values.size, tables.synthetic.n - synthetic.values.size
    found += _missing(name, missing, tables, settings)
    if settings.level != "quick":
        found.append(ks(real, synthetic, column=name, n_perm=n_perm, random_state=settings.seed))
    if settings.level == "full":
        found += _more_of_a_number(real, synthetic, name, settings)
    return found


def _more_of_a_number(real: SortedColumn, synthetic: SortedColumn, name: str, settings: Settings) -> list[Finding]:
    found = rank_tests(real, synthetic, column=name, random_state=settings.seed)
    found.append(quantile_gap(real, synthetic, column=name, noise=settings.noise))
    if real.values.size:
        found += divergences(reference_bins(real, synthetic, column=name))
    return found


def _discrete(tables: Tables, name: str, settings: Settings, n_perm: int) -> list[Finding]:
    place = tables.code_names.index(name)
    sides = [np.ascontiguousarray(side.codes[:, place]) for side in (tables.real, tables.synthetic)]
    counts = level_counts_of(sides[0], sides[1], labels=tables.labels[name], column=name)
    found = [*tvd(counts, noise=settings.noise), *lost_and_invented(counts, noise=settings.noise)]
    found += _missing(name, (int(counts.real[-1]), int(counts.synthetic[-1])), tables, settings)
    if settings.level != "quick":
        tests = count_tests(counts, n_perm=n_perm, random_state=settings.seed)
        found += tests if settings.level == "full" else tests[:1]
    if settings.level == "full":
        found += divergences(counts)
    return found


def _missing(name: str, missing: Sequence[int], tables: Tables, settings: Settings) -> list[Finding]:
    """Return the comparison of missing rates of a column in which something is missing."""
    if not any(missing):
        return []
    sizes = tables.real.n, tables.synthetic.n
    return [missing_rate(missing[0], sizes[0], missing[1], sizes[1], column=name, noise=settings.noise)]


def _patterns(tables: Tables, settings: Settings, n_perm: int) -> list[Finding]:
    """Compare which columns are missing together, where values are missing from more than one."""
    last = np.array([len(tables.labels[name]) - 1 for name in tables.code_names], np.int32)
    flags = [
        np.concatenate([np.isnan(side.numbers), side.codes == last], axis=1) for side in (tables.real, tables.synthetic)
    ]
    some = np.asarray(np.concatenate(flags).any(axis=0)).tolist()
    if sum(some) < 2:
        return []
    names = [name for name, has in zip((*tables.names, *tables.code_names), some, strict=True) if has]
    real, synthetic = (np.ascontiguousarray(side[:, some]) for side in flags)
    return missing_patterns(
        real, synthetic, columns=names, noise=settings.noise, n_perm=n_perm, random_state=settings.seed,
        n_jobs=settings.threads,
    )  # fmt: skip
