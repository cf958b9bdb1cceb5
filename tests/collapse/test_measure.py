from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synthmix.collapse.measure import METRICS, Measurement, Ruler
from synthmix.collapse.measure.association import AssociationGauge
from synthmix.collapse.measure.ground import Ground
from synthmix.collapse.measure.regions import Radius
from synthmix.drift.joint.embedding import coordinates
from synthmix.drift.moments.strength import correlation_ratio, cramers_v
from synthmix.errors import InputError, OptionError

N = 120


def random(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))


def mixed(n: int = N, seed: int = 1) -> pd.DataFrame:
    """Return a table with gaps, a constant, a rare level and columns that hang together."""
    rng = random(seed)
    x = rng.normal(10.0, 3.0, n)
    colour = np.where(rng.random(n) < 0.2 + 0.5 * (x > 10), "red", "blue").astype(object)
    colour[[3, 4]] = "green"
    table = pd.DataFrame({
        "x": x,
        "y": 2.0 * x + rng.normal(0.0, 4.0, n),
        "gaps": np.where(rng.random(n) < 0.2, np.nan, rng.exponential(1.0, n)),
        "fixed": 7.0,
        "colour": colour,
        "size": pd.Series(rng.choice(["s", "m", "l"], n), dtype=object),
        "flag": rng.random(n) < 0.3,
    })  # fmt: skip
    table.loc[[0, 7], "size"] = None
    return table


def by_name(found: list[Measurement]) -> dict[tuple[str, str, str], Measurement]:
    names = [(one.metric, one.variant, one.column) for one in found]
    assert len(set(names)) == len(names)
    return dict(zip(names, found, strict=True))


@pytest.fixture(scope="module")
def ruler() -> Ruler:
    return Ruler.of(mixed(), target="colour", holdout=mixed(300, 2))


@pytest.fixture(scope="module")
def new() -> pd.DataFrame:
    table = mixed(N, 3)
    table["x"] *= 0.8
    table.loc[10, "size"] = "huge"  # a level that the real table does not have
    return table


# --- oracles ---


def test_columns_are_those_of_pandas_and_scipy(ruler: Ruler, new: pd.DataFrame) -> None:
    from scipy.stats import kurtosis, lmoment

    real, found = mixed(), by_name(ruler.measure(new))
    for name in ("x", "y", "gaps"):
        own = new[name].dropna()
        assert found["variance", "", name].value == pytest.approx(own.var() / real[name].var(), rel=1e-12)
        shift = (own.mean() - real[name].mean()) / real[name].std()
        assert found["mean", "", name].value == pytest.approx(shift, abs=1e-12)
        assert found["kurtosis", "", name].value == pytest.approx(kurtosis(own), abs=1e-10)
        assert found["l_skew", "", name].value == pytest.approx(lmoment(own, order=3), abs=1e-12)
        assert found["l_kurtosis", "", name].value == pytest.approx(lmoment(own, order=4), abs=1e-12)
        assert {found[metric, "", name].count for metric in ("mean", "variance", "l_skew")} == {len(own)}
    assert not [one for one in found if one[2] == "fixed"]


def test_scatter_is_that_of_generalised_eigenvalues(ruler: Ruler, new: pd.DataFrame) -> None:
    from scipy.linalg import eigh

    def scatter(table: pd.DataFrame) -> np.ndarray:
        return table[["x", "y", "gaps"]].dropna().cov().to_numpy()

    previous = mixed(N, 9)
    found = by_name(ruler.measure(new, previous=previous))
    ratios = eigh(scatter(new), scatter(mixed()), eigvals_only=True)
    assert found["var_ratio_range", "low", ""].value == pytest.approx(ratios[0], rel=1e-9)
    assert found["var_ratio_range", "high", ""].value == pytest.approx(ratios[-1], rel=1e-9)
    assert found["log_det", "", ""].value == pytest.approx(np.log(ratios).sum(), rel=1e-9)
    traces = np.diag(scatter(new)) / np.diag(scatter(mixed()))
    assert found["trace_ratio", "", ""].value == pytest.approx(traces.mean(), rel=1e-9)
    against = eigh(scatter(new), scatter(previous), eigvals_only=True)
    assert found["var_ratio_range", "low, previous", ""].value == pytest.approx(against[0], rel=1e-9)
    assert found["var_ratio_range", "high, previous", ""].value == pytest.approx(against[-1], rel=1e-9)


