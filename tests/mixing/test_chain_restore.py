"""What passes of a chain are given back: means and covariances, exactly, by the smallest map."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.linalg
from numpy.typing import NDArray

from synthmix import MixupSynthesizer
from synthmix.mixing.chain import restore
from synthmix.mixing.chain.blas import one_blas_thread
from synthmix.mixing.chain.gaps import Patterns
from synthmix.mixing.chain.transport import transport
from synthmix.pairing import Chained


def _numbers(n: int = 500, seed: int = 0) -> NDArray[np.float64]:
    random = np.random.Generator(np.random.Philox(seed))
    return random.gamma(1.5, size=(n, 4)) @ random.normal(size=(4, 4)) + np.array([0.0, 1e4, -3.0, 50.0])


def _fit(table: Any, **options: Any) -> MixupSynthesizer:
    pairing = options.pop("pairing", Chained())
    return MixupSynthesizer(pairing=pairing, random_state=3, **options).fit(table)


def _largest_change(made: NDArray[np.float64], table: NDArray[np.float64]) -> float:
    """Return the largest difference of means and covariances, in standard deviations of the table."""
    sd = table.std(axis=0)
    covariance = np.abs((np.cov(made.T) - np.cov(table.T)) / np.outer(sd, sd)).max()
    return float(max(covariance, np.abs((made.mean(axis=0) - table.mean(axis=0)) / sd).max()))


def test_means_and_covariances_of_whole_passes_are_exact() -> None:
    """T18, over one pass and over three; a part of a pass and a chain without it are the controls."""
    table = _numbers()
    synthesizer = _fit(table, encoding="raw")
    assert _largest_change(synthesizer.sample(500), table) < 1e-11
    assert _largest_change(synthesizer.sample_rows(500, 1000), table) < 1e-11
    assert _largest_change(synthesizer.sample(450), table) > 1e-4
    plain = _fit(table, encoding="raw", pairing=Chained(restore=False))
    assert _largest_change(plain.sample(500), table) > 1e-2


def test_scores_are_restored_before_they_are_decoded() -> None:
    """With the normal encoding what is exact is the covariance of the scores."""
    executor = _fit(_numbers())._executor
    made, _ = executor.made(0, 500)
    assert _largest_change(made.T, executor.source.latent) < 1e-11


def test_kept_columns_stay_and_covariances_with_them_are_exact() -> None:
    """What is drawn is fitted around the columns that are the origins' own."""
    table = pd.DataFrame(_numbers(), columns=[*"abcd"])
    synthesizer = _fit(table, encoding="raw", pairing=Chained(keep=("b", "d")))
    rows, plan = synthesizer.sample(500), synthesizer.plan(0, 500)
    for name in "bd":
        np.testing.assert_allclose(rows[name], table[name].to_numpy()[plan.origins], rtol=1e-12)
    assert _largest_change(rows.to_numpy(), table.to_numpy()) < 1e-11


def _pairwise(made: pd.DataFrame, table: pd.DataFrame) -> NDArray[np.float64]:
    """Return the changes of pairwise-complete covariances, in standard deviations."""
    sd = table.std().to_numpy()
    return np.abs(made.cov().to_numpy() - table.cov().to_numpy()) / np.outer(sd, sd)


def test_covariances_with_gaps_are_exact_where_patterns_are_frequent() -> None:
    """Over the rows in which both values are there, as pandas counts them; without restoration they are not."""
    table = pd.DataFrame(_numbers(), columns=[*"abcd"])
    table.loc[np.arange(500) % 4 == 0, "b"] = np.nan
    table.loc[np.arange(500) % 6 == 0, ["a", "d"]] = np.nan
    rows = _fit(table, encoding="raw").sample(500)
    assert _pairwise(rows, table).max() < 1e-11
    np.testing.assert_allclose(rows.mean(), table.mean(), rtol=1e-11)
    plain = _fit(table, encoding="raw", pairing=Chained(restore=False)).sample(500)
    assert _pairwise(plain, table).max() > 1e-3


def test_columns_of_rare_patterns_keep_mean_and_variance_alone() -> None:
    """These 19 rows have no covariance of their own but in the columns that all of them have."""
    table = pd.DataFrame(_numbers(), columns=[*"abcd"])
    table.loc[100:118, "b"] = np.nan
    table.loc[100:104, "c"] = np.nan
    table.loc[105:109, "d"] = np.nan
    table.loc[200:260, "d"] = np.nan
    rows = _fit(table, encoding="raw").sample(500)
    change = _pairwise(rows, table)
    assert np.diag(change).max() < 1e-11
    assert max(change[0, 1], change[1, 2], change[1, 3]) < 1e-11  # none of them has b
    assert change[0, 2] > 1e-9
    np.testing.assert_allclose(rows.mean(), table.mean(), rtol=1e-11)


