"""scikit-learn's own checks of estimators, with a reason for each that does not apply."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid
from sklearn.utils import estimator_checks
from sklearn.utils.validation import check_is_fitted

from synthmix import MixupSynthesizer, OptionError
from synthmix.weights import Beta


class OfArrays(MixupSynthesizer):
    """The synthesizer with the signature of scikit-learn's densities, whose `y` is left alone.

    ``fit(table, target)`` takes the name of a column there, so that an array given as `y` is an error.
    """

    def fit(self, X, y=None):  # noqa: ARG002
        return super().fit(X)


OWN_WORDS = "it is refused in words of our own, which name the column and the remedy"
NOT_APPLICABLE = {
    "check_complex_data": OWN_WORDS,
    "check_dtype_object": "arrays of objects are refused: what their columns hold is for a frame to say",
    "check_estimators_empty_data_messages": OWN_WORDS,
    "check_fit2d_1sample": OWN_WORDS,
    "check_array_api_input": "tables are read into numpy arrays",
}


def checks():
    if not hasattr(estimator_checks, "estimator_checks_generator"):
        return []
    synthesizer = OfArrays(random_state=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not inherit from `sklearn.base.BaseEstimator`")
        return [check for _, check in estimator_checks.estimator_checks_generator(synthesizer)]


def name_of(check) -> str:
    return check.func.__name__


def applicable() -> list:
    """Return the checks that apply, with names that differ where one is run with two settings."""
    found = [one for one in checks() if name_of(one) not in NOT_APPLICABLE]
    named = [" ".join([name_of(one), *map(str, one.keywords.values())]) for one in found]
    return [pytest.param(one, id=name) for one, name in zip(found, named, strict=True)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("check", applicable())
def test_scikit_learn_s_check(check):
    check(OfArrays(random_state=0))


@pytest.mark.skipif(not checks(), reason="scikit-learn before 1.6 has no list of checks")
def test_every_exception_is_still_needed():
    by_name = {name_of(check): check for check in checks()}
    for name in NOT_APPLICABLE.keys() - {"check_array_api_input"}:
        with pytest.raises((AssertionError, ValueError)):
            by_name[name](OfArrays(random_state=0))


def test_clone_and_parameters():
    synthesizer = MixupSynthesizer(Beta(0.3), "random", columns={"x0": "real"}, random_state=3)
    table = np.random.Generator(np.random.Philox(key=1)).normal(size=(30, 2))
    copy = clone(synthesizer.fit(table))
    assert copy.get_params() == synthesizer.get_params()
    with pytest.raises(ValueError, match="not fitted"):
        copy.sample(1)
    check_is_fitted(synthesizer)
    assert copy.set_params(n_jobs=2) is copy
    with pytest.raises(OptionError, match="did you mean 'weights'"):
        copy.set_params(weigths="beta")


def test_a_search_over_parameters():
    table = pd.DataFrame({"x": np.linspace(0.0, 1.0, 30), "c": ["a", "b", "c"] * 10})
    made = [
        clone(MixupSynthesizer(random_state=0)).set_params(**one).fit(table).sample(5)
        for one in ParameterGrid({"weights": ["beta", "sphere"], "pairing": ["random", "nearest"]})
    ]
    assert len({frame.to_csv() for frame in made}) == 4
