"""What the pages promise and can be told without building them; `make docs` builds them and runs the tutorials."""

from __future__ import annotations

import fnmatch
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import synthmix

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts)
TUTORIALS = [path for path in PAGES if path.parent.name in ("tutorials", "gallery") and path.name != "index.md"]


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def fenced(markdown: str, info: str) -> list[str]:
    """Return the fenced blocks whose first line is `info`."""
    return re.findall(rf"^```{re.escape(info)}\n(.*?)^```$", markdown, flags=re.DOTALL | re.MULTILINE)


def in_toctrees(docs: Path) -> set[Path]:
    """Return the pages that the toctrees of a folder of pages lead to, from its index on."""
    reached, waiting = set[Path](), [docs / "index.md"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for block in fenced(text(page), "{toctree}"):
            lines = [line for line in block.splitlines() if line and not line.startswith(":")]
            entries = [re.sub(r".*<(.*)>", r"\1", line) for line in lines]  # "Title <name>" or "name"
            names = {path: str(path.relative_to(page.parent).with_suffix("")) for path in page.parent.rglob("*.md")}
            waiting += [path for path, name in names.items() for entry in entries if fnmatch.fnmatch(name, entry)]
    return reached


def test_every_page_is_in_a_toctree() -> None:
    assert TUTORIALS
    assert set(PAGES) - in_toctrees(DOCS) == set()


def test_a_page_without_a_toctree_is_found(tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("```{toctree}\n:glob:\n\nThe one <one>\nt*\n```\n")
    for name in ("one", "two", "three", "four"):
        (tmp_path / f"{name}.md").write_text(f"# {name}\n")
    assert {path.stem for path in in_toctrees(tmp_path)} == {"index", "one", "two", "three"}


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_is_run(path: Path) -> None:
    head, cells = text(path).split("\n---\n")[0], fenced(text(path), "{code-cell} python")
    assert "file_format: mystnb" in head, "without this line the page is not run"
    assert "kernelspec" in head
    assert cells
    for cell in cells:
        compile(cell, str(path), "exec")


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_python_in_the_readme_compiles(name: str) -> None:
    blocks = fenced(text(ROOT / name), "python")
    assert blocks or name != "README.md"
    for block in blocks:
        compile(block, name, "exec")


def test_a_theorem_that_certificates_name_is_in_the_theory() -> None:
    certificates = [*(ROOT / "synthmix" / "certificate").glob("*.py"), ROOT / "synthmix" / "scale" / "certify.py"]
    code = "".join(text(path) for path in certificates)
    named = set(re.findall(r"\bT[1-9][0-9]*\b", code))
    assert named >= {"T1", "T11"}
    assert named <= set(re.findall(r"^## (T[0-9]+)\. ", text(DOCS / "theory.md"), flags=re.MULTILINE))


def test_a_link_out_of_a_page_leads_to_a_file() -> None:
    lost = [
        f"{path.relative_to(ROOT)}: {link}"
        for path in [*PAGES, *ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")]
        for link in re.findall(r"\]\(([^)#\s]+)", text(path))
        if "://" not in link and not (path.parent / link).exists()
    ]
    assert not lost, "\n".join(lost)


def test_every_guarantee_has_a_test() -> None:
    rows = [line for line in text(DOCS / "guarantees.md").splitlines() if line.startswith("| ")]
    claims = [row for row in rows if not row.startswith("| guarantee |")]
    assert len(claims) > 20
    assert [row for row in claims if not re.search(r"\]\(\.\./tests/\S+\.py\)[^|]*\|$", row)] == []


def formulas(page: str) -> list[str]:
    """Return what looks like a formula between dollars outside code; pages write formulas as code."""
    prose = re.sub(r"^```.*?^```$|^ {4,}.*$|`[^`]+`", "", page, flags=re.DOTALL | re.MULTILINE)
    return re.findall(r"\$[^$\n]+\$", prose)


def test_no_formula_stands_between_dollars() -> None:
    assert formulas("let $n$ be\n") == ["$n$"]  # the control
    lost = {path.name: found for path in [*PAGES, *ROOT.glob("*.md")] if (found := formulas(text(path)))}
    assert not lost


# --- the reference ---


def load_check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_check", DOCS / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CHECK = load_check()


def test_every_public_package_has_a_page_in_the_reference() -> None:
    modules = {f"synthmix.{name}" for name in synthmix._MODULES}
    assert {"synthmix"} | modules <= set(CHECK.PACKAGES)
    pages = "".join(text(path) for path in PAGES if path.parent.name == "reference")
    documented = re.findall(r"^\.\. automodule:: (\S+)$", pages, flags=re.MULTILINE)
    assert sorted(documented) == sorted(CHECK.PACKAGES)


def test_a_public_name_without_an_entry_is_found() -> None:
    page = '<dt id="synthmix.weights.Beta"><section id="module-synthmix.weights"><dt id="synthmix.Sphere">'
    names = ["synthmix.weights", "synthmix.weights.Beta", "synthmix.weights.Sphere"]
    (finding,) = CHECK.without_entry(names, page)
    assert finding.startswith("synthmix.weights.Sphere is public")


@pytest.mark.parametrize(
    "page",
    [
        '<script async="async" src="https://cdn.example/mathjax.js"></script>',
        '<link rel="stylesheet" href="//fonts.example/font.css">',
        "<style>@import 'http://fonts.example/font.css';</style>",
        "body { background: url(https://example.org/x.png) }",
    ],
)
def test_what_comes_from_the_network_is_found(page: str) -> None:
    assert len(list(CHECK.from_the_network(page))) == 1


def test_links_are_no_loads() -> None:
    page = '<a href="https://example.org">x</a><script src="_static/x.js"></script><img src="a.png">'
    assert list(CHECK.from_the_network(page)) == []


def test_a_page_of_the_gallery_without_a_picture_is_found() -> None:
    assert list(CHECK.without_picture('<img alt="x" src="../_images/0a1b.png" />')) == []
    assert list(CHECK.without_picture('<pre>&lt;Figure size 990x1288 with 12 Axes&gt;</pre><img src="logo.png">'))
