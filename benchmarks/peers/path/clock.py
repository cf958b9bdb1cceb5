"""Times of one call, for programs that run in a peer's environment; needs the standard library only."""

from __future__ import annotations

import contextlib
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

Times = dict[str, list[float]]


def timed(call: Callable[[], Any], times: Times) -> Any:
    """Call, add CPU and wall seconds to `times`, return the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    times.setdefault("cpu_s", []).append(time.process_time() - cpu)
    times.setdefault("wall_s", []).append(time.perf_counter() - wall)
    return result


def about(*packages: str) -> dict[str, Any]:
    """Return versions and the peak memory of this process."""
    return {
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in packages}},
        "peak_mib": peak_mib(),
    }


def peak_mib() -> float:
    """Return the peak memory of this program; what rusage says on Linux is at least that of whoever started it."""
    try:
        with Path("/proc/self/status").open(encoding="ascii") as lines:
            return next(int(line.split()[1]) / 2**10 for line in lines if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        unit = 2**20 if sys.platform == "darwin" else 2**10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


@dataclass
class Memory:
    """Memory above what was held before, in MiB; NaN where the system does not say."""

    mib: float = float("nan")


@contextlib.contextmanager
def memory_above() -> Iterator[Memory]:
    """Measure the peak of a block over what the process held when it began (Linux: the peak is set back)."""
    found, before = Memory(), float("nan")
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = peak_mib()
    yield found
    found.mib = peak_mib() - before


def require_shape(result: Any, rows: int, columns: int) -> None:
    """Raise unless `result` has this shape."""
    if result.shape != (rows, columns):
        raise ValueError(f"shape {result.shape}, not {(rows, columns)}")
