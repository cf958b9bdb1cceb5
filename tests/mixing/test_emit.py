"""Arrays are made piece by piece: what the pieces are, and that nobody sees them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import synthmix.mixing.emit
import synthmix.mixing.execute
from synthmix import MixupSynthesizer
from synthmix.mixing.chain.restore import Restoration
from synthmix.mixing.emit import _pieces
from synthmix.pairing import Chained
from synthmix.weights import EpBeta, Rotation


@pytest.mark.parametrize("most", [1, 7, 30, 31, 100, 1000])
@pytest.mark.parametrize(("start", "stop"), [(0, 0), (0, 1), (0, 95), (13, 95), (59, 61), (60, 90)])
def test_pieces_follow_each_other_and_are_whole_passes_where_one_fits(start: int, stop: int, most: int) -> None:
    pieces, n = _pieces(start, stop, 30, most), 30
    assert [number for number, _, _ in pieces] == list(range(len(pieces)))
    assert [row for _, low, high in pieces for row in range(low, high)] == list(range(start, stop))
    assert all(high - low <= most for _, low, high in pieces)
    if most >= n:
        assert all(low % n == 0 for _, low, _ in pieces[1:])


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(
    "options",
    [{"weights": Rotation(5)}, {"weights": EpBeta(), "pairing": "cyclic"}, {"pairing": Chained(4)}],
)
def test_pieces_and_threads_are_not_seen(
    monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], threads: int
) -> None:
    """Rows of an array with gaps, in pieces of a pass and of a part of one, are those of a single piece."""
    X = np.random.default_rng(0).normal(size=(150, 3))
    X[::9, 1] = np.nan
    whole = MixupSynthesizer(random_state=0, **options).fit(X).sample(1000)
    asked = []
    columns = synthmix.mixing.emit._columns
    monkeypatch.setattr(synthmix.mixing.emit, "_columns", lambda *given: asked.append(given[2:4]) or columns(*given))
    for numbers in (900, 200):
        monkeypatch.setattr(synthmix.mixing.emit, "_PIECE", numbers)
        asked.clear()
        rows = MixupSynthesizer(random_state=0, n_jobs=threads, **options).fit(X).sample_rows(100, 1000)
        np.testing.assert_array_equal(rows, whole[100:])
        assert len(asked) >= 4
        assert sorted(low for low, _ in asked)[1:] == sorted(high for _, high in asked)[:-1]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "options",
    [
        {"weights": "uniform", "pairing": "cyclic"},
        {"weights": "dirichlet", "pairing": "cyclic"},
        {"weights": "rotation", "pairing": "random"},
    ],
)
@pytest.mark.parametrize("encoding", ["normal", "raw"])
def test_what_is_large_is_written_past_the_caches_and_a_large_source_read_ahead(
    monkeypatch: pytest.MonkeyPatch, encoding: str, options: dict[str, Any], dtype: str, threads: int
) -> None:
    if encoding == "normal" and dtype == "float32":
        pytest.skip("scores are of double precision")
    X = np.random.default_rng(0).normal(size=(1501, 7))
    synthesizer = MixupSynthesizer(random_state=0, encoding=encoding, dtype=dtype, **options).fit(X)
    usual = synthesizer.sample_rows(301, 9000)
    monkeypatch.setattr(synthmix.mixing.execute, "_LARGE", 0)
    monkeypatch.setattr(synthmix.mixing.execute, "CACHED", 0)
    synthesizer.n_jobs = threads
    assert np.array_equal(synthesizer.sample_rows(301, 9000), usual)


@pytest.mark.parametrize("numbers", [1500, 450, 200])
def test_threads_make_each_pass_once(monkeypatch: pytest.MonkeyPatch, numbers: int) -> None:
    """Also one that is longer than a piece: its parts follow each other, and what moves it is kept."""
    X = np.random.default_rng(0).normal(size=(150, 3))
    made, move_pass = [], Restoration.move_pass
    monkeypatch.setattr(
        Restoration,
        "move_pass",
        lambda self, whole, first, *rest: made.append(first) or move_pass(self, whole, first, *rest),
    )
    monkeypatch.setattr(synthmix.mixing.emit, "_PIECE", numbers)
    MixupSynthesizer(random_state=0, pairing=Chained(4), n_jobs=3).fit(X).sample(1200)
    assert sorted(made) == list(range(0, 1200, 150))
