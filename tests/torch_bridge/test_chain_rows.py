"""Batches of chained rows: the values of the synthesizer's own rows, however they are asked for."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from torch_tables import mixed

from synthmix import MixupSynthesizer
from synthmix.errors import OptionError
from synthmix.pairing import Chained

torch = pytest.importorskip("torch")

from synthmix.torch import PlanSampler  # noqa: E402 - after torch is known to be there


def fitted(rows=300, **options):
    return MixupSynthesizer(random_state=1, **{"pairing": Chained(), **options}).fit(mixed(rows))


@pytest.mark.parametrize("target", [None, "class", "a"])
def test_columns_are_those_that_are_decoded(target):
    synthesizer = fitted()
    sampler = PlanSampler(synthesizer, dtype=torch.float64, target=target)
    batch, encoder = sampler.rows(5, 700), synthesizer._encoder
    made, codes = synthesizer._executor.made(5, 700)
    for j, name in enumerate(sampler.continuous_names):
        column, gaps = made[encoder.latent_names.index(name)], batch.missing[:, j].numpy()
        np.testing.assert_array_equal(gaps, np.isnan(column))
        np.testing.assert_array_equal(batch.continuous[:, j].numpy()[~gaps], column[~gaps])
        assert np.isfinite(batch.continuous[:, j].numpy()).all()
    for j, name in enumerate(sampler.code_names):
        np.testing.assert_array_equal(batch.codes[:, j].numpy(), codes[encoder.code_names.index(name)])
    if target == "class":
        np.testing.assert_array_equal(batch.target.numpy(), codes[encoder.code_names.index("class")])
    elif target == "a":
        np.testing.assert_array_equal(batch.target.numpy(), made[encoder.latent_names.index("a")])
    else:
        assert batch.target is None
    assert target not in (*sampler.continuous_names, *sampler.code_names)


def test_rows_do_not_depend_on_how_they_are_asked_for():
    sampler = PlanSampler(fitted(), dtype=torch.float64)
    whole = sampler.rows(0, 2500)
    picked = [2400, 3, 3, 1023, 1024, 299, 300]
    for name, one, all_of_them in zip(whole._fields, sampler.take(picked), whole, strict=True):
        if all_of_them is not None:
            assert torch.equal(one, all_of_them[picked]), name
    parts = list(sampler.batches(512, 0, 2500, numbered=True))
    assert torch.equal(torch.cat([part.continuous for part in parts]), whole.continuous)
    again = pickle.loads(pickle.dumps(sampler))
    assert torch.equal(again.rows(100, 200).continuous, whole.continuous[100:200])
    other = PlanSampler(fitted(pairing=Chained(leaf=9)), dtype=torch.float64)
    assert not torch.equal(other.rows(0, 100).continuous, whole.continuous[:100])


def test_what_a_device_cannot_do_is_refused():
    for options in ({"engine": "tensors"}, {"compile": "inductor"}):
        with pytest.raises(OptionError, match="kept on the host"):
            PlanSampler(fitted(), **options)
    with pytest.raises(OptionError, match="ahead=0"):
        PlanSampler(fitted(), ahead=0)


def test_the_default_synthesizer_trains():
    sampler = PlanSampler(MixupSynthesizer(random_state=0).fit(mixed(200)), target="class")
    batch = next(iter(sampler.batches(64)))
    assert batch.continuous.shape == (64, len(sampler.continuous_names))
    assert batch.target.dtype == torch.int64
