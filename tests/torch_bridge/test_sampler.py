"""PlanSampler: rows on a device are those of the synthesizer, however they are asked for."""

from __future__ import annotations

import pickle
from itertools import islice

import numpy as np
import pytest
from torch_tables import fitted, mixed, numbers

from synthmix import MixupSynthesizer
from synthmix.errors import NotFittedError, OptionError
from synthmix.pairing import Cyclic, Nearest, Random, WithinClass
from synthmix.weights import Dirichlet, EpBeta, Rotation, Sphere, Uniform

torch = pytest.importorskip("torch")

from synthmix.torch import PlanSampler  # noqa: E402 - after torch is known to be there

COMPILED = "eager"  # traces the whole function as one graph, and runs it as it is


def host(tensor):
    return tensor.cpu().numpy()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("law", [Uniform(), EpBeta(), Dirichlet(4), Sphere(5), Rotation(4), Rotation(4, 0.3)], ids=str)
@pytest.mark.parametrize("pairing", [Random(), Nearest(), Cyclic()], ids=str)
def test_mixed_rows_are_those_of_the_kernels(law, pairing, dtype, device):
    synthesizer = fitted(numbers(300, 5), law, pairing, dtype=dtype)
    batch = PlanSampler(synthesizer, device, getattr(torch, dtype), engine="tensors", compile=False).rows(200, 1000)
    expected, _ = synthesizer._executor.mix(200, 1000)
    assert expected.dtype == dtype
    np.testing.assert_array_max_ulp(host(batch.continuous), expected, maxulp=4)
    np.testing.assert_array_equal(host(batch.rows), np.arange(200, 1000))


@pytest.mark.parametrize("law", [EpBeta(), Rotation(3)], ids=str)
def test_a_raw_table_is_what_the_synthesizer_samples(law, device):
    synthesizer = fitted(numbers(300), law, Nearest())
    batch = PlanSampler(synthesizer, device, torch.float64, engine="tensors", compile=False).rows(10, 500)
    np.testing.assert_array_max_ulp(host(batch.continuous), synthesizer.sample_rows(10, 500), maxulp=4)


@pytest.mark.parametrize("donor", ["largest", "squared"])
def test_codes_and_holes_come_from_the_donor(donor, device):
    synthesizer = fitted(mixed(500), EpBeta(), WithinClass(), donor=donor)
    sampler = PlanSampler(synthesizer, device, engine="tensors", compile=False)
    batch, source = sampler.rows(100, 900), synthesizer._executor.source
    _, donors = synthesizer._executor.mix(100, 900)
    np.testing.assert_array_equal(host(batch.codes), source.codes[donors])
    np.testing.assert_array_equal(host(batch.missing), source.missing[donors])
    assert batch.codes.dtype == torch.int64
    assert bool(torch.isfinite(batch.continuous).all())
    assert (sampler.continuous_names, sampler.code_names) == (("a", "b", "c"), ("word", "class"))
    assert sampler.cardinalities == (4, 3)


def test_a_target_is_held_apart(device):
    synthesizer = fitted(mixed(500), EpBeta(), WithinClass())
    whole = PlanSampler(synthesizer, device, engine="tensors", compile=False).rows(0, 400)
    classes, values = (
        PlanSampler(synthesizer, device, target=t, engine="tensors", compile=False) for t in ("class", "a")
    )
    assert (classes.code_names, values.continuous_names) == (("word",), ("b", "c"))
    by_class, by_value = classes.rows(0, 400), values.rows(0, 400)
    assert torch.equal(by_class.target, whole.codes[:, 1])
    assert torch.equal(by_class.codes, whole.codes[:, :1])
    assert torch.equal(by_value.target, whole.continuous[:, 0])
    assert torch.equal(by_value.continuous, whole.continuous[:, 1:])
    assert torch.equal(by_value.missing, whole.missing[:, 1:])


def test_normal_scores_are_mixed_as_scores(device):
    synthesizer = MixupSynthesizer(EpBeta(), Random(), random_state=1).fit(mixed(300))
    batch = PlanSampler(synthesizer, device, torch.float64, engine="tensors", compile=False).rows(0, 300)
    expected, _ = synthesizer._executor.mix(0, 300)
    np.testing.assert_array_max_ulp(host(batch.continuous), expected, maxulp=4)


