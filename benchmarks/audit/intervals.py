"""What the intervals of an audit cover that are made neither by a formula of a textbook nor by resampling.

python -m benchmarks.audit.intervals --runs 500 --output docs/audit-intervals.md
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from synthmix.audit.prediction.fairness import range_change
from synthmix.audit.privacy.rates import Rate, residual_limits, residual_risk
from synthmix.drift.noise import Z95
from synthmix.inference.agreement import agreement_limits, sign_chance, significance_chance

Floats = NDArray[np.float64]
Limits = Callable[[Rate, Rate], tuple[float, float]]


def delta_limits(attack: Rate, control: Rate) -> tuple[float, float]:
    value, half = residual_risk(attack, control)
    return value - half, value + half


def risk_coverage(limits: Limits, n: int, k: int, attack: float, control: float) -> float:
    """Return the exact coverage for binomial numbers of hits."""
    true, total = (attack - control) / (1.0 - control), 0.0
    for a, chance in enumerate(binom.pmf(range(n + 1), n, attack)):
        for c, other in enumerate(binom.pmf(range(k + 1), k, control)):
            if chance * other > 1e-9 and c < k:
                low, high = limits(Rate(a, n), Rate(c, k))
                total += chance * other * (low <= true <= high)
    return total


def agreement_coverage(means: Floats, correlation: float, *, significant: bool, runs: int) -> float:
    p = means.size
    spread = (1.0 - correlation) * np.eye(p) + correlation
    root, rng = np.linalg.cholesky(spread), np.random.Generator(np.random.Philox(key=[p, runs]))
    sure = np.full(p, significant)

    def chance(towards: Floats, noise: float) -> Floats:
        return significance_chance(towards, noise, sure, Z95) if significant else sign_chance(towards, noise)

    mean, hits = float(chance(means, 1.0).mean()), 0
    for _ in range(runs):
        seen = means + root @ rng.normal(size=p)
        value, cut = float((chance(seen, 1e-300) > 0.5).mean()), np.full(p, Z95 if significant else 0.0)
        low, high = agreement_limits(value, seen, cut, np.ones(p), spread, chance, 1.0)
        hits += low - 1e-9 <= mean <= high + 1e-9
    return hits / runs


def parity_coverage(rows: int, synthetic: Sequence[float], real: Sequence[float], runs: int) -> float:
    rng, kind = np.random.Generator(np.random.Philox(key=rows)), np.zeros(len(real), np.int64)
    true, hits = float(np.ptp(synthetic) - np.ptp(real)), 0
    for _ in range(runs):
        cells = []
        for s, r in zip(synthetic, real, strict=True):
            one = rng.random(rows)
            other = np.where(rng.random(rows) < 0.7, one, rng.random(rows))
            a, b = one < s, other < r
            cells.append([np.sum(a & b), np.sum(a & ~b), np.sum(~a & b), np.sum(~a & ~b)])
        _, _, low, high = range_change(np.array(cells, np.float64), kind)
        hits += low - 1e-12 <= true <= high + 1e-12
    return hits / runs


def lines(runs: int) -> Iterator[str]:
    yield "## Residual risk\n\nExact, for binomial hits.\n"
    yield "| attacked, control | risk, control | delta method | ratio of misses |"
    yield "|---|---|---|---|"
    for n, k in ((50, 50), (200, 100)):
        for attack, control in ((0.02, 0.0), (0.1, 0.0), (0.1, 0.1), (0.5, 0.5), (0.9, 0.0)):
            both = [risk_coverage(one, n, k, attack, control) for one in (delta_limits, residual_limits)]
            yield f"| {n}, {k} | {attack:g}, {control:g} | {both[0]:.3f} | {both[1]:.3f} |"
    yield f"\n## Agreement\n\nEqual means of z-values; {runs} runs.\n"
    yield "| coefficients | correlation | mean | signs | significance |"
    yield "|---|---|---|---|---|"
    for p in (1, 5, 20):
        for correlation in (0.0, 0.5):
            for mean in (0.0, 1.0, 2.0, 3.0):
                shares = [
                    agreement_coverage(np.full(p, mean), correlation, significant=which, runs=runs)
                    for which in (False, True)
                ]
                yield f"| {p} | {correlation:g} | {mean:g} | {shares[0]:.3f} | {shares[1]:.3f} |"
    yield f"\n## Differences between groups\n\nShares that are called, synthetic and real; {runs} runs.\n"
    yield "| rows of a group | synthetic | real | coverage |"
    yield "|---|---|---|---|"
    for rows in (20, 50, 200):
        for synthetic, real in (((0.3, 0.3), (0.3, 0.3)), ((0.1, 0.5), (0.2, 0.4)), ((0.3,) * 4, (0.2, 0.3, 0.3, 0.4))):
            share = parity_coverage(rows, synthetic, real, runs)
            yield f"| {rows} | {', '.join(map(str, synthetic))} | {', '.join(map(str, real))} | {share:.3f} |"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    command = f"python -m benchmarks.audit.intervals --runs {options.runs}"
    head = f"# Intervals of an audit\n\nMade by `{command}`. All are 95 %."
    text = "\n".join([head, "", *lines(options.runs)]) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
