"""Ask a program of another environment: it gets arguments, and answers with one line of JSON."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.peers.environments import python_of
from benchmarks.speed.machine import one_thread
from benchmarks.speed.timing import NotAvailableError

SHARED = Path(__file__).resolve().parent / "path"  # all that such a program may import of ours: clock.py
LIMIT_S = 3600


class TookTooLongError(NotAvailableError):
    """The program was ended after the CPU seconds that it had allowed itself."""


def ask(program: Path, requirements: Path, *arguments: str) -> dict[str, Any]:
    """Run `program` with one thread in the environment that `requirements` pins and return its answer.

    Raises
    ------
    NotAvailableError
        When the environment cannot be built, or the program fails or takes more than an hour; TookTooLongError, which
        is one, when it used up its CPU seconds.
    """
    python = python_of(requirements)
    environment = {**os.environ, **one_thread(), "PYTHONPATH": str(SHARED)}
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python), str(program), *arguments]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=LIMIT_S, env=environment, cwd=folder
            )
        except subprocess.TimeoutExpired as error:
            raise NotAvailableError(f"{program.stem} took longer than {LIMIT_S} s") from error
    if done.returncode == -signal.SIGXCPU:
        raise TookTooLongError(f"{program.stem} used up its CPU seconds")
    if done.returncode != 0:
        raise NotAvailableError(f"{program.stem} failed: {done.stderr[-500:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