@pytest.mark.parametrize("ahead", [97, 1000, None])
def test_batches_are_the_rows_whatever_is_made_ahead(ahead, device):
    sampler = PlanSampler(fitted(mixed(300), EpBeta(), Random()), device, ahead=ahead, engine="tensors", compile=False)
    whole = sampler.rows(50, 777)
    for size in (64, 300):
        batches = list(sampler.batches(size, 50, 777, numbered=True))
        assert [batch.rows.shape[0] for batch in batches[:-1]] == [size] * (len(batches) - 1)
        for field in ("continuous", "codes", "missing", "rows"):
            assert torch.equal(torch.cat([getattr(batch, field) for batch in batches]), getattr(whole, field))
    assert all(batch.rows is None for batch in sampler.batches(64, 50, 777)), "numbers come where they are asked for"
    assert len(list(islice(sampler.batches(64), 20))) == 20, "without stop there is no end"


def test_rows_in_any_order(device):
    sampler = PlanSampler(
        fitted(mixed(300), Dirichlet(3), Nearest()), device, ahead=100, engine="tensors", compile=False
    )
    order = np.random.default_rng(0).permutation(1000)
    taken, whole = sampler.take(order.tolist()), sampler.rows(0, 1000)
    index = torch.from_numpy(order).to(device)
    for field in ("continuous", "codes", "missing", "rows"):
        assert torch.equal(getattr(taken, field), getattr(whole, field)[index])


def test_nothing_is_a_batch_too(device):
    sampler = PlanSampler(fitted(mixed(300), Rotation(3), Random()), device, engine="tensors", compile=False)
    for batch in (sampler.rows(5, 5), sampler.take([])):
        assert batch.continuous.shape == (0, 3)
        assert batch.codes.shape == (0, 2)
        assert batch.rows.shape == (0,)
    assert list(sampler.batches(8, 5, 5)) == []


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_short_dtypes_are_rounded_at_the_end(dtype, device):
    synthesizer = fitted(numbers(300), EpBeta(), Random())
    full = PlanSampler(synthesizer, device, engine="tensors", compile=False).rows(0, 600).continuous
    kind = getattr(torch, dtype)
    assert torch.equal(
        PlanSampler(synthesizer, device, kind, engine="tensors", compile=False).rows(0, 600).continuous, full.to(kind)
    )


def test_autocast_inference_and_the_global_generator_change_nothing(device):
    sampler = PlanSampler(fitted(mixed(300), EpBeta(), Random()), device, engine="tensors", compile=False)
    expected = sampler.rows(0, 500).continuous
    state = torch.random.get_rng_state()
    with torch.autocast(device.type, dtype=torch.bfloat16):
        assert torch.equal(sampler.rows(0, 500).continuous, expected)
    with torch.inference_mode():
        assert torch.equal(sampler.rows(0, 500).continuous, expected)
    assert torch.equal(torch.random.get_rng_state(), state)


