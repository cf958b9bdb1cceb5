"""The fused permutation test and the holdout test: exactness, power, and what they must not depend on."""

import numpy as np
import pytest
from drift.joint_oracle import beta_mix, bootstrap, epbeta
from scipy.stats import binom

from synthmix.drift.joint.budget import BLOCKS, Budget, plan
from synthmix.drift.joint.fused import fused_test, joint_test
from synthmix.drift.joint.rch import holdout_statistics, holdout_test
from synthmix.errors import InputError, OptionError

SMALL = Budget(permutations=99)


def normal(n, p, seed):
    return np.random.default_rng(seed).normal(size=(n, p))


def within_band(hits, runs, level, alarm=1e-6):
    return binom.ppf(alarm / 2, runs, level) <= hits <= binom.ppf(1 - alarm / 2, runs, level)


def test_two_samples_of_one_law_are_rejected_at_the_level():
    rng = np.random.default_rng(1)
    runs, p_values = 400, []
    for seed in range(runs):
        x, y = rng.standard_t(4, size=(30, 2)), rng.standard_t(4, size=(20, 2))
        p_values.append(fused_test(x, y, seed=seed, budget=Budget(permutations=19)).p_value)
    hits = np.array(p_values) <= 0.1
    assert within_band(hits.sum(), runs, 0.1)
    assert min(p_values) == 1 / 20


def test_ties_do_not_change_the_level():
    rng = np.random.default_rng(2)
    p_values = [
        fused_test(
            rng.integers(0, 2, (25, 2)), rng.integers(0, 2, (25, 2)), seed=s, budget=Budget(permutations=19)
        ).p_value
        for s in range(300)
    ]
    assert binom.sf((np.array(p_values) <= 0.1).sum() - 1, 300, 0.1) > 1e-6  # at most the level


def test_blocks_keep_the_level_and_add_up_what_they_see():
    rng = np.random.default_rng(3)
    budget = Budget(rows=20, permutations=19)
    drawn = plan(50, 50, 2, budget)
    assert (drawn.blocks, drawn.real, drawn.synthetic, drawn.note) == (5, 10, 10, "")
    hits = sum(
        fused_test(rng.normal(size=(50, 2)), rng.normal(size=(50, 2)), seed=s, budget=budget).p_value <= 0.1
        for s in range(120)
    )
    assert within_band(hits, 120, 0.1)
    many = fused_test(normal(1000, 3, 1), normal(1000, 3, 2) + 0.3, budget=Budget(rows=400, permutations=99))
    assert many.plan.blocks == BLOCKS
    assert many.largest > fused_test(normal(200, 3, 1), normal(200, 3, 2) + 0.3, budget=SMALL).largest


def test_the_test_finds_what_single_statistics_miss():
    x = normal(500, 5, 0)
    rng = np.random.default_rng(4)
    third = x
    for _ in range(3):
        third = epbeta(third, 1.0, rng)
    result = fused_test(x, third, budget=SMALL)
    assert result.p_value == 0.01
    assert result.leading in ("radius", "mmd_0.3")
    assert result.z["radius"] > 5 > result.z["mmd_3"]
    shifted = fused_test(x, normal(400, 5, 9) + 0.3, budget=SMALL)
    assert shifted.p_value == 0.01
    assert shifted.z["energy"] > 5


def test_near_copies_fill_the_lower_tail():
    x = normal(400, 4, 0)
    rng = np.random.default_rng(6)
    for copy in (x, x[::-1], bootstrap(x, rng), epbeta(x, 0.2, rng)):
        result = fused_test(x, copy, budget=SMALL)
        assert result.lower["mmd_0.1"] == 0.01
        assert result.z["mmd_0.1"] < -5
        assert result.p_value > 0.05
    fresh = fused_test(x, normal(400, 4, 8), budget=SMALL)
    assert fresh.lower["mmd_0.1"] > 0.01
    assert fused_test(x, x, budget=SMALL) == fused_test(x, x[::-1], budget=SMALL)  # a copy, ordered or not


def test_shuffled_columns_are_found():
    rng = np.random.default_rng(7)
    x = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], 400)
    y = np.column_stack([rng.permutation(column) for column in x.T])
    assert fused_test(x, y, budget=SMALL).p_value == 0.01


