"""Rows from a fitted synthesizer to a file, batch by batch, and the certificate of what was written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from synthmix.io import check_output, check_place, table_writer

# The realised values of the certificate are computed on at most this many rows, so that memory stays bounded.
CERTIFIED_ROWS = 1_000_000
CERTIFIABLE_ROWS = 2  # a single row has no covariance
BATCH_ROWS = 65_536


def generate(synthesizer: Any, out: Path, n_rows: int, certificate_file: Path | None) -> None:
    """Write `n_rows` synthetic rows to `out`, print the certificate and, if asked, write it as JSON."""
    kept: list[Any] = []
    n_kept = 0
    with table_writer(out) as writer, _progress(n_rows) as advance:
        for batch in synthesizer.sample_batches(n_rows, BATCH_ROWS):
            writer.write(batch)
            advance(len(batch))
            if n_kept < CERTIFIED_ROWS:
                kept.append(batch)
                n_kept += len(batch)
    measurable = n_kept >= CERTIFIABLE_ROWS
    certificate = synthesizer.certificate(_joined(kept)) if measurable else synthesizer.certificate()
    print(f"{n_rows} synthetic {'row' if n_rows == 1 else 'rows'} written to {out} (seed {synthesizer.seed_})")
    if not measurable:
        print(f"Realised values need {CERTIFIABLE_ROWS} rows; below is what theory says.")
    elif n_kept < n_rows:
        print(f"The realised values below are those of the first {n_kept} rows.")
    print()
    print(certificate)
    if certificate_file is not None:
        certificate.to_json(certificate_file)
        print(f"\ncertificate written to {certificate_file}")


def check_outputs(out: Path, certificate_file: Path | None) -> None:
    """Raise before the work what would otherwise be raised after it: one of the files cannot be written."""
    check_output(out)
    if certificate_file is not None:
        check_place(certificate_file)


def certificate_path(out: Path, beside: bool, chosen: Path | None) -> Path | None:
    """Return where the certificate goes: the chosen file, ``OUT.certificate.json`` beside the output, or nowhere."""
    if chosen is not None:
        return chosen
    return out.with_name(out.name + ".certificate.json") if beside else None


def _joined(batches: list[Any]) -> Any:
    import pandas as pd
    import pyarrow as pa

    if len(batches) == 1:
        return batches[0]
    return pa.concat_tables(batches) if isinstance(batches[0], pa.Table) else pd.concat(batches, ignore_index=True)


@contextmanager
def _progress(n_rows: int) -> Iterator[Callable[[int], None]]:
    """Yield a function that advances a bar on standard error; there is no bar where that is no terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("rows"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("rows", total=n_rows)
        yield lambda rows: bar.update(task, advance=rows)
