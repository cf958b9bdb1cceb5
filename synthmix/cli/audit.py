"""The command ``audit``: tables in, a verdict, files of the report, an exit code that scripts can rely on."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from synthmix.cli.places import refuse_same_file
from synthmix.cli.report_files import check_report_files
from synthmix.cli.specs import parse_columns, parse_names
from synthmix.errors import OptionError, did_you_mean

_SECTIONS = ("fidelity", "inference", "prediction", "privacy")
Need = Annotated[Path, typer.Option(metavar="PATH", show_default=False, help="A table: .csv or .parquet.")]
File = Annotated[Path | None, typer.Option(metavar="PATH", show_default=False)]
Names = Annotated[list[str] | None, typer.Option(metavar="NAME,...", show_default=False)]


def audit(
    train: Need,
    synthetic: Need,
    holdout: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Real rows that SYNTHETIC was not made from.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column that is predicted from all others.")] = None,
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMULA", help='Of analysts: "y ~ a + b", or "z ~ a [binomial]"; may be given again.'),
    ] = None,
    sensitive: Names = None,
    quasi: Names = None,
    schema: Annotated[
        list[str] | None, typer.Option(metavar="NAME=KIND,...", help="Kinds that override the found ones.")
    ] = None,
    level: Annotated[str, typer.Option(help="quick, standard or full.")] = "standard",
    html: File = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="PATH", show_default=False)] = None,
    parquet: File = None,
    only: Annotated[str, typer.Option(metavar="SECTION,...", help="Work on these alone.")] = ",".join(_SECTIONS),
    fail_on: Annotated[
        str,
        typer.Option(metavar="SECTION,...", help="End with 1 when one of these fails.", show_default="all worked on"),
    ] = "",
    seed: Annotated[int, typer.Option(help="A whole number; the same seed gives the same report.")] = 0,
    threads: Annotated[int, typer.Option(help="Threads, -1 for all cores; the report does not depend on it.")] = 1,
) -> None:
    """Ask whether SYNTHETIC, made from TRAIN, may be used; end with 1 when a section fails.

    Sections: fidelity, inference, prediction, privacy. Plain output of mixing is not anonymous, whatever the verdict.
    """
    from synthmix.audit.run import audit as run
    from synthmix.io import read_table

    asked = _sections(only, "--only")
    deciding = _sections(fail_on, "--fail-on") or asked
    idle = [section for section in deciding if section not in asked]
    if idle:
        raise OptionError(f"--fail-on names {idle[0]!r}, which --only leaves out")
    words, kinds = [_model(text) for text in model or []], parse_columns(schema, "--schema")
    named = [parse_names(one) for one in (sensitive, quasi)]
    files = {"html": html, "json": json_file, "parquet": parquet}
    for role, path in (("train", train), ("synthetic", synthetic), ("holdout", holdout)):  # these may be one file
        refuse_same_file(**{role: path}, **files)
    check_report_files(json=json_file, parquet=parquet, plot=None, html=html)
    rows = [None if path is None else read_table(path) for path in (train, synthetic, holdout)]
    with _progress() as tell:
        report = run(
            rows[0], rows[1], rows[2], target=target, models=words, sensitive=named[0], quasi=named[1], schema=kinds,
            level=level, random_state=seed, n_jobs=threads, tell=tell, sections=asked,  # type: ignore[arg-type]
        )  # fmt: skip
        _write(report, files, tell)
    print(report.summary())
    for role, path in files.items():
        if path is not None:
            print(f"\n{role} written to {path}")
    if any(report.verdicts[section] == "fail" for section in deciding):
        raise typer.Exit(1)


def _sections(text: str, option: str) -> list[Any]:
    found = [word.strip() for word in text.split(",") if word.strip()]
    for word in found:
        if word not in _SECTIONS:
            raise OptionError(f"{option} {word!r} is no section{did_you_mean(word, _SECTIONS)}")
    return found


def _model(text: str) -> Any:
    """Return a formula, or a formula and the family that stands in brackets behind it."""
    formula, bracket, family = text.rpartition("[")
    return (formula.strip(), family.rstrip()[:-1]) if bracket and family.rstrip().endswith("]") else text


def _write(report: Any, files: dict[str, Path | None], tell: Callable[[str], None]) -> None:
    if files["json"] is not None:
        report.to_json(files["json"])
    if files["parquet"] is not None:
        report.to_parquet(files["parquet"])
    if files["html"] is not None:
        tell("page")
        report.to_html(files["html"], command=shlex.join(["synthmix", *sys.argv[1:]]))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows which section is at work; nothing is shown where standard error is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield status.update
