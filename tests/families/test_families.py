"""Each family against scipy's densities, and its maps against each other."""

from __future__ import annotations

import numpy as np
import pytest
from families.family_cases import CASES, LOGITS, one

import synthmix
from synthmix import families
from synthmix.errors import InputError, OptionError
from synthmix.families.registry import _BY_NAME

ids = [case.family.name for case in CASES]
every = pytest.mark.parametrize("case", CASES, ids=ids)


def test_every_family_has_a_case():
    assert set(ids) == set(_BY_NAME)
    assert synthmix.families is families


@every
def test_log_densities_are_those_of_scipy(case):
    for k in range(3):
        expected = [case.oracle(y, *one(case.params, k)) for y in case.y]
        repeated = tuple(np.stack([x[k]] * len(case.y)) for x in case.params)
        np.testing.assert_allclose(case.family.log_density(case.y, repeated), expected, rtol=1e-12, atol=1e-13)


@every
def test_parameters_come_back(case):
    back = case.family.params(case.family.natural(case.params))
    for found, given in zip(back, case.params, strict=True):
        np.testing.assert_allclose(found, given, rtol=2e-14, atol=1e-15)


@every
def test_integrable_for_parameters_in_the_domain_only(case):
    phi = case.family.natural(case.params)
    assert case.family.integrable(phi).tolist() == [True] * 3
    if not case.family.any_weights:
        assert case.family.integrable(tuple(-x for x in phi)).tolist() != [True] * 3


def test_means():
    rng = np.random.default_rng(1)
    draws = {
        "gaussian": (3.0, (3.0, 2.0)),
        "lognormal": (np.exp(0.3 + 0.25), (0.3, 0.5)),
        "poisson": (2.5, (2.5,)),
        "geometric": (3.0, (0.25,)),
        "exponential": (0.25, (4.0,)),
        "gamma": (0.5, (2.0, 4.0)),
        "beta": (1 / 3, (2.0, 4.0)),
        "bernoulli": (0.75, (np.log(3.0),)),
    }
    for name, (expected, params) in draws.items():
        assert families.resolve_family(name).mean(params) == pytest.approx(expected, rel=1e-14)
    assert families.NegativeBinomial(2.5).mean(0.25) == pytest.approx(7.5)
    p = families.Categorical().mean(LOGITS)
    np.testing.assert_allclose(p.sum(-1), 1.0, rtol=1e-14)
    shift = rng.normal(size=(3, 1))
    np.testing.assert_allclose(families.Categorical().mean(LOGITS + shift), p, rtol=1e-13)


def test_class_labels_by_number_vector_and_probability():
    family = families.Categorical()
    by_number = family.log_density(np.array([2, 0, 3]), LOGITS)
    np.testing.assert_allclose(family.log_density(np.eye(4)[[2, 0, 3]], LOGITS), by_number, rtol=1e-14)
    soft = family.log_density(np.array([0.5, 0.5, 0.0, 0.0]), LOGITS)
    parts = [family.log_density(np.full(3, c), LOGITS) for c in (0, 1)]
    np.testing.assert_allclose(soft, (parts[0] + parts[1]) / 2, rtol=1e-14)
    with pytest.raises(InputError, match="a type of whole numbers"):
        family.log_density(np.array([2.0, 0.0, 3.0]), LOGITS)


def test_extreme_parameters_stay_finite():
    assert families.Bernoulli().log_density(1.0, 800.0) == 0.0
    assert families.Bernoulli().log_density(0.0, 800.0) == -800.0
    assert families.Bernoulli().mean(-800.0) == 0.0
    assert families.Gamma().log_density(0.0, (1.0, 2.0)) == pytest.approx(np.log(2.0))
    assert families.Poisson().log_density(0.0, 1e-300) == pytest.approx(0.0)
    assert families.Beta().log_density(1.0, (2.0, 1.0)) == pytest.approx(np.log(2.0))


def test_what_is_refused():
    with pytest.raises(OptionError, match="did you mean 'gaussian'"):
        families.resolve_family("gausian")
    with pytest.raises(OptionError, match=r"NegativeBinomial\(r=\.\.\.\)"):
        families.resolve_family("negative_binomial")
    with pytest.raises(OptionError, match="no exponential family"):
        families.resolve_family("laplace")
    with pytest.raises(OptionError, match="is a class"):
        families.resolve_family(families.Gaussian)
    with pytest.raises(OptionError, match="give one of"):
        families.resolve_family(3)
    with pytest.raises(OptionError, match="r=0"):
        families.NegativeBinomial(0)
    with pytest.raises(InputError, match=r"takes the parameters \(mean, variance\), and 1"):
        families.Gaussian().natural(np.ones(3))
    with pytest.raises(InputError, match="do not fit each other"):
        families.Gaussian().natural((np.ones(3), np.ones(2)))
    with pytest.raises(InputError, match="last 1 axes"):
        families.Categorical().natural(1.0)
    with pytest.raises(InputError, match="3 x 3 matrices"):
        families.MultivariateNormal().natural((np.ones((2, 3)), np.ones((2, 3))[:, None]))


def test_printed_forms():
    assert repr(families.Gaussian()) == "Gaussian()"
    assert repr(families.Gaussian(shared_variance=True)) == "Gaussian(shared_variance=True)"
    assert repr(families.MultivariateNormal(shared_variance=True)) == "MultivariateNormal(shared_variance=True)"
    assert repr(families.NegativeBinomial(2)) == "NegativeBinomial(r=2)"
    assert repr(families.Geometric()) == "Geometric()"
    assert repr(families.Poisson()) == "Poisson()"


@pytest.mark.parametrize("y", [-1, 3, [[0, 1], [2, 3]]])
def test_classes_that_there_are_not(y):
    with pytest.raises(InputError, match=r"is no class; give 0, \.\.\., 2"):
        families.Categorical().log_density(np.array(y), np.zeros((*np.shape(y), 3)))
    with pytest.raises(InputError, match=r"is no class; give 0, \.\.\., 1"):
        families.Bernoulli().log_density(np.array(y), np.zeros(np.shape(y)))
    assert families.Bernoulli().log_density(0.5, 0.0) == pytest.approx(np.log(0.5))
