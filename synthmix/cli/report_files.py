"""Files of the command ``drift``: a reference in either form, and the report in every form that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthmix.errors import FileError
from synthmix.io import check_place, file_format, read_table

_PICTURES = (".png", ".svg", ".pdf")
_PAGES = (".html", ".htm")
_TABLES = (".csv", ".parquet", ".pq")


def read_reference(path: Path) -> Any:
    """Return the table of a .csv or .parquet file; any other file is one that ``reference`` wrote."""
    if path.suffix.casefold() in _TABLES:
        return read_table(path)
    from synthmix.drift import Reference

    return Reference.load(path)


def check_report_files(*, json: Path | None, parquet: Path | None, plot: Path | None, html: Path | None) -> None:
    """Raise before the work when a file of the report cannot be written or its extension says something else."""
    for path in (json, parquet, plot, html):
        if path is not None:
            check_place(path)
    if parquet is not None and file_format(parquet) != "parquet":
        raise FileError(f"cannot write {str(parquet)!r}: --parquet needs the extension .parquet")
    if plot is not None and plot.suffix.casefold() not in _PICTURES:
        raise FileError(f"cannot draw {str(plot)!r}: --plot needs one of the extensions {', '.join(_PICTURES)}")
    if html is not None and html.suffix.casefold() not in _PAGES:
        raise FileError(f"cannot write {str(html)!r}: --html needs one of the extensions {', '.join(_PAGES)}")


def write_report(
    report: Any,
    page: dict[str, Any],
    *,
    json: Path | None,
    parquet: Path | None,
    plot: Path | None,
    html: Path | None,
) -> None:
    """Write a drift report to the files that are given; `page` is what the HTML needs besides the report."""
    if json is not None:
        report.to_json(json)
    if parquet is not None:
        report.to_parquet(parquet)
    if plot is not None:
        from synthmix.report.drawing import save_picture

        save_picture(report.plot(), plot)
    if html is not None:
        report.to_html(html, **page)
    for what, path in (("report", json), ("table", parquet), ("picture", plot), ("page", html)):
        if path is not None:
            print(f"\n{what} written to {path}")
