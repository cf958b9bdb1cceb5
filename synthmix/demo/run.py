"""Synthesize the demo tables, say what was preserved, draw a comparison."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from synthmix.demo.figure import Comparison, draw_comparisons
from synthmix.demo.tables import fair_survey, palmer_penguins, rand_health_insurance
from synthmix.errors import FileError
from synthmix.io import write_table

SEED = 2026
HEALTH = "RAND Health Insurance, mixed in its own units"
SURVEY = "Survey of married women, half of it held out"
MODEL = "affairs ~ rate_marriage + yrs_married + age + religious"
PENGUINS = "Palmer penguins, mixed as normal scores"

# Numbers that name things: four yes-or-no columns and the five levels of coinsurance.
HEALTH_CATEGORIES = ("idp", "hlthg", "hlthf", "hlthp", "lncoins")


def run_demo(out: str | os.PathLike[str], *, report: Callable[[str], None] = print) -> list[Path]:
    """Synthesize two real tables, report their certificates, audit a third, write tables, a figure and a page.

    Parameters
    ----------
    out : path
        Folder for the results; it is made when missing, files of earlier runs are replaced.
    report : callable
        Receives each piece of text.

    Returns
    -------
    list of Path
        ``randhie.csv``, ``penguins.csv``, ``comparison.png`` and ``audit.html`` in `out`.

    Raises
    ------
    FileError
        The folder cannot be made or written.

    Notes
    -----
    The health table is mixed in its own units, by rotation of groups of near rows: mean, covariance and regressions
    are exact, single values are not realistic. The penguins are chained, as by default: values are realistic, moments
    of the normal scores are exact in whole passes, those of millimetres and grams are close. The audit is of a survey
    whose every other row is held out, since nothing can be said of privacy without such rows. The seed is fixed, so
    every run gives the same rows.
    """
    from synthmix import MixupSynthesizer

    folder = _made(Path(out))
    real_health, real_penguins = rand_health_insurance(), palmer_penguins()
    levels = dict.fromkeys(HEALTH_CATEGORIES, "categorical")
    for_health = MixupSynthesizer(encoding="raw", columns=levels, random_state=SEED)
    for_penguins = MixupSynthesizer(random_state=SEED)
    health = _synthesized(HEALTH, real_health, for_health, "mdvis", report)
    penguins = _synthesized(PENGUINS, real_penguins, for_penguins, "species", report)
    paths = [folder / "randhie.csv", folder / "penguins.csv", folder / "comparison.png"]
    write_table(health, paths[0])
    write_table(penguins, paths[1])
    comparisons = [
        Comparison(HEALTH, real_health, health, ("mdvis", "lpi", "disea")),
        Comparison(PENGUINS, real_penguins, penguins, ("bill_length_mm", "body_mass_g", "sex")),
    ]
    draw_comparisons(comparisons, paths[2])
    paths.append(folder / "audit.html")
    _audited(paths[-1], report)
    report("written: " + ", ".join(os.fspath(path) for path in paths))
    return paths


def _synthesized(title: str, real: Any, synthesizer: Any, target: str, report: Callable[[str], None]) -> Any:
    started = time.perf_counter()
    synthetic = synthesizer.fit(real, target=target).sample(len(real))
    seconds = time.perf_counter() - started
    report(f"== {title}: {len(real):,} real rows, {len(synthetic):,} synthetic rows in {seconds:.2f} s ==")
    report(f"{synthesizer}.fit(table, target={target!r})\n")
    report(f"{synthesizer.certificate(synthetic)}\n")
    return synthetic


def _audited(path: Path, report: Callable[[str], None]) -> None:
    """Synthesize half of a survey, audit it against the other half and write the page."""
    from synthmix import MixupSynthesizer
    from synthmix.audit.run import audit

    survey = fair_survey()
    train, holdout = survey[::2].reset_index(drop=True), survey[1::2].reset_index(drop=True)
    started = time.perf_counter()
    synthesizer = MixupSynthesizer(random_state=SEED).fit(train, target="affairs")
    answer = audit(
        train, synthesizer.sample(len(train)), holdout, target="affairs", models=[MODEL], generator=synthesizer,
        level="quick", n_jobs=-1,
    )  # fmt: skip
    answer.to_html(path, command="synthmix demo")
    report(f"== {SURVEY}: {len(train):,} rows, audited in {time.perf_counter() - started:.0f} s ==")
    report(f"{answer.summary()}\n")


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot make the folder {os.fspath(folder)!r}: {error.strerror}; choose another") from error
    return folder
