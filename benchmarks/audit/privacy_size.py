"""How often the DCR test rejects where nothing is wrong.

    python -m benchmarks.audit.privacy_size --runs 2000

Synthetic rows are fresh ones of the law of the training and the holdout rows, so that both are exchangeable. Rows are
normal, whole numbers with ties, or four levels; sizes are equal or not. The binomial z, which takes synthetic rows as
independent, stands beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from synthmix.audit.privacy.dcr import dcr_share, pooled_neighbours

LEVEL, LIMIT = 0.05, 1.6448536269514722
CASES = (
    ("normal, 3 columns", 1.0, 3, 200, 200),
    ("normal, 800 synthetic rows", 1.0, 3, 200, 200),
    ("normal, 8 columns", 1.0, 8, 200, 200),
    ("normal, unequal", 1.0, 3, 200, 400),
    ("whole numbers", 3.0, 3, 200, 200),
    ("whole numbers, unequal", 3.0, 3, 200, 400),
    ("few values", 0.7, 2, 200, 200),
)


def one_run(step: float, columns: int, sizes: tuple[int, int, int], seed: int) -> tuple[float, float]:
    """Return both z."""
    n, h, m = sizes
    rng = np.random.default_rng([seed, n, h, columns])
    sides: list[NDArray[np.float64]] = [rng.normal(size=(rows, columns)) for rows in sizes]
    if step != 1.0:
        sides = [np.rint(step * side) for side in sides]
    found = dcr_share(pooled_neighbours(*sides, seed=seed), seed=seed)
    p = n / (n + h)
    return found.statistic, (found.value - p) / np.sqrt(p * (1.0 - p) / m)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args(arguments)
    low, high = (q / options.runs for q in binom.interval(0.999, options.runs, LEVEL))
    print(f"{options.runs} runs; band of an exact 5 % test: {low:.3f} to {high:.3f}\n")
    print("| rows | training, holdout | SD of z | size | SD of the binomial z | its size |\n|---|---|---|---|---|---|")
    for name, step, columns, n, h in CASES:
        z = np.array(
            [one_run(step, columns, (n, h, 800 if "800" in name else n), seed) for seed in range(options.runs)]
        )
        cells = [f"{value:.3f}" for each in z.T for value in (each.std(), (each > LIMIT).mean())]
        print(f"| {name} | {n}, {h} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
