"""docs/frontier.md from the results that are kept, so that no number of it is copied by hand."""

from __future__ import annotations

import json
import math
from pathlib import Path

from benchmarks.frontier.asked import asked_for
from benchmarks.frontier.cells import Result
from benchmarks.frontier.choose import AUC, GAP, choice, ranked
from benchmarks.frontier.contest import CONTESTS, best_setting, losses, scores, slower
from benchmarks.frontier.learned import ENOUGH, RESULT
from benchmarks.frontier.methods import REFERENCES
from benchmarks.frontier.picture import draw
from benchmarks.frontier.settings_picture import draw_settings
from benchmarks.frontier.summary import MEMORY, SECONDS, Mean, Means, means, ordered, over_tables, value
from benchmarks.papers.page import table as markdown

ROOT = Path(__file__).resolve().parents[2]
PAGE, PICTURES = ROOT / "docs" / "frontier.md", ROOT / "docs" / "_static" / "frontier"
DEFAULT = "synthmix default"
# Measure, head of its column, digits.
SHOWN = (
    (AUC, "C2ST", 3),
    ("w1", "w1", 3),
    ("tvd", "tvd", 3),
    ("association", "assoc.", 3),
    ("covariance", "cov.", 3),
    ("coverage", "coverage", 3),
    (GAP, "TSTR gap", 3),
    ("interval overlap", "overlap", 2),
    ("dcr share", "DCR", 3),
    ("dcr z", "z", 1),
    ("membership tpr, density", "TPR at 1 %", 3),
    ("membership auc, density", "MIA AUC", 3),
    ("parent exposure", "parents", 2),
    ("singling out", "singling", 2),
    ("copies", "copies", 3),
    (SECONDS, "s", 2),
)


def write_page(
    results: list[Result], page: Path = PAGE, pictures: Path = PICTURES, bundled: list[Result] | None = None
) -> None:
    """Write the page, a picture of each table and one of our settings; `bundled` are results on unseen tables."""
    found = means(results)
    tables = sorted({result["table"] for result in results})
    halves = {result["table"]: result["half"] for result in results}
    parts = [HEAD.rstrip(), ran(results)]
    for half, words in (("choosing", "Tables for choosing"), ("final", "Tables for the final report only")):
        mine = [name for name in tables if halves[name] == half]
        if mine:
            parts += [f"## {words}", f"Means over {', '.join(mine)}.", overall(results, found, mine)]
    parts += [
        "## The rule for defaults",
        f"```text\n{choice(results)}\n```",
        "## Where we win and lose",
        *against_others(results, found),
    ]
    parts += asked_for(results, found)
    parts += large_tables()
    parts += unseen(bundled or [])
    draw_settings(results, found, pictures / "settings.svg")
    parts += ["## Table by table"]
    for name in tables:
        draw(name, results, found, pictures / f"{name}.svg")
        parts += [f"### {name}", f"![{name}](_static/frontier/{name}.svg)", one_table(name, results, found)]
    parts += undone(results)
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def ran(results: list[Result]) -> str:
    """Say what the numbers are of."""
    dates = sorted({result["date"] for result in results})
    versions = ", ".join(sorted({result["synthmix"] for result in results}))
    seeds = max((result["seed"] for result in results), default=0) + 1
    rows = ", ".join(sorted({f"{r['table']} {r['rows']} x {r['columns']}" for r in results}))
    return (
        f"{len(results)} results, seeds 0 to {seeds - 1}, {dates[0]} to {dates[-1]}, synthmix {versions}. "
        f"Training rows x columns: {rows}."
        if results
        else "No results yet."
    )


def overall(results: list[Result], found: Means, tables: list[str]) -> str:
    """Return means over tables; ranks are over the tables that all ranked methods have."""
    names = ordered([result for result in results if result["table"] in tables])
    whole = [n for n in names if n not in REFERENCES and all((t, n) in found for t in tables)]
    ranks = ranked(found, whole, tables)
    rows = [
        [
            name,
            str(sum((t, name) in found for t in tables)),
            f"{ranks[name]:.1f}" if name in ranks else "",
            *(_number(over_tables(found, tables, name, measure), digits) for measure, _, digits in SHOWN),
        ]
        for name in names
    ]
    return markdown(["method", "tables", "rank", *(head for _, head, _ in SHOWN)], rows)


def one_table(name: str, results: list[Result], found: Means) -> str:
    """Return all methods of a table, with standard errors where there are several seeds."""
    rows = [
        [method, *(_with_error(found[name, method].get(m), digits) for m, _, digits in SHOWN),
         _number(value(found, name, method, "c2st as given"), 3), _number(value(found, name, method, MEMORY), 0)]
        for method in ordered(results)
        if (name, method) in found
    ]  # fmt: skip
    return markdown(["method", *(head for _, head, _ in SHOWN), "C2ST as given", "MiB"], rows)


def _number(x: float, digits: int) -> str:
    return "" if math.isnan(x) else f"{x:.{digits}f}"