def test_effective_dimension_is_that_of_drift(new: pd.DataFrame) -> None:
    from synthmix.drift.moments.dimension import eff_dim

    columns = ["x", "y"]
    found = by_name(Ruler.of(mixed()[columns]).measure(new[columns]))
    for one in eff_dim(mixed()[columns].to_numpy(), new[columns].to_numpy()):
        assert found["eff_dim", one.variant, ""].value == pytest.approx(one.value, rel=1e-9)


def test_levels_are_those_of_value_counts(ruler: Ruler, new: pd.DataFrame) -> None:
    from scipy.stats import entropy

    found = by_name(ruler.measure(new))
    for name in ("colour", "size", "flag"):
        real, own = (
            table[name].astype(object).where(table[name].notna(), "missing").value_counts() for table in (mixed(), new)
        )
        assert found["levels", "", name].value == len(set(real.index) & set(own.index)) / len(real)
        assert found["entropy", "", name].value == pytest.approx(entropy(own), rel=1e-12)
        differ = [1.0 - ((counts / N) ** 2).sum() for counts in (own, real)]
        assert found["heterozygosity", "", name].value == pytest.approx(differ[0] / differ[1], rel=1e-12)
    gone = new.assign(colour="red", size="s")
    assert by_name(ruler.measure(gone))["rare_survival", "", ""].value == 0.0  # "green", and missing sizes
    half = new.assign(colour=["green"] * N, size="s")
    assert by_name(ruler.measure(half))["rare_survival", "", ""].value == 0.5


def test_associations_are_those_of_drift(new: pd.DataFrame) -> None:
    rng = random(5)
    wide = {name: [f"v{k}" for k in rng.integers(0, 90, N)] for name in ("a", "b")}  # more levels than are kept apart
    ground = Ground.of(mixed().assign(**wide))
    gauge, rows = AssociationGauge(ground), ground.read(new.assign(**wide))
    eta, v = gauge._discrete(rows)
    expected = []
    for place in range(rows.few.shape[1]):
        for column in ground.joint:
            seen = ~np.isnan(rows.numbers[:, column])
            codes = rows.few[seen, place].astype(np.int32)
            expected.append(np.tanh(correlation_ratio(rows.numbers[seen, column], codes).z))
    np.testing.assert_allclose(eta, expected, atol=1e-9)
    expected = []
    for i in range(rows.few.shape[1]):
        for j in range(i + 1, rows.few.shape[1]):
            table = pd.crosstab(rows.few[:, i], rows.few[:, j]).to_numpy()
            expected.append(np.tanh(cramers_v(table).z))
    np.testing.assert_allclose(v, expected, atol=1e-9)


def test_association_of_numbers_by_hand(new: pd.DataFrame) -> None:
    columns = ["x", "y", "gaps"]
    found = by_name(Ruler.of(mixed()[columns], metrics=["association"]).measure(new[columns]))
    z = [np.arctanh(table[columns].dropna().corr().to_numpy()[np.triu_indices(3, 1)]) for table in (mixed(), new)]
    assert found["association", "max_dz", ""].value == pytest.approx(np.abs(z[1] - z[0]).max(), abs=1e-12)
    assert found["association", "slope_z", ""].value == pytest.approx(z[1] @ z[0] / (z[0] @ z[0]), rel=1e-12)


