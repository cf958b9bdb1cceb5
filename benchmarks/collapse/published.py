"""The published runs of Kazdan et al. (2024, arXiv 2410.16713) on Gaussian data, one column, 100 generations.

A Gaussian is fitted by maximum likelihood to n draws, generation after generation, under replace and accumulate, for
n = 10, 32, 100, 316. Reported are the variance (trace) ratio and the squared error of the mean at generation 100, as
means over about 100 seeds. Here: the published means, the closed forms, a plain numpy run with many chains, and a run
of `CollapseStudy`, whose chains count from their own real rows.

python -m benchmarks.collapse.published             # both, some minutes; writes docs/collapse-published.md
python -m benchmarks.collapse.published --no-study  # the plain run alone
"""

from __future__ import annotations

import argparse
import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.collapse import simulate as sim
from synthmix.collapse import laws
from synthmix.errors import SynthmixWarning

PAGE = Path(__file__).resolve().parents[2] / "docs" / "collapse-published.md"
GENERATIONS, SEEDS, ROWS = 100, 100, 20_000
SIZES = (10, 32, 100, 316)

# Means at generation 100 in the public run logs: variance ratio, squared error of the mean; and the number of seeds.
PUBLISHED = {
    ("replace", 10): (0.0000, 0.926, 100),
    ("replace", 32): (0.0731, 0.728, 100),
    ("replace", 100): (0.3087, 0.584, 100),
    ("replace", 316): (0.7031, 0.200, 45),
    ("accumulate", 10): (0.8732, 0.158, 100),
    ("accumulate", 32): (0.9550, 0.0529, 100),
    ("accumulate", 100): (0.9967, 0.0160, 100),
    ("accumulate", 316): (1.0080, 0.0048, 45),
}
MEDIANS = {("replace", 10): 0.0, ("replace", 32): 0.0024, ("replace", 100): 0.1409, ("replace", 316): 0.5298}


@dataclass(frozen=True)
class Ran:
    """Variance ratio and squared error of the mean of many chains at the last generation, and the law of both."""

    variance: sim.Array
    square: sim.Array
    law: tuple[float, float]

    def z(self, place: int) -> float:
        values = (self.variance, self.square)[place]
        return float((values.mean() - self.law[place]) / (values.std(ddof=1) / math.sqrt(values.size)))

    def z_of(self, given: float, seeds: int, place: int) -> float:
        """Return how many standard errors of a mean over `seeds` chains a given mean lies from the law."""
        values = (self.variance, self.square)[place]
        return float((given - self.law[place]) / (values.std(ddof=1) / math.sqrt(seeds)))


def closed_forms(regime: str, n: int, generations: int = GENERATIONS) -> tuple[float, float]:
    """Return variance and squared error of the mean of fit number `generations`, in units of the source's variance."""
    path = laws.likelihood_path(n, generations) if regime == "replace" else None
    kept = path[-1] if path is not None else laws.accumulate_likelihood_path(n, generations - 1)[-1]
    return float(kept), float(1.0 - kept)


def plain(regime: str, n: int, chains: int, generations: int = GENERATIONS) -> Ran:
    """Return fit number `generations` of each chain. The first is to n standard normal rows; pools are kept as sums."""
    random = sim.random_of(n, 1 if regime == "replace" else 2)
    rows = np.zeros(chains)
    mean, scatter = np.zeros(chains), np.zeros(chains)
    fit_mean, fit_sd = np.zeros(chains), np.ones(chains)
    for _ in range(generations):
        x = fit_mean[:, None] + fit_sd[:, None] * random.standard_normal((chains, n))
        if regime == "replace":
            rows[:] = mean[:] = scatter[:] = 0.0
        center, inside = x.mean(axis=1), n * x.var(axis=1)
        scatter += inside + (center - mean) ** 2 * rows * n / (rows + n)
        mean += (center - mean) * n / (rows + n)
        rows += n
        fit_mean, fit_sd = mean.copy(), np.sqrt(scatter / rows)
    return Ran(fit_sd**2, fit_mean**2, closed_forms(regime, n, generations))