def _with_error(mean: Mean | None, digits: int) -> str:
    if mean is None or math.isnan(mean.value):
        return ""
    more = "" if math.isnan(mean.error) else f"±{mean.error:.{digits}f}"
    return f"{mean.value:.{digits}f}{more}"


def against_others(results: list[Result], found: Means) -> list[str]:
    """Say whom our default beats, who beats it, and where."""
    rows, others = _rows(results), _others(results)
    head = (
        f"`{DEFAULT}` beside others, one table after another: tables on which it is better *and* its privacy is no "
        "worse / on which the other is better and its privacy is no worse / on which the better one gives away more. "
        "Privacy is no worse where membership TPR and DCR z are, within two standard errors on that table."
    )
    lost = losses(found, rows, DEFAULT, others)
    return [
        head,
        contests(results, found),
        *as_private(found, rows, _ours(results), others),
        "Where we lose, with whom and by how much:",
        "\n".join(lost) if lost else "Nowhere among these results.",
    ]


def contests(results: list[Result], found: Means) -> str:
    """Return how often our default wins, loses, and neither, against each other method."""
    rows = _rows(results)
    lines = [
        [
            name,
            *(str(scores(found, rows, DEFAULT, name, measure)) for measure, _ in CONTESTS),
            _number(slower(found, list(rows), DEFAULT, name), 1),
        ]
        for name in _others(results)
    ]
    return markdown(["other", *(words for _, words in CONTESTS), "times our seconds"], lines)


def _rows(results: list[Result]) -> dict[str, int]:
    return {r["table"]: r["rows"] for r in sorted(results, key=lambda r: r["table"])}


def _ours(results: list[Result]) -> list[str]:
    kinds = {r["method"]: r["family"] for r in results}
    return [name for name in ordered(results) if kinds[name] == "ours"]


def _others(results: list[Result]) -> list[str]:
    kinds = {r["method"]: r["family"] for r in results}
    return [name for name in ordered(results) if kinds[name] != "ours" and name not in REFERENCES]


def unseen(results: list[Result]) -> list[str]:
    """Return what was found on tables that had no part in any choice."""
    if not results:
        return []
    found, tables = means(results), sorted({result["table"] for result in results})
    return [
        "## Tables that had no part in any choice",
        UNSEEN.strip(),
        overall(results, found, tables),
        "The default beside others, counted as above:",
        contests(results, found),
        *as_private(found, _rows(results), _ours(results), _others(results)),
        "C2ST on each of them:",
        _by_table(results, found, tables, AUC, 3),
        "z of the DCR share on each of them:",
        _by_table(results, found, tables, "dcr z", 1),
    ]


def _by_table(results: list[Result], found: Means, tables: list[str], measure: str, digits: int) -> str:
    """Return one measure of all methods, a table in each column."""
    nothing: dict[str, Mean] = {}
    lines = [
        [name, *(_with_error(found.get((table, name), nothing).get(measure), digits) for table in tables)]
        for name in ordered(results)
    ]
    return markdown(["method", *tables], lines)


def as_private(found: Means, rows: dict[str, int], ours: list[str], others: list[str]) -> list[str]:
    """Say which of our settings does best against each other method."""
    lines = []
    for other in others:
        name = best_setting(found, rows, ours, other)
        if not name:
            continue
        marks = [str(scores(found, rows, name, other, measure)) for measure, _ in CONTESTS]
        lines.append([other, name, *marks])
    head = (
        "No one setting is as private as each of these methods: who keeps less keeps secrets better. So here is, for "
        "each of them, one setting of ours for all tables that does best against it by the detector, counted in the "
        "same way. It was chosen with hindsight, from as many settings as the tables above list."
    )
    return [head, markdown(["other", "ours", *(words for _, words in CONTESTS)], lines)]


def large_tables(path: Path = RESULT) -> list[str]:
    """Return the times of learned peers on large tables."""
    if not path.is_file():
        return []
    lines = []
    for one in json.loads(path.read_text(encoding="utf-8")):
        times = one["seconds"] / one["ours_s"] if "seconds" in one else math.nan
        said = {"ended": f"ended after {times:.0f} times ours", "done": f"{times:.0f} times"}
        lines.append(
            [one["table"], one["peer"], f"{one['ours_s']:.1f}", said.get(one["status"], one.get("reason", ""))]
        )
    head = (
        "CPU seconds of fit and sample, as many rows as the table has, on one thread: adult whole (48,842 rows of 15 "
        "columns), and 100,000 correlated rows of 20 numbers. A peer is ended at "
        f"{ENOUGH:.0f} times our seconds, which were measured again when the default had changed. Made by "
        "`python -m benchmarks.frontier learned`."
    )
    return ["## Learned peers on large tables", head, markdown(["table", "peer", "our s", "peer"], lines)]


def undone(results: list[Result]) -> list[str]:
    """List what could not be done."""
    missing = sorted({(r["method"], r["table"], r["status"], r["reason"]) for r in results if r["status"] != "done"})
    if not missing:
        return []
    rows = [
        [method, name, status, " ".join(reason.split())[-200:].replace("|", "/")]
        for method, name, status, reason in missing
    ]
    return ["## What could not be done", markdown(["method", "table", "status", "reason"], rows)]


