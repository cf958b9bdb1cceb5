"""Names, stored forms, printed forms, and what is refused."""

from __future__ import annotations

import dataclasses
import doctest
import importlib
import json
import pkgutil

import numpy as np
import pytest

import synthmix.weights
from synthmix.errors import OptionError
from synthmix.weights import (
    Beta,
    Custom,
    Dirichlet,
    EpBeta,
    Hybrid,
    Rotation,
    Sphere,
    Uniform,
    WeightsLaw,
    from_name,
    resolve_weights,
)

LAWS = [
    Beta(0.1),
    Beta(2, 3.5),
    Uniform(),
    EpBeta(),
    EpBeta(0.02, eps0=0.1, eps1=0.5, correct=False),
    EpBeta(0.02).corrected(100, "cyclic"),
    Dirichlet(4, 0.3),
    Sphere(5),
    Sphere(4, top=0.95),
    Rotation(),
    Rotation(6, 0.2),
    Hybrid(kurtosis=2.5),
    Custom([[0.9, 0.1], [1.1, -0.1]]),
    Custom(quantile=[[0, -0.1], [0.5, 0.9], [0.5, 1.0], [1, 1.1]]),
]
each = pytest.mark.parametrize("law", LAWS, ids=repr)


@each
def test_printed_form_can_be_read_back(law):
    again = eval(repr(law), {**vars(synthmix.weights)})
    assert again == law
    assert hash(again) == hash(law)
    assert repr(again) == repr(law)


@each
def test_stored_form_survives_json_bit_for_bit(law):
    again = WeightsLaw.from_dict(json.loads(json.dumps(law.to_dict())))
    assert again == law
    before, after = law.kernel_data(), again.kernel_data()
    for field in dataclasses.fields(before):
        np.testing.assert_array_equal(getattr(before, field.name), getattr(after, field.name))


@each
def test_laws_are_frozen_values(law):
    with pytest.raises(dataclasses.FrozenInstanceError):
        law.k = 7
    assert [other for other in LAWS if other == law] == [law]


@each
def test_the_number_of_parents_agrees_everywhere(law):
    data = law.kernel_data()
    assert law.k == data.k == law.moments().k == data.rows.shape[1]
    assert law.grouped == isinstance(law, Rotation)


def test_laws_without_a_finite_table_correction_return_themselves():
    for law in LAWS:
        if not isinstance(law, EpBeta):
            assert law.corrected(10, "iid") is law