def study(n: int, draws: int = SEEDS, generations: int = GENERATIONS) -> dict[str, Ran]:
    """Return the last generation of a study, by regime: one chain from each of `draws` draws of n real rows.

    Ratios and squared shifts are in units of each chain's own real rows, for which the variance has the same law: the
    variance of the rows of generation g is that of fit g, and the first fit loses 1/n of the real rows' variance.
    """
    import pandas as pd

    from synthmix.collapse import CollapseStudy, GaussianRefit

    data = pd.DataFrame({"x": sim.random_of(7).standard_normal(ROWS)})
    generator = GaussianRefit(divisor="n")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)  # that there are no controls: the generator is one
        made = CollapseStudy(
            data,
            {"mle": generator},
            ["replace", "accumulate"],
            n=n,
            generations=generations,
            replicates=1,
            data_draws=draws,
            metrics=["mean", "variance"],
            controls=False,
            random_state=2410,
        ).run()
    found = made.trajectories
    last = found[(found["generation"] == generations) & (found["rows"] == "new")]
    ran = {}
    for regime in ("replace", "accumulate"):
        mine = last[last["regime"] == regime]
        variance, shift = (mine[mine["metric"] == metric]["value"].to_numpy() for metric in ("variance", "mean"))
        expected = [
            laws.predict(generator, regime, word, n=n, generations=generations) for word in ("variance", "mean")
        ]
        ran[regime] = Ran(variance, shift**2, (float(expected[0][-1]), float(expected[1][-1])))
    return ran


HEAD = """# Published runs on Gaussian data, reproduced

A Gaussian is fitted by maximum likelihood to n draws of itself, generation after generation, as in Kazdan et al.
(2024), *Collapse or thrive?* (arXiv 2410.16713): one column, {generations} generations, all rows replaced or
accumulated. The closed forms are (1 - 1/n)^g under replace and the product of 1 - 1/(n t^2) over t = 1..g under
accumulate; the squared error of the mean is one minus that. `python -m benchmarks.collapse.published` makes this page.

z: distance from the closed form in standard errors, those of the published means from the spread of the plain run over
as many chains as they had seeds. Under replace a variance after 100 generations is very skewed: where a few chains
carry the mean, a z says little, and the median lies far below.

"""


def plain_table(chains: int) -> list[str]:
    lines = [
        f"## Published, and a plain simulation of {chains:,} chains\n",
        "| regime | n | | closed form | published | z | simulated | z |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for (regime, n), (*published, seeds) in PUBLISHED.items():
        ran = plain(regime, n, chains)
        for place, name in enumerate(("variance ratio", "squared error of the mean")):
            values = (ran.variance, ran.square)[place]
            lines.append(
                f"| {regime} | {n} | {name} | {ran.law[place]:.4f} | {published[place]:.4f} "
                f"| {ran.z_of(published[place], seeds, place):+.2f} | {values.mean():.4f} | {ran.z(place):+.2f} |"
            )
        if (regime, n) in MEDIANS:
            lines.append(f"| {regime} | {n} | median variance ratio | | {MEDIANS[regime, n]:.4f} | "
                         f"| {np.median(ran.variance):.4f} | |")  # fmt: skip
    return lines


def study_table(draws: int) -> list[str]:
    lines = [
        f"\n## `CollapseStudy`, {draws} draws of real rows, one chain each\n",
        "In units of each chain's own real rows. The squared shift is that of the last generation's mean.\n",
        "| regime | n | | closed form | study | z |",
        "|---|---|---|---|---|---|",
    ]
    for n in SIZES:
        for regime, ran in study(n, draws).items():
            for place, name in enumerate(("variance ratio", "squared shift of the mean")):
                mean = (ran.variance, ran.square)[place].mean()
                lines.append(f"| {regime} | {n} | {name} | {ran.law[place]:.4f} | {mean:.4f} | {ran.z(place):+.2f} |")
    return lines


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chains", type=int, default=20_000, help="of the plain simulation")
    parser.add_argument("--draws", type=int, default=SEEDS, help="of the study")
    parser.add_argument("--no-study", action="store_true")
    parser.add_argument("--output", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    lines = plain_table(given.chains)
    print(*lines, sep="\n", flush=True)
    if not given.no_study:
        more = study_table(given.draws)
        print(*more, sep="\n")
        lines += more
    given.output.write_text(HEAD.format(generations=GENERATIONS) + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
