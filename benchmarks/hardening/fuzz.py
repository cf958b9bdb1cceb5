"""Changed files for every reader, in processes of bounded memory: a result or a documented error, and nothing else.

Cases run in a process of their own, which may ask for ``ROOM`` more bytes than it has when it begins, and has
``SECONDS`` for each case. When it dies, the case is a failure and the next process goes on after it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.hardening.files import TARGETS, Target

ROOM = 1 << 30  # bytes
SECONDS = 30
_CHILD = "SYNTHMIX_FUZZ_CHILD"


class Hung(BaseException):
    """A case took too long; no handler of errors may hide it."""


def fuzz(examples: int, seed: int, minutes: float) -> dict[str, Any]:
    """Read about `examples` changed files over all targets; return outcomes and failures."""
    end = time.monotonic() + 60 * minutes
    total = sum(TARGETS[name].share for name in TARGETS)  # type: ignore[attr-defined]
    outcomes: dict[str, dict[str, int]] = {}
    failures: list[dict[str, Any]] = []
    for name in TARGETS:
        number = round(examples * TARGETS[name].share / total)  # type: ignore[attr-defined]
        found = Counter[str]()
        for case in _cases(name, number, seed, end):
            found[case["outcome"]] += 1
            if case["outcome"] not in ("result", "documented error"):
                failures.append({"target": name, **case})
        outcomes[name] = dict(sorted(found.items()))
        print(name, outcomes[name], flush=True)
    return {"seed": seed, "inputs": sum(sum(one.values()) for one in outcomes.values()), "outcomes": outcomes,
            "failures": failures, "room_bytes": ROOM, "seconds_for_each": SECONDS}  # fmt: skip


def _cases(name: str, number: int, seed: int, end: float, first: int = 0) -> Iterator[dict[str, Any]]:
    """Yield what became of each case; a process that dies is followed by another."""
    while first < number and time.monotonic() < end:
        command = [sys.executable, "-m", "benchmarks.hardening.fuzz", name, str(first), str(number), str(seed)]
        limit = str(max(1.0, end - time.monotonic()))
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env={**os.environ, _CHILD: limit}) as child:  # fmt: skip
            begun = None
            assert child.stdout is not None
            assert child.stderr is not None
            for line in child.stdout:
                said = json.loads(line)
                if "begun" in said:
                    begun = said["begun"]
                    continue
                first, begun = said["case"] + 1, None
                yield said
            told = child.stderr.read()
        if begun is not None:
            yield {"case": begun, "outcome": "crash", "said": told[-2000:], "code": child.returncode}
            first = begun + 1
        elif child.returncode:
            raise RuntimeError(f"the process of {name} failed before its first case: {told[-3000:]}")
        elif first < number:
            return  # no time is left


def child(name: str, first: int, last: int, seed: int) -> None:
    """Run cases `first` to ``last - 1`` of a target and tell each on standard output."""
    import faulthandler

    faulthandler.enable()
    warnings.simplefilter("ignore")
    end = time.monotonic() + float(os.environ[_CHILD])
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever else prints does not disturb
    with tempfile.TemporaryDirectory() as folder:
        target = TARGETS[name](Path(folder))
        _bound_memory()
        signal.signal(signal.SIGALRM, _hung)
        for case in range(first, last):
            if time.monotonic() > end:
                return
            channel.write(json.dumps({"begun": case}) + "\n")
            channel.write(json.dumps({"case": case, **run_case(target, case, seed)}) + "\n")


def _hung(*_: object) -> None:
    raise Hung


def _bound_memory() -> None:
    now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM, now + ROOM))


def run_case(target: Target, case: int, seed: int) -> dict[str, Any]:
    """Change a file, read it, and say what came of it."""
    from synthmix.errors import SynthmixError

    rng = np.random.Generator(np.random.Philox(key=[seed, case]))
    place = Path(tempfile.mkdtemp(dir=target.folder))
    signal.alarm(SECONDS)
    try:
        path = target.change(rng, place)
        target.read(path)
    except SynthmixError as error:
        return {"outcome": "documented error", "error": type(error).__name__}
    except Hung:
        return {"outcome": "hung"}
    except MemoryError:
        return {"outcome": "memory", "said": traceback.format_exc()[-2000:]}
    except BaseException:  # noqa: BLE001 - telling all is what this is for
        return {"outcome": "other error", "said": traceback.format_exc()[-2000:]}
    finally:
        signal.alarm(0)
        shutil.rmtree(place, ignore_errors=True)
    return {"outcome": "result"}


if __name__ == "__main__":
    child(sys.argv[1], *(int(word) for word in sys.argv[2:5]))
