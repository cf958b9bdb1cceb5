"""Passes over small tables, made as a fitted source makes them: where tests of blocks, groups and mixing start."""

from __future__ import annotations

import itertools

import numpy as np

from synthmix.mixing.cells import CellPlan
from synthmix.mixing.source import Source
from synthmix.mixing.steps import make_step
from synthmix.pairing import Cells, Cyclic, Random

PAIRINGS = {"iid": Random("iid"), "distinct": Random("distinct"), "anchor": Random("anchor"), "cyclic": Cyclic()}


def cells_of(sizes, seed=0, *, arranged=False):
    """Return cells of the given sizes whose rows lie anywhere; `arranged` as the leaves of a tree are."""
    n = sum(sizes)
    rows = np.random.default_rng(seed).permutation(n) if len(sizes) > 1 or arranged else np.arange(n)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    if not arranged:
        for a, b in itertools.pairwise(starts):
            rows[a:b] = np.sort(rows[a:b])
    return Cells(rows.astype(np.int64), starts, arranged)


def source_of(cells, law, scheme="anchor", *, seed=7, p=3, dtype=np.float64, donor="largest"):
    """Return a source of random rows in the given cells."""
    n, count = cells.order.size, cells.starts.size - 1
    flags = np.zeros(count, bool)
    latent = np.random.default_rng(seed).normal(size=(n, p)).astype(dtype)
    plan = CellPlan(Cells(cells.order, cells.starts), flags, flags, 0, 1)
    return Source(
        rows=np.arange(n),
        latent=latent,
        missing=np.zeros((n, p), bool),
        codes=np.zeros((n, 0), np.int32),
        plan=plan,
        law=law,
        pairing=PAIRINGS[scheme],
        donor=donor,
        seed=seed,
    )


def pass_of(source, cells, number=1):
    """Return the arrays of a pass and those of the law."""
    return make_step(source, cells, number), source.law_arrays
