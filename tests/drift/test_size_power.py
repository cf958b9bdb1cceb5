"""A small run of the benchmark of size and power, with fixed seeds."""

from scipy.stats import binom

from benchmarks.drift.size_power import TESTS, counts, main
from benchmarks.drift.worlds import CHANGES, NULLS

RUNS, LEVEL, ALARM = 60, 0.05, 1e-6


def test_no_test_rejects_more_often_than_it_says_where_nothing_is_wrong():
    most = binom.ppf(1 - ALARM, RUNS, LEVEL)
    for name, world in NULLS.items():
        found = counts(world, RUNS, 40, 2, 39)
        for test in set(TESTS) - {"copies"}:
            assert found[test] <= most, (name, test)
        if name == "bootstrap":
            assert found["copies"] > 0.75 * RUNS  # copies are named as such


def test_one_generation_of_plain_mixing_is_found_by_both_tests():
    found = counts(CHANGES["Beta(1, 1), 1 generation"], 5, 200, 5, 39)
    assert found["fused"] == found["holdout"] == 5


def test_the_fused_test_finds_three_generations_more_often_than_the_usual_ones():
    found = counts(CHANGES["EpBeta(1), 3 generations"], 8, 300, 5, 39)
    assert found["fused"] >= 6
    assert found["fused"] >= 2 + max(found["energy"], found["mmd_1"], found["marginal"])


def test_the_program_keeps_counts_and_writes_a_page(tmp_path):
    kept, page = tmp_path / "kept", tmp_path / "page.md"
    for part in ("power", "size"):
        main([part, "--rows", "20", "--columns", "2", "--runs", "2", "--permutations", "9", "--kept", str(kept)])
    main(["page", "--kept", str(kept), "--page", str(page)])
    text = page.read_text(encoding="utf-8")
    assert all(name in text for name in (*NULLS, *CHANGES, *TESTS.values()))
    assert text.index("## Size") < text.index("## Power")
