"""The page in a real browser without network: tabs, sorting, filter, copy; no error, no missing picture.

One start of the browser for each page: a start costs seconds.
"""

from __future__ import annotations

import re

import pandas as pd
from report.browser import run_page, words_on_paper
from report.test_page import page

from synthmix.report import Command, Page, Section, Table, Text

DRIVER = """
const tick = () => new Promise((done) => setTimeout(done, 0));
const tabs = [...document.querySelectorAll('[role=tab]')];
const open = () => [...document.querySelectorAll('[role=tabpanel]')].filter((one) => !one.hidden).map((one) => one.id);
const key = (name) => document.activeElement.dispatchEvent(
  new KeyboardEvent('keydown', {key: name, bubbles: true, cancelable: true}));
const found = {tabs: tabs.length, roles: document.querySelectorAll('[role=tablist]').length, first: open()};
tabs[1].click(); found.clicked = open();
tabs[1].focus(); key('ArrowRight'); found.wrapped = open(); found.focus = document.activeElement.id;
key('End'); found.end = open(); key('Home'); found.home = open();
found.selected = tabs.map((one) => one.getAttribute('aria-selected') + one.tabIndex);
found.linked = tabs.every((one) => document.getElementById(one.getAttribute('aria-controls'))
  .getAttribute('aria-labelledby') === one.id);
const table = document.querySelector('table.sortable');
const column = (place) => [...table.tBodies[0].rows].map((row) => row.cells[place].textContent.trim());
const heading = (place) => table.tHead.rows[0].cells[place];
heading(1).querySelector('button').click(); found.up = column(1); found.sorted = heading(1).getAttribute('aria-sort');
heading(1).querySelector('button').click(); found.down = column(1);
heading(0).querySelector('button').click(); found.text = column(0);
found.forgotten = heading(1).getAttribute('aria-sort');
const box = document.querySelector('.filter input');
box.value = 'FAIL'; box.dispatchEvent(new Event('input'));
found.kept = [...table.tBodies[0].rows].filter((row) => !row.hidden).length;
found.said = document.getElementById('status').textContent;
let copied = null;
tabs[1].click();
const clipboard = (writeText) =>
  Object.defineProperty(navigator, 'clipboard', {value: {writeText}, configurable: true});
clipboard(async (text) => { copied = text; });
document.querySelector('.copy').click(); await tick(); found.copied = copied;
found.thanks = document.querySelector('.copy').textContent;
clipboard(async () => { throw new Error('closed'); });
document.querySelector('.copy').click(); await tick(); found.chosen = String(getSelection());
location.hash = 'one'; await new Promise((done) => setTimeout(done, 50)); found.hash = open();
for (const one of document.querySelectorAll('section')) one.hidden = false;
found.pictures = [...document.querySelectorAll('figure > svg')].map((one) => one.getBoundingClientRect().height > 50);
found.wide = document.documentElement.scrollWidth <= innerWidth;
return found;
"""


def test_a_reader_can_use_the_page(tmp_path) -> None:
    ran = run_page(page().html(), DRIVER, tmp_path)
    found = ran.found
    assert ran.problems == []
    assert ran.console == []
    assert "thrown" not in found, found
    assert found["tabs"] == 2
    assert found["roles"] == 1
    assert found["first"] == ["one"]
    assert found["clicked"] == found["end"] == ["two"]
    assert found["wrapped"] == found["home"] == found["hash"] == ["one"]
    assert found["focus"] == "tab-one"
    assert found["selected"] == ["true0", "false-1"]
    assert found["linked"]
    assert found["up"] == ["2", "10", "–"]  # numbers by value, none last
    assert found["down"] == ["10", "2", "–"]
    assert found["sorted"] == "ascending"
    assert found["forgotten"] is None
    assert found["text"] == ['<script>alert("1")</script> & $x$', "a", "b"]
    assert found["kept"] == 1
    assert found["said"] == "1 of 3 rows"
    assert found["copied"] == found["chosen"] == '<script>alert("1")</script> & $x$'
    assert found["thanks"] == "Copied"
    assert found["pictures"] == [True, True]
    assert found["wide"]


def test_without_scripts_everything_is_seen_and_foreign_scripts_do_not_run(tmp_path) -> None:
    """The page's own script is taken out of its policy, and a hostile one stays out of it: neither runs."""
    shown = Page(
        "p",
        [Section("a", "A", [Text("x")]), Section("b", "B", [Command("do"), Table(pd.DataFrame({"x": [1, 2]}), "t")])],
    )
    html = shown.html().replace("script-src &#39;sha256-", "script-src &#39;sha256-0").replace(
        "</main>", "<script>document.title = 'stolen';</script></main>"
    )  # fmt: skip
    driver = (
        "return {title: document.title, tabs: document.querySelectorAll('[role=tab]').length,"
        "hidden: [...document.querySelectorAll('section')].filter((one) => !one.offsetHeight).length,"
        "buttons: document.querySelectorAll('button, input').length}"
    )
    ran = run_page(html, driver, tmp_path)
    assert ran.found == {"title": "p", "tabs": 0, "hidden": 0, "buttons": 0}
    assert (
        sum("has been blocked" in line for line in ran.console) == 2
    )  # what was refused is reported, so the test above would have seen it


def test_headings_of_a_long_table_are_on_every_sheet(tmp_path) -> None:
    """Scripts make them buttons, which are not painted again: sheets must have the words that they have without."""
    table = Table(pd.DataFrame({"first_name": range(150), "second_name": "text"}), "long", filterable=True)
    html = Page("p", [Section("a", "A", [table])]).html()
    plain = re.sub("<script>.*</script>", "", html, flags=re.DOTALL)
    found = words_on_paper(html, tmp_path)
    assert len(found) > 2
    assert found == words_on_paper(plain, tmp_path)
    rule, policy = "thead button { display: contents; }", "<meta http-equiv[^>]*>"
    assert rule in html
    broken = words_on_paper(re.sub(policy, "", html.replace(rule, "")), tmp_path)
    assert broken[1:] == [words - 2 for words in found[1:]]
