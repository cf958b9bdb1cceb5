"""What a budget allows, decided from the sizes of the tables before anything runs."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass, fields

from synthmix.drift.joint.pool import Floats, shuffled
from synthmix.errors import OptionError

BLOCKS = 5
FEWEST = {"permutations": 499, "rows": 500}
_SINGLE, _DOUBLE = 4.0e10, 2.0e10  # products a second of a matrix product on a small machine
_VALUE = 1.0e-8  # seconds for one kernel value
_COLUMN = 1.0e-9  # seconds for one column of one distance
_KERNELS = 4


@dataclass(frozen=True)
class Budget:
    """Limits of the tests on whole rows.

    Attributes
    ----------
    rows : int
        Rows of both tables together that one block compares pair by pair.
    permutations : int
        Random labellings of each block; p-values are never below 1 / (permutations + 1).
    seconds : float
        Turned into rows, blocks and permutations by a fixed estimate of speed, never by a clock: the same sizes give
        the same plan, and so the same result, on every machine and under any load.
    """

    rows: int = 4000
    permutations: int = 1999
    seconds: float = 60.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isinstance(value, numbers.Real) or isinstance(value, bool) or not float(value) > 0.0:
                raise OptionError(f"Budget({field.name}={value!r}): give a positive number")
        if self.rows < 4 or int(self.rows) != self.rows or int(self.permutations) != self.permutations:
            raise OptionError(f"{self}: rows (at least 4) and permutations are whole numbers")


@dataclass(frozen=True)
class Plan:
    """What will be computed.

    Attributes
    ----------
    blocks : int
    real, synthetic : int
        Rows of each table in each block.
    permutations : int
    note : str
        What the budget cut, "" for nothing.
    """

    blocks: int
    real: int
    synthetic: int
    permutations: int
    note: str


def estimated_seconds(rows: int, columns: int, permutations: int) -> float:
    """Return about how long one block takes on one core."""
    each = permutations * (_KERNELS * 2.0 / _SINGLE + 2.0 / _DOUBLE) + _KERNELS * _VALUE + columns * _COLUMN
    return each * rows**2 / 2.0


def resample_seconds(rows: int, columns: int, bootstraps: int) -> float:
    """Return about how long the holdout test takes on one core for tables of `rows` rows each."""
    kinds = _KERNELS  # the distance and three kernels
    return rows**2 * (bootstraps * kinds * 2.0 / _DOUBLE + 4 * (kinds * _VALUE + columns * _COLUMN))


def _sizes(n: int, m: int, blocks: int, rows: int) -> tuple[int, int]:
    """Return the rows of each table in a block: as equal as the tables allow."""
    real = min(n // blocks, max(rows // 2, rows - m // blocks))
    return real, min(m // blocks, rows - real)


def plan(n: int, m: int, columns: int, budget: Budget) -> Plan:
    """Return the blocks, rows and permutations for tables of `n` and `m` rows.

    Blocks are cut first where they take too long, then permutations down to 499, then rows of a block down to 500.
    """
    rows, permutations = int(budget.rows), int(budget.permutations)
    blocks = max(1, min(BLOCKS, math.ceil(min(n, m) / (rows // 2))))
    if n + m <= rows:
        blocks = 1
    cuts = []

    def cost() -> float:
        return blocks * estimated_seconds(min(rows, (n + m) // blocks), columns, permutations)

    while blocks > 1 and cost() > budget.seconds:
        blocks -= 1
    fewest = min(FEWEST["permutations"], permutations)
    if cost() > budget.seconds:
        permutations = max(fewest, int(permutations * budget.seconds / cost()))
    if cost() > budget.seconds:
        rows = max(min(FEWEST["rows"], rows), int(min(rows, n + m) * math.sqrt(budget.seconds / cost())))
    real, synthetic = _sizes(n, m, blocks, rows)
    if (blocks * real, blocks * synthetic) != (n, m):
        cuts.append(f"{blocks} block(s) of {real} of {n} real and {synthetic} of {m} synthetic rows")
    if permutations < budget.permutations:
        cuts.append(f"{permutations} of {budget.permutations} permutations")
    note = "budget: " + ", ".join(cuts) if cuts else ""
    return Plan(blocks, real, synthetic, permutations, note)


def blocks_of(real: Floats, synthetic: Floats, drawn: Plan, seed: int) -> list[tuple[Floats, Floats]]:
    """Return disjoint random blocks of two tables with rows in lexicographic order; all rows where they are one."""
    if (drawn.blocks, drawn.real, drawn.synthetic) == (1, len(real), len(synthetic)):
        return [(real, synthetic)]
    x, y = shuffled(real, seed, 0), shuffled(synthetic, seed, 1)
    n, m = drawn.real, drawn.synthetic
    return [(x[b * n : (b + 1) * n], y[b * m : (b + 1) * m]) for b in range(drawn.blocks)]
