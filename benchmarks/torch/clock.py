"""Time work on a device: events of a GPU, the wall clock on the CPU; the median of repeats after a warm-up."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def seconds(work: Callable[[], object], device: torch.device, repeats: int, limit: float = 5.0) -> dict[str, float]:
    """Return median and minimum of the seconds that `work` takes; fewer repeats where they would take over `limit`."""
    work()
    spent: list[float] = []
    begun = time.perf_counter()
    while len(spent) < repeats and (len(spent) < 3 or time.perf_counter() - begun < limit):
        spent.append(_once(work, device))
    return {"median": statistics.median(spent), "minimum": min(spent), "repeats": len(spent)}


def _once(work: Callable[[], object], device: torch.device) -> float:
    if device.type != "cuda":
        start = time.perf_counter()
        work()
        return time.perf_counter() - start
    first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    torch.cuda.synchronize()
    first.record()
    work()
    last.record()
    last.synchronize()
    return first.elapsed_time(last) / 1000.0