UNSEEN = """
The default was chosen by the first half of the tables above, and the second half has been looked at since. So here are
tables that come with scikit-learn and statsmodels; which ones was fixed before anything was measured on them: all with
at least 300 rows and five columns, a column that is natural to predict, and no series in time. Half of their rows are
held out. Made by `python -m benchmarks.frontier bundled`; five seeds of the default and of the controls, three of
other programs, two of other leaves.

What they show. By the detector and by association the default is ahead of all other programs on average; learners lose
less with sequential trees (TSTR), and leaves of 12 on every table give away less and are as hard to tell. With leaves
of 4 rows, the default before, tables of many columns that say the same
(breast_cancer with 31, digits with 65, star98 with 22) gave away far more than sequential trees do: each column is
drawn in the company of all others as the real row has them, so a row stays near the one that it began as. That was seen
here, and is why the leaf is now [chosen for each table](decisions/0022-the-leaf-is-chosen-by-a-screen.md), from its
training rows: these tables are no strangers to that choice any more. It costs what the table shows: on digits, with
leaves of 32, half of what set the default apart. On randhie and fair, whose numbers have levels, it was seen that such
columns are better [copied](decisions/0024-columns-with-levels-are-copied.md); the other six had no part in that.
"""
RULE = "decisions/0014-defaults-are-chosen-by-a-rule-written-first.md"
HEAD = f"""
# The frontier: fidelity, privacy, utility, speed

Made by `python -m benchmarks.frontier page` from `benchmarks/frontier/results/`. Each real table is shuffled once and
cut into at most 8,000 training rows and as many held-out rows; every method makes as many rows as it was given. Which
tables settings may be chosen by, and the rule, were [written down beforehand]({RULE}).

How to read it. Numbers are means over seeds ± standard errors; the split is the same for all seeds, so the error is
that of the method's own draws and of the attacks'. All outputs are rounded to the decimals of their source before they
are scored, since a classifier would see the digits at once; "as given" is without that. The default, sequential
trees and synthpop-py have ten seeds on tables of fewer than 1,000 training rows, where chance is large, others up to
three; what has no error has one. After the final half had been looked at, the default was changed twice by the
choosing half alone ([0020](decisions/0020-several-trees-and-moves-inside-leaves.md),
[0021](decisions/0021-margins-and-turns-come-before-covariances.md)), and then so that it gives away no more than
sequential trees on each table, not on average ([0022](decisions/0022-the-leaf-is-chosen-by-a-screen.md)): "chained
leaf 4" is the default without that. The screen sees training rows only. Last, numbers with levels are copied
([0024](decisions/0024-columns-with-levels-are-copied.md)), and levels are dealt, first those of discrete columns
([0025](decisions/0025-levels-are-dealt.md)), then those of numbers. The default is told each table's target, as SMOTE
is. Since [0026](decisions/0026-a-target-cuts-the-table.md) it makes the classes of that one by one, in which tables of
both halves had a part; since [0028](decisions/0028-a-number-is-drawn-in-its-range.md) it draws a number range by range,
by the choosing half alone. "table in one part", and the leaves, do neither; "four ranges" cuts a table by a number.
All chains were made anew after [0029](decisions/0029-moves-are-asked-for-what-they-add.md), and those whose leaf the
screen chooses after [0030](decisions/0030-numbers-that-others-tell-stay-in-their-range.md): it draws numbers that other
columns tell range by range as well, a choice in which tables of both halves had a part. Settings that ask for a privacy
were made once more after [0031](decisions/0031-lines-inside-large-leaves.md), which lets values follow lines inside
leaves of 20 rows and more, as tables of both halves said; ", lines" is a leaf with them.

- **C2ST**: AUC of boosted trees that tell synthetic from *held-out* rows, on rows that they have not seen; .5 is ideal.
- **w1, tvd**: distance of the columns from the training rows (Wasserstein in standard deviations; total variation of
  levels). **assoc.**: mean change of correlation, correlation ratio or Cramer's V over pairs of columns. **cov.**:
  Frobenius distance of covariances over the norm of the real one. **coverage** of held-out rows, less its null.
- **TSTR gap**: what boosted trees lose on held-out rows when they learn from synthetic instead of real rows (R2 or
  AUC). **overlap** of the intervals of regression coefficients, 0 where apart.
- **DCR**: share of synthetic rows whose nearest real row is a training row (.5 is ideal) and the **z** of its test,
  with the variance that shared neighbours have. **TPR at 1 %**: members found by the density attack at 1 % false alarms
  (.01 is ideal; empty where a table has fewer than 1,000 non-members). **MIA AUC** of the same attack. **parents**:
  synthetic rows that one pair of training rows explains, less the control. **singling**: residual risk of singling out.
  **copies**: rows that equal a training row.
- **s**: CPU seconds of fit and sample on one thread, without imports and compilation.

"second real sample" is other real rows: what an ideal synthesizer would reach. "row bootstrap" is a copy. Neither is
ranked. No number here is a proof of privacy: attacks that were not tried may find more.
"""
