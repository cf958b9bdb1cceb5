"""Sizes and numbers of rounds."""

from __future__ import annotations

from dataclasses import dataclass, replace

FEWEST_ROUNDS = 5  # the rule of benchmarks/README.md


@dataclass(frozen=True)
class Sizes:
    """How large the workloads are."""

    rows_in: int = 100_000
    columns: int = 20
    rows_out: int = 1_000_000
    mixed_in: int = 50_000
    mixed_out: int = 200_000
    tree_rows: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    growth_columns: tuple[int, ...] = (1, 5, 20, 100)
    growth_rows_in: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    growth_rows_out: tuple[int, ...] = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
    growth_groups: tuple[int, ...] = (3, 4, 5, 8, 16, 32)
    growth_leaves: tuple[int, ...] = (10, 20, 50, 200, 1_000, 5_000)

    def up_to(self, largest: int) -> Sizes:
        """Return the same sizes, but growth ends with `largest` rows."""
        rows_in, rows_out = (
            tuple(n for n in rows if n <= largest) for rows in (self.growth_rows_in, self.growth_rows_out)
        )
        return replace(self, growth_rows_in=rows_in, growth_rows_out=rows_out)


QUICK = Sizes(
    rows_in=500,
    rows_out=5_000,
    mixed_in=300,
    mixed_out=600,
    tree_rows=(1_000, 2_000),
    growth_columns=(1, 5, 20),
    growth_rows_in=(1_000, 5_000),
    growth_rows_out=(1_000, 5_000),
    growth_groups=(3, 8),
    growth_leaves=(10, 50),
)


@dataclass(frozen=True)
class Settings:
    """What a run was asked to do."""

    sizes: Sizes = Sizes()
    rounds: int = 15
    peers: bool = True
    quick: bool = False

    @property
    def judged(self) -> bool:
        """Whether sizes and rounds allow a verdict."""
        return not self.quick and self.rounds >= FEWEST_ROUNDS

    @property
    def slow_rounds(self) -> int:
        """Rounds for what takes seconds a call."""
        return self.rounds if self.quick else min(self.rounds, max(FEWEST_ROUNDS, self.rounds // 3))
