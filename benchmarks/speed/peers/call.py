"""Ask a peer for its times: the table goes over as a Parquet file, the times come back as one line of JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers.ask import ask
from benchmarks.speed.settings import Settings
from benchmarks.speed.timing import NotAvailableError, Row, measured, not_available

HERE = Path(__file__).resolve().parent
PARTS = {"fit": "source row", "sample": "row"}  # imbalanced-learn has no fit of its own; its sample holds both


def peer_rows(peer: str, name: str, table: Any, rows: int, settings: Settings) -> tuple[list[Row], dict[str, Any]]:
    """Return JSON rows of the peer's fit and sample, and what it says about itself (versions, settings, memory)."""
    if not settings.peers:
        return absent(name, "peers were not asked for")
    try:
        answer = ask_about(peer, as_frame(table), rows)
    except NotAvailableError as error:
        return absent(name, str(error))
    units = {"fit": len(table), "sample": rows}
    cases = [
        measured(f"{name} {part}", answer[part]["cpu_s"], answer[part]["wall_s"], units[part], unit)
        for part, unit in PARTS.items()
        if part in answer
    ]
    return cases, {key: value for key, value in answer.items() if key not in PARTS}


def absent(name: str, reason: str) -> tuple[list[Row], dict[str, Any]]:
    """Return the rows of a peer that could not be asked."""
    return [not_available(f"{name} {part}", reason) for part in PARTS], {"not_available": reason}


def as_frame(table: Any) -> pd.DataFrame:
    """Return a frame: the peers know nothing else."""
    if isinstance(table, np.ndarray):
        return pd.DataFrame(table, columns=[f"x{j}" for j in range(table.shape[1])])
    return table


def ask_about(peer: str, table: pd.DataFrame, rows: int) -> dict[str, Any]:
    """Run the peer's program on `table` and return its answer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table.parquet"
        table.to_parquet(path)
        return ask(HERE / f"run_{peer}.py", HERE / f"requirements-{peer}.txt", str(path), str(rows))
