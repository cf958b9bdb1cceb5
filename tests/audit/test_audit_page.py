"""The page of an audit in a real browser without network, and what it must not hold: values of real rows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from audit.audit_tables import independent, population
from report.browser import run_page

import synthmix
from synthmix.audit import AuditReport
from synthmix.audit.rare import RARE, without_rare_levels

COMMAND = "synthmix audit --train <t.csv> --synthetic s.csv"
PICTURES = (
    "Coefficients of", "What each group loses", "Membership attack", "Distance to the nearest real row",
    "Principal components", "Radius", "max_dz:",
)  # fmt: skip
DRIVER = """
const tick = () => new Promise((done) => setTimeout(done, 0));
const tabs = [...document.querySelectorAll('[role=tab]')];
const open = () => [...document.querySelectorAll('[role=tabpanel]')].filter((one) => !one.hidden).map((one) => one.id);
const found = {tabs: tabs.map((one) => one.textContent.trim()), first: open(), opened: []};
for (const one of tabs) { one.click(); found.opened.push(open().join()); }
tabs[0].click();
const table = document.querySelector('table.sortable');
const heads = [...table.tHead.rows[0].cells].map((one) => one.textContent.trim());
const place = heads.indexOf('value');
const column = () => [...table.tBodies[0].rows].map((row) => row.cells[place].textContent.trim());

table.tHead.rows[0].cells[place].querySelector('button').click(); found.up = column();
table.tHead.rows[0].cells[place].querySelector('button').click(); found.down = column();
let copied = null;
const clipboard = {value: {writeText: async (text) => { copied = text; }}, configurable: true};
Object.defineProperty(navigator, 'clipboard', clipboard);
tabs[tabs.length - 1].click(); document.querySelector('.copy').click(); await tick(); found.copied = copied;
for (const one of document.querySelectorAll('section, details')) { one.hidden = false; one.open = true; }
const boxes = [...document.querySelectorAll('figure > svg')];
found.flat = boxes.filter((one) => one.getBoundingClientRect().height < 50).length;
found.pictures = boxes.length;
const told = (one) => ['aria-label', 'aria-labelledby'].some((name) => one.getAttribute(name));
found.untold = boxes.filter((one) => one.getAttribute('role') !== 'img' || !told(one)).length;
found.wide = document.documentElement.scrollWidth <= innerWidth;
return found;
"""

pytestmark = pytest.mark.xdist_group("audit page")  # which is drawn once


@pytest.fixture(scope="module")
def tables() -> list[pd.DataFrame]:
    """Training rows with a name that few have and a number that nobody else has; tables as they might come."""
    train, holdout = population(500, 1), population(500, 2)
    made = independent(train, 4)  # which lacks what is rare
    train.loc[:2, "group"] = "only-three-people"
    train.loc[5, "a"] = 48.21081547  # digits that no place in a picture has by chance
    holdout.loc[7, "group"] = "only-one-held-out"
    return [train, made, holdout]


@pytest.fixture(scope="module")
def report(tables) -> AuditReport:
    return synthmix.audit(*tables, target="bought", sensitive=("group",), level="quick")


@pytest.fixture(scope="module")
def html(report, tmp_path_factory) -> str:
    path = tmp_path_factory.mktemp("page") / "audit.html"
    report.to_html(path, command=COMMAND)
    return path.read_text(encoding="utf-8")


def test_a_reader_can_use_the_page(html, tmp_path):
    ran = run_page(html, DRIVER, tmp_path)
    found = ran.found
    assert ran.problems == ran.console == []
    assert "thrown" not in found, found
    assert found["tabs"] == ["What stands out", "Fidelity", "Inference", "Prediction", "Privacy", "About"]
    assert found["first"] == ["failed"]
    assert found["opened"] == ["failed", "fidelity", "inference", "prediction", "privacy", "about"]
    up, down = ([float(text.replace("−", "-")) for text in found[way]] for way in ("up", "down"))
    assert up == sorted(up)
    assert down == up[::-1] or down == sorted(up, reverse=True)
    assert len(set(up)) > 5
    assert found["copied"] == COMMAND
    assert found["pictures"] > 6
    assert found["flat"] == found["untold"] == 0
    assert found["wide"]


def test_every_picture_of_an_audit_is_there(html):
    for words in PICTURES:
        assert words in html
    assert "synthmix audit --train &lt;t.csv&gt;" in html
    assert "synthmix.audit(train" not in html
    assert len(html) < 3 * 2**20


def test_rare_levels_are_in_the_report_and_not_in_what_is_shown(report, html):
    assert report.table["note"].str.contains("only-three-people").any()
    shown = without_rare_levels(report.table, report.tables)
    assert not shown.astype(str).apply(lambda column: column.str.contains("only-")).any().any()
    assert shown["note"].str.contains("not named here").any()
    rare = report.table["level"].isin(["only-three-people", "only-one-held-out"])
    assert shown["level"].equals(report.table["level"].where(~rare, RARE))


def test_no_value_of_a_real_row_is_in_the_file(html, tables):
    """Numbers of the page with at least six digits are none of the tables', whatever their rounding."""
    digits = re.compile(r"(?<![\w.])-?\d+\.\d{5,}(?![\w.])")
    shown = {abs(float(text)) for text in digits.findall(html)}
    for table in (tables[0], tables[2]):
        for name in ("a", "b", "c"):
            for value in np.abs(table[name].to_numpy()):
                assert repr(float(value)) not in html
                assert float(f"{value:.6g}") not in shown
    for level in ("only-three-people", "only-one-held-out"):
        assert level not in html
    assert not re.search(r"(?<![\d.])48\.2", html)


def test_a_value_that_is_in_the_file_would_be_found(html, tables):
    value = float(abs(tables[0]["c"].iloc[3]))
    with pytest.raises(AssertionError):
        test_no_value_of_a_real_row_is_in_the_file(html.replace("</main>", f"<p>{value!r}</p></main>"), tables)
