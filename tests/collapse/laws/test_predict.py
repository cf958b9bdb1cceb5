"""Predictions against chains of the real synthesizer, and where nothing is predicted."""

import numpy as np
import pytest
from collapse.laws.chains import Said, by_bootstrap, by_gaussian, by_mixing, chain, generator, mixing, z_scores

from synthmix.collapse.laws import law_of, pools, predict, spread_of
from synthmix.pairing import Nearest, Random, WithinClass
from synthmix.weights import EpBeta

N, G, CHAINS = 40, 2, 90
REAL = np.column_stack([generator(1).gamma(4.0, size=N), generator(2).standard_normal(N)])
REPLACE, ACCUMULATE = Said(kind="replace"), Said(kind="accumulate")
SHARE = Said(kind="share", share=0.3, source="original")
FRESH = Said(kind="share", share=0.3, source="fresh")
WINDOW = Said(kind="window", w=2, real=False)
BOOTSTRAP = Said(kind="bootstrap")


def gaussian(divisor):
    return Said(kind="gaussian", divisor=divisor)


def moments_of(batches):
    unit, centre = REAL.var(0, ddof=1), REAL.mean(0)
    return np.array([[x.var(0, ddof=1) / unit, (x.mean(0) - centre) ** 2 / unit] for x in batches])


CASES = {
    "uniform, anchor, replace": ("uniform", "random", REPLACE, {}),
    "uniform, cyclic, accumulate": ("uniform", "cyclic", ACCUMULATE, {}),
    "EpBeta, anchor, replace": ("epbeta", "random", REPLACE, {}),
    "sphere, distinct, share": ("sphere", Random("distinct"), SHARE, {"share": 0.3}),
    "rotation, accumulate": ("rotation", "random", ACCUMULATE, {}),
}


@pytest.mark.parametrize("name", CASES)
def test_chains_of_the_synthesizer(name):
    weights, pairing, regime, given = CASES[name]
    build, said = mixing(weights, pairing)
    tables = pools(regime.said["kind"], N, N, G, **given)
    runs = [chain(by_mixing(build), REAL, tables, N, seed) for seed in range(CHAINS)]
    for which, rows in enumerate(("new", "pool")):
        found = np.array([moments_of(run[which]) for run in runs])
        for place, metric in enumerate(("variance", "mean")):
            path = predict(said, regime, metric, n=N, generations=G, rows=rows)
            assert np.abs(z_scores(found[:, :, place], path[:, None])).max() < 4.5, metric


def test_wrong_rows_regime_or_weights_are_seen():
    build, _ = mixing("uniform", "random")
    tables = pools("replace", N, N, G)
    found = np.array([moments_of(chain(by_mixing(build), REAL, tables, N, seed)[0]) for seed in range(CHAINS)])[:, :, 0]
    right, other = mixing("uniform", "random")[1], mixing("beta", "random")[1]

    def largest(said, regime, n):
        path = predict(said, regime, "variance", n=n, generations=G)
        return np.abs(z_scores(found, path[:, None])).max()

    assert largest(right, REPLACE, N) < 4.5
    for wrong in ((right, ACCUMULATE, N), (right, REPLACE, 4), (other, REPLACE, N)):
        assert largest(*wrong) > 6.0


@pytest.mark.parametrize(("make", "said"), [
    (by_bootstrap, BOOTSTRAP), (by_gaussian(0), gaussian("n")), (by_gaussian(1), gaussian("n-1")),
])  # fmt: skip
def test_chains_of_controls(make, said):
    tables = pools("replace", N, N, G)
    found = np.array([moments_of(chain(make, REAL, tables, N, seed)[0]) for seed in range(400)])
    for place, metric in enumerate(("variance", "mean")):
        path = predict(said, REPLACE, metric, n=N, generations=G)
        assert np.abs(z_scores(found[:, :, place], path[:, None])).max() < 4.5
    kurtosis = ((REAL - REAL.mean(0)) ** 4).mean(0) / REAL.var(0) ** 2 - 3
    for j in range(2):
        expected = spread_of(said, REPLACE, n=N, generations=G, start={"kurtosis": kurtosis[j]})
        square = (found[:, 1:, 0, j] - predict(said, REPLACE, "variance", n=N, generations=G)[1:]) ** 2
        assert np.abs(z_scores(square, expected[1:] ** 2)).max() < 4.5


@pytest.mark.parametrize("pairing", ["random", Nearest()])
@pytest.mark.parametrize("rows", [N, N + 1])  # groups of five, and one with a remainder
def test_rotation_keeps_mean_and_covariance_in_every_draw_of_a_hundred_generations(pairing, rows):
    build, said = mixing("rotation", pairing)
    law = law_of(said, REPLACE, "variance", n=rows, generations=100)
    assert law.always
    assert law.kind == "exact"
    real = np.vstack([REAL, REAL.mean(0) + 3.0])[:rows]
    batches, _ = chain(by_mixing(build), real, pools("replace", rows, rows, 100), rows, 5)
    scale = np.sqrt(np.outer(real.var(0, ddof=1), real.var(0, ddof=1)))
    moved = [np.abs(np.cov(x.T) - np.cov(real.T)) / scale for x in batches]
    assert np.max(moved) <= 1e-11
    assert np.max([np.abs(x.mean(0) - real.mean(0)) / real.std(0) for x in batches]) <= 1e-11
    assert np.abs(batches[-1] - real).max() > 1.0
    control, _ = chain(by_mixing(mixing("epbeta", "random")[0]), real, pools("replace", rows, rows, 1), rows, 5)
    assert np.abs(np.cov(control[1].T) - np.cov(real.T)).max() > 1e-3


