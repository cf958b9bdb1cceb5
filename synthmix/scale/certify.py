"""What a run over windows preserves: which statements stay exact, and what the window changes for the rest."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from synthmix.certificate import Certificate, Statement
from synthmix.certificate.certificate import EXACT, EXPECTED, LOST
from synthmix.scale.sources.base import TableSource, all_batches
from synthmix.scale.sources.opening import open_source
from synthmix.scale.summary.moments import Moments, relative_error
from synthmix.scale.windows import WindowedRows


def certify_windows(rows: WindowedRows, n_rows: int, output: Path | None) -> Certificate:
    """Return the certificate of a run; with `output` the realised errors of the whole, source and output read again."""
    whole = n_rows > 0 and n_rows % rows.n_source == 0
    complete = tuple(name for name in rows.encoder.latent_names if rows.summary.missing(name) == 0)
    errors = _errors(rows, complete, output) if output is not None and complete and n_rows else (None, None)
    statements = [*_moments(rows, complete, errors, whole=whole), *_margins(rows, whole=whole)]
    law, pairing, passes = rows.options.law, rows.options.pairing, n_rows / rows.n_source
    facts = {
        "source_rows": rows.n_source,
        "source_columns": len(rows.schema.names),
        "sample_rows": n_rows,
        "passes": f"{passes:g} pass{'' if passes == 1 else 'es'} over the source, in windows",
        "weights": repr(law),
        "pairing": repr(pairing),
        "encoding": rows.encoder.encoding,
        "grid": rows.encoder.grid,
        "seed": rows.seed,
        "windows": len(rows.sizes),
        "window_rows": rows.sizes[0],
        "sketch_errors": rows.summary.errors,
    }
    return Certificate(tuple(statements), facts, tuple(_notes(rows, complete, whole=whole)), ())


def _moments(
    rows: WindowedRows, columns: tuple[str, ...], errors: tuple[float | None, float | None], *, whole: bool
) -> list[Statement]:
    if not columns:
        return []
    grouped = rows.options.law.grouped
    raw = rows.encoder.encoding == "raw"
    space = "data" if raw else "scores"
    status = EXACT if grouped and whole else EXPECTED
    theorem = ("T1" if whole else "T1, T6") if grouped else "T2, T4"
    why = "groups of rows are rotated inside windows, and every window keeps its own sums and sums of products"
    if not grouped:
        why = "rows are mixed inside windows; means and, as far as the law keeps it, the covariance stay on average"
    elif not whole:
        why += "; the last pass is cut, so the whole is exact only on average"
    found = [
        Statement("mean", space, status, columns, theorem, why, "largest error in standard deviations",
                  error=errors[0] if raw else None),
        Statement("covariance", space, status, columns, theorem, why, "relative error of the covariance, ddof 0",
                  error=errors[1] if raw else None),
    ]  # fmt: skip
    if not raw:
        why = "scores are rotated, then decoded: the covariance in the data's own units moves a little"
        lost = Statement("covariance", "data", LOST, columns, "T7", why, "relative error of the covariance",
                         error=errors[1])  # fmt: skip
        found.insert(0, lost)  # the data's own units come before others
    return found


def _margins(rows: WindowedRows, *, whole: bool) -> list[Statement]:
    found = []
    latent = rows.encoder.latent_names
    if latent and rows.encoder.encoding == "normal":
        worst = max((rows.summary.errors.get(name, 0.0) for name in latent), default=0.0)
        why = (
            f"ranks and quantiles come from sketches, wrong by at most {worst:.2g} of the rows, beside the chance of "
            "the rotation"
        )
        found.append(Statement("marginals", "data", EXPECTED, latent, "T7", why, "largest error of a rank",
                               predicted=worst))  # fmt: skip
    elif latent:
        why = "mixed values have other distributions than their parents"
        found.append(Statement("marginals", "data", LOST, latent, "T2, T9", why, "largest error of a rank"))
    if rows.encoder.code_names:
        exact = rows.options.law.grouped and whole and rows.synthesizer.donor == "largest"
        why = "a group gives its rows' discrete columns to its rows, each once" if exact else "donors are drawn"
        status = EXACT if exact else EXPECTED
        found.append(Statement("category counts", "data", status, rows.encoder.code_names, "T5", why, "counts"))
    return found


def _notes(rows: WindowedRows, complete: tuple[str, ...], *, whole: bool) -> list[str]:
    notes = [
        (
            f"The source was read in {len(rows.sizes)} windows of {rows.sizes[0]:,} rows. Rows meet only rows of their "
            "own window: the nearest there are farther away than the nearest of the whole, so joint shape is kept less "
            "well; classes and patterns of missing values that are too rare in a window are pooled there."
        ),
        "No column is carried along with a column that it is a function of: that is looked for in memory only.",
    ]
    holed = [name for name in rows.encoder.latent_names if name not in complete]
    if holed:
        notes.append(
            f"Columns with missing values ({', '.join(holed)}) are exact within each pattern of missing values of a "
            "window that has enough rows of it; they are in no statement above."
        )
    if not whole:
        notes.append("The last pass over the source is cut short: exact statements hold for whole passes.")
    return notes


def _errors(rows: WindowedRows, columns: tuple[str, ...], output: Path) -> tuple[float, float]:
    """Return the largest error of a mean, in standard deviations, and the relative error of the covariance."""
    wanted = _sums(rows, rows.source, columns)
    made = open_source(output)
    found = _sums(rows, made, columns)
    made.close()
    spread = np.sqrt(np.diag(wanted.covariance))
    gap = np.abs(found.mean - wanted.mean)[spread > 0] / spread[spread > 0]
    return float(gap.max(initial=0.0)), relative_error(found, wanted)


def _sums(rows: WindowedRows, source: TableSource, columns: tuple[str, ...]) -> Moments:
    """Return the moments of the columns of numbers in a table, read as the encoder reads them."""
    places = [rows.encoder.latent_names.index(name) for name in columns]
    sums = Moments(len(places))
    for batch in all_batches(source):
        values, _ = rows.encoder.table_to_values(batch)
        sums.add(values[:, places])
    return sums