@pytest.mark.parametrize(
    ("law", "pairing", "table"),
    [
        (Uniform(), Random(), numbers(300)),
        (Dirichlet(3), Nearest(8, "distinct"), mixed(200)),
        (Rotation(3), Random(), mixed(200)),
    ],
    ids=["pairs", "three of a leaf", "groups"],
)
def test_compiled_as_one_graph(law, pairing, table):
    synthesizer = fitted(table, law, pairing, donor="squared", random_state=2**64 - 5)
    plain = PlanSampler(synthesizer, engine="tensors", compile=False, ahead=256)
    sampler = PlanSampler(synthesizer, compile=COMPILED, ahead=256)
    for start, stop in ((0, 256), (100, 700), (5, 9)):  # other ranges and lengths do not compile again
        expected, found = plain.rows(start, stop), sampler.rows(start, stop)
        assert torch.equal(found.continuous, expected.continuous)
        assert torch.equal(found.codes, expected.codes)
    counted = torch._dynamo.utils.counters["stats"]["unique_graphs"]
    sampler.rows(3000, 3100)
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == counted


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("law", [EpBeta(), Dirichlet(3)], ids=str)
def test_compiled_for_a_gpu(law):
    synthesizer = fitted(numbers(1000, 5), law, Random(), dtype="float32")
    sampler = PlanSampler(synthesizer, "cuda", compile=True, ahead=4096)
    found, (expected, _) = sampler.rows(500, 9000), synthesizer._executor.mix(500, 9000)
    np.testing.assert_array_max_ulp(host(found.continuous), expected, maxulp=4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("law", [EpBeta(), Rotation(4)], ids=str)
def test_rows_on_a_gpu_are_not_waited_for(law, compiled, waiting_refused):
    sampler = PlanSampler(fitted(mixed(300), law, Random()), "cuda", compile=compiled, ahead=1024)
    sampler.rows(0, 2048)
    with waiting_refused():
        sampler.rows(2048, 50_000)  # passes whose tables are new
        for batch in sampler.batches(64, 50_000, 60_000):
            batch.continuous.sum()


def test_a_sampler_travels(device):
    sampler = PlanSampler(
        fitted(mixed(300), EpBeta(), Random()), device, target="class", ahead=128, engine="tensors", compile=False
    )
    arrived = pickle.loads(pickle.dumps(sampler))
    assert (arrived.device, arrived.dtype, arrived.ahead, arrived.target) == (device, torch.float32, 128, "class")
    assert torch.equal(arrived.rows(7, 300).continuous, sampler.rows(7, 300).continuous)


@pytest.mark.parametrize("engine", ["kernels", "tensors"])
def test_a_later_fit_of_the_synthesizer_does_not_reach_a_sampler_that_travels(engine):
    synthesizer = fitted(numbers(300), EpBeta(), Random())
    sampler = PlanSampler(synthesizer, engine=engine, compile=False, ahead=128)
    expected = sampler.rows(7, 300).continuous
    synthesizer.set_params(random_state=12, n_jobs=2).fit(numbers(400) + 5.0)
    arrived = pickle.loads(pickle.dumps(sampler))
    assert arrived.n_rows == sampler.n_rows == 300
    assert torch.equal(arrived.rows(7, 300).continuous, expected)
    assert not torch.equal(PlanSampler(synthesizer, engine=engine, compile=False).rows(7, 300).continuous, expected)


@pytest.mark.parametrize("kind", [np.int32, np.uint8, np.uint64, torch.tensor, tuple])
def test_numbers_of_rows_may_come_in_any_integer_type(kind):
    sampler = PlanSampler(fitted(numbers(300), EpBeta(), Random()), engine="tensors", compile=False)
    given = [7, 0, 200] if isinstance(kind, type) and issubclass(kind, np.generic) else kind([7, 0, 200])
    rows = np.array(given, kind) if isinstance(given, list) else given
    assert torch.equal(sampler.take(rows).continuous, sampler.rows(0, 201).continuous[[7, 0, 200]])


@pytest.mark.parametrize(
    "rows",
    [
        5,
        np.int64(5),
        torch.tensor(5),
        torch.zeros(3, dtype=torch.bfloat16),
        torch.zeros(2, 2, dtype=torch.int64),
        "12",
        ["1", "2"],
        [[1], [2, 3]],
        [True, False],
        [1.5],
        [2**70],
        None,
        {1, 2},
    ],
    ids=repr,
)
def test_what_are_no_numbers_of_rows_is_refused(rows):
    sampler = PlanSampler(fitted(numbers(300), EpBeta(), Random()), engine="tensors", compile=False)
    refused(r"give whole numbers \(m,\)", lambda: sampler.take(rows))


def test_batches_move_to_a_device(device):
    batch = PlanSampler(fitted(mixed(300), EpBeta(), Random()), engine="tensors", compile=False).rows(0, 10).to(device)
    assert {field.device.type for field in batch if field is not None} == {device.type}


def refused(message, call):
    with pytest.raises(OptionError, match=message):
        call()


def test_what_cannot_be_is_refused():
    synthesizer = fitted(mixed(300), EpBeta(), Random())
    with pytest.raises(NotFittedError, match=r"call fit\(table\) first"):
        PlanSampler(MixupSynthesizer())
    refused("device='nowhere' cannot be used", lambda: PlanSampler(synthesizer, "nowhere"))
    refused("dtype=torch.int64: give torch.float32", lambda: PlanSampler(synthesizer, dtype=torch.int64))
    refused("target='clas' .*did you mean 'class'", lambda: PlanSampler(synthesizer, target="clas"))
    refused("target='b' has missing values", lambda: PlanSampler(synthesizer, target="b"))
    refused("compile='inducter'.*did you mean 'inductor'", lambda: PlanSampler(synthesizer, compile="inducter"))
    refused("ahead=0", lambda: PlanSampler(synthesizer, ahead=0))
    sampler = PlanSampler(synthesizer, engine="tensors", compile=False)
    refused("start=-1 is negative", lambda: sampler.rows(-1, 5))
    refused(r"rows\(9, 5\): stop is below start", lambda: sampler.rows(9, 5))
    refused("do not fit into memory", lambda: sampler.rows(0, 2**50))
    refused(r"stop=0.5 is not an integer", lambda: sampler.rows(0, 0.5))
    refused("batch_size=0", lambda: sampler.batches(0))
    refused("rows holds -3", lambda: sampler.take([1, -3]))
    refused("whole numbers", lambda: sampler.take(torch.zeros(3)))
    refused("4096 passes", lambda: sampler.take([0, 2**40]))
    for number in (2**62, 2**63):
        refused(f"rows holds {number}; numbers of rows end before", lambda number=number: sampler.take([number]))
    assert sampler.take([2**62 - 1]).rows.tolist() == [2**62 - 1]
    refused("device='meta' holds no numbers", lambda: PlanSampler(synthesizer, "meta"))
