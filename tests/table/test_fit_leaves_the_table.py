"""Fitting reads the user's table in place, copies it once, and keeps nothing of it."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthmix import MixupSynthesizer
from synthmix.table import encode_table

ROOT = Path(__file__).resolve().parents[2]


def numbers(gaps):
    values = np.random.default_rng(3).gamma(2.0, size=(500, 4))
    values[:, 1] = np.round(values[:, 1] * 5)
    if gaps:
        values[::7, 2] = np.nan
    return values


TABLES = {
    "rows": lambda x: x,
    "columns": np.asfortranarray,
    "part": lambda x: np.tile(x, (1, 2))[::-1, 1:5],
    "frame": lambda x: pd.DataFrame(x, copy=False),
    "frame of columns": lambda x: pd.DataFrame({f"c{j}": x[:, j] for j in range(x.shape[1])}, copy=False),
}


@pytest.mark.parametrize("gaps", [False, True])
@pytest.mark.parametrize("encoding", ["raw", "normal"])
@pytest.mark.parametrize("kind", TABLES)
def test_writing_to_the_table_after_fit_changes_nothing(kind, encoding, gaps):
    table = TABLES[kind](numbers(gaps))
    before = np.array(table)
    fitted = MixupSynthesizer("rotation", "random", encoding, random_state=1).fit(table)
    assert np.array_equal(np.asarray(table), before, equal_nan=True)  # nor does fitting write to it
    sample = np.array(fitted.sample(300))
    source = fitted._executor.source.latent
    assert not np.shares_memory(source, np.asarray(table))
    if isinstance(table, np.ndarray):
        table[:] = 7.0
    else:
        table.iloc[:, :] = 7.0
    assert np.array_equal(np.array(fitted.sample(300)), sample, equal_nan=True)
    assert [info.n_distinct for info in fitted.columns_] == [np.unique(c[~np.isnan(c)]).size for c in before.T]


@pytest.mark.parametrize(
    "read",
    [lambda x: x, pd.DataFrame, lambda x: pa.table(dict(zip("abcd", x.T, strict=True)))],
    ids=["numpy", "pandas", "pyarrow"],
)
def test_raw_numbers_are_the_table_in_rows(read):
    values = numbers(gaps=True)
    latent = encode_table(read(values), encoding="raw").latent
    assert latent.flags.c_contiguous
    assert np.array_equal(latent, values, equal_nan=True)


def test_distinct_values_travel_with_a_copy():
    info = encode_table(numbers(gaps=True), encoding="raw").encoder.columns[1]
    for twin in (pickle.loads(pickle.dumps(info)), copy.deepcopy(info)):
        assert twin == info
        assert twin.n_distinct == np.unique(numbers(gaps=True)[:, 1]).size
    assert len(pickle.dumps(info)) < 1000  # the count, not what is counted


PEAK = """
import sys
from pathlib import Path
import numpy as np
from synthmix import MixupSynthesizer
def status(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(key))
def fit(table):
    return MixupSynthesizer("rotation", "random", "raw", random_state=0).fit(table)
few = np.random.default_rng(0).normal(size=(100, 20))
fit(few)
table = np.tile(few, (10_000, 1)) + np.arange(1_000_000)[:, None]
Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
before = status("VmRSS")
kept = fit(table) if sys.argv[1] == "once" else [fit(table), table.copy()]
print((status("VmHWM") - before) / table.nbytes)
"""


def peak(copies):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, copies], capture_output=True, text=True, check=True, cwd=ROOT, timeout=120
    )
    return float(done.stdout)


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="the peak is read from Linux's /proc")
def test_fitting_needs_one_copy_of_raw_numbers():
    # One copy, a mask of an eighth of it, a few columns of labels, which are a twentieth each, and while rows are
    # arranged 32 MiB, a fifth of it.
    assert 1.0 < peak("once") < 1.7
    assert peak("twice") > 1.9  # negative control
