"""The page: everything escaped, nothing from elsewhere, the same bytes each time, readable without seeing it."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from synthmix.errors import FileError
from synthmix.report import Command, Facts, Judged, Page, Picture, Range, Section, Table, Text, Verdicts, write_page
from synthmix.report.drawing import drawn, log_axis, new_figure
from synthmix.report.numbers import interval_text, number_text

HOSTILE = '<script>alert("1")</script> & $x$'
VOID = {"meta", "br", "input", "link", "img", "hr"}


@drawn
def figure() -> Figure:
    made = new_figure(2.0, 4.0)
    axis = made.subplots()
    axis.plot([1, 2, 3], [1.0, 0.1, 0.001], "o-", label=HOSTILE)
    axis.fill_between([1, 2, 3], 0.001, [2, 2, 2], alpha=0.2)
    log_axis(axis)
    axis.set_title(HOSTILE)
    axis.legend()
    return made


def page() -> Page:
    frame = pd.DataFrame(
        {HOSTILE: ["b", HOSTILE, "a"], "number": [2.0, math.nan, 10.0], "verdict": ["pass", "fail", "warn"]}
    )
    table = Table(frame, HOSTILE, filterable=True)
    range_ = Range(0.12, 0.1, 0.14, (-math.inf, 0.05), (-math.inf, 0.15), "warn")
    return Page(
        HOSTILE,
        [
            Section(
                "one", "One", [Text(HOSTILE, "warning"), table, Picture(figure(), HOSTILE, HOSTILE, HOSTILE, table)]
            ),
            Section(
                "two", "Two", [Command(HOSTILE), Facts({HOSTILE: HOSTILE}), Picture(figure(), "again", "the same")]
            ),
        ],
        [Verdicts([Judged(name=HOSTILE, verdict="warn", range=range_, note=HOSTILE, link="two")])],
        HOSTILE,
        "fail",
    )


@pytest.fixture(scope="module")
def html() -> str:
    return page().html()


class Reader(HTMLParser):
    """Collect elements, and complain about elements that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.parents: list[list[str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.parents.append(list(self.open))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.parents.append(list(self.open))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


def test_equal_pages_have_equal_bytes(html: str) -> None:
    assert page().html() == html
    assert "2026" not in html  # no date of any kind
    assert "matplotlib" not in html.lower()


def test_text_is_escaped_and_shown_as_it_stands(html: str) -> None:
    reader = read(html)
    assert [tag for tag, _ in reader.elements].count("script") == 1
    assert "alert(" not in "".join(re.findall(r"<script>(.*?)</script>", html, re.DOTALL))
    shown = "".join(reader.text)
    assert shown.count('<script>alert("1")</script> & $x$') >= 12  # dollar signs are no formula, in pictures too
    assert "$\\mathdefault" not in html


def test_nothing_comes_from_elsewhere(html: str) -> None:
    assert re.findall(r"https?://", html) == []
    assert "@import" not in html
    for tag, attributes in read(html).elements:
        for name in ("src", "href", "xlink:href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("#", "data:image/png;base64,")), (tag, value)
        assert "style" not in attributes, f"{tag}: a strict policy refuses style attributes"
        assert not [name for name in attributes if name.startswith("on")]


def test_the_policy_allows_the_style_and_the_script_of_the_page_alone(html: str) -> None:
    policy = next(a["content"] for tag, a in read(html).elements if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        content = re.search(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        assert content is not None
        digest = base64.b64encode(hashlib.sha256(content[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_ids_are_unique_and_every_reference_has_its_target(html: str) -> None:
    elements = read(html).elements
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = set(re.findall(r"url\(#([^)]+)\)", html)) | set(re.findall(r'(?:href)="#([^"]+)"', html))
    for _, attributes in elements:
        wanted |= set((attributes.get("aria-labelledby") or "").split())
    assert len(wanted) > 8
    assert wanted <= set(ids)


def test_pictures_have_names_words_and_numbers(html: str) -> None:
    reader = read(html)
    pictures = [a for tag, a in reader.elements if tag == "svg" and "aria-labelledby" in a]
    assert len(pictures) == 2
    assert all(one["role"] == "img" for one in pictures)
    assert [tag for tag, _ in reader.elements].count("details") == 1
    tables = [inside for (tag, _), inside in zip(reader.elements, reader.parents, strict=True) if tag == "table"]
    assert sum("details" in inside for inside in tables) == 1
    assert [a["role"] for tag, a in reader.elements if tag == "p" and a.get("id") == "status"] == ["status"]
    lines = [a for tag, a in reader.elements if tag == "svg" and a.get("class") == "spark"]
    assert lines[0]["aria-label"] == "0.12 [0.1, 0.14], tolerated up to 0.05"


def test_verdicts_are_words_and_tables_have_headings(html: str) -> None:
    reader = read(html)
    badges = re.findall(r'<span class="badge (\w+)"><span aria-hidden="true">.</span> (\w+)</span>', html)
    assert badges
    assert all(one == other for one, other in badges)
    assert all(a.get("scope") in ("col", "row") for tag, a in reader.elements if tag == "th")
    assert html.count("<caption>") == html.count("<table")


def test_a_table_says_what_it_leaves_out() -> None:
    table = Table(pd.DataFrame({"x": range(10)}), "ten", most=4)
    html = Page("p", [Section("a", "A", [table])]).html()
    assert "The first 4 rows; 6 more are left out." in html
    assert html.count("<tr>") == 5


def test_long_names_may_break_after_underscores_and_stay_escaped() -> None:
    html = Page("p", [Section("a", "A", [Table(pd.DataFrame({"x": ["house_value<b>"]}), "names")])]).html()
    assert "house_<wbr>value&lt;b&gt;</td>" in html


def test_missing_and_infinite_numbers_can_be_sorted() -> None:
    frame = pd.DataFrame({"x": [math.nan, math.inf, -math.inf, 1.5], "n": pd.array([1, pd.NA, 3, 4], "Int64")})
    rows = Table(frame, "t").rows
    assert [row[0].number for row in rows] == ["", "Infinity", "-Infinity", "1.5"]
    assert [row[1].text for row in rows] == ["1", "–", "3", "4"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.123456, "0.123"), (-0.5, "−0.5"), (1234.5, "1,234"), (12.34, "12.3"), (1.5e-7, "1.50e−7"), (2e9, "2.00e9"),
     (12345678, "12,345,678"), (math.nan, "–"), (math.inf, "∞"), (0.0, "0"), (np.float64(100.0), "100"),
     (99.96, "100")],
)  # fmt: skip
def test_numbers_read_well(value: float, text: str) -> None:
    assert number_text(value) == text


def test_intervals_read_well() -> None:
    assert interval_text(1.0, 0.5, math.inf) == "1 [0.5, ∞]"
    assert interval_text(1.0, math.nan, math.nan) == "1"


def test_a_page_appears_whole_or_not_at_all(tmp_path) -> None:
    write_page(tmp_path / "p.html", page())
    assert (tmp_path / "p.html").read_text(encoding="utf-8") == page().html()
    with pytest.raises(FileError, match="there is no folder"):
        write_page(tmp_path / "no" / "p.html", page())


# --- negative controls: what the tests above look for is found where it is ---


def test_an_unescaped_page_would_be_seen() -> None:
    before, after = page().html().split("&lt;/script&gt; &amp; $x$</p>", 1)  # in the body: a title holds no elements
    broken = f"{before}</p><script>alert(1)</script>{after}"
    assert [tag for tag, _ in read(broken).elements].count("script") == 2


def test_shared_ids_would_be_seen(html: str) -> None:
    shared = html.replace("picture-2", "picture-1")
    ids = [attributes["id"] for _, attributes in read(shared).elements if "id" in attributes]
    assert len(ids) > len(set(ids))
