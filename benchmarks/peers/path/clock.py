"""Times of one call, for programs that run in a peer's environment; needs the standard library only."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
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
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "versions": {"python": sys.version.split()[0], **{name: version(name) for name in packages}},
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
    }


def require_shape(result: Any, rows: int, columns: int) -> None:
    """Raise unless `result` has this shape."""
    if result.shape != (rows, columns):
        raise ValueError(f"shape {result.shape}, not {(rows, columns)}")