def test_rotation_has_no_spread():
    _, said = mixing("rotation", Nearest())
    np.testing.assert_array_equal(spread_of(said, REPLACE, n=N, generations=3), np.zeros(4))
    np.testing.assert_array_equal(
        predict(said, REPLACE, "log_det", n=N, generations=3, start={"columns": 2}), np.zeros(4)
    )


def test_kurtosis_of_rotated_random_groups():
    build, said = mixing("rotation", "random")
    start = ((REAL - REAL.mean(0)) ** 4).mean(0) / REAL.var(0) ** 2 - 3
    runs = [chain(by_mixing(build), REAL, pools("replace", N, N, G), N, seed)[0] for seed in range(CHAINS)]
    found = np.array([[((x - x.mean(0)) ** 4).mean(0) / x.var(0) ** 2 - 3 for x in run] for run in runs])
    path = np.array([predict(said, REPLACE, "kurtosis", n=N, generations=G, start={"kurtosis": k}) for k in start]).T
    assert np.abs(z_scores(found, path)).max() < 4.5
    far = predict(said, REPLACE, "kurtosis", n=N, generations=400, start={"kurtosis": 2.0})
    assert far[-1] == pytest.approx(-6 / (N + 1))


@pytest.mark.parametrize(
    ("weights", "pairing"), [("uniform", "random"), ("uniform", "cyclic"), ("epbeta", Random("iid"))]
)
def test_donors_of_the_synthesizer(weights, pairing):
    n = 60
    build, said = mixing(weights, pairing)
    counts = np.array([30, 25, 3, 2])
    labels = np.repeat(np.arange(4), counts)
    values = generator(3).standard_normal((n, 1))
    shared, alive, rare = [], [], []
    for seed in range(150):
        x, kept, old = values, labels, np.arange(n)
        rng = generator(seed)
        for _ in range(G):
            fitted = build(int(rng.integers(2**63))).fit(x)
            donors = fitted.plan(0, n).donors
            x, kept, old = fitted.sample(n), kept[donors], old[donors]
        share = np.bincount(kept, minlength=4) / n
        shared.append((1 - share @ share) / (1 - counts / n @ counts / n))
        alive.append(np.unique(old).size / n)
        rare.append((share[2:] > 0).mean())
    for metric, found in (("heterozygosity", shared), ("ancestors", alive), ("rare_survival", rare)):
        law = law_of(said, REPLACE, metric, n=n, generations=G, start={"counts": counts})
        slack = 0.0 if law.kind == "exact" else 2.0 / n  # a law of many rows
        gap = np.mean(found) - law.path[-1]
        assert abs(gap) < 4.5 * np.std(found, ddof=1) / np.sqrt(150) + slack, metric
    if pairing == "random":
        iid = law_of(BOOTSTRAP, REPLACE, "ancestors", n=n, generations=G)
        assert abs(np.mean(alive) - iid.path[-1]) > 0.02


def test_rotated_donors_lose_nothing():
    _, said = mixing("rotation", "nearest", encoding="normal")
    for metric in ("heterozygosity", "levels", "rare_survival", "ancestors", "entropy"):
        law = law_of(said, REPLACE, metric, n=50, generations=3, start={"counts": [48, 2], "entropy": 0.17})
        np.testing.assert_allclose(law.path, law.path[0])


def test_copies_are_a_wright_fisher_chain():
    path = predict(BOOTSTRAP, REPLACE, "levels", n=100, generations=2, start={"counts": [1, 5, 94, 0]})
    assert path == pytest.approx([1.0, (0.63397 + 0.99408 + 1) / 3, (0.47095 + 0.96080 + 1) / 3], abs=1e-5)
    rare = predict(BOOTSTRAP, REPLACE, "rare_survival", n=100, generations=1, start={"counts": [1, 5, 94]})
    assert rare[1] == pytest.approx((0.63397 + 0.99408) / 2, abs=1e-5)
    many = law_of(BOOTSTRAP, REPLACE, "ancestors", n=10**6, generations=2)
    assert many.kind == "large n"
    np.testing.assert_allclose(many.path, [1, 0.6321, 0.4685], atol=1e-4)
    entropy = predict(BOOTSTRAP, REPLACE, "entropy", n=1000, generations=3, start={"counts": [250] * 4, "entropy": 1.4})
    np.testing.assert_allclose(entropy, 1.4 - 3 / 2000 * np.arange(4), rtol=1e-9)
    pool = law_of(BOOTSTRAP, ACCUMULATE, "heterozygosity", n=30, generations=4, rows="pool")
    product = np.cumprod([1.0] + [1 - 1 / (30 * (t + 1) ** 2) for t in range(1, 5)])
    np.testing.assert_allclose(pool.path, product, rtol=1e-12)