def test_row_order_threads_and_first_table_do_not_matter():
    rng = np.random.default_rng(8)
    x, y = np.round(rng.normal(size=(200, 3)), 1), np.round(rng.normal(size=(150, 3)), 1)
    for budget in (SMALL, Budget(rows=100, permutations=99)):
        one = fused_test(x, y, budget=budget, seed=5)
        assert fused_test(rng.permutation(x), y[::-1], budget=budget, seed=5, threads=2) == one
        assert fused_test(x, y, budget=budget, seed=6) != one
    one, other = fused_test(x, y, budget=SMALL), fused_test(y, x, budget=SMALL)
    assert other == one.__class__(**{**vars(one), "plan": other.plan})


def test_a_feature_takes_part_with_labels_of_real_rows():
    x, y = normal(60, 2, 1), normal(90, 2, 2)
    x[:, 1] += 1.0
    seen = []

    def first_column(rows):
        def statistic(labels):
            seen.append((rows, labels))
            return rows[:, 1] @ labels / labels.sum(axis=0)  # one-sided: real is above

        return statistic

    result = fused_test(x, y, budget=SMALL, features={"mean": first_column})
    rows, labels = seen[0]
    assert labels.shape == (150, 100)
    assert (labels.sum(axis=0) == 60).all()
    assert rows[labels[:, 0] > 0][:, 1].mean() == pytest.approx(x[:, 1].mean())
    assert result.upper["mean"] == 0.01
    assert result.z["mean"] > 3


def test_all_equal_rows_are_said_to_be_equal():
    found = joint_test(np.ones((5, 2)), np.ones((4, 2)), budget=SMALL)
    assert len(found) == 1
    assert (found[0].value, found[0].p_value) == (0.0, 1.0)
    assert "equal" in found[0].note


def test_findings_of_the_fused_test():
    found = joint_test(normal(60, 2, 1), normal(50, 2, 2), budget=SMALL, seed=3)
    names = [(one.metric, one.variant) for one in found]
    assert names[0] == ("joint_test", "fused")
    assert names[-1] == ("near_copies", "mmd_0.1")
    assert {variant for _, variant in names[1:-1]} == {"energy", "mmd_0.3", "mmd_1", "mmd_3", "radius"}
    assert all(1 / 100 <= one.p_value <= 1.0 for one in found)
    assert "largest component" in found[0].note
    assert (found[0].n_real, found[0].n_synth, found[0].n_perm, found[0].seed) == (60, 50, 99, 3)


def test_the_plan_is_made_of_sizes_and_says_what_it_cut():
    assert plan(300, 300, 5, Budget()).note == ""
    large = plan(1_000_000, 1_000_000, 20, Budget())
    assert (large.blocks, large.real, large.synthetic, large.permutations) == (5, 2000, 2000, 1999)
    assert "2000 of 1000000 real" in large.note
    quick = plan(1_000_000, 1_000_000, 20, Budget(seconds=2.0))
    assert quick.blocks == 1
    assert 499 <= quick.permutations < 1999
    assert f"{quick.permutations} of 1999" in quick.note
    tiny = plan(1_000_000, 1_000_000, 20, Budget(seconds=0.1))
    assert tiny.real + tiny.synthetic < 4000
    unequal = plan(200, 1_000_000, 20, Budget())
    assert (unequal.blocks, unequal.real, unequal.synthetic) == (1, 200, 3800)
    for option in ({"rows": 2}, {"permutations": 0}, {"seconds": -1.0}, {"rows": True}):
        with pytest.raises(OptionError):
            Budget(**option)


# --- the holdout test ---


def test_a_resample_passes_the_holdout_test_at_the_level():
    rng = np.random.default_rng(11)
    runs, hits = 250, 0
    for seed in range(runs):
        x, h = rng.normal(size=(30, 2)), rng.normal(size=(25, 2))
        hits += holdout_test(x, bootstrap(x, rng), h, seed=seed, budget=Budget(permutations=19))[0].p_value <= 0.1
    assert within_band(hits, runs, 0.1)


def test_the_same_rows_give_the_same_statistic_as_their_counts():
    rng = np.random.default_rng(12)
    x, h = np.sort(rng.normal(size=(6, 1)), axis=0), np.sort(rng.normal(size=(7, 1)), axis=0)
    for name, values in holdout_statistics(x, x[[0, 0, 1, 4, 4, 4]], h, 60_000, 0).items():
        assert (values[1:] == values[0]).any(), name  # that resample has probability 60 / 6**6: expected 77 times


