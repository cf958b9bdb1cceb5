"""Pages and pictures of drift: what they show, and that they show no row."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from synthmix.drift import Reference, drift_report
from synthmix.drift.page import drift_page, verdicts_of
from synthmix.drift.pictures import draw_associations, draw_columns, draw_components, draw_quantiles, draw_radius
from synthmix.drift.pictures.bins import inner_range, kept, round_edges, round_step, shares
from synthmix.drift.tables import align
from synthmix.errors import FileError, OptionError
from synthmix.report.drawing import picture_bytes


def table(seed: int, n: int = 300, shift: float = 0.0) -> pd.DataFrame:
    rng = np.random.Generator(np.random.Philox(key=seed))
    x = rng.normal(size=n)
    return pd.DataFrame({
        "$x$ <script>": np.round(x * 1234.5678, 3),
        "y": np.round(x + rng.normal(size=n) + shift, 5),
        "count": rng.poisson(3, n),
        "city": np.where(np.arange(n) == 7, f"only-here-{seed}", rng.choice(["a", "b", "c"], n)),
    })  # fmt: skip


@pytest.fixture(scope="module")
def both():
    return table(1), table(2, shift=2.0)


@pytest.fixture(scope="module")
def report(both):
    return drift_report(*both, level="quick")


@pytest.fixture(scope="module")
def html(report, both, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "r.html"
    report.to_html(path, *both, command="synthmix drift a.csv b.csv --html r.html")
    return path.read_text(encoding="utf-8")


def test_the_page_starts_with_the_verdicts_and_says_what_failed(report, html):
    assert report.verdict == "fail"
    assert html.index("Verdict on each declared metric") < html.index("What failed or warned, worst first")
    assert html.index("What failed or warned") < html.index("<figure>")
    words = [row.verdict for row in verdicts_of(report.table).rows]
    assert words == sorted(words, key=("fail", "warn", "inconclusive", "pass", "na").index)
    assert words[0] == "fail"
    assert html.count("<figure>") == 6
    assert "synthmix drift a.csv b.csv --html r.html" in html


def test_no_real_row_stands_in_the_page(both, html):
    """Every value of the continuous columns is looked for, in every form in which it could be printed."""
    text = html.replace("−", "-").replace(",", "")
    words = set(re.findall(r"-?\d+\.?\d*", text))
    for side in both:
        for name in ("$x$ <script>", "y"):
            known = {f"{value:.10g}" for value in side[name] if len(f"{abs(value):.10g}") >= 6}
            assert len(known) > 200
            assert not words & known
    real, made = both
    assert "only-here-1" in set(real["city"])
    picture = picture_bytes(draw_columns(align(Reference.of(real), made)))
    assert b"only-here" not in picture


def test_a_value_in_the_page_would_be_seen(both, html):
    value = f"{both[0]['y'][5]:.10g}"
    assert len(value) >= 6
    assert value in set(re.findall(r"-?\d+\.?\d*", f"{html}<p>{value}</p>"))


def test_names_are_escaped_and_no_formulas(html):
    assert "<script>" not in html.replace('<script>"use strict"', "").replace('<script>"use strict";', "")
    assert "$x$ &lt;script&gt;" in html


def test_equal_reports_give_equal_pages_whatever_the_order_of_rows(report, both):
    real, made = both
    first = drift_page(report, align(Reference.of(real), made)).html()
    shuffled = real.iloc[np.random.Generator(np.random.Philox(key=3)).permutation(len(real))]
    again = drift_page(report, align(Reference.of(shuffled), made.iloc[::-1])).html()
    assert first == again


def test_a_page_without_tables_draws_what_the_report_knows(report, tmp_path):
    report.to_html(tmp_path / "r.html")
    assert (tmp_path / "r.html").read_text(encoding="utf-8").count("<figure>") == 1
    with pytest.raises(OptionError, match="give both tables"):
        report.to_html(tmp_path / "s.html", table(1))
    with pytest.raises(FileError, match="there is no folder"):
        report.to_html(tmp_path / "no" / "r.html")


def test_bins_have_round_edges_and_hide_few_rows():
    values = np.concatenate([np.linspace(0.013, 9.987, 1000), [1e6]])
    edges = round_edges(values)
    assert np.allclose(edges, np.round(edges, 6))
    assert edges[-1] < 11  # one far value makes no axis
    low, high = inner_range(values)
    assert (values < low).sum() >= 5
    assert (values > high).sum() >= 5
    assert list(kept(np.array([0, 1, 4, 5]))) == pytest.approx([0, np.nan, np.nan, 5], nan_ok=True)
    share = shares(np.array([0.5] * 10 + [1.5] * 4), np.array([0.0, 1.0, 2.0]))
    assert share[0] == pytest.approx(10 / 14)
    assert np.isnan(share[1])
    assert [round_step(width) for width in (0.011, 0.2, 3.0, 7.0)] == pytest.approx([0.02, 0.2, 5.0, 10.0])
    assert list(round_edges(np.array([0.0] * 20 + [1.0] * 20))) == [-0.5, 0.5, 1.5]


@pytest.mark.parametrize("draw", [draw_columns, draw_quantiles, draw_associations, draw_components, draw_radius])
@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"a": ["x", "y"] * 20}),
        pd.DataFrame({"a": [1.0] * 30, "b": [2.0] * 30}),
        pd.DataFrame({"a": [1.5, np.nan] * 10, "b": range(20)}),
        pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 5.0, 2.0]}),
    ],
    ids=["levels", "constant", "gaps", "three rows"],
)
def test_poor_tables_have_pictures_too(draw, frame):
    tables = align(Reference.of(frame), frame)
    if draw is draw_quantiles and not tables.names:
        pytest.skip("there is no numeric column")
    assert picture_bytes(draw(tables)).startswith(b"<?xml")
