"""The page of what was measured, with a model of what was not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_GIB = 2**30


def page(results: Path) -> str:
    """Return docs/scale.md from the kept results; what is not measured yet is said to be so."""
    kept = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob("*.json"))}
    parts = [
        _HEAD,
        "\n".join(_throughput(kept.get("throughput"))),
        "\n".join(_windows(kept.get("windows"))),
        "\n".join(_adult(kept.get("adult"))),
        "\n".join(_workers(kept.get("workers"))),
        "\n".join(_kills(kept.get("kills"))),
    ]
    return "\n".join(parts) + "\n"


def _machine(found: dict[str, Any]) -> str:
    machine = found["machine"]
    return (
        f"Measured on {machine['processor']}, {machine['usable_cores']} cores, on {machine['date'][:10]}. **Where the load is "
        "above the number of cores other programs ran at the same time, and wall time says little.**"
    )


def _throughput(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## Any number of rows from a source that fits\n"
    if found is None:
        yield "Not measured yet: `python -m benchmarks.scale throughput`.\n"
        return
    yield f"{_machine(found)} A source of {found['source_rows']:,} rows and {found['columns']} columns of float64, to one "
    yield 'Parquet file, `memory="2GiB"`. The limit is pyarrow\'s own writer on rows that are there already, with the same'
    yield "compression and row groups. Seconds are those of writing; CPU is that of the whole process, start and fit included.\n"
    yield "| method | rows | load | limit s | stream s | share of the limit | limit CPU s | stream CPU s | peak GiB | rows/s | GB |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for turn in found["turns"]:
        limit, stream = turn["limit"], turn["stream"]
        yield (
            f"| {turn['method']} | {turn['rows']:,} | {turn['load'][0]:.1f} | {limit['seconds']:.1f} "
            f"| {stream['seconds']:.1f} | {_down(turn['share_of_limit'])} | {limit['cpu_seconds']:.0f} "
            f"| {stream['cpu_seconds']:.0f} | {_up(stream['peak_while_streaming'] / _GIB)} "
            f"| {turn['rows'] / stream['seconds']:,.0f} | {stream['bytes'] / 1e9:.2f} |"
        )
    yield ""


def _windows(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## A source that does not fit\n"
    if found is None:
        yield "Not measured yet: `python -m benchmarks.scale windows`.\n"
        return
    yield f'{_machine(found)} Sources of {found["columns"]} columns of float64, `memory="{found["memory"]}"`, as many rows out.\n'
    yield "| method | rows | GiB in memory | load | windows | rows of one | s | peak GiB | error of the covariance | sketch's error of ranks, stated | measured | source to output | chance alone, 99.9 % |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|---|"
    for name, one in found.items():
        if isinstance(one, dict) and "window_rows" in one:
            error = "" if one["covariance_error"] is None else f"{one['covariance_error']:.1e}"
            ranks = kept = chance = ""
            if "kept_rank_errors" in one:
                kept, ranks = f"{max(one['kept_rank_errors']):.1e}", f"{max(one['rank_errors']):.1e}"
                chance = f"{1.95 / one['rows'] ** 0.5:.1e}"  # the quantile of Kolmogorov's law
            yield (
                f"| {name} | {one['rows']:,} | {one['rows'] * found['columns'] * 8 / _GIB:.2f} "
                f"| {one['load'][0]:.1f} | {one['windows']} | {one['window_rows']:,} | {one['fit_seconds'] + one['seconds']:.0f} "
                f"| {_up(one['peak_while_streaming'] / _GIB)} | {error} | {one['sketch_error']:.1e} | {kept} | {ranks} | {chance} |"
            )
    yield ""
    yield "The error of the covariance is that of the whole, relative, in units of standard deviations; under normal scores"
    yield "it is in the data's own units, where nothing is promised (the scores' covariance is exact). The sketch's measured"
    yield "error is the largest difference between the distribution functions of the source and of the points that stand for"
    yield "it; source to output has the chance of the rotation as well, as large as that of as many independent draws.\n"


def _adult(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## A million rows of mixed types, end to end\n"
    if found is None:
        yield "Not measured yet: `python -m benchmarks.scale adult`.\n"
        return
    yield f"{_machine(found)} Load {found['load'][0]:.1f}. {found['rows']:,} rows and {found['columns']} columns made from adult by"
    yield f"resampling with noise; a CSV file of {found['csv_bytes'] / 1e6:.0f} MB to Parquet, then audits in processes of their own.\n"
    yield "| step | s | peak GiB |"
    yield "|---|---|---|"
    stream = found["stream"]
    yield f"| read and fit | {stream['fit_seconds']:.0f} | |"
    yield f"| write {stream['rows']:,} rows | {stream['seconds']:.0f} | {_up(stream['peak_while_streaming'] / _GIB)} |"
    for name, one in found.items():
        if name.startswith("audit"):
            if "seconds" in one:
                yield f"| {name} | {one['seconds']:.0f} | {_up(one['peak_bytes'] / _GIB)} |"
            else:
                why = one.get("error") or f"stopped after {one['stopped_after_seconds']} s"
                yield f"| {name} | {why} | |"
    yield ""


def _workers(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## Workers\n"
    if found is None:
        yield "Not measured yet: `python -m benchmarks.scale workers`.\n"
        return
    one = found["one_process_seconds"]
    yield f"{_machine(found)} Load {found['load'][0]:.1f}. {found['rows']:,} rows from a source of {found['source_rows']:,} rows and"
    yield f"{found['columns']} columns, near groups, to a folder; one process without Dask: {one:.1f} s. All workers share this machine.\n"
    yield "| workers | first call (sends the source) s | all rows s |"
    yield "|---|---|---|"
    for run in found["runs"]:
        yield f"| {run['workers']} | {run['first_seconds']:.1f} | {run['seconds']:.1f} |"
    rows = found["rows"] / one
    source = found["source_rows"] * found["columns"] * 8
    yield ""
    yield "### More machines: a model, not a measurement\n"
    yield "Tasks share nothing but the source, so W workers of one thread each, on machines that do not share cores or"
    yield "disks, take about `T = S W / B + R / (W r) + t R / P`: S bytes of the fitted source, B the bandwidth at which the"
    yield "scheduler sends them, R rows, r rows a second of one process, P rows of a part, and t about a millisecond of the"
    yield f"scheduler for each task. With r = {rows:,.0f} as measured above, S = {source / 1e6:.0f} MB, B = 1 GB/s, P = 262,144:\n"
    yield "| workers | 1e9 rows, s | rows/s |"
    yield "|---|---|---|"
    for workers in (1, 10, 100):
        seconds = source * workers / 1e9 + 1e9 / (workers * rows) + 1e-3 * 1e9 / 2**18
        yield f"| {workers} | {seconds:,.0f} | {1e9 / seconds:,.0f} |"
    yield ""
    yield "A shared disk or network that takes fewer bytes a second than the workers make is the limit instead.\n"


def _kills(found: dict[str, Any] | None) -> Iterator[str]:
    yield "## Kills\n"
    if found is None:
        yield "Not measured yet: `python -m benchmarks.scale kills`.\n"
        return
    yield f"`kill -9` at random moments of a run of {found['rows']:,} rows, then the same command again until it ends.\n"
    yield "| what | kills | half-written files | bytes equal those of a run left alone |"
    yield "|---|---|---|---|"
    for name, one in found["command"].items():
        yield f"| command, `{name}` | {one['kills']} | {one['half_written']} | {'yes' if one['same_bytes'] else 'NO'} |"
    if "workers" in found:
        workers = found["workers"]
        yield f"| a Dask worker of four | {workers['kills']} | 0 | {workers['same_bytes']} of {workers['kills']} |"


def _down(number: float) -> str:
    return f"{int(number * 100) / 100:.2f}"


def _up(number: float) -> str:
    return f"{-int(-number * 100 // 1) / 100:.2f}"


_HEAD = """# Beyond memory, beyond one machine