@pytest.mark.parametrize("name", ["beta", "uniform", "epbeta", "dirichlet", "sphere", "rotation", "hybrid"])
def test_short_names(name):
    law = from_name(name)
    assert law.law_name == name
    assert resolve_weights(name) == law
    assert resolve_weights(law) is law


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("epbta", "'epbta' is no known law; did you mean 'epbeta' or 'beta'"),
        ("zzz", "'zzz' is no known law; choose from 'beta', 'uniform'"),
        ("custom", "'custom' is no known law"),
        (EpBeta, r"weights=EpBeta is a class; call it"),
        (0.2, "weights=0.2 has type float; give a law such as EpBeta"),
        (None, "weights=None has type NoneType"),
    ],
)
def test_unknown_weights(value, message):
    with pytest.raises(OptionError, match=message):
        resolve_weights(value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({}, "law=None is no known law"),
        ({"law": "bta"}, "did you mean 'beta'"),
        ({"law": "beta", "c": 1.0}, "unexpected keyword argument 'c'"),
        ({"law": "beta", "a": -1.0}, "a=-1.0 is outside"),
        ({"law": "custom", "weights": [[0.5, 0.6]]}, "sums to 1.1"),
    ],
)
def test_damaged_stored_forms(data, message):
    with pytest.raises(OptionError, match=message):
        WeightsLaw.from_dict(data)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Beta(0), r"a=0 is outside \[1e-100, 1e\+08\]; use a shape"),
        (lambda: Beta(1, "b"), "b='b' is not a finite number"),
        (lambda: Beta(a=True), "a=True is not a finite number"),
        (lambda: Beta(float("inf")), "a=inf is not a finite number"),
        (lambda: Dirichlet(1), r"k=1 parents is outside \[2, 256\]"),
        (lambda: Dirichlet(3.0), "k=3.0 is not a whole number of parents"),
        (lambda: Dirichlet(3, -1), "alpha=-1 is outside"),
        (lambda: Sphere(2), "k=2 parents is outside .* only copies"),
        (lambda: Sphere(3, top=0.5), r"top=0.5 is outside \[0.666667, 1\]; only then is it the largest"),
        (lambda: Sphere(10**9), "k=1000000000 parents is outside"),
        (lambda: Rotation(2), "k=2 parents is outside .* only two rows can be swapped"),
        (lambda: Rotation(3, 0), "strength=0 is outside .* 0 would copy every row"),
        (lambda: Rotation(3, 1.5), "strength=1.5 is outside"),
        (lambda: Hybrid(kurtosis=0.0), "kurtosis=0.0 is outside .* a sphere law keeps 0"),
        (lambda: Hybrid(delta=0.07), "largest feasible delta is 0.0616"),
        (lambda: Hybrid(k=2), "k=2 parents is outside"),
        (Custom, "either weights=, a table of weights, or quantile="),
        (lambda: Custom([[1.0, 0.0]], quantile=[[0, 0], [1, 1]]), "give one"),
        (lambda: Custom([0.5, 0.5]), r"weights has shape \(2,\)"),
        (lambda: Custom([[1.0]]), "k=1 parents is outside"),
        (lambda: Custom([[0.5, 0.5], [1.0]]), "weights is no table of numbers"),
        (lambda: Custom([["a", "b"]]), "could not convert string to float"),
        (lambda: Custom([[0.5, np.nan]]), r"weights\[0, 1\]=nan is not finite"),
        (lambda: Custom([[0.5, 0.5], [0.5, 0.505]]), r"weights\[1\] sums to 1.005, not to 1; divide each row"),
        (lambda: Custom(quantile=lambda u: 1 - u), "quantile falls from 1 at u=0"),
        (lambda: Custom(quantile=lambda u: 1 / (1 - u)), r"quantile\[4096, 1\]=inf is not finite"),
        (lambda: Custom(quantile=lambda u: u[:3]), r"quantile function returned shape \(3,\)"),
        (lambda: Custom(quantile=lambda u: {}[0] if u.size == 1 else float(u)), "quantile function failed on an array"),
        (lambda: Custom(quantile=[[0, 0, 0], [1, 1, 1]]), r"quantile has shape \(2, 3\)"),
        (lambda: Custom(quantile=[[0.1, 0], [1, 1]]), "quantile has u from 0.1 to 1; u must rise from 0 to 1"),
        (lambda: Custom(quantile=[[0, 0], [0.7, 0.5], [0.2, 0.6], [1, 1]]), "u must rise from 0 to 1"),
        (lambda: Custom(quantile=5), r"quantile has shape \(\)"),
    ],
)
def test_bad_options_name_the_value_and_the_remedy(make, message):
    with pytest.raises(OptionError, match=message):
        make()


def test_a_law_is_made_from_numpy_numbers_and_arrays():
    assert Beta(np.float64(0.2)) == Beta(0.2)
    assert Dirichlet(np.int64(3), np.float32(1.0)) == Dirichlet(3, 1.0)
    assert Custom(np.array([[0.25, 0.75]])) == Custom([[0.25, 0.75]])


def test_a_users_quantile_function_becomes_its_table():
    law = Custom(quantile=lambda u: 1.2 * u**3 - 0.1)
    assert WeightsLaw.from_dict(law.to_dict()) == law
    assert repr(law).startswith("Custom(quantile=<")
    moments = law.moments()
    mean, second = 1.2 / 4 - 0.1, 1.44 / 7 - 0.24 / 4 + 0.01
    assert moments.mean[0] == pytest.approx(mean, abs=1e-7)
    assert moments.second[0, 0] == pytest.approx(second, abs=1e-7)
    assert moments.second[0, 0] != pytest.approx(1.01 * second, abs=1e-7)


@pytest.mark.parametrize("name", [module.name for module in pkgutil.iter_modules(synthmix.weights.__path__)])
def test_examples_in_the_documentation(name):
    module = importlib.import_module(f"synthmix.weights.{name}")
    assert doctest.testmod(module).failed == 0
