"""Environments of the peers: built when first asked for, from pinned requirements, and kept."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.speed.timing import NotAvailableError

HERE = Path(__file__).resolve().parent
ENVIRONMENTS = HERE.parents[1] / ".envs"


def requirements(peer: str) -> Path:
    """Return the file that pins everything `peer` needs."""
    return HERE / f"requirements-{peer}.txt"


def python_of(peer: str) -> Path:
    """Return the interpreter of the peer's environment; build it unless it is there and its pins are unchanged."""
    folder = ENVIRONMENTS / peer
    stamp, wanted = folder / "built-from", hashlib.sha256(requirements(peer).read_bytes()).hexdigest()
    python = folder / "bin" / "python"
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"building {folder} (minutes, once)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--no-deps", "--requirement", str(requirements(peer))])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def run(command: list[str]) -> None:
    """Run a command, and say what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotAvailableError(f"{' '.join(command[:4])} ... failed: {done.stderr[-500:]}")
