"""Predicted means, covariances, shapes and sampling errors agree with many simulated passes.

Each check compares means of R independent passes with theory at 5 standard errors of the replicates; about 400
numbers at 6e-7 spend 2.4e-4 of the suite's false-alarm budget if seeds were fresh; they are fixed.
"""

import numpy as np
import pytest

from synthmix.certificate.row_law import RowLaw
from synthmix.certificate.theory import CellTheory
from synthmix.kernels.mix import larger_first, mix_pairs
from synthmix.mixing.cells import build_cells
from synthmix.mixing.execute import Executor
from synthmix.mixing.kept import Kept
from synthmix.mixing.source import Source
from synthmix.pairing import Cyclic, Nearest, Random, WithinClass
from synthmix.weights import Beta, Dirichlet, EpBeta, Rotation, Sphere, Uniform, covariance_factor

LAWS = [Uniform(), EpBeta(correct=False), Sphere(3), Dirichlet(3, 0.5), Beta(0.2)]
SCHEMES = {"iid": Random("iid"), "distinct": Random("distinct"), "anchor": Random("anchor"), "cyclic": Cyclic()}
LEVEL = 5.0


def table(n, p=3, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.gamma(4.0, size=(n, p)) @ rng.normal(size=(p, p))
    return (x - x.mean(axis=0)) / x.std(axis=0)


def executor(x, law, pairing, classes=None, seed=3):
    n = len(x)
    labels = np.zeros(n, np.int64) if classes is None else classes
    plan = build_cells(labels, np.zeros(n, np.int64), np.array([False]), 3 if law.grouped else law.k, "merge")
    return Executor(
        Source(np.arange(n), x, np.isnan(x), np.zeros((n, 0), np.int32), plan, law, pairing, "largest", seed)
    )


def passes(run, count):
    """Return `count` independent passes, shape (count, n, p)."""
    n = run.source.n_rows
    latent, _ = run.mix(0, n * count, donors=False)
    return latent.reshape(count, n, -1)


def over_seeds(x, law, pairing, seeds, count=1):
    """Return `count` passes for each of several seeds, which keep rows in different orders: (seeds, count, n, p)."""
    found, arrays = [], executor(x, law, pairing).source.law_arrays
    for seed in range(seeds):
        run = executor(x[np.random.default_rng(seed).permutation(len(x))], law, pairing, seed=seed)
        vars(run.source)["law_arrays"] = arrays  # the same for all seeds; a table of quantiles costs many passes
        found.append(passes(run, count))
    return np.array(found)


def theory_of(run):
    scheme = "groups" if run.source.law.grouped else run.source.pairing.scheme
    return CellTheory(run.source.latent, run.cells(0), RowLaw(run.source.law, scheme))


def covariances(samples):
    centred = samples - samples.mean(axis=1, keepdims=True)
    return np.einsum("rna,rnb->rab", centred, centred) / samples.shape[1]


def close(replicates, expected, *, blind=None):
    """The mean of the replicates lies within LEVEL standard errors; `blind` must not."""
    error = replicates.std(axis=0) / np.sqrt(len(replicates)) + 1e-12
    assert (np.abs(replicates.mean(axis=0) - expected) <= LEVEL * error).all()
    if blind is not None:
        assert not (np.abs(replicates.mean(axis=0) - blind) <= LEVEL * error).all()


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_mean_and_covariance_of_one_cell(law, scheme):
    run = executor(table(15), law, SCHEMES[scheme])
    theory, whole = theory_of(run), passes(run, 5000)
    for m in (15, 9):
        samples, expected = whole[:, :m], theory.covariance(m)
        close(covariances(samples), expected, blind=expected * 1.05)
        means = samples.mean(axis=1)
        variance = np.einsum("ra,rb->rab", means, means)
        close(variance, theory.mean_variance(m), blind=theory.mean_variance(m) * 1.2)
        close(means, np.zeros(3))
    # the whole pass is the case that the finite-sample factors are stated for
    ratio = theory.covariance(15) / theory.source_covariance
    np.testing.assert_allclose(ratio, covariance_factor(law.moments(), scheme, 15.0), rtol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("law", [Uniform(), EpBeta(correct=False), Sphere(3), Dirichlet(5, 1.0)], ids=repr)
def test_sampling_error_of_covariances(law, scheme):
    # First-order theory: within 12 % at n = 400. Parts of passes of one seed would not be independent.
    x = table(400)
    theory, samples = theory_of(executor(x, law, SCHEMES[scheme])), over_seeds(x, law, SCHEMES[scheme], 800)[:, 0]
    for m in (400, 150):
        spread = covariances(samples[:, :m]).std(axis=0)
        ratio = spread / theory.covariance_error(m)
        assert (np.abs(ratio - 1.0) < 0.12).all(), ratio
    assert (np.abs(spread * 1.3 / theory.covariance_error(150) - 1.0) > 0.12).any()


@pytest.mark.parametrize("law", [Uniform(), EpBeta(correct=False), Sphere(3), Rotation(4)], ids=repr)
@pytest.mark.parametrize("scheme", ["anchor", "distinct", "cyclic"])
def test_classes_enter_cell_by_cell(law, scheme):
    x = table(24)
    classes = (np.arange(24) >= 9).astype(np.int64)
    x[classes == 1] += 2.0
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    run = executor(x, law, WithinClass("c", SCHEMES[scheme]), classes)
    theory, samples = theory_of(run), passes(run, 2500)
    expected = theory.covariance(24)
    close(covariances(samples), expected, blind=expected * 1.05)
    if law.grouped:
        assert theory.mean_variance(24).max() == 0.0
        assert np.abs(covariances(samples) - expected).max() < 1e-12
        close(covariances(samples[:, :10]), theory.covariance(10))


def test_leaves_of_a_tree_are_cells():
    x = table(60)
    run = executor(x, Uniform(), Nearest(leaf=6))
    theory = theory_of(run)
    samples = []
    for number in range(800):  # a fresh tree in each pass; theory is for the tree of pass 0
        step = run.pass_arrays(0)._replace(first_row=number * 60)
        run._kept = Kept(1)
        run._kept.get(number, lambda step=step: step)
        samples.append(run.mix(number * 60, number * 60 + 60)[0])
    close(covariances(np.array(samples)), theory.covariance(60), blind=theory.second_moment * 0.97)


@pytest.mark.parametrize("scheme", ["iid", "distinct", "anchor", "cyclic"])
@pytest.mark.parametrize("law", [Uniform(), EpBeta(correct=False), Sphere(3), Sphere(4), Dirichlet(4, 1.0)], ids=repr)
def test_third_and_fourth_moments_of_a_small_cell(law, scheme):
    x = table(9, p=2, seed=5)
    run = executor(x, law, SCHEMES[scheme])
    tau, alpha, beta = (f[0] for f in RowLaw(law, scheme).higher(np.array([9])))
    samples = passes(run, 6000)
    m2, m3, m4 = (x**2).mean(axis=0), (x**3).mean(axis=0), (x**4).mean(axis=0)
    close((samples**3).mean(axis=1), tau * m3, blind=tau * m3 + 0.3)
    close((samples**4).mean(axis=1), alpha * m4 + beta * m2**2, blind=1.3 * (alpha * m4 + beta * m2**2))


@pytest.mark.parametrize(("n", "k"), [(12, 3), (13, 4), (8, 8), (10, 5)])
def test_group_rotation_moves_shape_as_predicted(n, k):
    x = table(n, p=2, seed=7)
    samples = over_seeds(x, Rotation(k), Random(), 700, 5)  # passes of one seed cut the same circle
    skewness, kurtosis = theory_of(executor(x, Rotation(k), Random())).shape()
    close((samples**3).mean(axis=(1, 2)), skewness, blind=skewness + 0.2)
    close((samples**4).mean(axis=(1, 2)), kurtosis + 3.0, blind=kurtosis + 3.6)


@pytest.mark.parametrize("law", [EpBeta(correct=False), Rotation(5)], ids=repr)
def test_a_sample_that_begins_inside_a_pass_is_no_whole_pass(law):
    # Means of rows 100 to 299 of 200: within 15 % over 800 seeds; a whole pass would have a far smaller error.
    x = table(200)
    run = executor(x, law, Cyclic())
    parts = over_seeds(x, law, Cyclic(), 800, 2).reshape(800, 400, 3)[:, 100:300]
    inside = CellTheory(x, run.cells(0), RowLaw(law, "groups" if law.grouped else "cyclic"), 100)
    spread = parts.mean(axis=1).var(axis=0)
    assert (np.abs(spread / np.diag(inside.mean_variance(200)) - 1.0) < 0.15).all()
    assert (np.diag(theory_of(run).mean_variance(200)) < 0.5 * spread).all()


def test_reference_values_of_finite_groups():
    # n = 13, K = 4 has groups of 5, 4, 4: p_3 = .584615, p_4 = .513846; n = K = 8 ends at m3 = 0.
    p3, p4 = RowLaw(Rotation(4), "groups")._group_powers(np.array([13]))
    assert p3[0] == pytest.approx(0.584615, abs=1e-6)
    assert p4[0] == pytest.approx(0.513846, abs=1e-6)
    tau, alpha, beta = RowLaw(Rotation(8), "groups").higher(np.array([8]))
    assert tau[0] == pytest.approx(0.0, abs=1e-12)
    assert alpha[0] == pytest.approx(0.0, abs=1e-12)
    assert beta[0] == pytest.approx(3 * 7 / 9, abs=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_reference_factors_at_twelve_rows(scheme):
    factors = {
        "iid": (0.6111, 0.9167),
        "distinct": (0.5833, 0.9167),
        "anchor": (0.6006, 0.9870),
        "cyclic": (0.6212, 0.9875),
    }
    for law, expected in zip((Uniform(), EpBeta(correct=False)), factors[scheme], strict=True):
        run = executor(table(12), law, SCHEMES[scheme])
        theory = theory_of(run)
        ratio = theory.covariance(12) / theory.source_covariance
        np.testing.assert_allclose(ratio, expected, atol=6e-5)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_corrected_epbeta_keeps_the_expected_covariance(scheme):
    law = EpBeta(delta=0.02).corrected(15.0, scheme)
    run = executor(table(15), law, SCHEMES[scheme])
    theory = theory_of(run)
    np.testing.assert_allclose(theory.covariance(15), theory.source_covariance, rtol=1e-9)
    close(covariances(passes(run, 3000)), theory.source_covariance, blind=theory.source_covariance * 14 / 15)


def test_plans_replay_to_the_same_bits():
    run = executor(table(50), EpBeta(), Random())
    latent, donors = run.mix(20, 130)
    parents, weights, plan_donors = run.plan(20, 130)
    out, past, plan = np.empty_like(latent), False, (parents.T.ravel(), weights.T.ravel())
    source = run.source.in_table_order(run.source.latent)
    larger_first(source, *plan)
    mix_pairs(source, *plan, np.empty(0, np.int64), past, out)
    assert np.array_equal(out, latent)
    assert np.array_equal(run.source.rows[donors], plan_donors)
