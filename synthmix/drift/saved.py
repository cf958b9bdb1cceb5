"""A reference as a file: plain arrays and JSON, every hash checked, nothing executed."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.reference import Reference, ReferenceColumn, Sheet
from synthmix.errors import ModelFileError
from synthmix.model_file import read_model, told_as_damage, write_model
from synthmix.table.text_time import TextTime
from synthmix.table.times import Clock

FORMAT = "synthmix-reference"


def save(reference: Reference, path: str | Path) -> None:
    """Write a reference to `path`, whole or not at all."""
    sheet = reference.sheet
    arrays: dict[str, NDArray[Any]] = {}
    for place, column in enumerate(reference.columns):
        if column.kind == "numeric":
            arrays[f"column_{place}"] = sheet.numbers[column.name]
        elif column.kind == "discrete":
            arrays[f"column_{place}"] = sheet.codes[column.name]
    meta = {"n_rows": sheet.n_rows, "columns": [_described(column) for column in reference.columns]}
    write_model(path, meta, arrays, kind=FORMAT)


def load(path: str | Path) -> Reference:
    """Return the reference that was saved.

    Raises
    ------
    FileError, ModelFileError
        When the file cannot be read, is damaged, foreign or of another schema version.
    """
    meta, arrays = read_model(path, kind=FORMAT)
    with told_as_damage(f"{str(path)!r} describes no reference", "save the reference again"):
        return _made(meta, arrays, path)


def _made(meta: dict[str, Any], arrays: dict[str, NDArray[Any]], path: str | Path) -> Reference:
    columns = tuple(_column(state) for state in meta["columns"])
    sheet = Sheet(int(meta["n_rows"]), {}, {}, {})
    for place, column in enumerate(columns):
        if column.kind == "key":
            continue
        values = arrays[f"column_{place}"]
        if values.shape != (sheet.n_rows,):
            raise ModelFileError(f"column {column.name!r} of {str(path)!r} is damaged; save the reference again")
        if column.kind == "numeric":
            sheet.numbers[column.name] = np.ascontiguousarray(values, np.float64)
        else:
            codes = np.ascontiguousarray(values, np.int32)
            if codes.size and not -1 <= codes.min() <= codes.max() < len(column.labels):
                raise ModelFileError(f"column {column.name!r} of {str(path)!r} is damaged; save the reference again")
            sheet.codes[column.name] = codes
            sheet.invented[column.name] = ()
    return Reference(columns, sheet)


def _described(column: ReferenceColumn) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "family": column.family,
        "dtype": column.dtype,
        "unit": column.unit,
        "clock": asdict(column.clock),
        "text": None if column.text is None else column.text.to_layout(),
        "labels": [_plain(label) for label in column.labels],
    }


def _plain(label: Any) -> bool | int | float | str:
    """Return a label as JSON has it; others are looked up by their text anyway."""
    label = label.item() if isinstance(label, np.generic) else label
    if isinstance(label, bool | int | str) or (isinstance(label, float) and math.isfinite(label)):
        return label
    return str(label)


def _column(state: dict[str, Any]) -> ReferenceColumn:
    text = state["text"]
    return ReferenceColumn(
        **{
            **state,
            "clock": Clock(**state["clock"]),
            "text": None if text is None else TextTime(**text),
            "labels": tuple(state["labels"]),
        }
    )
