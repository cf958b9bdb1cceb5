"""What make and conftest.py promise to developers."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def test_each_state_of_the_kernels_has_its_own_cache(tmp_path: Path) -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("there is no make")
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text(encoding="utf-8"))
    (tmp_path / "synthmix" / "kernels").mkdir(parents=True)
    kernel = tmp_path / "synthmix" / "kernels" / "mix.py"

    def cache(source: str) -> str:
        kernel.write_text(source)
        done = subprocess.run([make, "-pn", "help"], capture_output=True, text=True, check=True, cwd=tmp_path)
        return next(line for line in done.stdout.splitlines() if line.startswith(("KERNELS", "export KERNELS")))

    assert cache("x = 1\n") == cache("x = 1\n")
    assert cache("x = 1\n") != cache("x = 2\n")


def test_every_installed_package_is_pinned() -> None:
    if Path(sys.prefix).resolve() != ROOT / ".venv":
        pytest.skip("this is not the environment that make builds")
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if line and not line.startswith("#")
    )
    pins = {normal(name): version for name, version in pins.items()}
    # A local version, as in 2.13.0+cpu, says how a release was built and matches the pin of the release.
    installed = {normal(found.name): found.version.partition("+")[0] for found in metadata.distributions()}
    for brought_by_venv_or_us in ("setuptools", "synthmix"):
        installed.pop(brought_by_venv_or_us, None)
    assert {name: pins.get(name) for name in installed} == installed


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


# --- skips that are failures (the rule is in conftest.py) ---


@pytest.mark.parametrize("where", ["module", "function"])
@pytest.mark.parametrize(("require", "code"), [("1", (1, 2)), ("0", (0, 5))])
def test_a_missing_package_fails_where_all_are_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, require: str, code: tuple[int, ...]
) -> None:
    skip = 'pytest.importorskip("no_such_package")'
    body = f"{skip}\ndef test_it(): pass\n" if where == "module" else f"def test_it():\n    {skip}\n"
    (tmp_path / "test_it.py").write_text(f"import pytest\n{body}")
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    monkeypatch.setenv("SYNTHMIX_REQUIRE_ALL", require)
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode in code, done.stdout


def test_a_skip_for_another_reason_stays_a_skip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_it.py").write_text('import pytest\ndef test_it():\n    pytest.skip("no table here")\n')
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text(encoding="utf-8"))
    monkeypatch.setenv("SYNTHMIX_REQUIRE_ALL", "1")
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "1 skipped" in done.stdout
    assert done.returncode == 0


def test_the_citation_is_of_this_version() -> None:
    yaml = pytest.importorskip("yaml")
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license", "type"} <= set(cited)
    assert cited["cff-version"] == "1.2.0"
    assert all({"type", "title", "authors"} <= set(one) for one in cited["references"])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
