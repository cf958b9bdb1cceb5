"""Rows from a fitted synthesizer to a file, batch by batch, and the certificate of what was written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from synthmix.io import check_place

MEMORY = "2GiB"


def generate(
    source: Any,
    out: Path,
    n_rows: int | None,
    certificate_file: Path | None,
    **options: Any,
) -> None:
    """Write synthetic rows of `source` to `out`, print the certificate and, if asked, write it as JSON.

    `options` are those of :func:`synthmix.scale.stream`.
    """
    from synthmix.scale.run import CERTIFIABLE_ROWS, CERTIFIED_ROWS, stream

    done = stream(source, out, n_rows, progress=True, **options)
    rows = done.n_rows
    certificate = done.certificate()
    if certificate_file is not None:
        certificate.to_json(certificate_file)
    print(f"{rows} synthetic {'row' if rows == 1 else 'rows'} written to {out} (seed {done.seed})")
    if done.resumed_rows:
        print(f"{done.resumed_rows} of them were there from a run that was cut short.")
    if rows < CERTIFIABLE_ROWS:
        print(f"Realised values need {CERTIFIABLE_ROWS} rows; below is what theory says.")
    elif done.synthesizer is not None and rows > CERTIFIED_ROWS:
        print(f"The realised values below are those of the first {CERTIFIED_ROWS} rows.")
    print()
    print(certificate)
    if certificate_file is not None:
        print(f"\ncertificate written to {certificate_file}")


def check_outputs(out: Path, certificate_file: Path | None, *, resume: bool) -> None:
    """Raise before the work what would otherwise be raised after it: one of the files cannot be written."""
    from synthmix.scale.output import kind_of_sink

    kind_of_sink(out, resume=resume)
    if certificate_file is not None:
        check_place(certificate_file)


def certificate_path(out: Path, beside: bool, chosen: Path | None) -> Path | None:
    """Return where the certificate goes: the chosen file, ``OUT.certificate.json`` beside the output, or nowhere."""
    if chosen is not None:
        return chosen
    return out.with_name(out.name + ".certificate.json") if beside else None
