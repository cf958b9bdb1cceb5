"""Write docs/papers.md from kept results, so that no number of it is copied by hand."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

from benchmarks.papers import published
from benchmarks.papers.findings import SAID
from benchmarks.papers.statistics import paired, summary

PAGE = Path(__file__).resolve().parents[2] / "docs" / "papers.md"
CONTROLS = ("ERM", "latent noise")
Results = list[dict[str, Any]]
TITLES = {
    "probmix": "ProbMix and M-ProbMix",
    "mixupe": "MixupE",
    "multimix": "Multi-mix",
    "varmixup": "VarMixup",
}


def write_page(folder: Path) -> None:
    """Write the page from the result files of a folder; papers without one are left out."""
    parts = [heading()]
    writers = {"probmix": probmix, "mixupe": mixupe, "multimix": multimix, "varmixup": varmixup}
    for paper, title in TITLES.items():
        path = folder / f"{paper}.json"
        if path.is_file():
            kept = json.loads(path.read_text(encoding="utf-8"))
            parts += [f"## {title}", SAID[paper], ran(paper, kept), *writers[paper](kept["results"])]
    PAGE.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def heading() -> str:
    """Say what the page is."""
    return (
        "# The papers' methods, measured\n\n"
        "Made by `python -m benchmarks.papers page` from `benchmarks/papers/results/`; the experiments of a paper are "
        "run by `python -m benchmarks.papers PAPER`, which goes on where it was stopped. Every method has its "
        "controls: no mixing, the method with its mixing switched off, and what else the same computing time could be "
        "spent on.\n\n"
        "Numbers are means over seeds or splits ± their standard error, medians in brackets where tails are heavy. "
        "Differences are taken seed by seed. Random splits of one table overlap, which makes standard errors of "
        "differences too small. Figures of the papers stand beside ours where they exist; what their ± means is not "
        "always said."
    )


def ran(paper: str, kept: dict[str, Any]) -> str:
    """Say when and with what the results were made, and whether any are missing."""
    versions = dict.fromkeys(f"{result['machine']['torch']}" for result in kept["results"])
    seconds = sum(result["seconds"] for result in kept["results"])
    asked = len(importlib.import_module(f"benchmarks.papers.{paper}").cells())
    missing = asked - len(kept["results"])
    return (
        f"`python -m benchmarks.papers {paper}`, {kept['date']}, {seconds / 60:.0f} minutes on one thread, "
        f"torch {' and '.join(versions)}. Seeds {_seeds(kept['results'])}."
        + (f" {missing} of {asked} results are still missing." if missing else "")
    )


def _seeds(results: Results) -> str:
    longest = max((result["seeds"] for result in results), key=len)
    return f"{longest[0]} to {longest[-1]}" + ("" if len({len(r["seeds"]) for r in results}) == 1 else " at most")


def table(heads: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    return "\n".join(f"| {' | '.join(row)} |" for row in [heads, ["---"] * len(heads), *rows])


def shown(values: list[float], digits: int = 2, *, median: bool = False) -> str:
    """Return a mean with its standard error."""
    found = summary(values)
    text = f"{found['mean']:.{digits}f}±{found['se']:.{digits}f}"
    return text + (f" ({found['median']:.{digits}f})" if median else "")


def difference(values: list[float], others: list[float], digits: int = 2) -> str:
    """Return a paired difference, bold beyond two standard errors."""
    found = paired(values, others)
    text = f"{found['mean']:+.{digits}f}±{found['se']:.{digits}f}"
    return f"**{text}**" if abs(found["mean"]) > 2.0 * found["se"] > 0.0 else text


def of_task(results: Results, task: str, **settings: Any) -> dict[str, dict[str, list[float]]]:
    """Return method -> metrics of the results of a task with given settings."""
    return {
        result["method"]: result["metrics"]
        for result in results
        if result["task"] == task and all(result["settings"].get(key) == value for key, value in settings.items())
    }


def probmix(results: Results) -> list[str]:
    """Return the sections of the ProbMix paper."""
    parts = ["### Toy regression, y = x³ + noise, tested outside of the training range"]
    for a in (0.1, 0.5, 1.0):
        found = {**of_task(results, "toy", a=0.5), **of_task(results, "toy", a=a)}
        rows = [
            [
                name,
                shown(metrics["OOD NLL"], 1, median=True),
                shown(metrics["ID NLL"]),
                shown(metrics["OOD MSE"], 0),
                published.TOY[a].get(name, ""),
            ]
            for name, metrics in found.items()
            if a == 0.5 or name not in ("ERM", "latent noise")
        ]
        parts += [f"a = {a:g}, 512 samples of z for latent methods:"]
        parts += [table(["method", "OOD NLL (median)", "ID NLL", "OOD MSE, raw", "OOD NLL in the paper"], rows)]
    latent = {name: m for name, m in of_task(results, "toy", a=0.5).items() if "OOD NLL, 1 samples" in m}
    rows = [
        [name, *(shown(m[f"OOD NLL{more}"], 1) for more in (", 1 samples", ", 64 samples", ""))]
        for name, m in latent.items()
    ]
    parts += ["The number of samples of z decides what is reported (OOD NLL, a = 0.5):"]
    parts += [table(["method", "1 sample", "64", "512"], rows)]
    parts += ["### Tables: NLL in raw units"]
    for name in published.TABLES:
        parts += [f"**{name}**", _regression_table(of_task(results, name), published.TABLES[name])]
    rows = [[name, shown(m["accuracy"], 1), shown(m["NLL"], 3)] for name, m in of_task(results, "rings").items()]
    parts += ["### Three rings", table(["method", "accuracy, %", "NLL"], rows)]
    rows = [[name, shown(m["fitted variance"], 4)] for name, m in of_task(results, "noise").items()]
    parts += ["### The noise that is fitted (y = x + noise of variance .01, a = 1)"]
    return [*parts, table(["method", "fitted variance, median over rows"], rows)]


def _regression_table(found: dict[str, dict[str, list[float]]], printed: dict[str, str]) -> str:
    rows = [
        [
            name,
            shown(metrics["NLL"]),
            *(difference(metrics["NLL"], found[other]["NLL"]) if other in found else "" for other in CONTROLS),
            shown(metrics["RMSE"]),
            printed.get(name, ""),
        ]
        for name, metrics in found.items()
    ]
    return table(["method", "NLL", "less ERM", "less latent noise", "RMSE", "NLL in the paper"], rows)


def mixupe(results: Results) -> list[str]:
    """Return the sections of the MixupE paper."""
    parts = []
    for name in dict.fromkeys(result["task"] for result in results):
        mine = [result for result in results if result["task"] == name]
        base = next(r["metrics"] for r in mine if r["method"] == "mixup" and not r["settings"].get("batch_norm"))
        rows = [
            [
                _named(result),
                shown(result["metrics"]["error"]),
                difference(result["metrics"]["error"], base["error"]),
                shown(result["metrics"]["nll"], 3),
                shown(result["metrics"]["ece"], 3),
                published.MIXUPE.get(name, {}).get(result["method"], ""),
            ]
            for result in mine
        ]
        heads = ["method", "error, %", "less mixup", "NLL", "ECE, debiased", "error in the paper"]
        parts += [f"### {name}", table(heads, rows)]
    return parts


def _named(result: dict[str, Any]) -> str:
    settings = result["settings"]
    more = [f"η = {settings['eta']:g}"] if "eta" in settings else []
    more += [settings["term"]] if settings.get("term") == "accurate" else []
    more += ["batch norm"] if settings.get("batch_norm") else []
    return ", ".join([result["method"], *more])


def multimix(results: Results) -> list[str]:
    """Return the section of multi-mix."""
    parts = []
    for partners, words in (("table", "the whole table"), ("batch", "a permutation of the batch")):
        found = of_task(results, "digits", partners=partners)
        rows = [
            [
                name,
                shown(m["error"]),
                difference(m["error"], found["mixup"]["error"]),
                shown(m["nll"], 3),
                shown(m["ece"], 3),
            ]
            for name, m in found.items()
        ]
        parts += [f"### Digits, partners from {words}"]
        parts += [table(["method", "error, %", "less mixup", "NLL", "ECE, debiased"], rows)]
    return parts


def varmixup(results: Results) -> list[str]:
    """Return the section of VarMixup."""
    parts = []
    for name in dict.fromkeys(result["task"] for result in results):
        found = of_task(results, name)
        rows = []
        for method, m in found.items():
            extra = [shown(m[key], 3) if key in m else "" for key in ("reconstruction test", "posterior variance")]
            rows.append(
                [
                    method,
                    shown(m["error"]),
                    difference(m["error"], found["mixup"]["error"]),
                    shown(m["error under noise"], 1),
                    shown(m["ece"], 3),
                    *extra,
                ]
            )
        heads = ["method", "error, %", "less mixup", "error under noise", "ECE, debiased"]
        parts += [f"### {name}", table([*heads, "reconstruction error, test", "posterior variance"], rows)]
    return parts
