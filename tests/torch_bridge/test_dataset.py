"""Loaders of synthetic rows: every row once over workers and ranks, in every epoch."""

from __future__ import annotations

import pickle
import warnings

import pytest
from torch_tables import fitted, mixed

from synthmix.errors import OptionError
from synthmix.pairing import Random
from synthmix.weights import EpBeta

torch = pytest.importorskip("torch")

from torch.utils.data import DataLoader, get_worker_info  # noqa: E402 - after torch is known to be there

from synthmix.torch import MixupCollate, MixupDataset, PlanSampler  # noqa: E402


@pytest.fixture(scope="module")
def synthesizer():
    return fitted(mixed(150), EpBeta(), Random())


class Worker:
    """What torch tells a worker."""

    def __init__(self, number, of):
        self.id, self.num_workers = number, of


def by_hand(monkeypatch, dataset_of, workers, ranks):
    """Return the batches of each pair of rank and worker, as if each were a process."""
    found = []
    for rank in range(ranks):
        for number in range(workers):
            monkeypatch.setattr("synthmix.torch.dataset.get_worker_info", lambda n=number: Worker(n, workers))
            found.append(list(dataset_of(rank)))
    return found


@pytest.mark.parametrize("n_rows", [0, 1, 5, 1000, 1003])
@pytest.mark.parametrize(("workers", "ranks"), [(3, 2), (1, 1), (4, 5)])
def test_rows_over_workers_and_ranks_are_a_partition(monkeypatch, synthesizer, n_rows, workers, ranks):
    sampler = PlanSampler(synthesizer)

    def dataset_of(rank):
        return MixupDataset(sampler, n_rows, 64, rank=rank, world_size=ranks)

    shares = by_hand(monkeypatch, dataset_of, workers, ranks)
    rows = [int(row) for share in shares for batch in share for row in batch.rows]
    assert sorted(rows) == list(range(n_rows))
    sizes = [sum(batch.rows.shape[0] for batch in share) for share in shares]
    assert max(sizes) - min(sizes) <= 1


def test_with_drop_last_all_have_as_many_full_batches(monkeypatch, synthesizer):
    sampler = PlanSampler(synthesizer)

    def dataset_of(rank):
        return MixupDataset(sampler, 1003, 64, rank=rank, world_size=2, drop_last=True)

    shares = by_hand(monkeypatch, dataset_of, 3, 2)
    assert {len(share) for share in shares} == {2}
    rows = [int(row) for share in shares for batch in share for row in batch.rows]
    assert len(set(rows)) == len(rows) == 6 * 2 * 64


def loaded(loader):
    return sorted(int(row) for batch in loader for row in batch.rows)


@pytest.mark.parametrize(("method", "workers"), [("fork", 2), ("spawn", 1)])
def test_worker_processes(synthesizer, method, workers):
    dataset = MixupDataset(synthesizer, 500, 64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of any fork of a process with threads
        loader = DataLoader(
            dataset, batch_size=None, num_workers=workers, multiprocessing_context=method, persistent_workers=True
        )
        assert loaded(loader) == list(range(500))
        dataset.set_epoch(3)  # the workers live on, and hear of it
        batches = list(loader)
    assert sorted(int(row) for batch in batches for row in batch.rows) == list(range(1500, 2000))
    whole = dataset.sampler.rows(1500, 2000)
    for batch in batches:
        assert torch.equal(batch.continuous, whole.continuous[batch.rows - 1500])


def test_epochs_are_fresh_and_come_again(synthesizer):
    dataset = MixupDataset(synthesizer, 100, 32)
    first, again = (torch.cat([batch.continuous for batch in dataset]) for _ in range(2))
    assert torch.equal(first, again)
    dataset.set_epoch(1)
    assert not torch.equal(torch.cat([batch.continuous for batch in dataset]), first)


def test_ranks_of_torch_distributed(synthesizer, monkeypatch):
    dataset = MixupDataset(synthesizer, 100, 32)
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: True)
    monkeypatch.setattr("torch.distributed.get_rank", lambda: 1)
    monkeypatch.setattr("torch.distributed.get_world_size", lambda: 4)
    assert dataset.own_rows() == range(25, 50)
    sent = pickle.loads(pickle.dumps(dataset))
    monkeypatch.setattr("torch.distributed.is_initialized", lambda: False)
    assert sent.own_rows() == range(25, 50), "a worker knows the rank of the process that sent it"
    assert dataset.own_rows() == range(100)


def test_collated_numbers(synthesizer):
    sampler = PlanSampler(synthesizer, target="class")
    generator = torch.Generator().manual_seed(0)
    loader = DataLoader(range(500), batch_size=64, shuffle=True, generator=generator, collate_fn=MixupCollate(sampler))
    whole, seen = sampler.rows(0, 500), []
    for batch in loader:
        assert torch.equal(batch.continuous, whole.continuous[batch.rows])
        assert torch.equal(batch.target, whole.target[batch.rows])
        seen += batch.rows.tolist()
    assert sorted(seen) == list(range(500))
    assert seen != sorted(seen)


def test_what_cannot_be_is_refused(synthesizer, monkeypatch):
    for message, options in (
        ("give both", {"rank": 1}),
        ("ranks are 0 to", {"rank": 2, "world_size": 2}),
        ("rank=0.5 is not an integer", {"rank": 0.5, "world_size": 2}),
        ("world_size='2' is not an integer", {"rank": 0, "world_size": "2"}),
        ("rank=True is not an integer", {"rank": True, "world_size": 2}),
    ):
        with pytest.raises(OptionError, match=message):
            MixupDataset(synthesizer, 10, 5, **options)
    with pytest.raises(OptionError, match="batch_size=0"):
        MixupDataset(synthesizer, 10, 0)
    with pytest.raises(OptionError, match="n_rows=-1"):
        MixupDataset(synthesizer, -1, 5)
    dataset = MixupDataset(synthesizer, 10, 5)
    assert get_worker_info() is None
    monkeypatch.setattr("synthmix.torch.dataset.get_worker_info", lambda: Worker(0, 1))
    dataset.sampler.device = torch.device("meta")
    with pytest.raises(OptionError, match="use num_workers=0"):
        iter(dataset)
