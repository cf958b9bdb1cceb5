"""Measure one setting: seconds for a batch of each way."""

from __future__ import annotations

import time
from itertools import islice
from typing import Any

import numpy as np
import torch

from benchmarks.torch.clock import seconds
from benchmarks.torch.peers import batch_mixing, gather_and_write, loader_batches
from benchmarks.torch.sizes import LOADED, REPEATS, TURNS, Size
from synthmix import MixupSynthesizer
from synthmix.pairing import Random
from synthmix.torch import PlanSampler
from synthmix.weights import Uniform

Row = dict[str, Any]


def measure(size: Size, device: torch.device) -> list[Row]:
    """Return one row of results for each way to make batches of a size."""
    table = np.random.default_rng(0).normal(size=(size.source, size.columns)).astype(np.float32)
    synthesizer = MixupSynthesizer(Uniform(), Random(), "raw", dtype="float32", random_state=0).fit(table)
    sampler = PlanSampler(synthesizer, device)
    begun = time.perf_counter()
    found = sampler.rows(0, size.batch).continuous.cpu().numpy()
    first = time.perf_counter() - begun
    expected = synthesizer.sample(size.batch)
    span = max(sampler.ahead // size.batch, 1)

    def sampled() -> None:
        for _ in sampler.batches(size.batch, 0, TURNS * span * size.batch):
            pass

    rows = [_row("PlanSampler", size, TURNS * span, seconds(sampled, device, REPEATS))]
    rows[0] |= {"first_call_s": first, "equal_bits": bool(np.array_equal(found, expected)), "ahead": sampler.ahead}
    on_device = torch.from_numpy(table).to(device)
    rows += _limits(on_device, size, span)
    if device.type == "cpu":
        out = np.empty((size.batch, size.columns), np.float32)
        work = seconds(lambda: synthesizer.sample(size.batch, out=out), device, REPEATS)
        rows.append(_row("compiled kernels, one thread", size, 1, work))
    rows.append(_row("batch mixing", size, 1, seconds(batch_mixing(on_device, size), device, 5 * REPEATS)))
    for workers in (0, 2):
        batches = loader_batches(table, size, workers, device)
        count = 1 if workers == 0 else 8  # more than are fetched ahead
        spent = seconds(lambda b=batches, c=count: list(islice(b, c)), device, 3 if workers else REPEATS, limit=2.0)
        rows.append(_row(f"loader, {workers} workers", size, count * min(size.batch, LOADED) / size.batch, spent))
        batches.close()
    return rows


def _limits(table: torch.Tensor, size: Size, span: int) -> list[Row]:
    """Return what memory allows: gather and write with a plan that is ready, and a copy of as many bytes.

    First parents follow each other in memory, second ones lie anywhere: no plan of random pairs is met faster.
    """
    device, m = table.device, span * size.batch
    base, other = torch.arange(m, device=device) % size.source, torch.randint(size.source, (m,), device=device)
    share = torch.rand(m, device=device)
    gather = seconds(gather_and_write(table, base, other, share), device, REPEATS)
    few = slice(size.batch)
    one = seconds(gather_and_write(table, base[few], other[few], share[few]), device, 5 * REPEATS)
    block, out = (torch.ones((3 * m * size.columns) // 2, device=device) for _ in range(2))
    copy = seconds(lambda: out.copy_(block), device, REPEATS)
    return [
        _row("gather and write", size, span, gather),
        _row("gather and write, one batch", size, 1, one),
        _row("copy of as many bytes", size, span, copy),
    ]


def _row(name: str, size: Size, batches: float, spent: dict[str, float]) -> Row:
    """Return a row: bytes are those of two rows read and one written."""
    each = spent["median"] / batches
    moved = 3 * 4 * size.batch * size.columns
    rates = {"us_a_batch": each * 1e6, "rows_a_second": size.batch / each, "gb_a_second": moved / each / 1e9}
    return {"way": name, **size._asdict(), **rates, "batches": batches, **spent}
