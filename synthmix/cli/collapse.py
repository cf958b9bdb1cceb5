"""The command ``collapse``: run a study, go on with one, write its report."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from synthmix.cli.places import refuse_same_file
from synthmix.cli.specs import parse_columns
from synthmix.errors import OptionError

_DEFAULT = "run"


class _DefaultCommand(typer.core.TyperGroup):
    """A group whose first word, where it is none of its commands, belongs to the command ``run``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        known = (*self.commands, *ctx.help_option_names)
        rest: list[str] = super().parse_args(ctx, args if args and args[0] in known else [_DEFAULT, *args])
        return rest


collapse = typer.Typer(
    cls=_DefaultCommand,
    rich_markup_mode=None,
    help="What becomes of a table when a generator is fitted to its own output, generation after generation. "
    "`synthmix collapse IN ...` is `synthmix collapse run IN ...`.",
)

Words = list[str] | None


@collapse.command()
def run(
    source: Annotated[Path | None, typer.Argument(metavar="IN", help="The real table: .csv or .parquet.")] = None,
    generator: Annotated[
        Words,
        typer.Option(
            metavar="NAME[:OPTIONS]",
            help="Repeatable: epbeta, epbeta:delta=.05, beta:0.2, rotation:5, uniform, sphere:3, independent, "
            "gaussian:n, rotation:k=5,pairing=nearest,encoding=normal. bootstrap and gaussian are always added, "
            "as controls.",
        ),
    ] = None,
    regime: Annotated[
        Words,
        typer.Option(
            metavar="NAME[:OPTIONS],...",
            help="replace, accumulate, subsample, share:0.2, fresh:0.2, window:3, weighted:golden; repeat the option "
            "for a regime with several options. Default: replace,accumulate.",
        ),
    ] = None,
    generations: Annotated[int, typer.Option(help="Generations of a chain.")] = 20,
    replicates: Annotated[int, typer.Option(help="Chains from the same real rows.")] = 20,
    draws: Annotated[int, typer.Option(help="Draws of real rows, each with its own chains.")] = 1,
    n: Annotated[list[int] | None, typer.Option("--n", help="Rows of a generation, repeatable. Default: 1000.")] = None,
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FOLDER", help="The folder of the study.")] = None,
    resume: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Go on with the study in this folder; no IN.")
    ] = None,
    target: Annotated[str | None, typer.Option(help="The column to predict, and whose classes count.")] = None,
    metric: Annotated[Words, typer.Option(help="Only these metrics, repeatable or with commas.")] = None,
    schema: Annotated[
        Words, typer.Option(metavar="NAME=KIND,...", help="Kinds that override the found ones: zip=categorical,id=key")
    ] = None,
    keep: Annotated[str, typer.Option(help="none, last or all: generations that are kept as tables.")] = "none",
    no_controls: Annotated[bool, typer.Option("--no-controls", help="Leave the controls out. Not advised.")] = False,
    seed: Annotated[int, typer.Option(help="A whole number; the same seed gives the same numbers.")] = 0,
    threads: Annotated[
        int, typer.Option("-j", "--threads", help="Processes, -1 for all cores; no number depends on it.")
    ] = 1,
    max_seconds: Annotated[
        float | None, typer.Option(help="Stop after this time; --resume goes on from there.")
    ] = None,
) -> None:
    """Run a study of IN, or go on with one."""
    if resume is None:
        study = _study(
            source, out, generator, regime, target, keep,
            generations=generations, replicates=replicates, data_draws=draws, n=n or [1000],
            metrics=_split(metric) or None, schema=parse_columns(schema, "--schema"),
            controls=not no_controls, random_state=seed,
        )  # fmt: skip
    else:
        _refuse_beside_resume(source, out, generator, regime, metric, target)
        from synthmix.collapse.again import study_of

        study = study_of(resume)
    folder = out if resume is None else resume
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*\(all of them: result\.errors\)")  # the summary says it
        result = study.run(folder, threads, max_seconds=max_seconds)
    print(result.summary())
    print(f"study written to {folder}")
    if not result.complete:
        print(f"not complete: synthmix collapse --resume {folder}")
    if len(result.errors):
        raise typer.Exit(1)


@collapse.command()
def report(
    store: Annotated[Path, typer.Argument(metavar="FOLDER", help="The folder of a study.", show_default=False)],
    html: Annotated[Path | None, typer.Option(metavar="PATH", help="Write the report as one page.")] = None,
    tables: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Write all tables as Parquet.")] = None,
) -> None:
    """Print what a study found, and write its page or its tables."""
    from synthmix.collapse import CollapseResult
    from synthmix.io import check_place

    refuse_same_file(FOLDER=store, html=html, tables=tables)
    if html is not None:
        check_place(html)
    result = CollapseResult.open(store)
    print(result.summary())
    if html is not None:
        result.to_html(html)
        print(f"report written to {html}")
    if tables is not None:
        result.to_parquet(tables)
        print(f"tables written to {tables}")


def _study(
    source: Path | None,
    out: Path | None,
    generator: Words,
    regime: Words,
    target: str | None,
    keep: str,
    **options: Any,
) -> Any:
    if source is None:
        raise OptionError(
            "collapse needs a table: synthmix collapse IN --generator epbeta -o study/, or --resume FOLDER"
        )
    if out is None:
        raise OptionError("collapse needs a folder for the study: -o FOLDER")
    if not generator:
        raise OptionError("collapse needs a generator: --generator epbeta")
    from synthmix.collapse import CollapseStudy

    regimes = _regimes(regime) or ["replace", "accumulate"]
    return CollapseStudy(source, generator, regimes, target=target, keep=keep, **options)  # type: ignore[arg-type]


def _regimes(given: Words) -> list[str]:
    """Return regimes from "replace,window:3,real": what follows a comma and is no regime is an option of the last."""
    found: list[str] = []
    for word in _split(given):
        is_option = found and ":" in found[-1] and ("=" in word or word == "real") and ":" not in word
        found[-1:] = [f"{found[-1]},{word}"] if is_option else [*found[-1:], word]
    return found


def _split(given: Words) -> list[str]:
    return [word.strip() for text in given or [] for word in text.split(",") if word.strip()]


def _refuse_beside_resume(*given: object) -> None:
    if any(one is not None for one in given):
        raise OptionError(
            "--resume goes on with the study of a folder as it is; leave IN and the options of a study out"
        )
