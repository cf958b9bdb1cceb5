"""How well ten generators hide who was in the training table: AUC, true positives at 1 % false alarms, DCR share.

    python -m benchmarks.audit.membership --rows 1500 --runs 3 --output docs/privacy-figures.md

Rows are normal. The attacker scores a target by its distance from the synthetic table; each run has as many training,
holdout and synthetic rows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.drift.worlds import beta, epbeta, refit
from synthmix.audit.privacy.dcr import dcr_share, pooled_neighbours
from synthmix.audit.privacy.membership import score_targets
from synthmix.drift.joint.classifier import area
from synthmix.drift.joint.neighbours import neighbours

Floats = NDArray[np.float64]
World = Callable[[Floats, np.random.Generator], Floats]


def many(x: Floats, rng: np.random.Generator, weights: Floats) -> Floats:
    """Return rows of as many parents as there are weights."""
    parents = np.stack([rng.permutation(len(x)) for _ in range(weights.shape[1])], axis=1)
    return (weights[:, :, None] * x[parents]).sum(axis=1)


def dirichlet(x: Floats, rng: np.random.Generator) -> Floats:
    return many(x, rng, rng.dirichlet(np.ones(5), size=len(x)))


def sphere(x: Floats, rng: np.random.Generator) -> Floats:
    """Return rows of five parents whose weights have sum 1 and square sum 1, uniform on that sphere."""
    free = rng.normal(size=(len(x), 5))
    free -= free.mean(axis=1, keepdims=True)
    return many(x, rng, 0.2 + free / np.sqrt((free**2).sum(axis=1, keepdims=True)) * np.sqrt(0.8))


def norm_one(x: Floats, rng: np.random.Generator) -> Floats:
    """Return rows of five parents with Dirichlet(1) weights, stretched to square sum 1 around the mean."""
    weights = rng.dirichlet(np.ones(5), size=len(x))
    centre = x.mean(axis=0)
    return centre + many(x - centre, rng, weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))


def signed(x: Floats, rng: np.random.Generator) -> Floats:
    """Return rows of five parents around the mean, with weights of any sign that are uniform on the unit sphere."""
    weights = rng.normal(size=(len(x), 5))
    centre = x.mean(axis=0)
    return centre + many(x - centre, rng, weights / np.sqrt((weights**2).sum(axis=1, keepdims=True)))


def smoothed(x: Floats, rng: np.random.Generator) -> Floats:
    return x[rng.integers(len(x), size=len(x))] + 0.3 * rng.normal(size=x.shape)


GENERATORS: dict[str, World] = {
    "Beta(.2, .2)": beta(0.2),
    "U(0, 1)": beta(1.0),
    "Beta(5, 5)": beta(5.0),
    "EpBeta(1)": epbeta(1.0),
    "EpBeta(5)": epbeta(5.0),
    "K=5 Dirichlet(1)": dirichlet,
    "K=5 Dirichlet(1), norm one": norm_one,
    "K=5 signed, norm one": signed,
    "K=5 sphere": sphere,
    "smoothed bootstrap, h = .3": smoothed,
    "Gaussian refit": refit,
}


def one_run(world: World, rows: int, columns: int, seed: int) -> list[float]:
    """Return AUC and TPR at 1 % of the distance attack, of the density attack, DCR share and its z."""
    rng = np.random.default_rng([seed, rows, columns])
    train, holdout, other = rng.normal(size=(3, rows, columns))
    made = world(train, rng)
    found = []
    near = [-neighbours(side, made, 1).squared[:, 0] for side in (train, holdout)]
    found += [area(near[1], near[0])[0], float((near[0] > np.quantile(near[1], 0.99)).mean())]
    dense = score_targets(train, np.concatenate([holdout, other]), made, seed=seed).density
    found += [area(dense.others, dense.members)[0]]
    found += [float((dense.members > np.quantile(dense.others, 0.99)).mean())]
    share = dcr_share(pooled_neighbours(train, holdout, made, seed=seed))
    return [*found, share.value, share.statistic]


def table(rows: int, columns: int, runs: int) -> list[str]:
    names = ("AUC", "TPR at 1 %", "AUC, density", "TPR at 1 %, density", "DCR share", "z")
    lines = ["| generator | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for name, world in GENERATORS.items():
        found = np.array([one_run(world, rows, columns, seed) for seed in range(runs)])
        error = found.std(axis=0, ddof=1) / np.sqrt(runs) if runs > 1 else np.zeros(found.shape[1])
        cells = [f"{value:.3f} ± {one:.3f}" for value, one in zip(found.mean(axis=0)[:5], error[:5], strict=True)]
        lines.append(f"| {name} | " + " | ".join([*cells, f"{found[:, 5].mean():.1f}"]) + " |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--columns", type=int, nargs="+", default=[3, 8])
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    command = f"python -m benchmarks.audit.membership --rows {options.rows} --runs {options.runs}"
    lines = ["# Privacy, measured", "", f"Made by `{command}`.", HEAD.rstrip()]
    for columns in options.columns:
        lines += ["", f"## {columns} columns", "", *table(options.rows, columns, options.runs)]
    lines += [REMARKS.rstrip()]
    text = "\n".join(lines) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


HEAD = """
Normal rows, as many training, holdout and synthetic ones; means of the runs and their standard errors. An attacker who
sees nothing has an AUC of .5 and finds 1 % of the members at 1 % false alarms; the DCR share is .5 then. The first two
columns are of an attacker who has the synthetic table only, the next two of one who also has as many other rows of the
population.
"""
REMARKS = """
Whoever mixes two rows with weights near 0 and 1 makes near copies. Weights that keep variances (EpBeta) do so too, and
the more columns there are, the more each row tells. Five parents with positive weights hide nearly as well as a new
sample from a fitted normal law; on the sphere of sum one, where one weight is often large, they hide less, and with
signs at random around the mean they hide as well (at the price of third moments). The z of one run has a standard
deviation of about 1, a share of true positives of about .01 to .03: means of few runs differ by as much. A DCR
share near its null is no sign of safety: for Dirichlet(1) at 8 columns it sees nothing where the attacker does.
"""


if __name__ == "__main__":
    main()
