"""PlanSampler of a synthesizer that mixes latent coordinates: what batches hold are those, not columns."""

from __future__ import annotations

import numpy as np
import pytest
from torch_tables import mixed, numbers

from synthmix import MixupSynthesizer
from synthmix.errors import OptionError
from synthmix.pairing import Random, WithinClass
from synthmix.weights import EpBeta

torch = pytest.importorskip("torch")

from synthmix.torch import PlanSampler, TableVAE  # noqa: E402 - after torch is known to be there

QUICK = TableVAE(2, (4,), epochs=1)


def of_a_map(table, pairing, **options):
    return MixupSynthesizer(EpBeta(), pairing, QUICK, random_state=0, **options).fit(table)


@pytest.mark.parametrize("engine", ["kernels", "tensors"])
def test_coordinates_have_names_of_their_own(engine):
    synthesizer = of_a_map(numbers(60, 4), Random())
    sampler = PlanSampler(synthesizer, dtype=torch.float64, engine=engine, compile=False)
    assert sampler.continuous_names == ("z1", "z2")
    assert (sampler.code_names, sampler.cardinalities) == ((), ())
    batch, (expected, _) = sampler.rows(0, 100), synthesizer._executor.mix(0, 100)
    np.testing.assert_array_max_ulp(batch.continuous.numpy(), expected, maxulp=4)
    assert batch.codes.shape == (100, 0)


@pytest.mark.filterwarnings("ignore::synthmix.errors.SynthmixWarning")
@pytest.mark.parametrize("engine", ["kernels", "tensors"])
def test_codes_are_the_class_columns_without_the_pattern_of_missing_values(engine):
    synthesizer = of_a_map(mixed(300), WithinClass("class"))
    sampler = PlanSampler(synthesizer, engine=engine, compile=False)
    source, through = synthesizer._executor.source, synthesizer._encoder.through
    assert source.codes.shape[1] == 2, "the table has gaps, so their pattern travels too"
    assert (sampler.continuous_names, sampler.code_names, sampler.cardinalities) == (("z1", "z2"), ("class",), (3,))
    donors = synthesizer.plan(50, 400).donors
    expected = through.codes[donors][:, 1]
    batch = sampler.rows(50, 400)
    np.testing.assert_array_equal(batch.codes[:, 0].numpy(), expected)
    apart = PlanSampler(synthesizer, target="class", engine=engine, compile=False)
    assert apart.code_names == ()
    batch = apart.rows(50, 400)
    np.testing.assert_array_equal(batch.target.numpy(), expected)
    assert batch.continuous.shape == (350, 2)


@pytest.mark.filterwarnings("ignore::synthmix.errors.SynthmixWarning")
def test_a_target_inside_the_coordinates_is_refused():
    synthesizer = of_a_map(mixed(300), WithinClass("class"))
    for target in ("a", "word"):
        with pytest.raises(OptionError, match=f"target='{target}' is inside the coordinates of TableVAE"):
            PlanSampler(synthesizer, target=target)
    for target in ("z1", "clas"):
        with pytest.raises(OptionError, match=f"target='{target}' is not a column with values to learn.*'class'"):
            PlanSampler(synthesizer, target=target)


def test_float32_is_refused_for_the_right_reason():
    with pytest.raises(OptionError, match="trained maps work in float64"):
        MixupSynthesizer(encoding=TableVAE(base="raw"), dtype="float32").fit(numbers(60))
