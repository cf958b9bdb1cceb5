"""A matplotlib figure as part of a page: smaller, in the page's colours and fonts, with ids of its own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

from synthmix.report.colours import DARK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NUMBER = re.compile(r"-?\d+\.\d{2,}")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_COLOURS = {light: f"var(--{name})" for name, (light, _) in DARK.items()}
_DROPPED = {"metadata", "style"}
_FONT = "font-family"
_LONG = 400  # characters


def inline_svg(figure: Figure, key: str, title: str, alt: str) -> str:
    """Return a figure as an ``<svg>`` element for a page.

    Parameters
    ----------
    figure : Figure
    key : str
        Id of the element; all ids inside begin with it, so that two pictures of a page share none.
    title : str
        Its name for readers who do not see it.
    alt : str
        What it shows, in words and numbers.

    Returns
    -------
    str
        Without namespaces, metadata, style sheets and ``style`` attributes, which a strict content security policy
        would refuse.
    """
    from synthmix.report.drawing import picture_bytes

    root = ET.fromstring(picture_bytes(figure, "svg", key))  # noqa: S314 - drawn here, not read from outside
    _clean(root)
    _rename(root, key)
    for name in ("height", "version"):
        root.attrib.pop(name, None)
    root.attrib |= {"id": key, "role": "img", "aria-labelledby": f"{key}-title {key}-alt"}
    for place, (tag, name, text) in enumerate((("title", "title", title), ("desc", "alt", alt))):
        element = ET.Element(tag, {"id": f"{key}-{name}"})
        element.text = text
        root.insert(place, element)
    return ET.tostring(root, encoding="unicode")


def _clean(element: ET.Element) -> None:
    element.tag = _local(element.tag)
    element.attrib = {_local(name): value for name, value in element.attrib.items()}
    element.attrib |= _presentation(element.attrib.pop("style", ""))
    element.tail = None
    if element.tag != "text":
        element.text = None
    for name in ("d", "x", "y", "transform", "points", "width", "height"):
        if name in element.attrib:
            element.attrib[name] = _rounded(element.attrib[name])
    if element.attrib.get("transform", "").startswith("rotate(-0 "):
        del element.attrib["transform"]
    for child in list(element):
        if _local(child.tag) in _DROPPED:
            element.remove(child)
        else:
            _clean(child)


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _rounded(text: str) -> str:
    """Return coordinates to a hundredth of a point, those of long paths to a tenth, on one line."""
    digits = 2 if len(text) < _LONG else 1
    short = _NUMBER.sub(lambda found: f"{float(found[0]):.{digits}f}".rstrip("0").rstrip("."), text)
    return " ".join(short.split())


def _presentation(style: str) -> dict[str, str]:
    """Return a style as attributes; the font is left to the page, colours become its variables."""
    pairs = (part.split(":", 1) for part in style.split(";") if ":" in part)
    found = {name.strip(): value.strip() for name, value in pairs}
    found.pop(_FONT, None)
    return {name: _COLOURS.get(value, value) for name, value in found.items()}


def _rename(root: ET.Element, key: str) -> None:
    """Drop the ids that nothing refers to and number the others."""
    wanted: dict[str, str] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            for old in [*_REFERENCE.findall(value), *([value[1:]] if name == "href" and value[0] == "#" else [])]:
                wanted.setdefault(old, f"{key}-{len(wanted)}")
    for element in root.iter():
        own = element.attrib.pop("id", None)
        for name, value in list(element.attrib.items()):
            if name == "href" and value[0] == "#":
                element.attrib[name] = f"#{wanted[value[1:]]}"
            elif "url(#" in value:
                element.attrib[name] = _REFERENCE.sub(lambda found: f"url(#{wanted[found[1]]})", value)
        if own in wanted:
            element.attrib["id"] = wanted[own]
