"""What the numbers depend on: processor, caches, memory, versions."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import resource
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

PACKAGES = ("synthmix", "numpy", "scipy", "numba", "llvmlite", "pandas", "pyarrow", "scikit-learn")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def one_thread() -> dict[str, str]:
    """Return environment variables that keep linear algebra on one thread: CPU time is compared thread for thread."""
    return dict.fromkeys(THREAD_VARIABLES, "1")


def describe() -> dict[str, Any]:
    """Return everything about the machine that belongs beside a time."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": processor(),
        "architecture": platform.machine(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "caches": caches(),
        "memory_gib": memory_gib(),
        "huge_pages": first_line("/sys/kernel/mm/transparent_hugepage/enabled"),
        "load_average": os.getloadavg(),
        "system": platform.system(),
        "python": sys.version.split()[0],
        "versions": versions(),
        "blas_threads": os.environ.get("OMP_NUM_THREADS"),
    }


def versions() -> dict[str, str]:
    """Return versions of the packages that are installed."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def processor() -> str:
    """Return the processor's name."""
    for line in lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def caches() -> dict[str, str]:
    """Return the sizes of the first core's caches, such as ``{"L1 Data": "32K"}``."""
    found = {}
    for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
        level, kind, size = (first_line(index / part) for part in ("level", "type", "size"))
        found[f"L{level} {kind}"] = size
    return found


def memory_gib() -> float:
    """Return the installed memory."""
    return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)


def available_bytes() -> int:
    """Return memory that can be used without swapping."""
    for line in lines("/proc/meminfo"):
        if line.startswith("MemAvailable"):
            return int(line.split()[1]) * 1024
    return int(memory_gib() * 2**29)  # without a better answer, half of what is there


def peak_mib() -> dict[str, float]:
    """Return the highest resident memory of this process and of its largest child so far."""
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "this_process": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit,
        "largest_child": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit,
    }


def lines(path: str) -> list[str]:
    """Return the lines of a file, none where there is no such file."""
    file = Path(path)
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def first_line(path: str | Path) -> str:
    """Return the first line of a file, "unknown" where there is none."""
    return next(iter(lines(str(path))), "unknown")