def test_many_rows_and_every_regime():
    for regime in (REPLACE, ACCUMULATE, SHARE, FRESH, WINDOW, "subsample"):
        _, said = mixing("uniform", "random")
        law = law_of(said, regime, "trace_ratio", n=10**7, generations=3)
        assert law.path[1] == pytest.approx(2 / 3, rel=1e-5)
        assert law.kind == ("large n" if regime is FRESH else "exact")
        shape = law_of(said, regime, "kurtosis", n=10**7, generations=3, start={"kurtosis": 1.5})
        assert shape.path[:2] == pytest.approx([1.5, 1.5])
    pool = predict(mixing("uniform", Random("iid"))[1], SHARE, "variance", n=10**7, generations=60, rows="pool")
    assert pool[-1] == pytest.approx(0.3 / (1 - 0.7 * 2 / 3), rel=1e-5)


def test_log_determinant():
    start = {"columns": 3}
    law = law_of(gaussian("n"), REPLACE, "log_det", n=30, generations=2, start=start)
    assert law.path[2] - predict(gaussian("n-1"), REPLACE, "log_det", n=30, generations=2, start=start)[2] == (
        pytest.approx(6 * np.log(29 / 30))
    )
    assert law_of(gaussian("n"), ACCUMULATE, "log_det", n=30, generations=2, start=start) is None
    shrink = predict(mixing("uniform", "random")[1], REPLACE, "log_det", n=10**6, generations=2, start=start)
    assert shrink[2] == pytest.approx(6 * np.log(2 / 3), rel=1e-4)
    assert predict(mixing("epbeta", "random")[1], REPLACE, "log_det", n=100, generations=2, start=start) is None


def test_ratio_of_moments():
    said, start = mixing("epbeta", Random("iid"))[1], {"kurtosis": 0.0}
    law = law_of(said, REPLACE, "pooled_kurtosis", n=10**7, generations=5, start=start)
    assert law.statistic == "ratio"
    assert law.path[5] == pytest.approx(2.380, abs=1e-3)
    few = predict(said, REPLACE, "pooled_kurtosis", n=100, generations=5, start=start)
    assert few[5] < 1.8
    copied = law_of(BOOTSTRAP, REPLACE, "pooled_kurtosis", n=100, generations=5, start={"kurtosis": 3.0})
    assert copied.kind == "exact"
    assert (np.diff(copied.path) < 0).all()


def test_where_nothing_is_known_nothing_is_said():
    unknown = [
        (mixing("uniform", "random", encoding="normal")[1], REPLACE, "variance"),
        (mixing("uniform", "random", grid="source")[1], REPLACE, "variance"),
        (mixing("uniform", "nearest")[1], REPLACE, "variance"),
        (mixing("uniform", WithinClass("a"))[1], REPLACE, "mean"),
        (mixing("rotation", "nearest")[1], REPLACE, "kurtosis"),
        (mixing("uniform", "nearest")[1], REPLACE, "heterozygosity"),
        (mixing("uniform", "random", discrete="scores", encoding="normal")[1], REPLACE, "levels"),
        (mixing("sphere", "cyclic", donor="squared")[1], ACCUMULATE, "levels"),
        (mixing("uniform", "cyclic", donor="squared")[1], REPLACE, "heterozygosity"),
        (Said(kind="independent"), REPLACE, "ancestors"),
        (BOOTSTRAP, REPLACE, "region"),
        (BOOTSTRAP, Said(kind="weighted"), "variance"),
        (Said(kind="function"), REPLACE, "variance"),
    ]
    start = {"kurtosis": 1.0, "counts": [5, 45], "columns": 2, "entropy": 0.3}
    for said, regime, metric in unknown:
        assert law_of(said, regime, metric, n=50, generations=2, start=start) is None, (said.said, metric)
        assert predict(said, regime, metric, n=50, generations=2, start=start) is None
    assert spread_of(mixing("uniform", "nearest")[1], REPLACE, n=50, generations=2) is None
    assert spread_of(BOOTSTRAP, ACCUMULATE, n=50, generations=2) is None
    assert law_of(BOOTSTRAP, REPLACE, "kurtosis", n=50, generations=2) is None  # the start is not known


def test_laws_that_keep_the_covariance_do_so_near_and_in_classes_up_to_one_over_n():
    for pairing in (Nearest(), WithinClass("a")):
        law = law_of(mixing("epbeta", pairing)[1], REPLACE, "variance", n=50, generations=2)
        assert law.kind == "large n"
        np.testing.assert_array_equal(law.path, 1.0)


def test_a_law_without_solution_for_few_rows_is_used_as_it_is():
    _, said = mixing(EpBeta(0.06, 0.3), Random("iid"))
    path = predict(said, REPLACE, "variance", n=20, generations=2)
    assert path == pytest.approx([1, 0.95, 0.9025], rel=1e-9)
