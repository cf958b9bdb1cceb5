"""What is released: complete and small archives, true lower bounds, and no network."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from hardening.archives import MOST_BYTES, wrong_with

ROOT = Path(__file__).resolve().parents[2]
LOCAL = {"build", "dist", "demo-output", "htmlcov", "PKG-INFO"}  # made by make, or by whoever unpacked an archive


def pins(name):
    """Return the pins of a file of constraints."""
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    return {normal(found): number for found, number in (x.split("==") for x in lines if x and not x.startswith("#"))}


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def bounds():
    """Return the lower bounds of what the library needs."""
    needed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    return {normal(name): number for name, number in (one.split(">=") for one in needed)}


def test_the_lowest_pins_are_the_lower_bounds():
    assert pins("constraints-lowest.txt") == bounds()


def test_every_group_and_extra_is_pinned():
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [said["project"]["dependencies"], *said["project"]["optional-dependencies"].values()]
    lists += said["dependency-groups"].values()
    words = [one for part in lists for one in part if isinstance(one, str)] + said["build-system"]["requires"]
    names = {normal(re.match(r"[A-Za-z0-9_.-]+", word)[0]) for word in words} - {"synthmix"}
    assert names - set(pins("constraints.txt")) == set()


def test_archives_are_checked_for_what_is_missing_strange_or_large():
    files = ["pyproject.toml", "synthmix/__init__.py", "docs/a.md", ".ci/run"]
    held = [f"synthmix-1/{name}" for name in files[:3]] + ["synthmix-1/PKG-INFO"]
    assert list(wrong_with(held, 10, files)) == []
    assert list(wrong_with(held[1:], 10, files)) == ["pyproject.toml is missing"]
    for strange in ("docs/_build/a.html", "synthmix/__pycache__/a.pyc", ".venv/x", "synthmix/kernels/a.nbi"):
        assert list(wrong_with([*held, f"synthmix-1/{strange}"], 10, files)) == [f"{strange} does not belong there"]
    assert "bytes" in next(wrong_with(held, MOST_BYTES + 1, files))


def test_the_sdist_takes_every_folder():
    said = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    taken = said["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    always = {"pyproject.toml", "README.md", "LICENSE", ".gitignore"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name not in LOCAL} - always
    assert found - {one.strip("/") for one in taken} == set()


CODE = """
import pkgutil, socket, sys
class Blocked(Exception): pass
def blocked(*_, **__): raise Blocked
class NoSocket(socket.socket):
    def __new__(cls, *_, **__): raise Blocked
socket.socket, socket.create_connection, socket.getaddrinfo = NoSocket, blocked, blocked
import synthmix
for found in pkgutil.walk_packages(synthmix.__path__, "synthmix.", onerror=lambda name: None):
    if not found.name.startswith(("synthmix.torch", "synthmix.scale.dask", "synthmix.dask", "synthmix.table.frame_p")):
        if not found.name.endswith("__main__"):
            __import__(found.name)
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
table = pd.DataFrame({"x": rng.normal(size=60), "c": rng.choice(["a", "b"], 60)})
made = synthmix.MixupSynthesizer(random_state=1).fit(table)
sample = made.sample(60)
str(made.certificate(sample))
made.save(sys.argv[1] + "/m")
synthmix.load(sys.argv[1] + "/m")
str(synthmix.drift_report(table, sample, level="quick"))
try: socket.socket()
except Blocked: print("no network")
"""


def test_no_network_at_import_or_run_time(tmp_path):
    done = subprocess.run([sys.executable, "-c", CODE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.stdout == "no network\n", done.stderr[-2000:]
