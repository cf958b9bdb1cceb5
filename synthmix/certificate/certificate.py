"""The certificate as an object: statements, and how they are printed and stored."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

EXACT = "exact"
EXPECTED = "in expectation"
LOST = "not preserved"
SCHEMA = "synthmix-certificate/1"


@dataclass(frozen=True)
class Statement:
    """One claim about a synthetic table.

    Attributes
    ----------
    name : str
        What the claim is about, such as "covariance".
    space : {"data", "scores", "latent"}
        The units in which it holds: the table's own, normal scores before decoding, or latent coordinates before the
        decoder network.
    status : {"exact", "in expectation", "not preserved"}
        "exact" holds in every draw to rounding; "in expectation" on average over draws, up to the predicted value.
    columns : tuple of str
        The columns that it is about.
    theorem, reason : str
        The theorem of docs/theory.md that it rests on, and why that applies here.
    measure : str
        What the numbers `predicted` and `realised` are.
    predicted, realised, standard_error : float or None
        Predicted and realised value of the measure, and the sampling error that theory predicts; for a mean over
        columns the mean of theirs, which is the most that it can be. `realised` is None without a sample; None
        elsewhere means that theory gives no number.
    error, expected_error : float or None
        Relative error of the whole object (Frobenius norm, columns in units of their standard deviation) on the
        sample, and its root mean square by theory.
    """

    name: str
    space: str
    status: str
    columns: tuple[str, ...]
    theorem: str
    reason: str
    measure: str
    predicted: float | None = None
    realised: float | None = None
    standard_error: float | None = None
    error: float | None = None
    expected_error: float | None = None


@dataclass(frozen=True, repr=False)
class Certificate:
    """What a synthesizer preserves, exactly, in expectation or not, and why.

    Attributes
    ----------
    statements : tuple of Statement
    facts : dict
        Sizes, options, seed, cells, copied and pooled rows, keys.
    notes : tuple of str
        What a reader must know besides: pooled cells, fresh keys, limits.
    columns : tuple of dict
        For each continuous column: mean, variance factor, skewness, kurtosis, predicted and realised.
    """

    statements: tuple[Statement, ...]
    facts: dict[str, Any]
    notes: tuple[str, ...]
    columns: tuple[dict[str, Any], ...]

    def __getitem__(self, asked: str | tuple[str, str]) -> Statement:
        """Return the statement of a name, or of a name and a space; by name the data's own units come before others."""
        name, space = (asked, None) if isinstance(asked, str) else asked
        for statement in self.statements:
            if statement.name == name and space in (None, statement.space):
                return statement
        raise KeyError(f"no statement {asked!r}; there are {[(s.name, s.space) for s in self.statements]}")

    @property
    def table(self) -> pd.DataFrame:
        """A row for each statement, in the order of :attr:`statements`, with its fields as columns."""
        import pandas as pd

        return pd.DataFrame(
            [asdict(statement) for statement in self.statements], columns=[f.name for f in fields(Statement)]
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain dicts, lists, strings and numbers; what is not a finite number becomes None."""
        content = {
            "schema": SCHEMA,
            "facts": self.facts,
            "statements": [asdict(statement) for statement in self.statements],
            "columns": list(self.columns),
            "notes": list(self.notes),
        }
        plain: dict[str, Any] = _plain(content)
        return plain

    def to_json(self, path: str | Path | None = None) -> str:
        """Return the certificate as JSON text; with `path` also write it there, whole or not at all."""
        text = json.dumps(self.to_dict(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
        if path is not None:
            from synthmix.io.atomic import atomic_write

            with atomic_write(path) as stream:
                stream.write(text.encode())
        return text

    def __repr__(self) -> str:
        counts = {status: sum(s.status == status for s in self.statements) for status in (EXACT, EXPECTED, LOST)}
        return f"<Certificate: {', '.join(f'{number} {status}' for status, number in counts.items())}>"

    def _repr_html_(self) -> str:
        from synthmix.certificate.card import certificate_card

        return certificate_card(self).html()

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _lines(certificate: Certificate) -> Iterator[str]:
    facts = certificate.facts
    yield "synthmix certificate"
    yield f"  source   {facts['source_rows']:,} rows, {facts['source_columns']} columns"
    if facts["sample_rows"] is not None:
        yield f"  sample   {facts['sample_rows']:,} rows, {facts['passes']}"
    else:
        yield "  sample   none given: predictions for one whole pass over the source"
    yield f"  method   weights {facts['weights']}, pairing {facts['pairing']}, encoding {facts['encoding']!r}"
    yield f"           grid {facts['grid']!r}, seed {facts['seed']}"
    for status in (EXACT, EXPECTED, LOST):
        chosen = [s for s in certificate.statements if s.status == status]
        if chosen:
            yield ""
            yield {EXACT: "EXACT, in every draw", EXPECTED: "IN EXPECTATION, over draws", LOST: "NOT PRESERVED"}[status]
        for statement in chosen:
            yield from _statement_lines(statement)
    if certificate.notes:
        yield ""
        yield "NOTES"
        for note in certificate.notes:
            yield from textwrap.wrap(note, 100, initial_indent="  - ", subsequent_indent="    ")


def _statement_lines(statement: Statement) -> Iterator[str]:
    units = {"data": "", "scores": " of the scores", "latent": " of the latent coordinates"}[statement.space]
    columns = ", ".join(statement.columns)
    if len(columns) > 60:
        columns = f"{len(statement.columns)} columns"
    yield f"  {statement.name}{units}: {columns}"
    why = f"{statement.theorem}: {statement.reason}" if statement.theorem else statement.reason
    yield from textwrap.wrap(why, 100, initial_indent="      ", subsequent_indent="      ")
    numbers = _numbers(statement)
    if numbers:
        yield from textwrap.wrap(
            f"{statement.measure}: {numbers}", 100, initial_indent="      ", subsequent_indent="        "
        )


def _numbers(statement: Statement) -> str:
    parts = []
    if statement.predicted is not None:
        spread = f" +- {statement.standard_error:.2g}" if statement.standard_error else ""
        parts.append(f"predicted {_number(statement.predicted)}{spread}")
    if statement.realised is not None:
        parts.append(f"realised {_number(statement.realised)}")
    if statement.error is not None:
        expected = f" (theory {statement.expected_error:.2g})" if statement.expected_error is not None else ""
        parts.append(f"relative error {statement.error:.2g}{expected}")
    return ", ".join(parts)


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) >= 1e-4 or value == 0 else f"{value:.2g}"
