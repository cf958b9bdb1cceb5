"""A small run of the benchmark of size and power, with fixed seeds."""

import numpy as np
from scipy.stats import binom

from benchmarks.drift.size_power import COLUMNS, main, rates
from benchmarks.drift.worlds import CHANGES, NULLS

RUNS, LEVEL, ALARM = 60, 0.05, 1e-6


def test_no_test_rejects_more_often_than_it_says_where_nothing_is_wrong():
    for name, world in NULLS.items():
        found = dict(zip(COLUMNS, rates(world, RUNS, 40, 2, 39) * RUNS, strict=True))
        most = binom.ppf(1 - ALARM, RUNS, LEVEL)
        assert found["fused, against training"] <= most, name
        assert found["holdout"] <= most, name
        if name == "bootstrap":
            assert found["near copies"] > 0.75 * RUNS  # copies are named as such


def test_one_generation_of_plain_mixing_is_found_by_both_tests():
    found = dict(zip(COLUMNS, rates(CHANGES["Beta(1, 1), 1 generation"], 5, 200, 5, 39), strict=True))
    assert found["fused, against training"] == found["holdout"] == 1.0


def test_the_fused_test_finds_three_generations_more_often_than_the_usual_ones():
    found = dict(zip(COLUMNS, rates(CHANGES["EpBeta(1), 3 generations"], 8, 300, 5, 39), strict=True))
    assert found["fused, against training"] >= 0.75
    assert found["fused, against training"] >= 0.25 + max(found["energy"], found["MMD median"], found["KS, Holm"])


def test_the_program_prints_a_table(capsys, tmp_path):
    path = tmp_path / "page.md"
    main(["--rows", "20", "--columns", "2", "--runs", "2", "--permutations", "9", "--output", str(path)])
    text = path.read_text(encoding="utf-8")
    assert all(f"| {name} |" in text for name in (*NULLS, *CHANGES))
    assert text in capsys.readouterr().out
    assert np.char.count(text, "\n") > 12
