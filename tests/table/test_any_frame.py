"""Hypothesis: frames of any mix of kinds, gaps and sizes come back, and slices are slices."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from synthmix.table import encode_table

NUMBERS = st.floats(-1e12, 1e12, allow_nan=False, width=64)
_FIRST, _LAST = dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)  # noqa: DTZ001 - naive, as the dtype is
MOMENTS = st.datetimes(_FIRST, _LAST)
CONTENTS = {
    "float64": NUMBERS,
    "Float64": NUMBERS,
    "Int64": st.integers(-(2**53), 2**53),
    "UInt16": st.integers(0, 2**16 - 1),
    "boolean": st.booleans(),
    "string": st.text(max_size=4).filter(lambda t: t.isprintable() or "\0" in t),
    "object": st.text("ab\0é", max_size=2),
    "datetime64[us]": MOMENTS,
    "datetime64[us, America/New_York]": MOMENTS.map(lambda t: t.replace(tzinfo=dt.UTC)),
    "timedelta64[us]": st.timedeltas(dt.timedelta(-999), dt.timedelta(999)),
    "int64[pyarrow]": st.integers(-(2**53), 2**53),
    "double[pyarrow]": NUMBERS,
    "category": st.sampled_from(["u", "v", "w"]),
}


@st.composite
def frames(draw):
    n = draw(st.integers(2, 25))
    kinds = draw(st.lists(st.sampled_from(sorted(CONTENTS)), min_size=1, max_size=5))
    columns = {}
    for j, kind in enumerate(kinds):
        first = draw(CONTENTS[kind])  # one value at least, so that no column is empty
        rest = draw(st.lists(st.none() | CONTENTS[kind], min_size=n - 1, max_size=n - 1))
        columns[f"{kind} {j}"] = pd.Series([first, *rest], dtype=kind)
    return pd.DataFrame(columns)


def decode(encoded, a, b, start=0):
    rows = slice(a, b)
    return encoded.encoder.decode(
        encoded.latent[rows], np.isnan(encoded.latent[rows]), encoded.codes[rows], start=start, seed=8
    )


@settings(max_examples=120)
@given(frames(), st.sampled_from(["raw", "normal"]), st.sampled_from(["donor", "scores"]), st.integers(0, 2**64 - 1))
def test_any_frame_comes_back(frame, encoding, discrete, seed):
    if encoding == "raw":
        discrete = "donor"
    encoded = encode_table(frame, encoding=encoding, discrete=discrete, grid="source", seed=seed)
    back = decode(encoded, 0, len(frame))
    keys = [info.name for info in encoded.encoder.columns if info.role == "key"]
    pd.testing.assert_frame_equal(back.drop(columns=keys), frame.drop(columns=keys), check_exact=True)
    middle = len(frame) // 2
    pd.testing.assert_frame_equal(
        decode(encoded, middle, None, middle), back.iloc[middle:].reset_index(drop=True), check_exact=True
    )


@settings(max_examples=40)
@given(frames(), st.sampled_from(["raw", "normal"]))
def test_any_frame_comes_back_as_arrow(frame, encoding):
    table = pa.Table.from_pandas(frame, preserve_index=False)
    encoded = encode_table(table, encoding=encoding, grid="source")
    back = decode(encoded, 0, len(frame))
    keys = [info.name for info in encoded.encoder.columns if info.role == "key"]
    assert back.schema.equals(table.schema, check_metadata=True)
    assert back.drop_columns(keys).equals(table.drop_columns(keys).combine_chunks())
