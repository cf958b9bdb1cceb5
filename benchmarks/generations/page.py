"""docs/generations.md from kept results: every method after the first and the last generation, and who is nearer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.generations.methods import METHODS
from benchmarks.generations.picture import PICTURES
from benchmarks.generations.ruler import ASSOCIATION, COVARIANCE, DETECTABILITY, UTILITY

PAGE = Path(__file__).resolve().parents[2] / "docs" / "generations.md"
MEASURES = (COVARIANCE, ASSOCIATION, UTILITY, DETECTABILITY)
OURS = ("synthmix, default", "synthmix, four ranges", "synthmix, raw rotation")
COPY = "row bootstrap"  # a copy of real rows: how far chance alone goes, and no peer

Row = dict[str, Any]


def write_page(results: Path) -> None:
    """Write the page from all results of a folder."""
    kept, more = (
        [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
        for folder in (results, results / "more")
    )
    parts = [_HEAD, *(_section(one["about"], one["rows"], more) for one in kept)]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _section(about: Row, rows: list[Row], more: list[Row]) -> str:
    """Return what is said of one table; `more` are results of other seeds, of this table or another one."""
    last = about["generations"]
    at: dict[tuple[str, str, int], Row] = {(row["method"], row["measure"], row["generation"]): row for row in rows}
    methods = [name for name in METHODS if (name, COVARIANCE, last) in at]
    return "\n".join((
        f"## {about['table']}\n",
        f"{about['rows']:,} rows a generation, {last} generations, {about['chains']} chains, {_dated(about)}.\n",
        *(_shown(about["table"], tail) for tail in PICTURES),
        f"| method | {' | '.join(f'{measure}, 1 | {last}' for measure in MEASURES)} |",
        "|---" * (1 + 2 * len(MEASURES)) + "|",
        *(f"| {name} | {' | '.join(_cells(at, name, last))} |" for name in methods),
        "",
        *_ranks(at, methods, last),
        "",
        *_together(last, [rows, *(one["rows"] for one in more if one["about"]["table"] == about["table"])]),
    ))  # fmt: skip


def _together(last: int, parts: list[list[Row]]) -> Iterator[str]:
    """Say what chains of all seeds lose, for the methods that each part has; nothing where there is one part."""
    if len(parts) == 1:
        return
    chains: dict[tuple[str, str], list[list[float]]] = {}
    for row in (row for rows in parts for row in rows if row["generation"] == last):
        chains.setdefault((row["method"], row["measure"]), []).append(row["chains"])
    methods = [name for name in METHODS if len(chains.get((name, COVARIANCE), ())) == len(parts)]
    pooled = {(name, one): np.concatenate(chains[name, one]) for name in methods for one in MEASURES}
    yield f"Some methods with more chains, of {len(parts)} seeds: means after {last} generations ± standard errors.\n"
    yield f"| method | chains | {' | '.join(MEASURES)} |"
    yield "|---" * (2 + len(MEASURES)) + "|"
    for name in methods:
        cells = [_with_error(pooled[name, one]) for one in MEASURES]
        yield f"| {name} | {pooled[name, COVARIANCE].size} | {' | '.join(cells)} |"
    yield ""


def _with_error(values: NDArray[np.float64]) -> str:
    return f"{values.mean():.3f} ± {values.std(ddof=1) / np.sqrt(values.size):.3f}"


def _shown(table: str, tail: str) -> str:
    titles = " and ".join(title for _, title, *_ in PICTURES[tail])
    return f"![{titles}, over generations](_static/generations-{table}{tail}.svg)\n"


def _dated(about: Row) -> str:
    return ". ".join(about[name] for name in ("date", "note") if name in about)


def _cells(at: dict[tuple[str, str, int], Row], method: str, last: int) -> Iterator[str]:
    for measure in MEASURES:
        first, final = at[method, measure, 1], at[method, measure, last]
        yield f"{first['mean']:.3f}"
        yield f"{final['mean']:.3f} [{final['low']:.3f}, {final['high']:.3f}]"


def _ranks(at: dict[tuple[str, str, int], Row], methods: list[str], last: int) -> Iterator[str]:
    """Say for each of ours and each measure which peers are nearer to the source at the end."""
    peers = [name for name in methods if name not in (*OURS, COPY)]
    for mine in OURS:
        if mine not in methods:
            continue
        yield f"- **{mine}**, after {last} generations:"
        for measure in MEASURES:
            own = at[mine, measure, last]["mean"]
            nearer = sorted((at[name, measure, last]["mean"], name) for name in peers)
            named = [f"{name} ({value:.3f})" for value, name in nearer if value < own]
            said = f"nearer are {', '.join(named)}" if named else f"nearer than all {len(peers)} peers"
            yield f"  - {measure} {own:.3f}: {said}."


_HEAD = """# Generations

What is left of a table after a generator has been fitted to its own output, again and again (regime "replace"), by
the measures of [the frontier](frontier.md). Made by `python -m benchmarks.generations run` for each table, `picture`
and `page`, from `benchmarks/generations/results/`.

- **covariance error**: Frobenius distance of the covariance of numeric columns from that of the source, over the norm
  of the latter, in its standard deviations. **association error**: mean change of correlation, correlation ratio or
  Cramer's V.
- **TSTR loss**: R2, or AUC, that boosted trees lose on held-out real rows when they learn from the generation instead
  of the source. **C2ST AUC**: how well boosted trees tell it from held-out real rows; .5 is ideal.
- Peers in plain versions, in the same process: sequential trees with leaf donors, a Gaussian copula with empirical
  margins, one normal distribution of all numbers (levels on their own), SMOTE, uniform mixup. "row bootstrap" copies
  rows: it loses what chance loses, keeps no secret, and is not ranked. Other programs were not run over generations.
- Ours are told the target: the default makes the classes of adult one by one, and draws the number of
  california_housing range by range ([0028](decisions/0028-a-number-is-drawn-in-its-range.md)), and so, whatever the
  target, what other columns tell ([0030](decisions/0030-numbers-that-others-tell-stay-in-their-range.md)); "four
  ranges" cuts the table by it ([0026](decisions/0026-a-target-cuts-the-table.md)). No peer here looks at it.

Means over chains; brackets hold 95 % intervals of the mean at the last generation (Student's t over chains). All
methods begin a chain from the same rows.
"""
