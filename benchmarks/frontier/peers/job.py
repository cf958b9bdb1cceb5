"""What every peer does: read the job, fit, sample, write the table, answer. Runs in the peer's environment."""

from __future__ import annotations

import json
import resource
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from clock import Times, about, memory_above, timed


@dataclass(frozen=True)
class Job:
    """What is asked: a table, its columns of levels, and the options of the setting."""

    table: pd.DataFrame
    discrete: list[str]
    rows: int
    seed: int
    options: dict[str, Any]


def work(fit: Callable[[Job], Any], sample: Callable[[Any, Job], pd.DataFrame], packages: tuple[str, ...]) -> None:
    """Do the job of the file that is named on the command line and print the answer as one line of JSON."""
    warnings.simplefilter("ignore")
    asked = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    table = pd.read_parquet(asked["table"])
    for name in asked["discrete"]:
        table[name] = table[name].astype(object)
    job = Job(table, asked["discrete"], asked["rows"], asked["seed"], asked["options"])
    resource.setrlimit(resource.RLIMIT_CPU, (asked["cap_s"], asked["cap_s"] + 30))  # the system ends what takes longer
    times: dict[str, Times] = {"fit": {}, "sample": {}}
    with memory_above() as memory:
        fitted = timed(lambda: fit(job), times["fit"])
        made = timed(lambda: sample(fitted, job), times["sample"])
    if len(made) != job.rows:
        raise ValueError(f"{len(made)} rows, not {job.rows}")
    out = made.reset_index(drop=True)[list(table)]
    for name in job.discrete:
        out[name] = out[name].astype(object).where(out[name].notna(), None).map(str, na_action="ignore")
    out.to_parquet(asked["out"])
    seconds = {part: {name: spent[0] for name, spent in one.items()} for part, one in times.items()}
    print(json.dumps({"seconds": seconds, "peak_mib": memory.mib, "versions": about(*packages)["versions"]}))
