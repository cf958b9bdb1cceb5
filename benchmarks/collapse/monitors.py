"""False alarms and power of the monitors of a collapse study, and coverage of its rates.

python -m benchmarks.collapse.monitors docs/collapse-monitors.md

One core, a minute or two; the same numbers on every run.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.collapse.analysis import bias_rate, power
from synthmix.collapse.measure import Ruler
from synthmix.collapse.monitor import contrast, e_process, region_log_e
from synthmix.collapse.monitor.evalues import Direction, log_mean

Floats = NDArray[np.float64]
STUDIES = 2_000
ALARM = -np.log(0.05)


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=seed))


# --- chains ---


def shares(studies: int, chains: int, n: int, generations: int, share: float, loss: float, seed: int) -> Floats:
    """Return shares (studies, chains, generations + 1): n rows, each inside with (1 - loss) times the last share."""
    rng = random(seed)
    found = np.empty((studies, chains, generations + 1))
    found[..., 0] = round(share * n) / n
    for g in range(generations):
        found[..., g + 1] = rng.binomial(n, np.clip((1.0 - loss) * found[..., g], 0.0, 1.0)) / n
    return found


def common_noise(studies: int, n: int, generations: int, share: float, spread: float, seed: int) -> Floats:
    """Return driftless shares whose rows share a random factor in each batch: no use for the e-process."""
    rng = random(seed)
    found = np.full((studies, 1, generations + 1), share)
    for g in range(generations):
        factor = 1.0 + spread * rng.choice([-1.0, 1.0], (studies, 1))
        found[..., g + 1] = rng.binomial(n, np.clip(factor * found[..., g], 0.0, 1.0)) / n
    return found


def copied(chains: int, n: int, generations: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Return shares of core and tail (chains, generations + 1) and variances of copied normal rows in 4 columns."""
    rng = random(seed)
    core, tail, variance = (np.empty((chains, generations + 1)) for _ in range(3))
    for chain in range(chains):
        rows = rng.standard_normal((n, 4))
        radius = (rows**2).sum(axis=1)
        inside, outside = radius <= np.quantile(radius, 0.5), radius > np.quantile(radius, 0.99)
        place = np.arange(n)
        for g in range(generations + 1):
            core[chain, g], tail[chain, g] = inside[place].mean(), outside[place].mean()
            variance[chain, g] = rows[place, 0].var(ddof=1)
            place = place[rng.integers(0, n, n)]
    return core, tail, variance


def mixed(rows: Floats, weights: Callable[[np.random.Generator, int], Floats], rng: np.random.Generator) -> Floats:
    """Return rows mixed with partners of a random permutation, one weight a row."""
    weight = weights(rng, len(rows)).reshape(-1, *[1] * (rows.ndim - 1))
    mixed_rows: Floats = weight * rows + (1.0 - weight) * rows[rng.permutation(len(rows))]
    return mixed_rows


def beta(rng: np.random.Generator, n: int) -> Floats:
    return rng.beta(1.0, 1.0, n)


def stretched(a: float) -> Callable[[np.random.Generator, int], Floats]:
    """Return symmetric weights that keep variances: a beta variable stretched by sqrt(2a + 1) about 1/2."""
    scale = np.sqrt(2.0 * a + 1.0)
    return lambda rng, n: 0.5 + scale * (rng.beta(a, a, n) - 0.5)


# --- monitors ---


def one_by_one(found: Floats, n: int, direction: Direction) -> Floats:
    """Return the e-process of each study, (studies, G)."""
    logs = region_log_e(np.rint(found[..., 1:] * n), n, found[..., :-1], direction=direction)
    return np.stack([e_process(study) for study in logs])


def alarm_times(found: Floats, n: int, direction: Direction) -> NDArray[np.int64]:
    """Return the generation of the first alarm of each study, 0 for none; shares are (studies, chains, G + 1)."""
    reached = one_by_one(found, n, direction) >= ALARM
    return np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, 0)


def endpoint_tests(found: Floats) -> list[tuple[float, float, float]]:
    """Return t, two-sided p of t and of sign flips for the change of the endpoint in each study."""
    return [(one.t, one.p_t, one.p_flip) for one in map(contrast, found[..., -1] - found[..., 0])]


# --- tables ---


def false_alarms() -> Iterator[tuple[str, ...]]:
    """2,000 studies a line, n = 2,000 rows, 20 generations, each row inside with the last share exactly: share of
    studies with an alarm in any generation, nominal .05.
    """
    for share in (0.01, 0.05, 0.5):
        for chains in (1, 5, 20):
            found = shares(STUDIES, chains, 2_000, 20, share, 0.0, 1)
            rates = [float((alarm_times(found, 2_000, way) > 0).mean()) for way in ("down", "up")]
            yield (f"{share:g}", str(chains), *(f"{rate:.4f}" for rate in rates))


