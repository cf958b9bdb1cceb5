"""A million rows and 30 columns made from adult, from CSV to Parquet with an audit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.real_tables import data_folder
from benchmarks.scale.steps import measured, peak

_AUDITED = 20_000  # rows of each side of the second audit
_PATIENCE = 3600  # seconds of an audit


def mixed_table(n: int, key: int = 0) -> pd.DataFrame:
    """Return n rows of adult, drawn with noise, and 15 more columns made of them."""
    real = pd.read_csv(data_folder() / "adult.csv")
    random = np.random.Generator(np.random.Philox(key=key))
    table = real.iloc[random.integers(0, len(real), n)].reset_index(drop=True)
    numbers = list(table.select_dtypes("number"))
    for name in numbers:
        spread = real[name].std()
        moved = table[name] + np.where(table[name] == 0, 0, np.rint(random.normal(scale=0.05 * spread, size=n)))
        table[name] = moved.clip(real[name].min(), real[name].max()).astype("int64")
        noisy = table[name] / spread + random.normal(scale=0.5, size=n)
        table[f"{name}_score"] = noisy.round(3)
        table[f"{name}_share"] = noisy.rank() / n
    table["seen"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(random.integers(0, 700, n), unit="D")
    table["member"] = random.random(n) < 0.4
    table["region"] = random.choice(["north", "south", "east", "west"], n)
    return table


def adult(folder: Path, rows: int, *, quick: bool) -> dict[str, Any]:
    """Return seconds and peak memory of every step; all rows are audited at level quick, fewer at level standard."""
    mixed_table(rows).to_csv(folder / "in.csv", index=False)
    mixed_table(rows, key=1).to_csv(folder / "held.csv", index=False)
    found: dict[str, Any] = {
        "rows": rows,
        "columns": int(pd.read_csv(folder / "in.csv", nrows=5).shape[1]),
        "csv_bytes": (folder / "in.csv").stat().st_size,
        "load": os.getloadavg(),
    }
    found["stream"] = measured(
        "stream",
        source=folder / "in.csv",
        sink=folder / "out.parquet",
        memory="4GiB",
        target="income",
        pairing="nearest",
    )
    print(json.dumps(found["stream"]), flush=True)
    few = min(rows, 2000 if quick else _AUDITED)
    for name, level, n in (
        ("audit, all rows, quick", "quick", rows),
        (f"audit, {few:,} rows, standard", "standard", few),
    ):
        found[name] = _audited(folder, level, n)
        print(name, json.dumps(found[name]), flush=True)
    return found


def _audited(folder: Path, level: str, rows: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.scale.mixed", str(folder), level, str(rows)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)
    except subprocess.TimeoutExpired:
        return {"stopped_after_seconds": _PATIENCE}
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1]}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def main() -> None:
    import synthmix
    from synthmix.io import read_table

    folder, level, rows = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    began = time.perf_counter()
    real, held = (read_table(folder / f"{name}.csv").head(rows) for name in ("in", "held"))
    made = read_table(folder / "out.parquet").slice(0, rows).to_pandas()
    read = time.perf_counter() - began
    report = synthmix.audit(real, made, held, target="income", level=level, n_jobs=2)  # type: ignore[arg-type]
    spent = {"read_seconds": read, "seconds": time.perf_counter() - began - read, "peak_bytes": peak()}
    print(json.dumps({**spent, "verdict": report.verdict, "rows": rows}))


if __name__ == "__main__":
    main()