def test_holdout_statistics_are_plain_ones():
    from drift.joint_oracle import energy_v
    from scipy.spatial.distance import cdist
    from scipy.stats import ks_2samp

    x, s, h = (np.sort(normal(n, 1, k), axis=0) for k, n in enumerate((40, 30, 50)))
    found = holdout_statistics(x, s, h, 5, 0)
    inside = cdist(h, h).mean()
    assert found["energy"][0] - inside == pytest.approx(energy_v(s, h), rel=1e-9)
    radius = [np.abs(np.asarray(table)) for table in (s, h)]
    assert 0.0 < found["radius"][0] <= 1.0
    assert abs(found["radius"][0] - ks_2samp(radius[0][:, 0], radius[1][:, 0]).statistic) < 0.2  # median is not 0


def test_the_holdout_test_finds_mixing_and_passes_fresh_rows():
    x, h = normal(400, 5, 20), normal(400, 5, 21)
    rng = np.random.default_rng(22)
    mixed = holdout_test(x, beta_mix(x, 1.0, rng), h, budget=SMALL)
    assert mixed[0].p_value == 0.01
    assert holdout_test(x, normal(400, 5, 23), h, budget=SMALL)[0].p_value > 0.05
    assert holdout_test(x, x, h, budget=SMALL)[0].p_value > 0.05  # copying is not punished


def test_the_holdout_test_does_not_depend_on_row_order_or_threads():
    x, s, h = normal(150, 3, 1), normal(120, 3, 2), normal(100, 3, 3)
    one = holdout_test(x, s, h, budget=SMALL)
    assert holdout_test(x[::-1], s[::-1], h[::-1], budget=SMALL, threads=2) == one
    cut = holdout_test(x, s, h, budget=Budget(rows=100, permutations=99))
    assert "50 of 150 training rows" in cut[0].note
    assert holdout_test(x[::-1], s[::-1], h[::-1], budget=Budget(rows=100, permutations=99)) == cut
    with pytest.raises(InputError, match="holdout table has 2 columns"):
        holdout_test(x, s, h[:, :2])


# --- stopping ---

FEW = Budget(permutations=999)


def test_a_stopped_test_has_the_p_of_besag_and_clifford():
    x, y = normal(60, 2, 30), normal(50, 2, 31)
    full = fused_test(x, y, budget=FEW)
    one = fused_test(x, y, budget=FEW, stop=10)
    assert one.p_value == 10 / one.permutations
    assert one.permutations < 400
    assert abs(one.p_value - full.p_value) < 5 * full.p_value / 10**0.5
    assert fused_test(x[::-1], y, budget=FEW, stop=10, threads=2) == one
    far = fused_test(x, y + 1.0, budget=FEW, stop=10)
    assert (far.p_value, far.permutations) == (1 / 1000, 999)
    assert set(far.upper.values()) | set(far.lower.values()) <= {i / 200 for i in range(1, 201)}
    with pytest.raises(OptionError, match="stop=0"):
        fused_test(x, y, stop=0)


def test_a_stopped_test_keeps_the_level():
    rng = np.random.default_rng(32)
    hits = 0
    for seed in range(150):
        x, y = rng.standard_t(3, size=(20, 2)), rng.standard_t(3, size=(20, 2))
        hits += fused_test(x, y, seed=seed, budget=Budget(permutations=99), stop=10).p_value <= 0.1
    assert within_band(hits, 150, 0.1)


def test_a_stopped_test_in_blocks():
    x, y = normal(100, 2, 33), normal(100, 2, 34)
    one = fused_test(x, y + 1.0, budget=Budget(rows=40, permutations=299), stop=10)
    assert one.plan.blocks == 5
    assert one.p_value == 1 / 300
    assert one.largest > 5


# --- the least that can be given ---


def test_one_row_of_each_table_has_a_p_of_one():
    found = joint_test(np.zeros((1, 2)), np.ones((1, 2)), budget=SMALL)
    assert found[0].p_value == 1.0
    one = fused_test(np.zeros((1, 2)), normal(30, 2, 40) + 50.0, budget=SMALL)
    assert 0.01 <= one.p_value <= 0.1
    assert holdout_test(np.zeros((1, 1)), np.ones((1, 1)), np.ones((1, 1)), budget=SMALL)[0].p_value > 0.0


def test_heavy_tails_and_huge_numbers_leave_the_test_alive():
    rng = np.random.default_rng(41)
    x, y = rng.standard_cauchy((200, 2)), rng.standard_cauchy((200, 2)) + 2.0
    assert fused_test(x, y, budget=SMALL).p_value == 0.01
    one, other = (fused_test(x * unit, y * unit, budget=SMALL) for unit in (1.0, 2.0**40))
    assert other.p_value == one.p_value
    assert other.z == pytest.approx(one.z, rel=1e-3)
