"""Peak resident memory of the raw path, in a fresh process that has compiled before."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.speed.settings import Settings
from benchmarks.speed.timing import NotAvailableError

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
MIB = 2**20


def status_mib(key: str) -> float:
    """Return ``VmHWM`` (the peak) or ``VmRSS`` (now) of this process."""
    for line in STATUS.read_text(encoding="utf-8").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise NotAvailableError(f"{STATUS} has no {key}")


def forget_peak() -> bool:
    """Set the peak back to what is resident now; return whether the system allows it."""
    try:
        CLEAR.write_text("5", encoding="utf-8")
    except OSError:
        return False
    return True


def child(rows_in: int, columns: int, rows_out: int, method: str) -> None:
    """Compile on a small table, forget the peak, then fit and sample the large one; print what was resident."""
    import numpy as np

    from benchmarks.speed import ours
    from benchmarks.speed.tables import numeric

    def run(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
        X = numeric(n, columns)
        made = ours.fit(X, method, "random")
        return X, made.sample(m)

    run(1_000, 2_000)
    X = numeric(rows_in, columns)
    reset = forget_peak()
    before = status_mib("VmRSS")
    fitted = ours.fit(X, method, "random")
    after_fit = status_mib("VmHWM")
    out = np.full((rows_out, columns), 1.0) if ours.has_out() else None
    forget_peak()
    result = fitted.sample(rows_out) if out is None else ours.into(fitted, rows_out, out)()
    peak = max(after_fit, status_mib("VmHWM"))
    source, output = X.nbytes / MIB, result.nbytes / MIB
    print(
        json.dumps(
            {
                "method": method,
                "peak_mib": peak,
                "before_fit_mib": before,
                "peak_of_fit_mib": after_fit,
                "source_mib": source,
                "output_mib": output,
                "overhead_mib": peak - before - output,
                "peak_could_be_reset": reset,
            }
        )
    )


def measure(settings: Settings) -> dict[str, Any]:
    """Run the child twice; the second run loads what the first compiled, so that the compiler takes no memory."""
    if not STATUS.exists():
        return {"cases": [], "not_available": "this system has no /proc/self/status"}
    sizes = settings.sizes
    numbers = (str(sizes.rows_in), str(sizes.columns), str(sizes.rows_out))
    found = {}
    for method in ("uniform", "rotation"):
        code = f"from benchmarks.speed.sections.memory import child; child({', '.join(numbers)}, {method!r})"
        for _ in range(2):
            found[method] = answer(code)
    worst = max(entry["overhead_mib"] for entry in found.values())
    return {"cases": [], "methods": list(found.values()), "overhead_mib": worst}


def answer(code: str) -> dict[str, Any]:
    """Return what a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root())
    last: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return last


def root() -> Path:
    """Return the folder that holds ``benchmarks``."""
    return Path(__file__).resolve().parents[3]
