"""One HTML file that needs nothing else: no network, no fonts, no scripts but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from synthmix.io.atomic import atomic_write
from synthmix.report.blocks import Block, Picture
from synthmix.report.colours import SIGNS, variables
from synthmix.report.svg import inline_svg


@dataclass(frozen=True)
class Section:
    """A part of a page, shown as a tab.

    Attributes
    ----------
    id : str
        For links, such as "privacy"; letters, digits and hyphens.
    title : str
    blocks : sequence of blocks
    """

    id: str
    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class Page:
    """A report.

    Attributes
    ----------
    title : str
    sections : sequence of Section
        Tabs; without scripts and on paper all of them are seen one after the other.
    lead : sequence of blocks
        What stands above the tabs: the verdict first.
    subtitle : str
    verdict : str
        Shown beside the title; "" for none.
    """

    title: str
    sections: Sequence[Section]
    lead: Sequence[Block] = ()
    subtitle: str = ""
    verdict: str = ""

    def html(self) -> str:
        """Return the page as one file: equal pages give equal bytes.

        Everything that is text is escaped. A content security policy allows the page's own style and script, by their
        hashes, and pictures inside of it, and nothing else.
        """
        style, script = _style(), asset("page.js")
        policy = "; ".join(
            (
                "default-src 'none'",
                f"style-src '{_hash(style)}'",
                f"script-src '{_hash(script)}'",
                "img-src data:",
                "base-uri 'none'",
                "form-action 'none'",
            )
        )
        numbers = iter(range(1, 1_000_000))

        def svg(picture: Picture) -> str:
            return inline_svg(picture.figure, f"picture-{next(numbers)}", picture.title, picture.alt)

        template = environment().get_template("page.html")
        return str(template.render(page=self, style=style, script=script, policy=policy, svg=svg, signs=SIGNS))


def write_page(path: str | Path, page: Page) -> None:
    """Write a page to a file, whole or not at all."""
    content = page.html().encode()
    with atomic_write(path) as stream:
        stream.write(content)


@cache
def environment() -> Any:
    """Return what fills templates in: it escapes text, and refuses names that it does not know."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("synthmix.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _style() -> str:
    dark = f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {variables(dark=True)} }} }}\n"
    return f":root {{ {variables(dark=False)} }}\n{dark}{asset('page.css')}"


@cache
def asset(name: str) -> str:
    """Return the text of a style or a script."""
    return (resources.files("synthmix.report") / "assets" / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