@pytest.mark.parametrize("odd", [1, 2, 9])
def test_few_rows_are_not_given_back_to_the_letter(odd: int) -> None:
    """A mean over one row is that row. Odd patterns of missing values join others until that says nothing."""
    table = pd.DataFrame(_numbers(), columns=[*"abcd"])
    table.loc[: odd - 1, ["a", "b"]] = np.nan
    table.loc[odd : odd + 1, ["c", "d"]] = np.nan
    for encoding in ("raw", "normal"):
        synthesizer = _fit(table, encoding=encoding, grid="full")
        rows, origins = synthesizer.sample(500), synthesizer.plan(0, 500).origins
        own = table.iloc[origins].reset_index(drop=True)
        apart = (rows - own).abs() / table.std()
        assert (apart[own.isna().any(axis=1)].min() > 1e-9).all()


def test_parts_of_rows() -> None:
    """Frequent patterns alone, rare ones together, and with as many others as a covariance and each column need."""
    missing = np.zeros((60, 3), bool)
    missing[:12, 0] = True
    missing[12:18, 1] = True
    missing[18:24, 2] = True
    found = Patterns(missing)
    assert sorted(len(rows) for rows in found.rows_of_parts(missing)) == [24, 36]
    pooled = next(part for part in found.parts if part.some.any())
    assert not (pooled.whole | pooled.few).any()
    missing[:] = False
    missing[:20, 1] = True
    assert sorted(len(rows) for rows in Patterns(missing).rows_of_parts(missing)) == [20, 40]
    missing[:] = False
    missing[0] = [True, True, False]
    (alone,) = Patterns(missing).parts
    np.testing.assert_array_equal(alone.whole, [False, False, True])
    (alone,) = Patterns(missing[:9]).parts
    assert alone.few.all()
    assert len(Patterns(np.zeros((5, 0), bool)).parts) == 1


def test_rows_without_spread_in_all_directions_are_called_so() -> None:
    """Thirty columns of twelve rows: the covariance cannot be given back, and nothing says that it was."""
    random = np.random.Generator(np.random.Philox(4))
    for rows, columns in ((12, 30), (20, 20)):
        table = random.normal(size=(rows, columns))
        synthesizer = _fit(table, encoding="raw")
        for statement in synthesizer.certificate(synthesizer.sample(rows)).statements:
            assert statement.name != "covariance" or statement.status != "exact"
    square = _fit(random.normal(size=(60, 20)), encoding="raw")
    assert square.certificate(square.sample(60))["covariance"].status == "exact"


def test_no_claim_where_a_map_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The residual of the map decides, not the intention."""
    synthesizer = _fit(_numbers(), encoding="raw")
    assert synthesizer.certificate()["covariance"].status == "exact"
    monkeypatch.setattr(type(synthesizer._executor), "residual", lambda *_: 1.0)
    assert synthesizer.certificate()["covariance"].status == "not preserved"


def test_a_column_that_follows_from_others_does_so_again() -> None:
    """A singular covariance is given back: the chain alone breaks the sum."""
    table = _numbers()
    table[:, 3] = table[:, 0] + table[:, 2]
    rows = _fit(table, encoding="raw").sample(500)
    np.testing.assert_allclose(rows[:, 3], rows[:, 0] + rows[:, 2], atol=1e-10)
    plain = _fit(table, encoding="raw", pairing=Chained(restore=False)).sample(500)
    assert np.abs(plain[:, 3] - plain[:, 0] - plain[:, 2]).max() > 0.1


def test_the_map_is_the_optimal_one_between_normal_laws() -> None:
    """It is symmetric, reaches its target, and moves less than the map by Cholesky factors does."""
    random = np.random.Generator(np.random.Philox(2))
    made, target = (part.T @ part for part in random.normal(size=(2, 9, 5)))
    found = transport(made, target)
    np.testing.assert_allclose(found, found.T, atol=1e-14)
    np.testing.assert_allclose(found @ made @ found, target, rtol=1e-10, atol=1e-10)
    cross = scipy.linalg.sqrtm(made @ target).real
    moved = np.trace(made) + np.trace(target) - 2 * np.trace(cross)  # Olkin and Pukelsheim (1982)
    step = found - np.eye(5)
    np.testing.assert_allclose(np.trace(step @ made @ step.T), moved, rtol=1e-9)
    other = np.linalg.cholesky(target) @ np.linalg.inv(np.linalg.cholesky(made)) - np.eye(5)
    assert np.trace(other @ made @ other.T) > moved


@pytest.mark.parametrize("encoding", ["raw", "normal"])
def test_rows_do_not_depend_on_how_they_are_asked_for(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row belongs to its pass, whether the pass is at hand, made for it, or made by another process."""
    monkeypatch.setattr(restore, "PIECE", 256)
    table = pd.DataFrame(_numbers(900), columns=[*"abcd"])
    table.loc[np.arange(900) % 5 == 0, "b"] = np.nan
    synthesizer = _fit(table, encoding=encoding)
    whole = synthesizer.sample(2700)
    for first, last in ((0, 1), (890, 910), (1000, 2000), (2699, 2700)):
        fresh = pickle.loads(pickle.dumps(synthesizer))
        pd.testing.assert_frame_equal(
            whole[first:last].reset_index(drop=True), fresh.sample_rows(first, last), check_exact=True
        )
    threads = _fit(table, encoding=encoding, n_jobs=2).sample(2700)
    pd.testing.assert_frame_equal(threads, whole, check_exact=True)


