"""A pool must have the form of the batch, and partners must be rows of it."""

from __future__ import annotations

import pytest

from synthmix.errors import InputError, OptionError
from synthmix.weights import EpBeta

torch = pytest.importorskip("torch")

from synthmix.torch import KMixup, TargetKernel, draw_mixing, mix_labels, mixup_batch  # noqa: E402

X, WHOLE = torch.randn(5, 2, generator=torch.Generator().manual_seed(1)), torch.arange(60.0).reshape(30, 2)


def g(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize(
    ("y", "pool_y", "words"),
    [
        (torch.arange(5.0), torch.arange(30.0)[:, None], "make them alike"),  # would be (5, 5)
        (torch.zeros(5, 3), torch.zeros(30, 1), "make them alike"),  # would be broadcast
        (torch.arange(5.0), torch.arange(30), "make them alike"),  # ids would be mixed as numbers
        (torch.arange(5.0), torch.arange(20.0), "pool y has 20 rows and pool x 30"),
        (torch.arange(5.0), torch.arange(40.0), "pool y has 40 rows and pool x 30"),
        ({"a": torch.zeros(5), "b": torch.zeros(5)}, {"a": torch.zeros(30)}, "other entries"),
        ({"a": torch.zeros(5)}, torch.zeros(30), "other entries"),
    ],
)
def test_labels_of_another_form_are_refused(y, pool_y, words):
    with pytest.raises(InputError, match=words):
        mixup_batch(X, y, 0.4, generator=g(), pool=(WHOLE, pool_y))
    if "rows" not in words:
        mixing = draw_mixing(X, None, 0.4, generator=g(), pool=(WHOLE,))
        with pytest.raises(InputError, match=words):
            mix_labels(y, mixing, pool=pool_y)


@pytest.mark.parametrize("weights", [torch.ones(30, 1), torch.ones(29), torch.ones(30, dtype=torch.float64)])
def test_sample_weights_of_another_form_are_refused(weights):
    with pytest.raises(InputError, match=r"make them alike|rows and pool x"):
        mixup_batch(X, None, 0.4, generator=g(), pool=(WHOLE, None, weights), sample_weight=torch.ones(5))
    good = mixup_batch(X, None, 0.4, generator=g(), pool=(WHOLE, None, torch.ones(30)), sample_weight=torch.ones(5))
    assert good.sample_weight.shape == (5,)


@pytest.mark.parametrize(
    ("pool", "rows", "words"),
    [
        ((WHOLE[:0], torch.zeros(0)), None, "pool has no rows"),
        (WHOLE, None, "give a tuple"),
        ((WHOLE, torch.zeros(30)), torch.arange(4), r"shape \(5,\)"),
        ((WHOLE, torch.zeros(30)), torch.arange(5.0), "torch.int64"),
        ((WHOLE, torch.zeros(30)), [0, 1, 2, 3, 4], "torch.int64"),
    ],
)
def test_pools_and_row_numbers_that_are_none(pool, rows, words):
    with pytest.raises(InputError, match=words):
        mixup_batch(X, torch.zeros(5), 0.4, generator=g(), pool=pool, rows=rows)


def test_pairs_inside_a_batch_are_no_rows_of_a_pool():
    with pytest.raises(OptionError, match="KMixup pairs rows inside a batch"):
        mixup_batch(X, None, 0.4, generator=g(), pairing=KMixup(2), pool=(WHOLE, None))


def test_a_table_of_labels_needs_its_pool():
    kernel, y = TargetKernel(WHOLE[:, 0]), X[:, 0]
    with pytest.raises(OptionError, match=r"give that table as pool="):
        mixup_batch(X, y, 0.4, generator=g(), pairing=kernel)
    with pytest.raises(OptionError, match="was made for 30 rows and the pool has 29"):
        mixup_batch(X, y, 0.4, generator=g(), pairing=kernel, pool=(WHOLE[:29], WHOLE[:29, 0]))
    assert mixup_batch(X, y, 0.4, generator=g(), pairing=TargetKernel(y)).partner.max() < 5


def test_signed_weights_never_reach_soft_labels_of_one_largest_class():
    x, soft = torch.randn(400, 2, generator=g(1)), (2 * torch.randn(400, 3, generator=g(2))).softmax(1)
    for options in ({}, {"pool": (x, soft)}):
        with pytest.raises(OptionError, match="unbounded below"):
            mixup_batch(x, soft, EpBeta(), pairing="within_class", generator=g(), **options)
        donors = mixup_batch(x, soft, EpBeta(), pairing="within_class", labels="donor", generator=g(), **options)
        assert donors.y.min() >= 0
    values = mixup_batch(x, soft, EpBeta(), pairing="within_class", labels="values", generator=g())
    assert values.y.min() < 0  # what the refusal is about
    inside = mixup_batch(x, soft, "uniform", pairing="within_class", generator=g())
    assert inside.y.min() >= 0
