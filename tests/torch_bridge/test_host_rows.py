"""On the CPU the compiled kernels make the rows; tensor operations make the same ones."""

from __future__ import annotations

import numpy as np
import pytest
from torch_tables import fitted, mixed

from synthmix.errors import OptionError
from synthmix.pairing import Cyclic, Nearest, Random, WithinClass
from synthmix.weights import Dirichlet, EpBeta, Rotation, Uniform

torch = pytest.importorskip("torch")

from synthmix.torch import PlanSampler  # noqa: E402 - after torch is known to be there

CHOICES = [
    (Uniform(), Random()),
    (EpBeta(), Cyclic()),
    (Dirichlet(3), Nearest()),
    (Rotation(5), Random()),
    (Rotation(4), Nearest()),
    (EpBeta(), WithinClass("class")),
]


def same(one, other) -> None:
    for name, a, b in zip(one._fields, one, other, strict=True):
        assert (a is None) == (b is None), name
        if a is not None:
            assert a.shape == b.shape, name
            assert a.dtype == b.dtype, name
            assert torch.equal(a, b), name


@pytest.mark.parametrize(("law", "pairing"), CHOICES)
@pytest.mark.parametrize("target", [None, "class", "a"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_both_engines_give_the_same_bits(law, pairing, target, dtype):
    synthesizer = fitted(mixed(300), law, pairing)
    kernels = PlanSampler(synthesizer, dtype=dtype, target=target)
    tensors = PlanSampler(synthesizer, dtype=dtype, target=target, engine="tensors", compile=False)
    for start, stop in ((0, 700), (250, 260), (5, 5)):
        same(kernels.rows(start, stop), tensors.rows(start, stop))


def test_threads_do_not_matter():
    synthesizer = fitted(mixed(9000), EpBeta(), Random())
    one = PlanSampler(synthesizer).rows(0, 20000)
    synthesizer.n_jobs = 2
    same(PlanSampler(synthesizer).rows(0, 20000), one)


def test_rows_are_those_of_the_synthesizer():
    table = np.random.default_rng(0).normal(size=(500, 4))
    from synthmix import MixupSynthesizer

    synthesizer = MixupSynthesizer("epbeta", "random", "raw", random_state=1).fit(table)
    np.testing.assert_array_equal(
        PlanSampler(synthesizer, dtype=torch.float64).rows(0, 1200).continuous.numpy(), synthesizer.sample(1200)
    )


def test_kernels_are_for_the_cpu_and_a_backend_asks_for_tensors():
    synthesizer = fitted(mixed(300), EpBeta(), Random())
    with pytest.raises(OptionError, match=r"engine='kernel'.*'kernels'"):
        PlanSampler(synthesizer, engine="kernel")
    assert PlanSampler(synthesizer)._host is not None
    assert PlanSampler(synthesizer, compile="eager")._host is None
    assert PlanSampler(synthesizer, engine="tensors")._host is None
