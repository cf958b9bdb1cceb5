"""Characters that the bundled font lacks are written as escapes, without a warning."""

from __future__ import annotations

import numpy as np

from synthmix.report.drawing import drawn, new_figure, picture_bytes, readable


def test_escapes_stand_for_what_the_font_lacks() -> None:
    assert readable("größe α ≤") == "größe α ≤"
    assert readable("年a") == "\\u5e74a"
    assert len(readable("年" * 40)) == 32


def test_a_picture_with_foreign_names_warns_of_nothing() -> None:
    @drawn
    def draw():  # type: ignore[no-untyped-def]
        figure = new_figure(2.0, 3.0)
        axis = figure.subplots()
        axis.set_title("性別")
        axis.set_xticks(np.arange(2), ["男性", "b"], rotation=60)
        axis.barh([0, 1], [1.0, 2.0])
        axis.set_yticks([0, 1], ["女", "c"])
        return figure

    text = picture_bytes(draw()).decode()
    assert "\\u6027\\u5225" in text
    assert "性" not in text
