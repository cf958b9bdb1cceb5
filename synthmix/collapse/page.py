"""The report of a study as one offline page: the profile first, then pictures, rates, alarms, contrasts, errors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from synthmix.collapse.analysis import decompose
from synthmix.collapse.command import command_of
from synthmix.collapse.page_tables import (
    alarms_of_cells,
    at_generations,
    ends_in_words,
    last_of,
    short_profile,
    without_constant,
)
from synthmix.collapse.pictures.curves import Chosen, curves_of
from synthmix.collapse.pictures.pooled import POOLED, pooled_curves
from synthmix.collapse.pictures.study import draw_study
from synthmix.collapse.pictures.trajectories import draw_curves
from synthmix.collapse.pictures.words import label_of, look_of
from synthmix.collapse.predicted import COMPLETE
from synthmix.report import Command, Facts, Page, Picture, Section, Table, Text
from synthmix.report.blocks import Block

_LABELS = {
    "n": "rows",
    "half_life": "half-life",
    "half_life_low": "from",
    "half_life_high": "to",
    "interval": "95 %",
    "bias_share": "bias share",
    "column": "column",
    "z": "z",
    "e_value": "e",
    "log_e": "log e",
    "max_log_e": "largest log e",
    "p_t": "p, t",
    "p_flip": "p, sign flip",
    "p_holm": "p, Holm",
}
_PROFILE = (
    "Profile: generation of the first alarm, tail, end of the variance and its share of bias; "
    "then half-life, law and z of the column that lies farthest from its law"
)
_MOST_PICTURES = 16
_OF_KURTOSIS = (
    "The kurtosis is that of the chains together, mean fourth moment over mean squared variance, and its line a mean: "
    "the sample kurtosis of one table cannot show heavy tails that its few rows do not hold, and its mean over chains "
    "lies below the law of many rows; the ratio of means has one for each number of rows. Where tails are heavy few "
    "chains carry it, and a typical study of few chains still lies below."
)
_OF_GAPS = (
    " The table has gaps, and laws of numbers are those of complete rows: rows with the same gaps are mixed among "
    "themselves, and the differences between such groups of rows stay when all others are gone."
)


def study_page(result: Any) -> str:
    """Return the report of a study as HTML, one file that needs no network; equal results give equal bytes.

    Parameters
    ----------
    result : CollapseResult
        All of its tables, and the mapping `manifest`.
    """
    return page_of(result).html()


def page_of(result: Any) -> Page:
    """Return the page of a study."""
    sections = [
        Section("overview", "Overview", [_overview(result)]),
        Section("curves", "Curves", list(_curves(result))),
        Section("rates", "Rates and half-lives", list(_rates(result))),
        Section("alarms", "Alarms", list(_alarms(result))),
        Section("contrasts", "Contrasts", [_contrasts(result)]),
        Section("bias", "Bias and drift", list(_bias(result))),
        Section("errors", "Errors", list(_errors(result))),
        Section("reproduce", "Reproduce", list(_reproduce(result.manifest))),
    ]
    return Page("Collapse study", sections, list(_lead(result)), _sizes(result.trajectories))


def _sizes(trajectories: pd.DataFrame) -> str:
    chains = len(trajectories[["draw", "chain"]].drop_duplicates())
    sizes = ", ".join(f"{size:,}" for size in sorted(trajectories["n"].unique()))
    return (
        f"{trajectories['generator'].nunique()} generators, {trajectories['regime'].nunique()} regimes, "
        f"{int(trajectories['generation'].max())} generations, {chains} chains, {sizes} rows a generation"
    )


def _lead(result: Any) -> Iterator[Block]:
    draws = result.trajectories["draw"].nunique()
    if draws == 1:
        yield Text(
            "All chains start from one draw of the real rows: intervals speak of what happens to these rows, not of "
            "what would happen to other samples of the population.",
            "note",
        )
    if len(result.errors):
        yield Text(
            f"Chains that ended with an error, and are in no table from there on: {len(result.errors)}.", "warning"
        )
    yield Table(without_constant(short_profile(result)), _PROFILE, _LABELS)


def _overview(result: Any) -> Picture:
    found = {
        metric: pooled_curves(result.trajectories, result.predicted)
        if metric == POOLED
        else curves_of(result.trajectories, Chosen(metric), result.predicted)
        for metric in ("variance", POOLED, "levels", "ancestors")
    }
    tables = [at_generations(curves, label_of(metric)) for metric, curves in found.items()]
    return Picture(
        draw_study(result),
        "Measured and predicted",
        " ".join(ends_in_words(curves, label_of(metric)) for metric, curves in found.items() if curves),
        "Coloured lines are medians over chains, bands hold 90 % of them; dashes are closed forms for the mean over "
        "chains, drawn where one is known. Each metric is the mean over its columns. Where a regime keeps a pool, "
        "curves are of the pool; contrasts and the profile are of the new rows. "
        + _OF_KURTOSIS
        + (_OF_GAPS if _gaps(result.predicted) else ""),
        Table(pd.concat(tables, ignore_index=True), "Quantiles over chains, and predictions", _LABELS),
    )


def _gaps(predicted: pd.DataFrame) -> bool:
    return "kind" in predicted and bool((predicted["kind"] == COMPLETE).any())


def _curves(result: Any) -> Iterator[Block]:
    trajectories = result.trajectories
    if len(set(trajectories["n"])) > 1:
        yield Text(f"Pictures show the largest size, {int(trajectories['n'].max()):,} rows a generation.", "note")
    kinds = trajectories[["metric", "variant"]].drop_duplicates().itertuples(index=False)
    shown = [(str(metric), str(variant)) for metric, variant in kinds]
    for metric, variant in shown[:_MOST_PICTURES]:
        label = label_of(metric, variant)
        curves = curves_of(trajectories, Chosen(metric, variant), result.predicted)
        yield Picture(
            draw_curves(curves, label, look_of(metric), result.alarms),
            label[:1].upper() + label[1:],
            ends_in_words(curves, label),
            "One row of panels for each generator, one column for each regime.",
            Table(at_generations(curves), f"{label}: quantiles over chains", _LABELS),
        )
    if len(shown) > _MOST_PICTURES:
        left = "; ".join(label_of(*one) for one in shown[_MOST_PICTURES:])
        yield Text(f"Not drawn, and in the tables of the study: {left}.", "note")


def _rates(result: Any) -> Iterator[Block]:
    yield Table(
        without_constant(result.halflife),
        "Rates of change in one generation, with half-lives and closed forms",
        _LABELS,
        filterable=True,
    )
    if result.agreement.empty:
        return
    yield Text(
        "Means, kurtosis and log determinants have laws and no half-life. Laws of kurtosis for many rows have no z: "
        "the mean kurtosis of few rows lies below them. Laws of complete rows have none where the table has gaps."
    )
    yield Table(without_constant(result.agreement), "Laws of what has no rate, at the last generation", _LABELS,
                filterable=True)  # fmt: skip


def _alarms(result: Any) -> Iterator[Block]:
    yield Text(
        "Monitors are valid at any time: where rows of no region are lost or gained, an alarm is ever given with the "
        "stated chance at most, however often one looks. No alarm is no proof that nothing happens: a generator that "
        "only drifts gives none."
    )
    if result.alarms.empty:
        yield Text("The study has no regions to monitor.")
        return
    yield Table(
        without_constant(alarms_of_cells(result.alarms)), "All regions together: generation of the alarm", _LABELS, ()
    )
    yield Table(without_constant(result.alarms), "Each region and direction", _LABELS, (), filterable=True)


def _contrasts(result: Any) -> Block:
    if result.contrasts.empty:
        return Text("The study has one regime, or too few chains: there is nothing to compare.")
    return Table(
        without_constant(result.contrasts), "Differences between regimes, chain by chain", _LABELS, filterable=True
    )


def _bias(result: Any) -> Iterator[Block]:
    yield Text(
        "Two ways to collapse. Bias moves all chains in the same direction; drift moves each chain in its own, and is "
        "not seen in their mean. The share of bias is that of the mean squared distance from the real table."
    )
    table = without_constant(last_of(decompose(result.trajectories)))
    yield Table(table, "Bias and drift over chains at the last generation", _LABELS, filterable=True)


def _errors(result: Any) -> Iterator[Block]:
    if result.errors.empty:
        yield Text("No chain ended with an error.")
    else:
        table = result.errors.drop(columns=["traceback"], errors="ignore")  # it names places of the machine
        yield Table(table, "Chains that ended with an error", _LABELS)
    if result.warned.empty:
        yield Text("No chain gave a warning.")
    else:
        yield Table(result.warned, "Warnings, with the number of chains that gave them", _LABELS)


def _reproduce(manifest: Mapping[str, Any]) -> Iterator[Block]:
    command = command_of(manifest)
    if command:
        yield Command(command)
    else:
        yield Text("The study was begun in Python, with objects or data that no command line can name.")
    study = manifest.get("study", {})
    facts = {
        **{name: study[name] for name in ("generations", "replicates", "data_draws", "seed") if name in study},
        "data": study.get("data", {}),
        "versions": manifest.get("versions", {}),
    }
    yield Facts({name.replace("_", " "): value for name, value in facts.items() if value != {}})
    for what in ("generators", "regimes"):
        if study.get(what):
            yield Command(json.dumps(study[what], indent=1, ensure_ascii=False), f"The {what}, as the study names them")
