"""The commands of ``synthmix`` and how they end: 0 done, 1 the work failed, 2 the command was wrong."""

from __future__ import annotations

import shlex
import sys
import warnings
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from synthmix.cli.audit import audit
from synthmix.cli.collapse import collapse
from synthmix.cli.generate import MEMORY, certificate_path, check_outputs, generate
from synthmix.cli.options import synthesizer_options, takes_fit_options
from synthmix.cli.places import refuse_same_file
from synthmix.cli.reader import reader_may_leave
from synthmix.cli.report_files import check_report_files, read_reference, write_report
from synthmix.cli.specs import parse_columns
from synthmix.errors import OptionError, SynthmixError, SynthmixWarning

# Plain text instead of boxes: an error that is one line can be read, searched and logged.
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Synthetic tables by mixing rows, with a certificate that says what was preserved. "
    "Files are CSV or Parquet, by extension. Output appears whole or not at all. Plain output is not anonymous.",
)

app.add_typer(collapse, name="collapse")

In = Annotated[Path, typer.Argument(metavar="IN", help="The real table: .csv or .parquet.", show_default=False)]
Big = Annotated[
    Path,
    typer.Argument(
        metavar="IN",
        help="The real table: .csv, .parquet, .arrow, or a folder of Parquet or Arrow files.",
        show_default=False,
    ),
]
Out = Annotated[
    Path,
    typer.Argument(
        metavar="OUT",
        help="The synthetic table: .csv, .parquet, .arrow, or a name without extension for a folder of Parquet files.",
        show_default=False,
    ),
]
Model = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A model file. It holds the real rows.", show_default=False)
]
Rows = Annotated[int | None, typer.Option(min=1, help="Rows to write. Default: as many as IN has.")]
Beside = Annotated[bool, typer.Option("--certificate", help="Write OUT.certificate.json beside the output.")]
CertificateFile = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Write the certificate as JSON to this file instead.")
]
Memory = Annotated[str, typer.Option(metavar="SIZE", help="What the process may hold: 2GiB, 512MiB.")]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Go on where the same command was cut short; keep what is written when it is."),
]
RowGroup = Annotated[
    int | None, typer.Option(min=1, metavar="ROWS", help="Rows of a row group of Parquet. Default: about 64 MiB.")
]
Compared = Annotated[
    Path,
    typer.Argument(
        metavar="REFERENCE", help="The real table: .csv or .parquet, or a file of `reference`.", show_default=False
    ),
]
New = Annotated[Path, typer.Argument(metavar="NEW", help="The new table: .csv or .parquet.", show_default=False)]
Kinds = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=KIND,...", help="Kinds that override the found ones: zip=categorical,id=key"),
]
Folder = Annotated[Path, typer.Option(help="The folder for tables and figure; it is made when missing.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        import synthmix

        print(f"synthmix {synthmix.__version__}")
        raise typer.Exit


Version = Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")]


@app.callback()
def _common(version: Version = False) -> None:
    """Take the options that come before the command."""


@app.command()
@takes_fit_options
def synthesize(
    source: Big,
    out: Out,
    rows: Rows = None,
    certificate: Beside = False,
    certificate_file: CertificateFile = None,
    memory: Memory = MEMORY,
    resume: Resume = False,
    row_group: RowGroup = None,
    **options: Any,
) -> None:
    """Read IN, write a synthetic table to OUT, print its certificate."""
    parameters = synthesizer_options(options)
    json_file = certificate_path(out, certificate, certificate_file)
    refuse_same_file(IN=source, OUT=out, certificate_file=json_file)
    check_outputs(out, json_file, resume=resume)
    pacing = {"memory": memory, "resume": resume, "row_group_rows": row_group}
    generate(source, out, rows, json_file, **pacing, target=options["target"], **parameters)


@app.command()
@takes_fit_options
def fit(source: In, model: Model, **options: Any) -> None:
    """Read IN and write a fitted synthesizer to MODEL. The file holds the real rows: protect it like IN."""
    from synthmix.io import check_place, read_table

    parameters = synthesizer_options(options)
    refuse_same_file(IN=source, MODEL=model)
    check_place(model)
    table = read_table(source)
    synthesizer = _fitted(table, options["target"], parameters)
    synthesizer.save(model)
    print(f"model of {len(table)} rows written to {model} (seed {synthesizer.seed_}); it holds the real rows")


@app.command()
def sample(
    model: Model,
    out: Out,
    rows: Annotated[int, typer.Option(min=1, help="Rows to write.")],
    threads: Annotated[int, typer.Option(help="Threads, -1 for all cores; the rows do not depend on it.")] = 1,
    certificate: Beside = False,
    certificate_file: CertificateFile = None,
    memory: Memory = MEMORY,
    resume: Resume = False,
    row_group: RowGroup = None,
) -> None:
    """Write synthetic rows of a fitted MODEL to OUT, print their certificate."""
    from synthmix import load

    json_file = certificate_path(out, certificate, certificate_file)
    refuse_same_file(MODEL=model, OUT=out, certificate_file=json_file)
    check_outputs(out, json_file, resume=resume)
    pacing = {"memory": memory, "resume": resume, "row_group_rows": row_group}
    generate(load(model).set_params(n_jobs=threads), out, rows, json_file, **pacing)


@app.command()
def inspect(model: Model) -> None:
    """Print the options, the columns and the promises of a fitted MODEL."""
    from synthmix import load

    synthesizer = load(model)
    print(f"{synthesizer}\nseed {synthesizer.seed_}\n")
    _print_columns(synthesizer.columns_)
    print()
    print(synthesizer.certificate())


@app.command()
def drift(
    reference: Compared,
    new: New,
    holdout: Annotated[
        Path | None, typer.Option(help="Real rows that NEW was not made from: adds the calibrated test.")
    ] = None,
    level: Annotated[str, typer.Option(help="quick, standard or full.")] = "standard",
    null: Annotated[
        str, typer.Option(help="resample (NEW was made from REFERENCE) or floor (two samples of one population).")
    ] = "resample",
    schema: Kinds = None,
    json_file: Annotated[Path | None, typer.Option("--json", metavar="PATH", help="Write the report as JSON.")] = None,
    parquet: Annotated[Path | None, typer.Option(metavar="PATH", help="Write its table as Parquet.")] = None,
    plot: Annotated[Path | None, typer.Option(metavar="PATH", help="Draw it: .png, .svg or .pdf.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="PATH", help="Write it as one offline page.")] = None,
    fail_on: Annotated[
        str, typer.Option(help="fail or warn: the verdict from which the command ends with 1.")
    ] = "fail",
    seed: Annotated[int, typer.Option(help="A whole number; the same seed gives the same report.")] = 0,
    threads: Annotated[int, typer.Option(help="Threads, -1 for all cores; the report does not depend on it.")] = 1,
) -> None:
    """Compare NEW with REFERENCE, print what differs; end with 1 when a declared metric fails."""
    from synthmix import drift_report
    from synthmix.io import read_table

    if fail_on not in ("fail", "warn"):
        raise OptionError(f"--fail-on {fail_on!r} is unknown; choose from 'fail', 'warn'")
    kinds = parse_columns(schema, "--schema")
    files = {"json": json_file, "parquet": parquet, "plot": plot, "html": html}
    for role, path in (("REFERENCE", reference), ("NEW", new), ("holdout", holdout)):  # these may be one file
        refuse_same_file(**{role: path}, **files)
    check_report_files(**files)
    real = read_reference(reference)
    made = read_table(new)
    report = drift_report(
        real, made, None if holdout is None else read_table(holdout), schema=kinds, level=level,  # type: ignore[arg-type]
        null=null, random_state=seed, n_jobs=threads,  # type: ignore[arg-type]
    )  # fmt: skip
    command = shlex.join(["synthmix", *sys.argv[1:]])
    page = {"real": real, "synthetic": made, "schema": kinds, "command": command}
    write_report(report, page, **files)
    print(report.summary())
    if report.verdict in {"fail", fail_on}:
        raise typer.Exit(1)


app.command()(audit)


@app.command()
def reference(
    source: In, out: Annotated[Path, typer.Argument(metavar="FILE", show_default=False)], schema: Kinds = None
) -> None:
    """Read IN once and write it to FILE as a reference for `drift`. FILE holds the real rows: protect it like IN."""
    from synthmix.drift import Reference
    from synthmix.io import check_place, read_table

    kinds = parse_columns(schema, "--schema")
    refuse_same_file(IN=source, FILE=out)
    check_place(out)
    summary = Reference.of(read_table(source), kinds)
    summary.save(out)
    print(f"reference of {summary.sheet.n_rows} rows written to {out}; it holds the real rows")


@app.command()
def demo(out: Folder = Path("demo-output")) -> None:
    """Synthesize two real tables that come along, print their certificates, draw a comparison, audit a third table."""
    from synthmix.demo import run_demo

    run_demo(out, report=print)


@app.command()
def warmup() -> None:
    """Compile everything once, so that no later run waits for it."""
    from synthmix.warm import keeps, warmup

    seconds = warmup()
    kept = "kept for later runs" if keeps() else "not kept, because SYNTHMIX_CACHE is 0"
    print(f"all kernels compiled in {seconds:.1f} s; {kept}")


def main() -> NoReturn:
    """Run the command line and end the process with 0, 1 or 2 (130 after an interrupt).

    An error that synthmix raises on purpose is one line on standard error. Anything else is a bug of synthmix and
    keeps its traceback.
    """
    try:
        with warnings.catch_warnings(), reader_may_leave():
            warnings.simplefilter("default", SynthmixWarning)
            warnings.showwarning = _show_warning
            app(prog_name="synthmix")
    except SynthmixError as error:
        print(f"synthmix: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, OptionError) else 1)
    sys.exit(0)


def _show_warning(message: Warning | str, category: type[Warning], *_: object, **__: object) -> None:
    kind = "warning" if issubclass(category, SynthmixWarning) else category.__name__
    print(f"synthmix: {kind}: {message}", file=sys.stderr)


def _fitted(table: Any, target: str | None, parameters: dict[str, Any]) -> Any:
    from synthmix import MixupSynthesizer

    return MixupSynthesizer(**parameters).fit(table, target=target)


def _print_columns(columns: Any) -> None:
    rows = [("column", "kind", "role", "dtype", "step", "missing", "distinct", "note")]
    for c in columns:
        step = "" if c.step is None else f"{c.step:g}"
        rows.append((c.name, c.kind, c.role, c.dtype, step, str(c.n_missing), str(c.n_distinct), c.note))
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