@pytest.mark.parametrize(("encoding", "columns"), [("raw", 9), ("raw", 17), ("normal", 9), ("normal", 17)])
def test_rows_of_many_columns_do_not_depend_on_their_neighbours(encoding: str, columns: int) -> None:
    """A library's product of matrices has other bits for other numbers of rows; a row must not."""
    random = np.random.Generator(np.random.Philox(7))
    table = random.normal(size=(600, columns)) @ random.normal(size=(columns, columns))
    synthesizer = _fit(table, encoding=encoding, grid="full")
    whole = synthesizer.sample(600)
    for first, last in ((0, 1), (1, 2), (5, 6), (5, 8), (100, 131), (0, 599), (300, 600)):
        np.testing.assert_array_equal(synthesizer.sample_rows(first, last), whole[first:last])


def test_threads_of_blas_are_given_back_when_the_last_one_leaves() -> None:
    """Two threads of ours that overlap: one must not end the limit of the other, nor keep it."""
    from threadpoolctl import ThreadpoolController

    def threads() -> set[int]:
        return {one["num_threads"] for one in ThreadpoolController().info() if one["user_api"] == "blas"}

    with ThreadpoolController().limit(limits=2, user_api="blas"):
        before = threads()
        one, other = one_blas_thread(), one_blas_thread()
        one.__enter__()
        other.__enter__()
        one.__exit__(None, None, None)
        assert threads() == {1}
        other.__exit__(None, None, None)
        assert threads() == before != {1}


def test_the_certificate_says_what_is_exact_and_finds_it_so() -> None:
    """Mean and covariance of the scores; in the data's own units only where nothing is decoded or rounded."""
    table = pd.DataFrame(_numbers(), columns=[*"abcd"])
    table["level"] = np.where(table["a"] > 0, "yes", "no")
    for options, space in (({"encoding": "raw"}, "data"), ({}, "scores")):
        synthesizer = _fit(table, **options)
        certificate = synthesizer.certificate(synthesizer.sample(1000))
        exact = {statement.name: statement for statement in certificate.statements if statement.status == "exact"}
        assert set(exact) == {"mean", "covariance"}
        for statement in exact.values():
            assert statement.space == space
            assert statement.theorem == "T18"
            assert statement.columns == ("a", "b", "c", "d")
        assert (exact["covariance"].error or 1.0) < 1e-11
        assert (exact["mean"].realised or 0.0) < 1e-11
        part = synthesizer.certificate(synthesizer.sample(700))
        assert "exact" not in {statement.status for statement in part.statements}
        assert "700" in str(part) or "whole pass" in str(part)


def test_the_certificate_of_rounded_and_of_gapped_columns() -> None:
    """Whole numbers in raw units are rounded after they are restored; rare gaps leave a column mean and variance."""
    table = pd.DataFrame(_numbers(), columns=[*"abcd"])
    table.loc[[3, 50], "b"] = np.nan  # too few for a mean of their own: the other rows join them
    table["a"] = table["a"].round(0).astype(int)
    synthesizer = _fit(table, encoding="raw", grid="source")
    statements = synthesizer.certificate(synthesizer.sample(500)).statements
    told = {(one.name, one.columns): one.status for one in statements}
    assert told["covariance", ("a",)] == "not preserved"
    assert told["variance", ("b",)] == "exact"
    assert told["covariance", ("c", "d")] == "exact"
    measures = {one.name: one.measure for one in statements if one.status == "exact"}
    assert "of the whole matrix" in measures["covariance"]
    assert "of a variance" in measures["variance"]  # another error, which the measure must not call that of the matrix
    (lost,) = (one for one in statements if one.name.startswith("covariance with"))
    assert lost.status == "not preserved"
    assert lost.columns == ("b",)
    assert (lost.realised or 0.0) > 1e-9


def test_passes_that_miss_nothing_are_left_alone() -> None:
    """Columns that say whether a row has a level add up to one, and passes have as many of each: nothing is to move."""
    random = np.random.Generator(np.random.Philox(11))
    table = np.eye(3)[random.integers(0, 3, 200)]
    rows = _fit(table, encoding="raw", pairing=Chained(leaf=4)).sample(20 * 200)
    assert np.abs(rows - np.round(rows)).max() < 1e-9
    np.testing.assert_allclose(rows.sum(axis=1), 1.0, atol=1e-9)