def stopping() -> Iterator[tuple[str, ...]]:
    """The largest e-value over 200 generations of 2,000 single chains of 500 rows: an adversary who stops at it raises
    a false alarm this often, nominal .05.
    """
    for share in (0.05, 0.5):
        found = shares(STUDIES, 1, 500, 200, share, 0.0, 2)
        rates = [float((alarm_times(found, 500, way) > 0).mean()) for way in ("down", "up")]
        yield (f"{share:g}", *(f"{rate:.4f}" for rate in rates))


def copies() -> Iterator[tuple[str, ...]]:
    """1,000 chains that copy normal rows (n = 1,000, 4 columns, 20 generations), regions from the real rows: share of
    chains with an alarm.
    """
    core, tail, _ = copied(1_000, 1_000, 20, 3)
    for name, found in (("core", core), ("tail", tail)):
        rates = [float((alarm_times(found[:, None], 1_000, way) > 0).mean()) for way in ("down", "up")]
        yield (name, *(f"{rate:.4f}" for rate in rates))
    every = [one_by_one(found[:, None], 1_000, way) for found in (core, tail) for way in ("down", "up")]
    yield ("average of the four", f"{float((log_mean(np.stack(every), 0) >= ALARM).any(axis=1).mean()):.4f}", "")


def wrong_use() -> Iterator[tuple[str, ...]]:
    """Driftless shares (.05, one chain, 20 generations) in which all rows of a batch share a random factor 1 ± s: the
    level is lost.
    """
    for spread in (0.0, 0.1, 0.3):
        found = common_noise(STUDIES, 2_000, 20, 0.05, spread, 4)
        yield (f"{spread:g}", f"{float((alarm_times(found, 2_000, 'up') > 0).mean()):.4f}")


