"""Write the examples of the README, of the pages, the tutorials and the docstrings as files, for checkers of types.

python docs/examples.py FOLDER

Each page is one file: what an example defines, later ones of the page may use. The page of likely mistakes is left out,
whose examples are wrong on purpose.
"""

from __future__ import annotations

import ast
import doctest
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BLOCK = re.compile(r"^```(?:python|\{code-cell\}[^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
WRONG_ON_PURPOSE = {"docs/mistakes.md"}
# What a notebook allows at the top of a cell, and what shows a result.
CELL = "```{code-cell}"
# Pages of cells are run, which says more of values than types do: options in a dictionary are objects to a checker.
LENIENT = '# mypy: disable-error-code="arg-type, operator, attr-defined, misc, type-var"\n'
NOT_PYTHON = re.compile(r"^(?::|%|!|---).*\n", re.MULTILINE)


def of_pages(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each page that has examples, and its examples as one text."""
    pages = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    for page in pages:
        name = page.relative_to(root).as_posix()
        if "_build" in name or name in WRONG_ON_PURPOSE or name.startswith("docs/project"):
            continue
        text = page.read_text(encoding="utf-8")
        code = "\n".join(NOT_PYTHON.sub("", block) for block in BLOCK.findall(text))
        if code:
            yield name, (LENIENT if CELL in text else "") + code


def of_docstrings(root: Path) -> Iterator[tuple[str, str]]:
    """Yield the name of each module that has examples in docstrings, and each docstring's as a function."""
    parser = doctest.DocTestParser()
    for path in sorted((root / "synthmix").rglob("*.py")):
        functions = []
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
                lines = "".join(example.source for example in parser.get_examples(text)).splitlines()
                if lines:
                    functions.append("\n    ".join([f"def example_{len(functions)}() -> None:", *lines]))
        if functions:
            module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            names = f"from {module} import *  # a docstring may use what its module knows\n\n"
            yield path.relative_to(root).as_posix(), names + "\n\n".join(functions) + "\n"


def write(folder: Path, root: Path = ROOT) -> list[Path]:
    """Write every example to `folder`, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, code in (*of_pages(root), *of_docstrings(root)):
        path = folder / (re.sub(r"\W", "_", name) + ".py")
        path.write_text(f'"""Examples of {name}."""\n\n{code}', encoding="utf-8")
        written.append(path)
    return written


if __name__ == "__main__":
    print(*write(Path(sys.argv[1])), sep="\n")
