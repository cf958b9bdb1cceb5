"""The middle of a long chain on disk, so that a killed study loses seconds and not hours."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synthmix.collapse.regimes.base import Batch, State
from synthmix.collapse.store.parquet import comes_back, table_of
from synthmix.io.atomic import write_bytes

_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, eq=False)
class Middle:
    """A chain after some generation.

    Attributes
    ----------
    generation : int
        The last that is done.
    state : State
    previous : pandas.DataFrame
        The rows of that generation.
    numbers : pandas.DataFrame
        Measured so far.
    warned : list of str
    """

    generation: int
    state: State
    previous: pd.DataFrame
    numbers: pd.DataFrame
    warned: list[str]


def save_middle(path: Path, middle: Middle) -> bool:
    """Write the middle of a chain; False where a table would not come back from Parquet bit for bit.

    Then nothing is written, and a chain that is cut short starts again: slower, with the same numbers.
    """
    batches = {"pool": middle.state.pool, **{f"kept{i}": batch for i, batch in enumerate(middle.state.kept)}}
    tables = {name: batch.table for name, batch in batches.items()}
    tables |= {"previous": middle.previous, "numbers": middle.numbers}
    files: dict[str, bytes] = {}
    for name, table in tables.items():
        files[f"{name}.parquet"], same = comes_back(table)
        if not same:
            return False
    for name, batch in batches.items():
        files[f"{name}.ancestors"] = batch.ancestors.astype("<i8").tobytes()
        if batch.weights is not None:
            files[f"{name}.weights"] = batch.weights.astype("<f8").tobytes()
    about = {"generation": middle.generation, "kept": len(middle.state.kept), "warned": middle.warned}
    files["about.json"] = json.dumps(about).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), content)
    content = stream.getvalue()
    write_bytes(path, hashlib.sha256(content).digest() + content)
    return True


def load_middle(path: Path) -> Middle | None:
    """Return the middle of a chain, None where there is none or it is damaged: the chain then starts again."""
    try:
        whole = path.read_bytes()
        if hashlib.sha256(whole[32:]).digest() != whole[:32]:
            return None
        with zipfile.ZipFile(io.BytesIO(whole[32:])) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return None
    about: dict[str, Any] = json.loads(files["about.json"])
    kept = tuple(_batch(files, f"kept{i}") for i in range(about["kept"]))
    previous, numbers = (table_of(files[f"{name}.parquet"]) for name in ("previous", "numbers"))
    return Middle(about["generation"], State(_batch(files, "pool"), kept), previous, numbers, about["warned"])


def _batch(files: dict[str, bytes], name: str) -> Batch:
    weights = files.get(f"{name}.weights")
    return Batch(
        table_of(files[f"{name}.parquet"]),
        np.frombuffer(files[f"{name}.ancestors"], "<i8").astype(np.int64),
        None if weights is None else np.frombuffer(weights, "<f8").astype(np.float64),
    )