def test_predictive_is_ridge_and_least_squares_by_numpy() -> None:
    train, test = mixed(seed=1)[["x", "gaps", "y"]].dropna(), mixed(400, 2)[["x", "gaps", "y"]].dropna()
    ruler = Ruler.of(train, target="y", holdout=test, metrics=["predictive"])
    [one] = ruler.measure(train)
    X = ((train - train.mean()) / train.std())[["x", "gaps"]].to_numpy()
    slopes = np.linalg.solve(X.T @ X + np.eye(2), X.T @ (train["y"] - train["y"].mean()))
    guess = ((test - train.mean()) / train.std())[["x", "gaps"]].to_numpy() @ slopes + train["y"].mean()
    assert one.variant == "mse"
    assert one.value == pytest.approx(((guess - test["y"]) ** 2).mean() / test["y"].var(ddof=0), rel=1e-9)


def test_predictive_brier_is_between_chance_and_nothing(ruler: Ruler) -> None:
    [one] = [one for one in ruler.measure(mixed()) if one.metric == "predictive"]
    shares = mixed(300, 2)["colour"].value_counts(normalize=True)
    assert one.variant == "brier"
    assert 0.0 < one.value < 1.0 - (shares**2).sum()  # better than the classes' frequencies
    shuffled = mixed().assign(colour=mixed()["colour"].sample(frac=1.0, random_state=0).to_numpy())
    [worse] = [one for one in ruler.measure(shuffled) if one.metric == "predictive"]
    assert worse.value > one.value


def test_regions_of_the_real_table_have_their_nominal_shares(ruler: Ruler) -> None:
    found = by_name(ruler.measure(mixed()))
    assert found["region", "core", ""].value == 0.5
    assert found["region", "tail", ""].value == 10 / N  # the ten farthest rows, below 1,000
    assert found["core_tail", "core", ""].value == 0.5
    assert found["region", "colour=green", ""].value == 2 / N
    assert {one[1] for one in found if one[0] == "region"} >= {"colour=red", "colour=blue"}
    wide = mixed(N, 4).assign(x=lambda t: 10 + 4 * (t["x"] - 10), y=lambda t: 20 + 4 * (t["y"] - 20))
    assert by_name(ruler.measure(wide))["region", "tail", ""].value > 0.2


def test_radius_is_mahalanobis_of_normal_scores_by_the_real_table() -> None:
    from scipy.stats import norm, rankdata

    real = mixed()[["x", "y"]]
    ground = Ground.of(real)
    scores = np.column_stack([norm.ppf((rankdata(real[name]) - 0.5) / N) for name in real])
    inverse = np.linalg.inv(np.cov(scores.T, ddof=0))
    expected = np.einsum("ij,jk,ik->i", scores - scores.mean(axis=0), inverse, scores - scores.mean(axis=0))
    np.testing.assert_allclose(np.sort(Radius(ground).lengths(ground.rows)), np.sort(expected), rtol=1e-9)


def test_nearest_by_all_distances(new: pd.DataFrame) -> None:
    columns = ["x", "y", "flag"]
    ruler = Ruler.of(mixed()[columns], metrics=["nearest"])
    table = pd.concat([new[columns], mixed()[columns].iloc[:30]], ignore_index=True)
    found = by_name(ruler.measure(table))
    assert found["nearest", "copies", ""].value == 30 / len(table)
    real, _, _ = coordinates(mixed()[["x", "y"]].to_numpy(), mixed()[["flag"]].to_numpy(int), N)
    both, _, _ = coordinates(
        pd.concat([mixed(), table])[["x", "y"]].to_numpy(float),
        pd.concat([mixed(), table])[["flag"]].to_numpy(int),
        N,
    )
    both[:, :2] *= np.sqrt((N - 1) / N)  # the units here are standard deviations with n - 1
    real = both[:N]

    def to_real(rows: np.ndarray, own: bool) -> float:
        distance = np.sqrt(((rows[:, None] - real[None]) ** 2).sum(axis=2))
        if own:
            np.fill_diagonal(distance, np.inf)
        return float(np.median(distance.min(axis=1)))

    ratio = to_real(both[N:], own=False) / to_real(real, own=True)
    assert found["nearest", "distance", ""].value == pytest.approx(ratio, rel=1e-9)


