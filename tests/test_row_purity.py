"""Row i is a pure function of (fitted table, parameters, seed, i), for every combination of choices."""

import hashlib
import json
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from synthmix import MixupSynthesizer
from synthmix.pairing import Nearest, Random, WithinClass
from synthmix.weights import Custom, Hybrid, Rotation, Sphere

WEIGHTS = {
    "beta": "beta",
    "uniform": "uniform",
    "epbeta": "epbeta",
    "dirichlet": "dirichlet",
    "sphere": "sphere",
    "sphere-top": Sphere(4, top=0.9),
    "rotation": "rotation",
    "rotation-partial": Rotation(4, 0.3),
    "hybrid": Hybrid(kurtosis=1.0),
    "custom": Custom(weights=np.array([[0.5, 0.5, 0.0], [1.2, -0.1, -0.1]])),
}
PAIRINGS = {
    "random": "random",
    "iid": Random("iid"),
    "distinct": Random("distinct"),
    "cyclic": "cyclic",
    "within_class": WithinClass("c"),
    "nearest": "nearest",
    "nearest-in-class": WithinClass("c", Nearest(leaf=7)),
}
KEY = {"id": "key"}


def table(n=211):
    rng = np.random.default_rng(5)
    x = rng.gamma(2.0, size=n)
    return pd.DataFrame(
        {
            "x": x,
            "y": np.where(rng.random(n) < 0.1, np.nan, np.round(x + rng.normal(size=n), 2)),
            "i": rng.integers(0, 9, n),
            "c": pd.Categorical(rng.choice(["a", "b", "c"], n)),
            "t": pd.Timestamp("2024-02-01") + pd.to_timedelta(rng.integers(0, 1000, n), unit="h"),
            "id": np.arange(n) + 100,
        }
    )


@pytest.mark.parametrize("encoding", ["raw", "normal"])
@pytest.mark.parametrize("pairing", PAIRINGS)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_any_slice_equals_those_rows(weights, pairing, encoding):
    options = {
        "weights": WEIGHTS[weights],
        "pairing": PAIRINGS[pairing],
        "encoding": encoding,
        "random_state": 9,
    }
    grid = "source" if encoding == "raw" and weights in {"epbeta", "rotation"} else "auto"
    synthesizer = MixupSynthesizer(**options, grid=grid, columns=KEY).fit(table())
    whole = synthesizer.sample(500)
    for a, b in [(0, 1), (3, 10), (200, 230), (100, 500), (499, 500)]:
        part = synthesizer.sample_rows(a, b)
        assert_frame_equal(part, whole.iloc[a:b].reset_index(drop=True), check_exact=True)
    for size, rows in ((1, 25), (7, 150), (4096, 500)):
        joined = pd.concat(list(synthesizer.sample_batches(rows, size)), ignore_index=True)
        assert_frame_equal(joined, whole.head(rows), check_exact=True)
    threaded = MixupSynthesizer(**options, grid=grid, n_jobs=2, columns=KEY).fit(table())
    assert_frame_equal(threaded.sample(500), whole, check_exact=True)
    other = MixupSynthesizer(**{**options, "random_state": 10}, grid=grid, columns=KEY).fit(table()).sample(500)
    assert not other.equals(whole)


@pytest.mark.parametrize("weights", ["rotation", "epbeta", "sphere"])
@pytest.mark.parametrize("pairing", ["random", "nearest"])
def test_two_threads_share_many_rows_and_change_nothing(weights, pairing):
    x = np.random.default_rng(0).normal(size=(20_000, 3))
    one = MixupSynthesizer(weights, pairing, "raw", random_state=1).fit(x)
    two = MixupSynthesizer(weights, pairing, "raw", random_state=1, n_jobs=2).fit(x)
    whole = one.sample(45_000)
    assert np.array_equal(whole, two.sample(45_000))
    assert np.array_equal(whole[19_000:33_000], two.sample_rows(19_000, 33_000))


@pytest.mark.parametrize("encoding", ["raw", "normal"])
@pytest.mark.parametrize("weights", ["rotation", "epbeta"])
@pytest.mark.parametrize("pairing", ["random", "nearest"])
def test_threads_that_take_whole_passes_change_nothing(weights, pairing, encoding):
    x = np.random.default_rng(0).normal(size=(5000, 3))
    one = MixupSynthesizer(weights, pairing, encoding, random_state=1).fit(x)
    two = MixupSynthesizer(weights, pairing, encoding, random_state=1, n_jobs=2).fit(x)
    whole = one.sample(58_000)
    assert np.array_equal(whole, two.sample(58_000))
    assert np.array_equal(whole[3_000:51_000], two.sample_rows(3_000, 51_000))


def digests():
    """Hashes of rows 200 to 259 for every combination; the last bit of every float counts."""
    found = {}
    for (w, weights), (p, pairing), encoding in product(WEIGHTS.items(), PAIRINGS.items(), ("raw", "normal")):
        rows = (
            MixupSynthesizer(weights, pairing, encoding, columns=KEY, random_state=4).fit(table()).sample_rows(200, 260)
        )
        text = rows.map(lambda cell: cell.hex() if isinstance(cell, float) else str(cell)).to_csv()
        found[f"{w} {p} {encoding}"] = hashlib.sha256(text.encode()).hexdigest()
    return found


def test_a_new_process_makes_the_same_rows():
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_row_purity as t, json; "
    run = subprocess.run(
        [sys.executable, "-c", code + "print(json.dumps(t.digests()))"], capture_output=True, text=True, check=True
    )
    there, here = json.loads(run.stdout), digests()
    assert there == here
    assert len(set(here.values())) > 0.8 * len(here)  # other choices give other rows


def test_the_plan_tells_how_rows_are_made():
    x = np.random.default_rng(1).normal(size=(300, 4))
    for weights in ("epbeta", "rotation", "dirichlet"):
        synthesizer = MixupSynthesizer(weights, "random", "raw", random_state=6).fit(x)
        plan = synthesizer.plan(250, 400)
        assert plan.parents.dtype == np.int64
        assert plan.weights.dtype == np.float64
        np.testing.assert_allclose(plan.weights.sum(axis=1), 1.0, rtol=1e-13)
        naive = np.einsum("mk,mkd->md", plan.weights, x[plan.parents])
        np.testing.assert_allclose(naive, synthesizer.sample_rows(250, 400), rtol=1e-11, atol=1e-12)
        assert not np.allclose(naive[::-1], synthesizer.sample_rows(250, 400))


def test_global_random_state_is_neither_read_nor_written():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = MixupSynthesizer(columns=KEY, random_state=1).fit(table()).sample(50)
    assert np.array_equal(np.random.get_state()[1], before)
    np.random.seed(99)
    assert_frame_equal(MixupSynthesizer(columns=KEY, random_state=1).fit(table()).sample(50), first)
