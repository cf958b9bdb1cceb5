"""Fifteen real tables: the identity, the grid, the share and the pattern of missing values."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from real_tables import TABLES

from synthmix.table import encode_table

# The tables here have keys that nobody declared; that they are told is tested in test_keys_and_constants.py.
pytestmark = pytest.mark.filterwarnings("ignore:column .* looks like a key:synthmix.errors.SynthmixWarning")


@pytest.mark.parametrize("encoding", ["raw", "normal"])
@pytest.mark.parametrize("name", TABLES)
def test_real_tables_come_back(data_file, identity, name, encoding):
    frame = pd.read_csv(data_file(name)).iloc[:6000]
    encoded, back = identity(frame, encoding=encoding, grid="source", seed=1)
    keys = [info.name for info in encoded.encoder.columns if info.role == "key"]
    assert set(keys) <= {"instant"}
    pd.testing.assert_frame_equal(back.drop(columns=keys), frame.drop(columns=keys), check_exact=True)
    values, codes = encoded.encoder.table_to_values(back)
    assert np.array_equal(values, encoded.encoder.source_values(encoded.latent), equal_nan=True)
    assert np.array_equal(codes, encoded.codes)


def test_grids_of_real_columns(data_file):
    def steps(name):
        encoder = encode_table(pd.read_csv(data_file(name)), encoding="raw").encoder
        return {info.name: info.step for info in encoder.columns}

    housing = steps("california_housing")
    assert housing["median_income"] == 1e-4
    assert housing["longitude"] == 0.01
    assert housing["total_bedrooms"] == 1.0
    assert steps("wine_quality")["chlorides"] == 0.001
    assert steps("diamonds")["carat"] == 0.01
    assert steps("titanic")["fare"] == 1e-4


def test_text_of_times_and_keys_in_real_tables(data_file):
    def kinds(name):
        return {info.name: info.kind for info in encode_table(pd.read_csv(data_file(name))).encoder.columns}

    taxis = kinds("taxis")
    assert taxis["pickup"] == taxis["dropoff"] == "datetime"
    bikes = kinds("bike_sharing_hour")
    assert bikes["instant"] == "key"
    assert bikes["dteday"] == "string"  # month/day/year is no ISO form, so it stays a level
    assert kinds("naval_propulsion")["x9"] == "constant"
