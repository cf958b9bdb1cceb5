"""Examples of pages and docstrings are found and are Python; `make types` checks their types."""

from __future__ import annotations

import ast
import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def examples():
    spec = importlib.util.spec_from_file_location("examples", ROOT / "docs" / "examples.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_example_is_written_and_is_python(tmp_path):
    written = examples().write(tmp_path)
    names = {path.name for path in written}
    assert {"README_md.py", "docs_scale_md.py", "synthmix_weights_beta_py.py"} <= names
    assert "docs_mistakes_md.py" not in names
    for path in written:
        assert ast.parse(path.read_text(encoding="utf-8")).body[1:]


def test_cells_lose_what_is_not_python(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "synthmix").mkdir()
    cell = "```{code-cell} ipython3\n:tags: [hide]\n%matplotlib inline\nx = 1\n```\n\n```text\nno\n```\n\n"
    cell += "```python\ny = x\n```\n"
    (tmp_path / "README.md").write_text(cell, encoding="utf-8")
    docstring = '"""M."""\n\n\nclass A:\n    """A.\n\n    >>> A().b(\n    ...     1\n    ... )\n    2\n    """\n'
    (tmp_path / "synthmix" / "m.py").write_text(docstring, encoding="utf-8")
    pages, module = (path.read_text(encoding="utf-8") for path in examples().write(tmp_path / "out", tmp_path))
    assert pages.endswith("x = 1\n\ny = x\n")
    assert "from synthmix.m import *" in module
    assert "def example_0() -> None:\n    A().b(\n        1\n    )" in module
