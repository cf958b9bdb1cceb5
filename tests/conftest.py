"""What every test may use: hypothesis profiles, the folder of real tables, and the rule about skips."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
ROOT = Path(__file__).resolve().parents[1]

# A kernel compiles inside its first example, so a deadline would measure the compiler.
hypothesis.settings.register_profile("default", deadline=None, derandomize=True, database=None, max_examples=50)
hypothesis.settings.register_profile("fresh", deadline=None, database=None, max_examples=500, print_blob=True)
hypothesis.settings.load_profile(os.environ.get("SYNTHMIX_HYPOTHESIS", "default"))


def data_folder() -> Path:
    """Return the folder of real tables: ``SYNTHMIX_DATA``, else ``../shared/data`` beside the project."""
    return Path(os.environ.get("SYNTHMIX_DATA", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def data_file() -> Callable[[str], Path]:
    """Return a function from a table's name to its CSV file; it skips the test where the file is absent."""

    def find(name: str) -> Path:
        path = data_folder() / f"{name}.csv"
        if not path.is_file():
            pytest.skip(f"no {name}.csv in {data_folder()}; set SYNTHMIX_DATA to the folder of test tables")
        return path

    return find


@pytest.fixture(scope="session")
def golden() -> Callable[[str], Any]:
    """Return a function from a name to reference values of other programs, kept beside the folder of real tables.

    It skips the test where they are absent.
    """
    path = data_folder().parent / "golden_reference_values.json"

    def find(name: str) -> Any:
        if not path.is_file():
            pytest.skip(f"no {path.name} beside {data_folder()}")
        return json.loads(path.read_text(encoding="utf-8"))[name]

    return find


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail instead of skipping for a missing package where ``SYNTHMIX_REQUIRE_ALL=1`` says that all are there."""
    report = yield
    return _no_skip_for_a_package(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Apply the same rule to a whole module that is skipped when it is collected."""
    report = yield
    return _no_skip_for_a_package(report)


def _no_skip_for_a_package(report: Report) -> Report:
    text = str(report.longrepr)
    if os.environ.get("SYNTHMIX_REQUIRE_ALL") == "1" and report.skipped and "could not import" in text:
        report.outcome = "failed"
        report.longrepr = f"SYNTHMIX_REQUIRE_ALL=1, so a missing package is a failure: {text}"
    return report