def detection() -> Iterator[tuple[str, ...]]:
    """A share of .05 that loses so much in each of 20 generations, n = 2,000, 1,000 studies; the last column is the
    one-sided t-test of endpoints at .05, whose own size is in the next table.
    """
    for loss in (0.01, 0.03, 0.1):
        for chains in (1, 5, 20):
            found = shares(STUDIES // 2, chains, 2_000, 20, 0.05, loss, 5)
            times = alarm_times(found, 2_000, "down")
            hit = times[times > 0]
            median = f"{np.median(hit):.0f}" if len(hit) > len(times) / 2 else ""
            lower = "" if chains == 1 else f"{np.mean([t < 0 and p < 0.1 for t, p, _ in endpoint_tests(found)]):.3f}"
            yield (f"{loss:.0%}", str(chains), f"{float((times > 0).mean()):.3f}", median, lower)


def contrast_size() -> Iterator[tuple[str, ...]]:
    """Endpoints of driftless chains (n = 2,000, 20 generations), 2,000 studies, nominal .05. The last column tests
    logarithms, which is wrong and gets worse with more chains: it is not offered. What exceeds .05 comes from skewed
    chains, not from the quantile: normal chains (the last lines) have the size that t promises, with 5 as with 20.
    """
    for share in (0.01, 0.05, 0.5):
        for chains in (5, 10, 20):
            found = shares(STUDIES, chains, 2_000, 20, share, 0.0, 6)
            raw = endpoint_tests(found)
            logged = endpoint_tests(np.log(np.maximum(found, 0.5 / 2_000)))
            rates = [
                np.mean([p < 0.05 for _, p, _ in raw]),
                np.mean([t < 0 and p < 0.1 for t, p, _ in raw]),
                np.mean([t > 0 and p < 0.1 for t, p, _ in raw]),
                np.mean([flip < 0.05 for _, _, flip in raw]),
                np.mean([t < 0 and p < 0.1 for t, p, _ in logged]),
            ]
            yield (f"{share:g}", str(chains), *(f"{float(rate):.3f}" for rate in rates))
    for chains in (5, 10, 20):
        tests = [contrast(one) for one in random(11).standard_normal((10 * STUDIES, chains))]
        rates = [
            np.mean([one.p_t < 0.05 for one in tests]),
            np.mean([one.t < 0 and one.p_t < 0.1 for one in tests]),
            np.mean([one.t > 0 and one.p_t < 0.1 for one in tests]),
            np.mean([one.p_flip < 0.05 for one in tests]),
        ]
        yield ("normal", str(chains), *(f"{float(rate):.3f}" for rate in rates), "")


def coverage() -> Iterator[tuple[str, ...]]:
    """95 % intervals for the rate of the mean variance (n = 500, 10 generations, 400 studies of one normal column):
    jackknife-t of the logarithm of the mean, and, wrongly, t over the chains' own logarithms.
    """
    cases = (("copying rows", None, 1.0), ("Beta(1,1)", beta, 2.0 / 3.0), ("stretched Beta(1,1)", stretched(1.0), 1.0))
    n, generations, studies = 500, 10, 400
    for name, weights, factor in cases:
        for chains in (10, 20):
            ratios = one_column(n, generations, studies * chains, weights).reshape(studies, chains)
            truth = (1.0 - 1.0 / n) if weights is None else factor - weight_noise(weights) / n
            found = [bias_rate(study, generations) for study in ratios]
            inside = np.mean([one.low <= truth <= one.high for one in found])
            typical = [contrast(np.log(study) / generations) for study in ratios]
            log_inside = np.mean([one.low <= np.log(truth) <= one.high for one in typical])
            yield (name, str(chains), f"{float(inside):.3f}", f"{float(log_inside):.3f}")


def weight_noise(weights: Callable[[np.random.Generator, int], Floats]) -> float:
    """Return 2 Var(weight): a permuted partner costs that over n of the variance."""
    return float(2.0 * weights(random(9), 1_000_000).var())


def one_column(
    n: int, generations: int, chains: int, weights: Callable[[np.random.Generator, int], Floats] | None
) -> Floats:
    """Return variance ratios after so many generations of a normal column that is the same for all chains."""
    rng = random(8)
    start = rng.standard_normal(n)
    found = np.empty(chains)
    for chain in range(chains):
        rows = start
        for _ in range(generations):
            rows = rows[rng.integers(0, n, n)] if weights is None else mixed(rows, weights, rng)
        found[chain] = rows.var() / start.var()
    return found


def mixed_chains() -> Iterator[tuple[str, ...]]:
    """100 single chains of 10 generations a line, n = 1,000, 4 normal columns, partners by permutation: share of chains
    with an alarm, and its median generation. Stretched weights are 1/2 + sqrt(2a + 1) (Beta(a, a) - 1/2), which keep
    variances.
    """
    cases = (
        ("stretched Beta(1,1)", stretched(1.0)),
        ("Beta(1,1)", beta),
        ("stretched Beta(.1,.1)", stretched(0.1)),
        ("copying rows", None),
    )
    for name, weights in cases:
        shares_of = region_shares(weights, chains=100, n=1_000, generations=10)
        row = [name]
        for region in ("tail", "core"):
            for way in ("down", "up"):
                times = alarm_times(shares_of[region][:, None], 1_000, way)
                hit = times[times > 0]
                row.append(f"{len(hit) / len(times):.2f}" + (f" ({np.median(hit):.0f})" if len(hit) else ""))
        yield tuple(row)


def region_shares(
    weights: Callable[[np.random.Generator, int], Floats] | None, chains: int, n: int, generations: int
) -> dict[str, Floats]:
    rng = random(7)
    found = {name: np.empty((chains, generations + 1)) for name in ("core", "tail")}
    for chain in range(chains):
        rows = rng.standard_normal((n, 4))
        ruler = Ruler.of(pd.DataFrame(rows, columns=list("abcd")), metrics=["region"])
        for g in range(generations + 1):
            for one in ruler.measure(pd.DataFrame(rows, columns=list("abcd"))):
                found[one.variant][chain, g] = one.value
            rows = rows[rng.integers(0, n, n)] if weights is None else mixed(rows, weights, rng)
    return found


def powers() -> Iterator[tuple[str, ...]]:
    """Normal approximation of `power` for a loss in each of 10 generations of 1,000 rows, kurtosis 3, level .05."""
    for delta in (0.005, 0.01, 0.02):
        for chains in (5, 20):
            yield (f"{delta:.1%}", str(chains), f"{power(delta, 1_000, 10, chains):.2f}")


SECTIONS: list[tuple[str, tuple[str, ...], Callable[[], Iterator[tuple[str, ...]]]]] = [
    ("False alarms of the region e-process", ("share", "chains", "down", "up"), false_alarms),
    ("Whatever makes one stop", ("share", "down", "up"), stopping),
    ("Copied rows", ("region", "down", "up"), copies),
    ("Where it must not be used", ("s", "up"), wrong_use),
    ("Power", ("loss", "chains", "e-process", "median generation", "t-test"), detection),
    (
        "Size of chain contrasts",
        ("share", "chains", "t, two-sided", "t, lower", "t, upper", "sign flip", "t on logs, lower"),
        contrast_size,
    ),
    ("Coverage of rates", ("generator", "chains", "jackknife-t", "t on logs"), coverage),
    ("Mixed rows", ("weights", "tail down", "tail up", "core down", "core up"), mixed_chains),
    ("Power for a variance", ("loss", "chains", "power"), powers),
]

HEAD = """# Monitors, measured

How often the monitors of [collapse studies](collapse-metrics.md) raise false alarms, and what they find. Made by
`python -m benchmarks.collapse.monitors docs/collapse-monitors.md`; seeds are fixed, every run gives these numbers.
"""


def page() -> str:
    parts = [HEAD]
    for title, head, rows in SECTIONS:
        print(title, flush=True)
        lines = [" | ".join(("", *row, "")).strip() for row in (head, ("---",) * len(head), *rows())]
        text = inspect.cleandoc(rows.__doc__ or "")
        parts.append(f"## {title}\n\n{text}\n\n" + "\n".join(lines) + "\n")
    return "\n".join(parts)


def main() -> None:
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
