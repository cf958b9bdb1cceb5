"""Discrete columns that follow from another one are copied with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synthmix import MixupSynthesizer
from synthmix.mixing.chain.follow import followers
from synthmix.pairing import Chained


def _table(n: int = 600) -> pd.DataFrame:
    random = np.random.Generator(np.random.Philox(1))
    zone = random.integers(0, 24, n)
    town, weather = np.array([*"abcdefghijklmnopqrstuvwx"]), random.integers(0, 3, n)
    return pd.DataFrame(
        {
            "borough": np.where(zone < 15, "north", "south"),
            "zone": town[zone],
            "weather": np.array(["dry", "rain", "snow"])[weather],
            "number": (zone + 100).astype(str),
            "x": zone / 10 + random.normal(size=n),
            "name": random.integers(0, 550, n).astype(str),
        }
    )


def test_relations_hold_in_every_synthetic_row() -> None:
    """A zone has one borough and one number. Drawn one by one (leaves are larger than rare zones) they do not."""
    table = _table()
    table.loc[:2, "zone"] = "z"
    table.loc[:2, "borough"], table.loc[:2, "number"] = "west", "999"
    kinds = {name: "categorical" for name in table if name != "x"}
    synthesizer = MixupSynthesizer(pairing=Chained(), columns=kinds, random_state=0).fit(table)
    rows = synthesizer.sample(6000)
    real = set(map(tuple, table[["zone", "borough", "number"]].to_numpy()))
    assert set(map(tuple, rows[["zone", "borough", "number"]].to_numpy())) <= real
    loose = table.assign(zone=np.where(np.arange(600) == 599, "a", table["zone"]))  # one row breaks all relations
    loose.loc[599, ["borough", "number"]] = "south", "117"
    rows = MixupSynthesizer(pairing=Chained(), columns=kinds, random_state=0).fit(loose).sample(6000)
    real = set(map(tuple, loose[["zone", "borough", "number"]].to_numpy()))
    assert not set(map(tuple, rows[["zone", "borough", "number"]].to_numpy())) <= real


def test_the_plan_gives_them_the_parents_of_their_leader() -> None:
    """And its columns are those of the table, each once."""
    table = _table().drop(columns="name")
    synthesizer = MixupSynthesizer(pairing=Chained(), random_state=0).fit(table)
    plan = synthesizer.plan(0, 50)
    assert sorted(plan.columns) == sorted(table.columns)
    at = [plan.columns.index(name) for name in ("zone", "borough", "number")]
    np.testing.assert_array_equal(plan.parents[:, at[0]], plan.parents[:, at[1]])
    np.testing.assert_array_equal(plan.parents[:, at[0]], plan.parents[:, at[2]])
    assert (plan.parents[:, at[0], 0] != plan.parents[:, plan.columns.index("weather"), 0]).any()
    rows, real = synthesizer.sample(50), table.to_numpy()
    np.testing.assert_array_equal(rows["borough"], real[plan.parents[:, at[1], 0], table.columns.get_loc("borough")])


def test_who_leads() -> None:
    """The finest needed column; of two equal ones the first; one level for each row is no reason."""
    a = np.repeat(np.arange(6, dtype=np.int32), 20)
    other = np.tile(np.arange(4, dtype=np.int32), 30)
    key = np.arange(120, dtype=np.int32)
    codes = np.stack([a // 3, a, (a + 2) % 6, other, key], axis=1).astype(np.int32)
    assert followers(codes, [2, 3, 4, 5, 6], 2, 5) == {3: [2, 4]}
    assert followers(codes, [4, 3, 2, 5, 6], 2, 5) == {4: [3, 2]}
    assert followers(codes, [2, 5, 6], 2, 5) == {}
    assert followers(codes, [2, 5, 6], 2, 1) == {6: [2, 5]}
    noisy = codes.copy()
    noisy[0, 0] = 1
    assert followers(noisy, [2, 3], 2, 5) == {}
