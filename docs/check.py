"""What Sphinx does not check: entries in the reference, pictures in the gallery, and that no page needs the network.

python docs/check.py docs/_build/html
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGES = (
    "synthmix",
    "synthmix.audit",
    "synthmix.audit.privacy",
    "synthmix.collapse",
    "synthmix.collapse.analysis",
    "synthmix.collapse.laws",
    "synthmix.collapse.measure",
    "synthmix.collapse.monitor",
    "synthmix.dask",
    "synthmix.drift",
    "synthmix.families",
    "synthmix.inference",
    "synthmix.pairing",
    "synthmix.scale",
    "synthmix.torch",
    "synthmix.weights",
)
LOADED = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*?\b(?:src|href)=[\"']?((?:https?:)?//[^\"'\s>]+)")
LOADED_BY_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')\s]+)")


def public_names() -> list[str]:
    """Return what ``__all__`` of the public packages says, with the name of the package before it.

    A class that two packages offer is named once, by the innermost: its entry is there.
    """
    found: dict[int, str] = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        found |= {id(getattr(module, name)): f"{package}.{name}" for name in module.__all__}
    return list(found.values())


def without_entry(names: list[str], reference: str) -> Iterator[str]:
    """Yield what is wrong with the reference, given as the HTML of all its pages."""
    ids = set(re.findall(r'\bid="(?:module-)?([^"]+)"', reference))
    for name in names:
        if name not in ids:
            yield f"{name} is public and has no entry in docs/reference; give it a docstring, or name it on its page"


def from_the_network(page: str) -> Iterator[str]:
    """Yield what a page or a style sheet loads from elsewhere; links that a reader follows are no loads."""
    for pattern in (LOADED, LOADED_BY_STYLE):
        for address in pattern.findall(page):
            yield f"loads {address}; pages must work offline"


def without_picture(page: str) -> Iterator[str]:
    """Yield that a page of the gallery shows none of its figures, as where a notebook prints their names instead."""
    if not re.search(r'<img\b[^>]*src="[^"]*_images/', page):
        yield "shows no picture"


def findings(html: Path) -> Iterator[str]:
    """Yield everything that is wrong in a folder of built pages."""
    reference = "".join(path.read_text(encoding="utf-8") for path in sorted((html / "reference").glob("*.html")))
    yield from without_entry(public_names(), reference)
    for path in sorted((html / "gallery").glob("*.html")):
        if path.stem != "index":
            for finding in without_picture(path.read_text(encoding="utf-8")):
                yield f"{path.relative_to(html)}: {finding}"
    for path in sorted([*html.rglob("*.html"), *html.rglob("*.css")]):
        for finding in from_the_network(path.read_text(encoding="utf-8")):
            yield f"{path.relative_to(html)}: {finding}"


if __name__ == "__main__":
    found = list(findings(Path(sys.argv[1])))
    print(*found, sep="\n", end="\n" if found else "")
    sys.exit(bool(found))