def test_ancestors_counts_the_rows_that_are_left(ruler: Ruler, new: pd.DataFrame) -> None:
    rows = np.r_[np.zeros(100, int), np.arange(10), np.full(10, -2)]
    [one] = ruler.measure(new, ancestors=rows, metrics=["ancestors"])
    assert one == Measurement("ancestors", "", "", "", 10 / N, N)
    assert ruler.measure(new, ancestors=np.full(N, -1), metrics=["ancestors"]) == []
    with pytest.raises(InputError, match="rows of D_0, 0 to 119"):
        ruler.measure(new, ancestors=np.full(N, N))
    with pytest.raises(InputError, match="120 integers"):
        ruler.measure(new, ancestors=np.arange(3))


# --- the real table itself ---


def test_the_real_table_measures_as_no_change(ruler: Ruler) -> None:
    found = by_name(ruler.measure(mixed(), previous=mixed()))
    ones = ("variance", "trace_ratio", "var_ratio_range", "eff_dim", "levels", "heterozygosity", "rare_survival")
    for one in found.values():
        if one.metric in ones or one.variant.startswith("slope_"):
            assert one.value == pytest.approx(1.0, abs=1e-9), one
        if one.metric in ("mean", "log_det") or one.variant.startswith("max_"):
            assert one.value == pytest.approx(0.0, abs=1e-9), one
    assert found["nearest", "copies", ""].value == 1.0
    assert found["nearest", "distance", ""].value == 0.0
    assert {one.metric for one in found.values()} == set(METRICS) - {"ancestors"}


# --- invariance ---


