"""The bars that synthmix sets itself, and whether a run meets them. All are ratios of times of one run, but two."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Sections = dict[str, dict[str, Any]]
STATISTIC = "lower_quartile"


@dataclass(frozen=True)
class Bar:
    """`fast` must be at least `floor` times as quick as `slow`: both are cases of `section`; several are summed."""

    name: str
    section: str
    slow: tuple[str, ...]
    fast: tuple[str, ...]
    floor: float
    clock: str = "cpu_s"

    def measured(self, sections: Sections) -> float:
        """Return slow over fast."""
        rows = sections[self.section]["cases"]
        return seconds(rows, self.slow, self.clock) / seconds(rows, self.fast, self.clock)

    def met(self, value: float) -> bool:
        """Return whether the bar is met."""
        return value >= self.floor

    def show(self, value: float) -> str:
        """Return the value, rounded down: a miss must not look like a hit."""
        return f"{math.floor(value * 100) / 100:.2f} x (at least {self.floor:g})"


@dataclass(frozen=True)
class Ceiling:
    """A number of a section that must be at most `ceiling`."""

    name: str
    section: str
    path: tuple[str | int, ...]
    ceiling: float
    unit: str

    def measured(self, sections: Sections) -> float:
        """Return the number."""
        found: Any = sections[self.section]
        for key in self.path:
            found = found[key]
        return float(found)

    def met(self, value: float) -> bool:
        """Return whether the number is small enough."""
        return value <= self.ceiling

    def show(self, value: float) -> str:
        """Return the value, rounded up."""
        return f"{math.ceil(value * 100) / 100:.2f} {self.unit} (at most {self.ceiling:g})"


def seconds(rows: list[dict[str, Any]], names: tuple[str, ...], clock: str) -> float:
    """Return the sum of the lower quartiles of the cases `names`."""
    found = {row["case"]: row for row in rows if "not_available" not in row}
    missing = [name for name in names if name not in found]
    if missing:
        raise LookupError(", ".join(missing))
    return sum(float(found[name][clock][STATISTIC]) for name in names)


def two_point_bars() -> Iterator[Bar]:
    """Yield the bars of two-point mixing, for either dtype, either law and partners anywhere or in a circle."""
    for dtype in ("float64", "float32"):
        for method in ("uniform random", "uniform cyclic", "epbeta random", "epbeta cyclic"):
            out, fresh = ((f"synthmix {method} {how}, {dtype}",) for how in ("out=", "fresh"))
            label, naive = f"two-point {method}, {dtype}", (f"naive numpy, {dtype}",)
            chunked = (f"chunked numpy in place, {dtype}",)
            yield Bar(f"{label}: out= to naive numpy", "two_point", naive, out, 15)
            yield Bar(f"{label}: out= to chunked numpy", "two_point", chunked, out, 5)
            yield Bar(f"{label}: out= to fill", "two_point", (f"fill, {dtype}",), out, 0.4)
            yield Bar(f"{label}: fresh to naive numpy", "two_point", naive, fresh, 9)


def rotation_bars() -> Iterator[Bar]:
    """Yield the bars of group rotation."""
    naive = ("naive numpy, float64",)
    for how, floor in (("out=", 8), ("fresh", 6)):
        fast = (f"synthmix rotation random {how}",)
        yield Bar(f"rotation: {how} to naive two-point numpy", "rotation", naive, fast, floor)


def score_bars() -> Iterator[Bar]:
    """Yield the bars of normal scores."""
    for method in ("rotation random", "epbeta random", "epbeta cyclic"):
        fit, sample = (f"synthmix fit, {method}",), (f"synthmix sample, {method}",)
        label = f"normal scores, {method}"
        yield Bar(f"{label}: fit to SDV", "normal_scores", ("SDV GaussianCopula fit",), fit, 30)
        yield Bar(f"{label}: sample to SDV", "normal_scores", ("SDV GaussianCopula sample",), sample, 250)
        yield Bar(f"{label}: sample to numpy copula", "normal_scores", ("numpy copula sample",), sample, 40)


def mixed_bars() -> Iterator[Bar]:
    """Yield the bars of the mixed table, fit and sample together."""
    sdv = ("SDV GaussianCopula fit", "SDV GaussianCopula sample")
    for method in ("defaults", "pairing nearest", "pairing random"):
        both = (f"synthmix fit, {method}", f"synthmix sample, {method}")
        yield Bar(f"mixed table, {method}: to SDV", "mixed_table", sdv, both, 20)
        whole = (f"synthmix fit, {method}, no holes", f"synthmix sample, {method}, no holes")
        yield Bar(f"mixed table without holes, {method}: to SMOTENC", "mixed_table", ("SMOTENC sample",), whole, 300)


def default_bars() -> Iterator[Bar]:
    """Yield the bars of the defaults, fit and sample together."""
    for table, words in (("adult", "adult"), ("numbers", "100,000 x 20 numbers")):
        sdv = tuple(f"SDV GaussianCopula, {table}, {part}" for part in ("fit", "sample"))
        yield Bar(f"defaults, {words}: to SDV", "defaults", sdv, (f"synthmix, {table}",), 5)


def thread_bars() -> Iterator[Bar]:
    """Yield the bars of two threads, in wall time."""
    for method in ("uniform raw", "rotation raw", "rotation normal"):
        one, two = ((f"{method}, {threads} threads",) for threads in (1, 2))
        yield Bar(f"two threads: {method}", "threads", one, two, 1.7, "wall_s")


BARS: tuple[Bar | Ceiling, ...] = (
    *two_point_bars(),
    *rotation_bars(),
    *score_bars(),
    *mixed_bars(),
    *default_bars(),
    Ceiling("one tree, 1,000,000 x 20", "trees", ("trees", -1, "cpu_s"), 3.0, "CPU s"),
    *thread_bars(),
    Ceiling("memory above source and output", "memory", ("overhead_mib",), 64.0, "MiB"),
)


def verdicts(sections: Sections, *, judge: bool = True) -> list[dict[str, Any]]:
    """Return one JSON row for each bar; without `judge`, for runs too small or too short to say, no verdict."""
    found = [verdict(bar, sections) for bar in BARS]
    return found if judge else [row | {"verdict": "not judged"} for row in found]


def verdict(bar: Bar | Ceiling, sections: Sections) -> dict[str, Any]:
    """Return whether a bar is met, missed or was not measured."""
    try:
        value = bar.measured(sections)
    except LookupError as error:
        return {"bar": bar.name, "verdict": "not measured", "value": None, "shown": f"no {error}"}
    return {
        "bar": bar.name,
        "verdict": "met" if bar.met(value) else "MISSED",
        "value": value,
        "shown": bar.show(value),
    }


def show(found: list[dict[str, Any]]) -> None:
    """Print the acceptance table."""
    print(
        "\nacceptance (lower quartiles of CPU time, threads by wall time; peers: few calls, in processes of their own)"
    )
    for row in found:
        print(f"  {row['bar']:58}{row['verdict']:14}{row['shown']}")
