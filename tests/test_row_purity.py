"""Row i is a pure function of (fitted table, parameters, seed, i), for every combination of choices."""

import json
import subprocess
import sys

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
    for size in (7, 4096):
        joined = pd.concat(list(synthesizer.sample_batches(150, size)), ignore_index=True)
        assert_frame_equal(joined, whole.head(150), check_exact=True)
    threaded = MixupSynthesizer(**options, grid=grid, n_jobs=2, columns=KEY).fit(table())
    assert_frame_equal(threaded.sample(500), whole, check_exact=True)
    other = MixupSynthesizer(**{**options, "random_state": 10}, grid=grid, columns=KEY).fit(table()).sample(500)
    assert not other.equals(whole)


def test_batches_of_one_row():
    synthesizer = MixupSynthesizer(columns=KEY, random_state=3).fit(table())
    joined = pd.concat(list(synthesizer.sample_batches(25, 1)), ignore_index=True)
    assert_frame_equal(joined, synthesizer.sample(25), check_exact=True)


@pytest.mark.parametrize("weights", ["rotation", "epbeta", "sphere"])
@pytest.mark.parametrize("pairing", ["random", "nearest"])
def test_two_threads_share_many_rows_and_change_nothing(weights, pairing):
    x = np.random.default_rng(0).normal(size=(20_000, 3))
    one = MixupSynthesizer(weights, pairing, "raw", random_state=1).fit(x)
    two = MixupSynthesizer(weights, pairing, "raw", random_state=1, n_jobs=2).fit(x)
    whole = one.sample(45_000)
    assert np.array_equal(whole, two.sample(45_000))
    assert np.array_equal(whole[19_000:33_000], two.sample_rows(19_000, 33_000))


def test_a_new_process_makes_the_same_rows(tmp_path):
    table().to_parquet(tmp_path / "t.parquet")
    code = (
        "import sys, json, pandas as pd\n"
        "from synthmix import MixupSynthesizer\n"
        "t = pd.read_parquet(sys.argv[1])\n"
        "out = []\n"
        "for encoding in ('raw', 'normal'):\n"
        "    s = MixupSynthesizer('rotation', 'nearest', encoding, columns={'id': 'key'}, random_state=4)\n"
        "    s = s.fit(t).sample_rows(50, 60)\n"
        "    out.append([v.hex() for v in s['x']] + s['c'].astype(str).tolist())\n"
        "print(json.dumps(out))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.parquet")], capture_output=True, text=True, check=True
    )
    there = json.loads(run.stdout)
    frame = pd.read_parquet(tmp_path / "t.parquet")
    for encoding, values in zip(("raw", "normal"), there, strict=True):
        synthesizer = MixupSynthesizer("rotation", "nearest", encoding, columns=KEY, random_state=4)
        sample = synthesizer.fit(frame).sample(60)
        here = sample.iloc[50:60]
        assert [v.hex() for v in here["x"]] + here["c"].astype(str).tolist() == values


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
