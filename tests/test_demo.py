"""The demo: its tables, its figure, its files."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synthmix.demo import run_demo
from synthmix.demo.figure import Comparison, _drawn, draw_comparisons
from synthmix.demo.tables import palmer_penguins, rand_health_insurance
from synthmix.errors import FileError
from synthmix.io import read_table

PNG = b"\x89PNG\r\n\x1a\n"


def test_the_real_tables_are_whole() -> None:
    health = rand_health_insurance()
    assert health.shape == (20190, 10)
    assert health["mdvis"].sum() == 57752
    assert not health.isna().any().any()
    penguins = palmer_penguins()
    assert penguins.shape == (344, 7)
    assert penguins["species"].value_counts().to_dict() == {"Adelie": 152, "Chinstrap": 68, "Gentoo": 124}
    assert penguins.isna().sum().sum() == 19
    assert [str(dtype) for dtype in penguins.dtypes].count("category") == 3


def test_the_bundled_table_names_its_source() -> None:
    text = (resources.files("synthmix") / "data" / "README.md").read_text(encoding="utf-8")
    for word in ("Horst", "Hill", "Gorman", "2020", "CC0"):
        assert word in text


def small_comparison() -> Comparison:
    rng = np.random.default_rng(0)
    real = pd.DataFrame(
        {
            "x": rng.normal(size=50),
            "n": rng.integers(0, 3, 50),
            "c": pd.Categorical(rng.choice(["a", "b"], 50), categories=["a", "b", "unused"]),
        }
    )
    real.loc[0, ["x", "c"]] = None
    return Comparison("small", real, real.copy(), ("x", "n", "c"))


def test_a_figure_is_a_png_and_appears_whole(tmp_path: Path) -> None:
    draw_comparisons([small_comparison()], tmp_path / "f.png")
    assert (tmp_path / "f.png").read_bytes().startswith(PNG)
    with pytest.raises(FileError, match="there is no folder"):
        draw_comparisons([small_comparison()], tmp_path / "no" / "f.png")
    wrong = Comparison("wrong", small_comparison().real, small_comparison().real, ("x", "n", "absent"))
    with pytest.raises(KeyError):
        draw_comparisons([wrong], tmp_path / "g.png")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["f.png"]


def test_no_word_of_the_figure_is_cut_off() -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.text import Text

    penguins = palmer_penguins()
    figure = _drawn([small_comparison(), Comparison("birds", penguins, penguins, ("bill_length_mm", "sex", "island"))])
    FigureCanvasAgg(figure).draw()
    words = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text().strip()]
    assert "flipper_length_mm" in {text.get_text() for text in words}
    outside = [text.get_text() for text in words if not _inside(text.get_window_extent(), figure.bbox)]
    assert not outside


def _inside(box: Any, whole: Any) -> bool:
    return bool(box.x0 >= 0 and box.y0 >= 0 and box.x1 <= whole.x1 and box.y1 <= whole.y1)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[str]]:
    """The files of one run, and what it said."""
    said: list[str] = []
    return run_demo(tmp_path_factory.mktemp("demo") / "out", report=said.append), said


def test_run_demo(demo: tuple[list[Path], list[str]]) -> None:
    paths, said = demo
    assert sorted(path.name for path in paths[0].parent.iterdir()) == sorted(path.name for path in paths)
    assert [path.name for path in paths] == ["randhie.csv", "penguins.csv", "comparison.png", "audit.html"]
    assert "\n".join(said).count("synthmix certificate") == 2
    assert paths[2].read_bytes().startswith(PNG)
    assert "audit: " in "\n".join(said)
    assert "</html>" in paths[3].read_text(encoding="utf-8")
    for path, real in ((paths[0], rand_health_insurance()), (paths[1], palmer_penguins())):
        synthetic = read_table(path)
        assert list(synthetic.columns) == list(real.columns)
        assert len(synthetic) == len(real)
    assert set(read_table(paths[1])["species"]) == {"Adelie", "Chinstrap", "Gentoo"}


def test_a_file_in_the_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(FileError, match="cannot make the folder"):
        run_demo(tmp_path / "out")