def test_no_bit_depends_on_the_order_of_rows(new: pd.DataFrame) -> None:
    order = random(8).permutation(N)
    for table in (new, pd.concat([new] * 3, ignore_index=True)):
        shuffled = table.iloc[np.concatenate([order + k * N for k in range(len(table) // N)])[::-1]]
        first = Ruler.of(mixed(), target="colour", holdout=mixed(300, 2))
        second = Ruler.of(mixed().iloc[order], target="colour", holdout=mixed(300, 2).iloc[::-1])
        expected = first.measure(table, previous=mixed(N, 9))
        assert second.measure(shuffled.reset_index(drop=True), previous=mixed(N, 9).iloc[order]) == expected


def test_inputs_are_left_alone(ruler: Ruler, new: pd.DataFrame) -> None:
    before = new.copy(deep=True)
    ruler.measure(new, previous=new)
    pd.testing.assert_frame_equal(new, before)


def test_only_what_is_asked_for_is_measured(new: pd.DataFrame) -> None:
    found = Ruler.of(mixed(), metrics=["entropy", "variance"]).measure(new)
    assert [one.metric for one in found] == ["variance"] * 3 + ["entropy"] * 3
    assert {one.metric for one in Ruler.of(mixed()).measure(new, metrics=["log_det"])} == {"log_det"}
    assert "predictive" not in {one.metric for one in Ruler.of(mixed(), target="colour").measure(new)}


# --- collapsed and poor tables ---


@pytest.mark.parametrize("rows", [1, 2, 5, N])
def test_a_table_of_equal_rows_is_measured_honestly(ruler: Ruler, rows: int) -> None:
    collapsed = pd.concat([mixed().iloc[[1]]] * rows, ignore_index=True)
    found = by_name(ruler.measure(collapsed, previous=mixed(), ancestors=np.ones(rows, int)))
    finite = [one for one in found.values() if one.metric != "log_det"]
    assert all(np.isfinite(one.value) for one in finite)
    assert found["entropy", "", "colour"].value == 0.0
    assert found["heterozygosity", "", "size"].value == 0.0
    assert found["ancestors", "", ""].value == 1 / N
    assert found["nearest", "copies", ""].value == 1.0
    assert not [name for name in found if name[0] in ("kurtosis", "l_skew", "l_kurtosis", "eff_dim")]
    if rows > 1:
        assert found["variance", "", "x"].value == 0.0
        assert found["trace_ratio", "", ""].value == 0.0
        assert found["log_det", "", ""].value == -np.inf
        assert found["var_ratio_range", "high", ""].value == 0.0
        assert found["association", "slope_z", ""].value == 0.0
        assert found["association", "slope_v", ""].value == 0.0
        assert found["predictive", "brier", ""].value > 0.5  # it names one class everywhere
    after = by_name(ruler.measure(mixed(), previous=collapsed))
    assert ("var_ratio_range", "low, previous", "") not in after  # nothing to compare with


def test_lost_rank_is_minus_infinity_and_tiny_variance_is_not() -> None:
    real = mixed()[["x", "y"]]
    ruler = Ruler.of(real)
    flat = real.assign(y=2.0 * real["x"])
    assert by_name(ruler.measure(flat))["log_det", "", ""].value == -np.inf
    tiny = real - real.mean()
    around_0 = Ruler.of(tiny)
    assert by_name(around_0.measure(1e-9 * tiny))["log_det", "", ""].value == pytest.approx(4 * np.log(1e-9), rel=1e-6)


@pytest.mark.parametrize("columns", [["x"], ["colour"], ["gaps"], ["fixed", "flag"], ["x", "fixed"]])
def test_tables_of_few_kinds(columns: list[str], new: pd.DataFrame) -> None:
    found = Ruler.of(mixed()[columns]).measure(new[columns])
    assert found
    assert all(np.isfinite(one.value) for one in found)


def test_missing_everywhere_in_a_new_column(ruler: Ruler, new: pd.DataFrame) -> None:
    found = by_name(ruler.measure(new.assign(gaps=np.nan, colour=None)))
    assert ("variance", "", "gaps") not in found
    assert ("log_det", "", "") not in found  # no complete row
    assert found["levels", "", "colour"].value == 0.0
    assert ("predictive", "brier", "") not in found


def test_mostly_missing_columns_stay_out_of_joint_metrics(new: pd.DataFrame) -> None:
    sparse = mixed().assign(gaps=np.where(np.arange(N) < 70, np.nan, mixed()["gaps"].fillna(1.0)))
    found = by_name(Ruler.of(sparse).measure(new))
    assert found["log_det", "", ""].count == N
    assert found["variance", "", "gaps"].count < N


def test_huge_values_do_no_harm() -> None:
    real = mixed()[["x", "y"]]
    found = Ruler.of(real).measure(real * 1e160)
    assert all(np.isfinite(one.value) for one in found)


# --- errors ---


def test_errors_name_what_is_wrong(ruler: Ruler, new: pd.DataFrame) -> None:
    with pytest.raises(OptionError, match="unknown metric 'varianse'; did you mean 'variance'"):
        Ruler.of(mixed(), metrics=["varianse"])
    with pytest.raises(OptionError, match="unknown metric 'colour'"):
        ruler.measure(new, metrics=["colour"])
    with pytest.raises(OptionError, match="target='color'"):
        Ruler.of(mixed(), target="color")
    with pytest.raises(OptionError, match="target='fixed'"):
        Ruler.of(mixed(), target="fixed")
    with pytest.raises(InputError, match="no column 'colour'"):
        ruler.measure(new.drop(columns="colour"))
    with pytest.raises(InputError, match="'x'"):
        ruler.measure(new.assign(x="word"))
    with pytest.raises(InputError, match="'x'"):
        ruler.measure(new.assign(x=np.inf))
    with pytest.raises(InputError, match="holdout has no value"):
        Ruler.of(mixed(), target="colour", holdout=mixed().assign(colour=None))
    with pytest.raises(InputError, match="constant in the holdout"):
        Ruler.of(mixed(), target="x", holdout=mixed().assign(x=1.0))
    with pytest.raises(InputError, match="no column can be measured"):
        Ruler.of(pd.DataFrame({"a": [1.0, 1.0, 1.0]}))
