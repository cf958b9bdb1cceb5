"""Cards of notebooks: everything escaped, no script, nothing from elsewhere; and reprs of one line."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

from synthmix import MixupSynthesizer, audit, drift_report
from synthmix.collapse import CollapseStudy, Made
from synthmix.drift import Reference
from synthmix.inference import Model, fit_models
from synthmix.report import Card, Facts, Table, Text
from synthmix.scale import stream
from synthmix.shown import short
from synthmix.weights import Sphere

HOSTILE = "<img src=x onerror=alert(1)>\"'&</style><script>alert(2)</script>"
VOID = {"br", "wbr", "line", "rect", "circle"}
TAGS = VOID | {
    "div", "style", "p", "strong", "span", "dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "details", "summary", "svg",
}  # fmt: skip


class Checked(HTMLParser):
    """Collects what is wrong: foreign tags, attributes that load or run, tags that stay open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag, attributes):
        self.wrong += [] if tag in TAGS else [tag]
        self.wrong += [
            f"{name}={value}" for name, value in attributes if name.startswith("on") or name in ("src", "href", "id")
        ]
        self.open += [] if tag in VOID else [tag]

    def handle_startendtag(self, tag, attributes):  # noqa: ARG002
        self.wrong += [] if tag in TAGS else [tag]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data)


def checked(html: str) -> Checked:
    parser = Checked()
    parser.feed(html)
    parser.close()
    parser.wrong += parser.open
    return parser


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> dict[str, object]:
    rng = np.random.Generator(np.random.Philox(key=1))
    n = 120
    frame = pd.DataFrame({HOSTILE: rng.normal(size=n), "y": rng.gamma(2.0, size=n), "c": rng.choice([HOSTILE, "b"], n)})
    fitted = MixupSynthesizer(random_state=1).fit(frame)
    whole = MixupSynthesizer("rotation", random_state=1).fit(frame)
    sample = fitted.sample(n)
    study = CollapseStudy(frame[[HOSTILE, "y"]], "epbeta", "replace", n=40, generations=2, replicates=2)
    return {
        "not fitted": MixupSynthesizer("beta", "random", columns={HOSTILE: "real"}),
        "cannot be fitted": MixupSynthesizer(HOSTILE),
        "fitted": fitted,
        "certificate": whole.certificate(sample=whole.sample(n)),
        "prediction": fitted.certificate(),
        "plan": whole.plan(0, 7),
        "chained plan": fitted.plan(3, 7),
        "drift": drift_report(frame, sample.assign(y=sample["y"] * 3.0), level="quick"),
        "audit": audit(frame, sample, sections=("fidelity", "privacy"), level="quick"),
        "study": study,
        "result": study.run(),
        "stream": stream(fitted, tmp_path_factory.mktemp("stream") / "<b>.parquet", 10),
    }


NAMES = (
    "not fitted", "cannot be fitted", "fitted", "certificate", "prediction", "plan", "chained plan", "drift", "audit",
    "study", "result", "stream",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_card_is_a_small_piece_of_safe_html(results, name):
    html = results[name]._repr_html_()
    found = checked(html)
    assert found.wrong == []
    assert html.startswith('<div class="synthmix-card">')
    assert html.count("<style>") == 1
    assert "http" not in html
    assert "url(" not in html
    assert len(html) < 25_000
    assert html == results[name]._repr_html_()


@pytest.mark.parametrize("name", NAMES)
def test_a_repr_is_one_short_line(results, name):
    text = repr(results[name])
    assert "\n" not in text
    assert len(text) < 200
    assert "array(" not in text
    assert type(results[name]).__name__ in text


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("not fitted", ("Beta(a=0.2, b=0.2)", "Random(", "not fitted yet", "<img src=x")),
        ("cannot be fitted", ("cannot be fitted", "<img src=x", "is no known law")),
        ("fitted", ("(default)", "fitted to 120 rows, 3 columns; seed 1", "continuous", "discrete", HOSTILE)),
        ("certificate", ("✓ exact", "✕ not preserved", "covariance", HOSTILE, "sample of 120 rows", "Why")),
        ("prediction", ("no sample given",)),
        ("plan", ("synthetic rows 0 to 6", "First 5 of 7 rows", "Keep plans private")),
        ("chained plan", ("begins as", "4x3x3", HOSTILE)),
        ("drift", ("✕ fail", "120 reference rows", "What stands out", "tolerated up to")),
        ("audit", ("fidelity", "no holdout", "Cannot be concluded")),
        ("study", ("call run()", "epbeta", "bootstrap", "replace")),
        ("result", ("6 of 6 chains done", "Profile of collapse")),
        ("stream", ("<b>.parquet", "rows", "10")),
    ],
)
def test_a_card_says(results, name, words):
    shown = re.sub(r"\s+", " ", "".join(checked(results[name]._repr_html_()).words))
    assert [word for word in words if word not in shown] == []


def test_the_check_of_cards_sees_what_it_must():
    card = Card(HOSTILE, [Text(HOSTILE), Facts({HOSTILE: HOSTILE}), Table(pd.DataFrame({HOSTILE: [HOSTILE]}), HOSTILE)])
    assert checked(card.html()).wrong == []
    assert checked(card.html() + HOSTILE).wrong
    assert checked("<div><p></div>").wrong
    assert checked("<p onclick='x'></p>").wrong


def test_what_holds_arrays_is_shown_by_shapes():
    rng = np.random.Generator(np.random.Philox(key=2))
    frame = pd.DataFrame({"x": rng.normal(size=90), "y": rng.normal(size=90)})
    fit, _ = fit_models(Model("y ~ x"), frame, [frame])
    for thing in (fit, Made(frame), Reference.of(frame), Sphere(3).moments()):
        text = repr(thing)
        assert len(text) < 500, text
        assert "\n" not in text
        assert "array(" not in text
    assert repr(Made(frame)) == "Made(table=<90 x 2>, parents=None)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float64(0.123456), "0.1235"),
        (np.array([1.0, 2.0]), "[1, 2]"),
        (np.zeros((3, 4)), "<3 x 4>"),
        (np.int64(7), "7"),
        (("a", "b"), "('a', 'b')"),
        (list(range(9)), "<9>"),
        ("x" * 100, "'" + "x" * 56 + "..."),
        (None, "None"),
    ],
)
def test_short(value, text):
    assert short(value) == text
