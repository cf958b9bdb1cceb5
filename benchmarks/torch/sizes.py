"""What is measured: batches, source tables, repeats."""

from __future__ import annotations

from typing import NamedTuple


class Size(NamedTuple):
    """One setting."""

    batch: int  # rows
    columns: int
    source: int  # rows


GPU = (Size(4096, 64, 1_000_000), Size(16384, 64, 1_000_000), Size(65536, 256, 250_000))
CPU = (Size(4096, 64, 100_000), Size(16384, 64, 100_000), Size(65536, 256, 70_000))
QUICK = (Size(512, 8, 5_000),)
REPEATS = 7
TURNS = 8  # times that a sampler makes rows ahead: a training run does it without end, and what begins it is spread
LOADED = 4096  # rows of a loader's batches at most: its cost is that of rows, and a batch of 65,536 takes seconds
