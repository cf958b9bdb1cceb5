"""The style of pictures: no global state, the same bytes, dollar signs are no formulas."""

from __future__ import annotations

import matplotlib as mpl
import pytest

from synthmix.report.colours import DARK
from synthmix.report.drawing import drawn, log_axis, new_figure, picture_bytes, plain_power, save_picture, shortened
from synthmix.report.svg import inline_svg


@drawn
def picture(values=(1.0, 10.0, 1000.0)):
    figure = new_figure(2, 3)
    axis = figure.subplots()
    axis.plot(values)
    log_axis(axis)
    axis.set_ylabel("$x$")
    return figure


@pytest.mark.parametrize("form", ["svg", "png", "pdf"])
def test_equal_pictures_have_equal_bytes(form):
    assert picture_bytes(picture(), form) == picture_bytes(picture(), form)


def test_the_users_settings_stay_and_do_not_matter():
    plain = picture_bytes(picture())
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "text.usetex": False, "axes.grid": True}):
        before = dict(mpl.rcParams)
        assert picture_bytes(picture()) == plain
        assert dict(mpl.rcParams) == before


def test_no_window_system_is_started():
    import sys

    picture()
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_text_stays_text_and_colours_become_variables():
    svg = inline_svg(picture(), "k", "title", "alt")
    assert ">$x$</text>" in svg
    assert "var(--ink)" in svg
    assert not [light for light, _ in DARK.values() if light in svg.lower()]
    assert "font-family" not in svg
    assert "xmlns" not in svg


def test_a_narrow_axis_stays_linear():
    assert picture((1.0, 1.1, 0.9)).axes[0].get_yscale() == "linear"
    assert picture((1.0, 0.0, 5.0)).axes[0].get_yscale() == "linear"
    assert picture().axes[0].get_yscale() == "log"


def test_labels_are_short():
    assert [plain_power(value) for value in (1.0, 0.001, 1e-10, 1e5, 200.0)] == ["1", "0.001", "1e-10", "1e5", "200"]
    assert shortened("a" * 30, 10) == "a" * 9 + "…"


def test_a_picture_is_written_whole(tmp_path):
    save_picture(picture(), tmp_path / "p.svg")
    assert (tmp_path / "p.svg").read_bytes() == picture_bytes(picture())


def test_notebooks_show_a_picture_that_pyplot_does_not_know():
    shown = picture()._repr_png_()  # what notebooks look for in an object
    assert shown == picture_bytes(picture(), "png")
    assert not hasattr(mpl.figure.Figure, "_repr_png_")  # so that it is ours