Written by `python -m benchmarks.scale page` from kept results.

    synthmix synthesize big.parquet out.parquet --rows 100000000 --memory 2GiB --resume

```python
from synthmix.scale import stream

stream("big.parquet", "out.parquet", 100_000_000, memory="2GiB", pairing="nearest")  # one file
stream(synthesizer, "out", 10**9, progress=True)  # a folder of Parquet files, from a fitted synthesizer
```

- **Sources**: fitted synthesizers, tables, Parquet, CSV and Arrow files, folders of Parquet or Arrow files, DuckDB
  relations and whatever else has `__arrow_c_stream__` (which is kept on disk once, in `TMPDIR`).
- **Sinks**: `.parquet`, `.csv`, `.arrow`, or a name without extension for a folder of Parquet files.
- **Fits or not.** A source takes about five times its size while it is fitted. Where that is more than `memory`, it is read
  twice instead, and mixed in windows: **the mean and the covariance of the whole stay exact under raw rotation**,
  rows meet only rows of their window, and the certificate says what that changes.
- **Kills.** Nothing has its final name before it is whole. With `resume` (in Python unless told otherwise, on the command
  line with `--resume`) a killed or failed run goes on from its last whole part when the same is run again, and the bytes are
  those of a run that was left alone. What is written lies in `.NAME.synthmix` beside the target; delete that to begin anew.
  A part is a row group, or a file of a folder: about 64 MiB and at most 262,144 rows. `row_group_rows=` (`--row-group`) makes
  it smaller, so that a kill loses less and progress is seen more often.
- **Fast or lifelike.** Left alone, a source in memory is chained, which takes about 20 microseconds of CPU a row of 20
  columns and a fit of about 65 a row; with `pairing="nearest"` both take about one, and that is what windows do.
- **Same rows.** From a source in memory, row i does not depend on batches, threads, partitions or workers. From windows
  it depends on `window_rows`, hence on `memory` unless that is given.
- **What a window cannot do**: `discrete="scores"`, trained maps, columns that are functions of others, and more than 50,000
  levels in a column: declare such a column a key, convert it, or leave it out.

On a cluster:

```python
from synthmix import dask as on_dask

table = on_dask.sample(synthesizer, 10**9, npartitions=1000)  # a Dask DataFrame with known divisions
on_dask.to_parquet(synthesizer, "/shared/out", 10**9)  # the files that stream() would write
exact = on_dask.rotate(ddf)  # each partition by itself, the whole exact
```

The synthesizer is sent once to each worker. Kernels are serial inside tasks: give workers one thread each.
`CollapseStudy.run(store, n_jobs=client)` runs studies there.
"""
