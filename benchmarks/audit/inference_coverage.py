"""How often 95 % intervals from synthetic rows cover the population's value, and what pMSE is where nothing is wrong.

    python -m benchmarks.audit.inference_coverage --populations 2000 --output docs/inference-coverage.md

Every population is a fresh sample of n real rows, y = x_1 - x_2/2 + e; a synthesizer makes m rows of it, by its real
plan, and least squares are fitted to them. Naive: the formula for independent rows. T_s: as for complete synthesis.
Adjusted: :func:`synthmix.inference.adjust`. The band is the central 99.9 % of a binomial share at .95.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import statsmodels.api as sm
from numpy.typing import NDArray
from scipy.stats import binom

from synthmix import MixupSynthesizer, SynthmixError
from synthmix.inference import adjust, combine, pmse
from synthmix.pairing import Cyclic, Pairing, Random
from synthmix.weights import Beta, Custom, Dirichlet, EpBeta, Hybrid, Rotation, Sphere, Uniform, WeightsLaw

Floats = NDArray[np.float64]
TRUTH = np.array([0.0, 1.0, -0.5])
Z = 1.959963984540054
LAWS: tuple[WeightsLaw, ...] = (
    Uniform(), Beta(0.4, 0.4), Beta(5.0, 5.0), EpBeta(), Sphere(3), Dirichlet(3), Hybrid(),
    Custom(weights=[[1.2, -0.2], [0.6, 0.4]]), Rotation(5),
)  # fmt: skip
PAIRINGS: tuple[Pairing, ...] = (Random(), Random("iid"), Cyclic())
SIZES = ((300, 450), (300, 150))  # besides as many as there are real rows
RESIZED = (Uniform(), Sphere(3), Rotation(5))


def real_rows(rng: np.random.Generator, n: int, *, unequal: bool = False) -> Floats:
    """Return rows (x_1, x_2, y); skewed regressors and errors whose spread grows with x_1 where `unequal`."""
    x = rng.standard_exponential((n, 2)) - 1.0 if unequal else rng.standard_normal((n, 2))
    e = rng.standard_normal(n) * (0.5 + np.abs(x[:, 0]) if unequal else 1.0)
    return np.column_stack([x, x @ TRUTH[1:] + e])


def one_population(law: WeightsLaw, pairing: Pairing, n: int, m: int, seed: int, *, unequal: bool) -> Floats:
    """Return which of naive, T_s and adjusted (and robust) intervals cover, for two slopes and the mean of y."""
    rows = real_rows(np.random.default_rng([seed, n]), n, unequal=unequal)
    mixer = MixupSynthesizer(law, pairing, "raw", random_state=seed).fit(rows)
    made = mixer.sample(m)
    slopes = sm.OLS(made[:, 2], sm.add_constant(made[:, :2])).fit()
    mean = sm.OLS(made[:, 2], np.ones((m, 1))).fit()
    found = []
    for results, truth, keep in ((slopes, TRUTH, slice(1, 3)), (mean, np.zeros(1), slice(0, 1))):
        intervals = [
            np.asarray(results.conf_int()),
            combine([results], rule="T_s", n_real=n).interval,
            adjust(results, mixer).interval,
            adjust(results, mixer, robust=keep.start > 0).interval,
        ]
        found.append([(one[:, 0] <= truth)[keep] & (truth <= one[:, 1])[keep] for one in intervals])
    return np.array([[*slope, *level] for slope, level in zip(*found, strict=True)], float)


def coverage(law: WeightsLaw, pairing: Pairing, n: int, m: int, populations: int, *, unequal: bool = False) -> Floats:
    """Return coverage (kind of interval, estimate)."""
    total = np.zeros((4, 3))
    for seed in range(populations):
        total += one_population(law, pairing, n, m, seed, unequal=unequal)
    return total / populations


def band(populations: int) -> str:
    low, high = binom.ppf([0.0005, 0.9995], populations, 0.95) / populations
    return f"{low:.3f} to {high:.3f}"


def mixing_table(populations: int, laws: Sequence[WeightsLaw]) -> list[str]:
    lines = [
        "| weights | pairing | n | m | slope: naive | T_s | adjusted | robust | mean: naive | T_s | adjusted |",
        "|---" * 11 + "|",
    ]
    for law in laws:
        for pairing in PAIRINGS[:1] if law.grouped else PAIRINGS:
            for n, m in ((300, 300), *(SIZES if law in RESIZED else ())):
                found = coverage(law, pairing, n, m, populations)
                slope = " | ".join(f"{x:.3f}" for x in found[:, :2].mean(axis=1))
                mean = " | ".join(f"{x:.3f}" for x in found[:3, 2])
                lines.append(f"| {law!r} | {pairing!r} | {n} | {m} | {slope} | {mean} |")
                print(lines[-1], file=sys.stderr, flush=True)
    return lines


def unequal_table(populations: int) -> list[str]:
    lines = ["| weights | pairing | first slope: naive | adjusted | robust |", "|---" * 5 + "|"]
    for law in (Uniform(), EpBeta(), Sphere(3), Rotation(5)):
        found = coverage(law, Random(), 400, 400, populations, unequal=True)[:, 0]
        lines.append(f"| {law!r} | Random() | {found[0]:.3f} | {found[2]:.3f} | {found[3]:.3f} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


Draws = Callable[[Floats, int, np.random.Generator], Floats]


def plug_in(rows: Floats, m: int, rng: np.random.Generator) -> Floats:
    """Return rows of the normal law with the moments of the real ones."""
    return rng.multivariate_normal(rows.mean(axis=0), np.cov(rows.T), m, method="cholesky")


def proper(rows: Floats, m: int, rng: np.random.Generator) -> Floats:
    """Return rows of a normal law whose parameters were drawn from their posterior."""
    n, p = rows.shape
    root = np.linalg.cholesky(np.cov(rows.T) * (n - 1))
    lower = np.tril(rng.standard_normal((p, p)), -1)
    lower[np.diag_indices(p)] = np.sqrt(rng.chisquare(n - 1 - np.arange(p)))
    factor = root @ np.linalg.inv(lower).T
    mean = rows.mean(axis=0) + factor @ rng.standard_normal(p) / np.sqrt(n)
    return mean + rng.standard_normal((m, p)) @ factor.T


def partial(rows: Floats, m: int, rng: np.random.Generator) -> Floats:
    """Return the real rows with y replaced by proper draws given x."""
    x = np.column_stack([np.ones(m), rows[:, :2]])
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ rows[:, 2]
    left = ((rows[:, 2] - x @ beta) ** 2).sum()
    sigma = np.sqrt(left / rng.chisquare(m - 3))
    drawn = beta + sigma * np.linalg.cholesky(inverse) @ rng.standard_normal(3)
    return np.column_stack([rows[:, :2], x @ drawn + sigma * rng.standard_normal(m)])


RULES: tuple[tuple[str, Draws, str, bool, int, int], ...] = (
    ("T_s", plug_in, "plug-in draws", False, 1, 200),
    ("T_s", plug_in, "plug-in draws, m = 2n", False, 5, 400),
    ("T_s", proper, "proper draws", True, 1, 200),
    ("T_s", proper, "proper draws", True, 5, 200),
    ("T_p", partial, "y replaced, proper", False, 5, 200),
    ("T_f", proper, "proper draws", False, 30, 200),
    ("T_f", proper, "proper draws, few syntheses", False, 5, 200),
    ("T_s", proper, "proper draws, wrong rule", False, 1, 200),
    ("T_p", plug_in, "plug-in draws; T_p = T_s for m = n", False, 5, 200),
)


def rule_coverage(rule: str, make: Draws, *, is_proper: bool, syntheses: int, m: int, populations: int) -> float:
    hits = 0.0
    for seed in range(populations):
        rng = np.random.default_rng([seed, 5])
        rows = real_rows(rng, 200)
        fits = []
        for _ in range(syntheses):
            made = make(rows, m, rng)
            x = np.column_stack([np.ones(m), made[:, :2]])
            inverse = np.linalg.inv(x.T @ x)
            beta = inverse @ x.T @ made[:, 2]
            scale = ((made[:, 2] - x @ beta) ** 2).sum() / (m - 3)
            fits.append((beta, scale * np.diag(inverse)))
        low, high = combine(fits, rule=rule, n_real=200, n_synth=m, proper=is_proper).interval[1:].T
        hits += float(((low <= TRUTH[1:]) & (TRUTH[1:] <= high)).mean())
    return hits / populations


def rules_table(populations: int) -> list[str]:
    lines = ["| rule | rows | M | m | coverage of slopes |", "|---" * 5 + "|"]
    for rule, make, what, is_proper, syntheses, m in RULES:
        count = max(populations // (4 if syntheses > 10 else 1), 200)
        found = rule_coverage(rule, make, is_proper=is_proper, syntheses=syntheses, m=m, populations=count)
        lines.append(f"| {rule}{' proper' if is_proper else ''} | {what} | {syntheses} | {m} | {found:.3f} |")
        print(lines[-1], file=sys.stderr, flush=True)
    return lines


def sample(_rows: Floats, m: int, rng: np.random.Generator) -> Floats:
    """Return rows of the population."""
    return real_rows(rng, m)


def resample(rows: Floats, m: int, rng: np.random.Generator) -> Floats:
    """Return real rows drawn with replacement."""
    return rows[rng.integers(0, len(rows), m)]


def mixed(rows: Floats, m: int, rng: np.random.Generator) -> Floats:
    """Return rows of EpBeta weights with iid pairs."""
    seed = int(rng.integers(2**62))
    return np.asarray(MixupSynthesizer(EpBeta(), Random("iid"), "raw", random_state=seed).fit(rows).sample(m))


def pmse_table(populations: int) -> list[str]:
    lines = [
        "| rows | n | m | model | runs | null | mean of ratio | mean of z | SD of z | p < .05 |",
        "|---" * 10 + "|",
    ]
    worlds: tuple[tuple[Draws, str, str], ...] = (
        (sample, "independent sample", "floor"), (resample, "resample of the real rows", "resample"),
        (plug_in, "normal with refitted moments", "resample"), (mixed, "EpBeta, iid pairs", "resample"),
    )  # fmt: skip
    for make, what, kind in worlds:
        for n, m in ((400, 400), (300, 900)):
            found = []
            for seed in range(populations):
                rng = np.random.default_rng([seed, 7])
                rows = real_rows(rng, n)
                null = next(one for one in pmse(rows, make(rows, m, rng)).nulls if one.kind == kind)
                found.append((null.ratio, null.z, null.p_value < 0.05))
            lines.append(_pmse_line(what, n, m, "logistic", kind, np.array(found, float)))
        for kind_of_tree in ("floor", "resample"):
            found = []
            for seed in range(max(populations // 20, 20)):
                rng = np.random.default_rng([seed, 8])
                rows = real_rows(rng, 400)
                fitted = pmse(rows, make(rows, 400, rng), variant="tree", n_perm=39)
                null = next(one for one in fitted.nulls if one.kind == kind_of_tree)
                found.append((null.ratio, null.z, null.p_value <= 0.05))
            lines.append(_pmse_line(what, 400, 400, "tree", kind_of_tree, np.array(found, float)))
    return lines


def _pmse_line(what: str, n: int, m: int, model: str, kind: str, found: Floats) -> str:
    mean, sd = found.mean(axis=0), found.std(axis=0, ddof=1)
    numbers = f"{mean[0]:.3f} | {mean[1]:.3f} | {sd[1]:.3f} | {mean[2]:.3f}"
    line = f"| {what} | {n} | {m} | {model} | {len(found)} | {kind} | {numbers} |"
    print(line, file=sys.stderr, flush=True)
    return line


def page(options: argparse.Namespace) -> str:
    count = options.populations
    first = (
        f"`python -m benchmarks.audit.inference_coverage --populations {count}`. Every number is a share of simulated "
        f"populations; 95 % intervals that are right lie within {band(count)} (99.9 % of {count} draws; slopes average "
        "two, which depend on each other little). [Inference](inference.md) says what the columns are."
    )
    last = (
        'Ratio and z are of the null that is named: "floor" for independent samples, "resample" for rows made from the '
        "real ones. A right null has mean ratio 1, and z with mean 0 and SD 1."
    )
    parts = [
        "# Coverage of intervals from synthetic rows",
        first,
        "## Mixed rows",
        "Naive takes mixed rows for independent real ones; T_s is the rule for complete synthesis from a model.",
        "\n".join(mixing_table(count, LAWS)),
        "## Errors whose spread depends on a regressor",
        "Skewed regressors, errors with spread 1/2 + |x_1|; n = m = 400.",
        "\n".join(unequal_table(count)),
        "## Combining rules",
        "Normal rows, n = 200. The last but one is a rule where it does not belong.",
        "\n".join(rules_table(count)),
        "## pMSE",
        last,
        "\n".join(pmse_table(max(count // 2, 10))),
    ]
    return "\n\n".join(parts) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--populations", type=int, default=2000)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    try:
        text = page(options)
    except SynthmixError as error:
        parser.error(str(error))
    if options.output is None:
        print(text)
    else:
        options.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
