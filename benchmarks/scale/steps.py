"""Single measurements, each in a process of its own: ``python -m benchmarks.scale.steps NAME KEY=VALUE ...``."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROW_GROUP = 2**18


def measured(name: str, **given: Any) -> dict[str, Any]:
    """Run a step in a fresh process; return what it says, with its wall and CPU seconds and its peak memory."""
    words = [f"{key}={value}" for key, value in given.items()]
    command = [sys.executable, "-m", "benchmarks.scale.steps", name, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} {given}: {done.stderr}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def normal_table(n: int, d: int, key: int) -> Any:
    """Return a table of n rows and d correlated columns of float64."""
    import pyarrow as pa

    random = np.random.Generator(np.random.Philox(key=key))
    mixing = np.random.Generator(np.random.Philox(key=1)).normal(size=(d, d))
    rows = random.normal(size=(n, d)) @ mixing
    return pa.table({f"c{j:02d}": rows[:, j] for j in range(d)})


def make(path: str, rows: str, columns: str) -> dict[str, Any]:
    """Write a source of any size, a million rows at a time."""
    import pyarrow.parquet as pq

    n, d = int(rows), int(columns)
    with pq.ParquetWriter(path, normal_table(2, d, 0).schema, compression="lz4", use_dictionary=False) as writer:
        for number, start in enumerate(range(0, n, 10**6)):
            writer.write_table(normal_table(min(10**6, n - start), d, number), row_group_size=ROW_GROUP // 2)
    return {"bytes": Path(path).stat().st_size}


def limit(source: str, sink: str, rows: str) -> dict[str, Any]:
    """Write as many rows as batches that are there already: what the disk and the format allow."""
    import os

    import pyarrow.parquet as pq

    from synthmix import MixupSynthesizer

    table, total = pq.read_table(source), int(rows)
    made = MixupSynthesizer(encoding="raw", pairing="random", random_state=1).fit(table).sample(table.num_rows)
    del table
    began, written = time.perf_counter(), 0
    with pq.ParquetWriter(sink, made.schema, compression="lz4", use_dictionary=False) as writer:
        while written < total:
            for start in range(0, made.num_rows, ROW_GROUP):
                part = made.slice(start, min(ROW_GROUP, total - written))
                writer.write_table(part, row_group_size=ROW_GROUP)
                written += part.num_rows
                if written >= total:
                    break
    with Path(sink).open("rb") as file:
        os.fsync(file.fileno())
    return {"seconds": time.perf_counter() - began, "bytes": Path(sink).stat().st_size, "rows": written}


def stream(source: str, sink: str, rows: str = "", memory: str = "2GiB", **options: str) -> dict[str, Any]:
    """Stream a source to a sink; seconds are those of writing rows, after the source is fitted."""
    from synthmix.scale import run

    clock: dict[str, float] = {}
    write = run.write_rows

    def timed(*given: Any) -> int:
        clock["fitted"] = time.perf_counter()
        return write(*given)

    run.write_rows = timed  # type: ignore[assignment]
    began = time.perf_counter()
    mode = options.pop("mode", "auto")
    certified = options.pop("certificate", "")
    done = run.stream(
        source,
        sink,
        int(rows) if rows else None,
        memory=memory,
        mode=mode,
        random_state=1,
        **options,  # type: ignore[arg-type]
    )
    ended = time.perf_counter()
    found: dict[str, Any] = {
        "rows": done.n_rows,
        "fit_seconds": clock["fitted"] - began,
        "seconds": ended - clock["fitted"],
        "bytes": size(Path(sink)),
        "mode": "memory" if done.windows is None else "windows",
    }
    found["peak_while_streaming"] = peak()
    if certified:
        certificate = done.certificate()
        found["covariance_error"] = certificate["covariance"].error
        found["windows"] = certificate.facts.get("windows")
        found["window_rows"] = certificate.facts.get("window_rows")
        found["sketch_error"] = max(certificate.facts["sketch_errors"].values(), default=0.0)
    return found


def margins(source: str, made: str, columns: str = "3") -> dict[str, Any]:
    """Return the largest difference between the distribution functions of two files, over some columns."""
    import pyarrow.parquet as pq

    gaps = []
    for j in range(int(columns)):
        one, other = (np.sort(pq.read_table(path, columns=[f"c{j:02d}"])[0].to_numpy()) for path in (source, made))
        places = np.searchsorted(other, one, "right") / other.size
        gaps.append(float(np.abs(places - np.arange(1, one.size + 1) / one.size).max()))
    return {"rank_errors": gaps}


def sketch(source: str, columns: str = "3") -> dict[str, Any]:
    """Return the largest difference between the distribution functions of a source and of what is kept of it."""
    import pyarrow.parquet as pq

    from synthmix.scale.sources.base import all_batches
    from synthmix.scale.sources.opening import open_source
    from synthmix.scale.summary.table import TableSummary

    opened = open_source(source)
    summary = TableSummary(opened.schema, {})
    summary.add_all(all_batches(opened))
    small, gaps = summary.small_table(1), []
    for j in range(int(columns)):
        kept = np.sort(small[f"c{j:02d}"].to_numpy())
        real = np.sort(pq.read_table(source, columns=[f"c{j:02d}"])[0].to_numpy())
        places = np.searchsorted(real, kept, "right") / real.size
        below = np.searchsorted(real, kept, "left") / real.size
        number = np.arange(kept.size)
        gaps.append(
            float(max(np.abs(places - (number + 1) / kept.size).max(), np.abs(below - number / kept.size).max()))
        )
    return {"kept_rank_errors": gaps, "stated": max(summary.errors.values())}


def size(path: Path) -> int:
    """Return the bytes of a file or of the files of a folder."""
    return sum(one.stat().st_size for one in path.iterdir()) if path.is_dir() else path.stat().st_size


def peak() -> int:
    """Return the most bytes that this process has held.

    On Linux from its own status: what ``getrusage`` says counts what the process that started it had held by then.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


STEPS = {"make": make, "limit": limit, "stream": stream, "margins": margins, "sketch": sketch}


def main() -> None:
    name, *words = sys.argv[1:]
    given: dict[str, str] = {}
    for word in words:
        key, _, value = word.partition("=")
        given[key] = value
    began = time.perf_counter()
    found = STEPS[name](**given)
    spent = resource.getrusage(resource.RUSAGE_SELF)
    found |= {
        "wall_seconds": time.perf_counter() - began,
        "cpu_seconds": spent.ru_utime + spent.ru_stime,
        "peak_bytes": peak(),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
