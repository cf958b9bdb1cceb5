"""The page of likely mistakes: each is made, and what is said is what the page shows, letter by letter."""

from __future__ import annotations

import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import synthmix
from synthmix.collapse import CollapseStudy
from synthmix.pairing import WithinClass

PAGE = Path(__file__).resolve().parents[1] / "docs" / "mistakes.md"
ENTRY = re.compile(
    r"^### ([^\n]+)\n\n```python\n(.+?)\n```\n\n```text\n(.+?)\n```\n\n(.+?)\n", re.MULTILINE | re.DOTALL
)


def prepare(folder: Path) -> None:
    (folder / "people.csv").write_text("age,hours,sex\n31,40,f\n", encoding="utf-8")


def names() -> dict[str, Any]:
    """Return what the page's examples may use."""
    rng = np.random.Generator(np.random.Philox(key=3))
    table = pd.DataFrame({"age": rng.gamma(9.0, 4.0, 60), "hours": rng.normal(38.0, 9.0, 60), "sex": ["f", "m"] * 30})
    synthesizer = synthmix.MixupSynthesizer(random_state=1).fit(table)
    return {
        **{name: getattr(synthmix, name) for name in synthmix.__all__},
        "CollapseStudy": CollapseStudy,
        "WithinClass": WithinClass,
        "numpy": np,
        "pandas": pd,
        "table": table,
        "synthesizer": synthesizer,
        "synthetic": synthesizer.sample(60),
        "numbers": synthmix.MixupSynthesizer(random_state=1).fit(table[["age", "hours"]].to_numpy()),
    }


def said(code: str, known: dict[str, Any]) -> str:
    """Run code and return the class and the text of its error, or of its warnings."""
    if "polars" in code:
        known = {**known, "polars": pytest.importorskip("polars")}
    with warnings.catch_warnings(record=True) as caught, pytest.MonkeyPatch.context() as patch:
        warnings.simplefilter("always")
        if code == "import synthmix.torch":
            patch.setitem(sys.modules, "torch", None)
            patch.delitem(sys.modules, "synthmix.torch", raising=False)
        try:
            exec(code, dict(known))
        except Exception as error:  # noqa: BLE001 - whatever it is, the page shows it
            return f"{type(error).__name__}: {error}".replace(f"{Path.cwd()}{os.sep}", "")
    return "\n".join(f"{one.category.__name__}: {one.message}" for one in caught)


def of_any_pandas(text: str) -> str:
    """Return a message without line breaks, with the name that pandas 2 has for columns of text."""
    return " ".join(text.split()).replace("dtype str ", "dtype object ").replace("dtype str,", "dtype object,")


ENTRIES = ENTRY.findall(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else []


@pytest.fixture(scope="module")
def known() -> dict[str, Any]:
    return names()


@pytest.mark.parametrize(("code", "message"), [entry[1:3] for entry in ENTRIES], ids=[entry[0] for entry in ENTRIES])
def test_the_message_is_the_page_s(code, message, known, tmp_path, monkeypatch):
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = said(code, known)
    assert of_any_pandas(found) == of_any_pandas(message)
    assert found.partition(":")[0] in {
        "FileError", "InputError", "ModelFileError", "ModuleNotFoundError", "NotFittedError", "OptionError",
        "SynthmixWarning",
    }  # fmt: skip


def test_every_entry_of_the_page_is_one_of_these():
    text = PAGE.read_text(encoding="utf-8")
    assert len(ENTRIES) == text.count("\n### ") >= 40
    assert len({entry[1] for entry in ENTRIES}) == len(ENTRIES)


def test_an_attribute_that_is_misspelt_is_found():
    with pytest.raises(AttributeError) as caught:
        _ = synthmix.MixupSynthesiser
    assert (caught.value.name, caught.value.obj) == (
        "MixupSynthesiser",
        synthmix,
    )  # from these Python suggests the name
