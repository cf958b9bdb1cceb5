"""Results of one method on one task, kept one file each, so that a run that was stopped goes on where it was."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

import synthmix

Metrics = dict[str, list[float]]  # metric -> one number for each seed


@dataclass(frozen=True)
class Cell:
    """What is asked: a task, a method, its settings, and the seeds or splits it is run on."""

    paper: str
    task: str
    method: str
    settings: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()

    @property
    def key(self) -> str:
        """A name that is the same for the same question."""
        asked = json.dumps([self.paper, self.task, self.method, self.settings, self.seeds], sort_keys=True)
        words = "".join(c if c.isalnum() else "-" for c in f"{self.task}-{self.method}")
        return f"{words}-{hashlib.sha256(asked.encode()).hexdigest()[:10]}"


def run_cells(
    cells: list[tuple[Cell, Callable[[Cell], Metrics]]], folder: Path, processes: int = 1
) -> list[dict[str, Any]]:
    """Return the results of all cells, computing only those that `folder` does not hold.

    Results do not depend on `processes`: each cell is computed by one thread, whoever computes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [(cell, compute) for cell, compute in cells if not (folder / f"{cell.key}.json").is_file()]
    if processes == 1:
        for number, (cell, compute) in enumerate(missing, start=1):
            print(f"{number}/{len(missing)} {_run_one(cell, compute, folder)}", flush=True)
    else:
        context = multiprocessing.get_context("spawn")  # torch's threads do not survive a fork
        with ProcessPoolExecutor(processes, mp_context=context) as pool:
            running = [pool.submit(_run_one, cell, compute, folder) for cell, compute in missing]
            for number, done in enumerate(as_completed(running), start=1):
                print(f"{number}/{len(missing)} {done.result()}", flush=True)
    return kept([cell for cell, _ in cells], folder)


def kept(cells: list[Cell], folder: Path) -> list[dict[str, Any]]:
    """Return the results that `folder` holds, in the order of the cells."""
    paths = (folder / f"{cell.key}.json" for cell in cells)
    return [json.loads(path.read_text(encoding="utf-8")) for path in paths if path.is_file()]


def _run_one(cell: Cell, compute: Callable[[Cell], Metrics], folder: Path) -> str:
    """Compute a cell, keep it, and return a line about it."""
    torch.set_num_threads(1)
    began = time.perf_counter()
    metrics = compute(cell)
    seconds = time.perf_counter() - began
    content = {**_asked(cell), "metrics": metrics, "seconds": round(seconds, 2), "machine": machine()}
    _write(folder / f"{cell.key}.json", content)
    return f"{cell.task} {cell.method}: {seconds:.1f} s"


def _asked(cell: Cell) -> dict[str, Any]:
    return {
        "paper": cell.paper,
        "task": cell.task,
        "method": cell.method,
        "settings": cell.settings,
        "seeds": list(cell.seeds),
    }


def machine() -> dict[str, str]:
    """Return what numbers may depend on besides seeds."""
    return {
        "synthmix": synthmix.__version__,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "processor": platform.machine(),
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    """Write a file whole or not at all."""
    beside = path.with_suffix(f".{os.getpid()}.part")
    beside.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    beside.replace(path)


def keep(results: list[dict[str, Any]], path: Path) -> None:
    """Write all results of a paper to one file, which is what is committed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, {"date": time.strftime("%Y-%m-%d"), "results": results})
