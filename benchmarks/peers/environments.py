"""Environments of the peers: built when first asked for, from pinned requirements, and kept."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.speed.timing import NotAvailableError

ENVIRONMENTS = Path(__file__).resolve().parents[1] / ".envs"


def python_of(requirements: Path) -> Path:
    """Return the interpreter of an environment with what ``requirements-NAME.txt`` pins, nothing else.

    It is built unless it is there and its pins are unchanged.
    """
    folder = ENVIRONMENTS / requirements.stem.removeprefix("requirements-")
    stamp, wanted = folder / "built-from", hashlib.sha256(requirements.read_bytes()).hexdigest()
    python = folder / "bin" / "python"
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"building {folder} (minutes, once)", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    run([*pip, "install", "--no-deps", "--requirement", str(requirements)])
    stamp.write_text(wanted, encoding="utf-8")
    return python


def run(command: list[str]) -> None:
    """Run a command, and say what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotAvailableError(f"{' '.join(command[:4])} ... failed: {done.stderr[-500:]}")
