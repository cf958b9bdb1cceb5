"""Each law beside a simulation of what it is the law of."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from benchmarks.collapse import simulate as sim
from synthmix.collapse import laws
from synthmix.weights import EpBeta, Hybrid, Scheme, Sphere, Uniform, WeightsLaw

SCHEMES: tuple[Scheme, ...] = ("iid", "distinct", "anchor", "cyclic")
DEFAULT = EpBeta(0.05, 0.3)
MILD = EpBeta(0.01, 0.3)


@dataclass(frozen=True)
class Row:
    """One number: what a law says, what was simulated, and the standard error of that."""

    law: str
    setting: str
    expected: float
    found: float
    error: float

    @property
    def z(self) -> float:
        return (self.found - self.expected) / self.error


def row(law: str, setting: str, expected: float, values: sim.Array) -> Row:
    """Return the mean over chains beside the law."""
    return Row(law, setting, float(expected), float(values.mean()), float(values.std(ddof=1) / math.sqrt(values.size)))


def ratio_row(law: str, setting: str, expected: float, top: sim.Array, bottom: sim.Array) -> Row:
    """Return a ratio of means over chains, its error to first order."""
    value = float(top.mean() / bottom.mean())
    error = (top - value * bottom).std(ddof=1) / bottom.mean() / math.sqrt(top.size)
    return Row(law, setting, float(expected), value, float(error))


def gamma_table(n: int, chains: int, key: int = 7) -> sim.Array:
    """Return one real table of a skewed column, the same for all chains."""
    return np.broadcast_to(sim.random_of(key).gamma(4.0, size=n), (chains, n))


def excess(x: sim.Array) -> float:
    return float(sim.fourth(x[:1])[0] / sim.spread(x[:1])[0] ** 2 - 3.0)


def finite_tables(chains: int, block: int = 0) -> Iterator[Row]:
    """Covariance factor and variance of the mean of one generation of 12 rows, for each way to draw parents."""
    random, real = sim.random_of(1, block), gamma_table(12, chains)
    unit = sim.spread(real[:1], 1)[0]
    for name, law in (("uniform", Uniform()), ("EpBeta, not corrected", DEFAULT)):
        for scheme in SCHEMES:
            new = sim.by_pairs(law, scheme, correct=False)(real, 12, random)
            where, moments = f"{name}, {scheme}, n = 12", law.moments()
            factor = laws.covariance_path(moments, 1, n=12, scheme=scheme)[1]
            yield row("covariance factor", where, factor, sim.spread(new, 1) / unit)
            shift = laws.mean_square_path(moments, 1, n=12, scheme=scheme)[1]
            yield row("variance of the mean", where, shift, (new.mean(axis=1) - real.mean(axis=1)) ** 2 / unit)
    for scheme in SCHEMES:
        new = sim.by_pairs(MILD, scheme)(real, 12, random)
        yield row("covariance factor", f"EpBeta(.01), corrected, {scheme}, n = 12", 1.0, sim.spread(new, 1) / unit)


def regimes(chains: int, block: int = 0) -> Iterator[Row]:
    """The ledger: expected variance and mean square of the mean after four generations, exact in every regime."""
    n, g, random = 16, 4, sim.random_of(2, block)
    real = gamma_table(n, chains)
    unit, centre = sim.spread(real[:1], 1)[0], real[0].mean()
    makers = {
        "uniform, iid": (sim.by_pairs(Uniform(), "iid"), laws.mixing(Uniform(), "iid")),
        "uniform, anchor": (sim.by_pairs(Uniform(), "anchor"), laws.mixing(Uniform(), "anchor")),
        "uniform, cyclic": (sim.by_pairs(Uniform(), "cyclic"), laws.mixing(Uniform(), "cyclic")),
        "EpBeta(.01), anchor": (sim.by_pairs(MILD, "anchor"), laws.mixing(MILD, "anchor")),
        "bootstrap": (sim.by_copies, laws.copying()),
        "Gaussian, divisor n": (sim.by_gaussian(0), laws.refitting(unbiased=False)),
        "Gaussian, divisor n-1": (sim.by_gaussian(1), laws.refitting(unbiased=True)),
    }
    for name, (make, step) in makers.items():
        for regime, given in REGIMES.items():
            tables = laws.pools(regime, n, n, g, **given)
            book = laws.ledger(step, tables, n)
            new, pool = sim.run(make, real, tables, n, random)
            where = f"{name}, {regime}, n = {n}, g = {g}"
            yield row("variance of new rows", where, book.new[g], sim.spread(new[g], 1) / unit)
            if regime != "replace":
                yield row("variance of the pool", where, book.pool[g], sim.spread(pool[g], 1) / unit)
            yield row("mean square of the mean", where, book.pool_mean[g], (pool[g].mean(axis=1) - centre) ** 2 / unit)


REGIMES: dict[str, dict[str, object]] = {
    "replace": {},
    "accumulate": {},
    "subsample": {},
    "share": {"share": 0.25},
    "window": {"width": 2, "keep_real": True},
}


def fresh_rows(chains: int, block: int = 0) -> Iterator[Row]:
    """Fresh real rows in each generation: variance, and the AR(1) process of the mean, over real tables as well."""
    n, g, share, random = 20, 12, 0.3, sim.random_of(3, block)
    real = random.standard_normal((chains, n))
    tables = laws.pools("share", n, n, g, share=share, fresh=True)
    _, pool = sim.run(sim.by_gaussian(1), real, tables, n, random)
    book = laws.ledger(laws.refitting(unbiased=True), tables, n)
    where = f"Gaussian, divisor n-1, 30 % fresh, n = {n}, g = {g}"
    yield row("variance of the pool", where, book.pool[g], sim.spread(pool[g], 1))
    shift = (pool[g].mean(axis=1) - real.mean(axis=1)) ** 2
    yield row("mean square of the mean", where, book.pool_mean[g], shift)


def random_walk(chains: int, block: int = 0) -> Iterator[Row]:
    """Mean fourth moment and squared variance of chains of 60 rows, independent parents, replace."""
    n, g, random, real = 60, 4, sim.random_of(4, block), gamma_table(60, chains)
    m2, kurtosis = sim.spread(real[:1])[0], excess(real)
    path = laws.second_order_path(DEFAULT.moments(), n, g, kurtosis=kurtosis)
    make = sim.by_pairs(DEFAULT, "iid", correct=False)
    new, _ = sim.run(make, real, laws.pools("replace", n, n, g), n, random)
    for step in (1, 2, 4):
        where = f"EpBeta, not corrected, iid, n = {n}, g = {step}"
        yield row("E m2^2", where, path[step, 1], sim.spread(new[step]) ** 2 / m2**2)
        yield row("E m4", where, path[step, 0], sim.fourth(new[step]) / m2**2)


def one_generation_spread(chains: int, block: int = 0) -> Iterator[Row]:
    """Relative variance of a variance after one generation of 400 rows from a Gaussian table, by scheme."""
    n, random = 400, sim.random_of(5, block)
    real = np.broadcast_to(sim.random_of(8).standard_normal(n), (chains, n))
    kurtosis, unit = excess(real), sim.spread(real[:1], 1)[0]
    for scheme in SCHEMES:
        law = DEFAULT.corrected(n, scheme)
        expected = laws.paired_variance_sd_path(law, scheme, n, 1, kurtosis=kurtosis)[1] ** 2 * n
        ratio = sim.spread(sim.by_pairs(law, scheme)(real, n, random), 1) / unit
        yield row("n Var(variance), g = 1", f"EpBeta, {scheme}, n = {n}", expected, (ratio - 1.0) ** 2 * n)


def rotations(chains: int, block: int = 0) -> Iterator[Row]:
    """Third and fourth moments of rotated random groups, finite tables."""
    random = sim.random_of(6, block)
    for sizes, g in (((3,) * 4, 1), ((5, 4, 4), 1), ((8,), 1), ((3,) * 10, 1), ((3,) * 10, 4), ((3,) * 10, 12)):
        n, real = sum(sizes), gamma_table(sum(sizes), chains)
        share = np.array(sizes) / n
        p3, p4 = (float(share @ [getattr(Sphere(k).moments(), name) for k in sizes]) for name in ("p3", "p4"))
        new, _ = sim.run(sim.by_rotation(sizes), real, laws.pools("replace", n, n, g), n, random)
        where = f"groups {sizes[0]}{'' if len(set(sizes)) == 1 else ' and less'}, n = {n}, g = {g}"
        m3 = sim.third(real[:1])[0]
        yield row("rotation, m3", where, m3 * laws.rotation_third_path(p3, n, g)[g], sim.third(new[g]))
        if n > 8:
            kurtosis = laws.rotation_kurtosis_path(p3, p4, n, excess(real), g)[g]
            yield row("rotation, kurtosis", where, kurtosis, sim.fourth(new[g]) / sim.spread(new[g]) ** 2 - 3.0)


def shapes(parts: int, block: int = 0) -> Iterator[Row]:
    """Kurtosis of many rows from light tails, whose fourth moments have small errors."""
    n, random = 50_000, sim.random_of(9, block)  # rows of a table: many, as the law asks for
    gauss, flat = (0.0, "normal"), (-1.2, "flat")
    cases: list[tuple[str, sim.Make, WeightsLaw, tuple[float, str]]] = [
        ("EpBeta", sim.by_pairs(DEFAULT, "iid", correct=False), DEFAULT, gauss),
        ("uniform", sim.by_pairs(Uniform(), "iid"), Uniform(), flat),
        ("sphere of 3", sim.by_sphere(3), Sphere(3), flat),
    ]
    for name, make, law, (start, kind) in cases:
        real = random.standard_normal((parts, n)) if kind == "normal" else random.random((parts, n))
        new, _ = sim.run(make, real, laws.pools("replace", n, n, 2), n, random)
        for g in (1, 2):
            path = laws.kurtosis_path(law.moments(), start, g)[g]
            m2 = sim.spread(new[g])
            where = f"{name}, {kind} start, g = {g}"
            found = ratio_row("kurtosis, many rows", where, path + 3.0, sim.fourth(new[g]), m2**2)
            yield Row(found.law, found.setting, path, found.found - 3.0, found.error)


def refits(chains: int, block: int = 0) -> Iterator[Row]:
    """A Gaussian refitted to 20 draws of itself: variance, log, SD, Wasserstein distance, mean, determinant."""
    n, g, random = 20, 10, sim.random_of(10, block)
    for ddof in (1, 0):
        mean, variance = np.zeros(chains), np.ones(chains)
        for _ in range(g):
            x = mean[:, None] + np.sqrt(variance)[:, None] * random.standard_normal((chains, n))
            mean, variance = x.mean(axis=1), sim.spread(x, ddof)
        where = f"divisor {'n-1' if ddof else 'n'}, n = {n}, g = {g}"
        if ddof:
            yield row("E s2", where, 1.0, variance)
            yield row("E log s2", where, laws.log_variance_path(n, g)[g], np.log(variance))
            centred = np.log(variance) - laws.log_variance_path(n, g)[g]
            yield row("Var log s2", where, laws.log_variance_spread_path(n, g)[g], centred**2)
            yield row("E s", where, laws.sd_path(n, g)[g], np.sqrt(variance))
            distance = mean**2 + (np.sqrt(variance) - 1.0) ** 2
            yield row("E W2^2", where, laws.wasserstein_path(n, g)[g], distance)
            yield row("E mean^2", where, laws.unbiased_mean_path(n, g)[g], mean**2)
            yield row(
                "SD of s2, squared", where, laws.gaussian_variance_sd_path(n, 3)[3] ** 2, cubes(chains, n, random)
            )
        else:
            yield row("E s2", where, laws.likelihood_path(n, g)[g], variance)
            yield row("E mean^2", where, laws.likelihood_mean_path(n, g)[g], mean**2)
    yield from determinants(chains // 4, block)


def cubes(chains: int, n: int, random: sim.Random) -> sim.Array:
    """Return squared deviations of the variance from 1 after three unbiased refits."""
    variance = random.chisquare(n - 1, (3, chains)).prod(axis=0) / (n - 1.0) ** 3
    return np.asarray((variance - 1.0) ** 2)


def determinants(chains: int, block: int) -> Iterator[Row]:
    n, p, random = 12, 3, sim.random_of(11, block)
    for unbiased in (True, False):
        root = np.broadcast_to(np.eye(p), (chains, p, p))
        for _ in range(3):
            x = random.standard_normal((chains, n, p)) @ root.transpose(0, 2, 1)
            x = x - x.mean(axis=1, keepdims=True)
            root = np.linalg.cholesky(x.transpose(0, 2, 1) @ x / (n - 1.0 if unbiased else n))
        logs = 2.0 * np.log(np.diagonal(root, axis1=1, axis2=2)).sum(axis=1)
        where = f"divisor {'n-1' if unbiased else 'n'}, p = {p}, n = {n}, g = 3"
        yield row("log determinant", where, laws.log_det_path(n, p, 3, unbiased=unbiased)[3], logs)


def accumulated_refits(chains: int, block: int = 0) -> Iterator[Row]:
    """Maximum likelihood on the accumulated pool, from draws of the true law, and mixing from the pool."""
    n, g, random = 10, 20, sim.random_of(12, block)
    real = random.standard_normal((chains, n))
    _, pool = sim.run(sim.by_gaussian(0), real, laws.pools("accumulate", n, n, g), n, random)
    expected = laws.accumulate_likelihood_path(n, g)[g]
    yield row("accumulated likelihood, variance", f"n = {n}, g = {g}", expected, sim.spread(pool[g]))
    yield row("accumulated likelihood, mean^2", f"n = {n}, g = {g}", 1.0 - expected, pool[g].mean(axis=1) ** 2)
    exact = laws.accumulate_finite_path(2 / 3, 20, 4)[4]
    real = gamma_table(20, chains)
    _, pool = sim.run(sim.by_pairs(Uniform(), "iid"), real, laws.pools("accumulate", 20, 20, 4), 20, random)
    yield row("accumulated mixing", "uniform, iid, n = 20, T = 5", exact, sim.spread(pool[4]) / sim.spread(real[:1])[0])


def copies(chains: int, block: int = 0) -> Iterator[Row]:
    """Levels, ancestors and heterozygosity of copied and donated columns."""
    random = sim.random_of(13, block)
    for n, scheme in ((30, "iid"), (30, "anchor"), (30, "cyclic"), (400, "anchor"), (400, "cyclic")):
        few = chains if n == 30 else max(chains // 20, 50)
        real = np.broadcast_to(np.arange(n, dtype=np.float64), (few, n))
        make = sim.by_copies if scheme == "iid" else sim.donors_by_pairs(Uniform(), scheme)
        new, _ = sim.run(make, real, laws.pools("replace", n, n, 3), n, random)
        counts = np.array([np.bincount(chain.astype(np.int64), minlength=n) for chain in new[3]])
        where = f"{scheme} parents, uniform weights, n = {n}, g = 3"
        moved = 0.5 if scheme != "iid" else 0.0
        if n == 30:
            path = laws.donor_heterozygosity_path(n, 3, scheme=scheme, moved=moved)  # type: ignore[arg-type]
            shared = 1.0 - (counts**2).sum(axis=1) / n**2
            yield row("heterozygosity", where, path[3], shared / (1.0 - 1.0 / n))
        if scheme == "iid":
            yield row("ancestors", where, laws.survival_path(1, n, 3)[3], (counts > 0).mean(axis=1))
            alive = (counts[:, :5].sum(axis=1) > 0).astype(np.float64)
            yield row("survival of a level with 5 copies", where, laws.survival_path(5, n, 3)[3], alive)
        elif n > 30:
            gone = laws.extinction_path(3, scheme=scheme, moved=moved)[3]  # type: ignore[arg-type]
            yield row("ancestors, many rows", where, 1.0 - gone, (counts > 0).mean(axis=1))


def loops(chains: int, block: int = 0) -> Iterator[Row]:
    """Regression on its own targets, biased sampling, kernel densities, golden weights, majorities."""
    yield from regressions(max(chains // 10, 200), block)
    random, n = sim.random_of(14, block), 20
    real = random.standard_normal((chains, n))
    unit = sim.spread(real, 1)
    new, _ = sim.run(sim.by_gaussian(1, 0.8), real, laws.pools("replace", n, n, 3), n, random)
    expected = laws.biased_sampling_path(0.8, 3)[3]
    yield ratio_row("biased sampling", "lambda = .8, n = 20, g = 3", expected, sim.spread(new[3], 1), unit)
    new, _ = sim.run(sim.by_kernel(0.5), real, laws.pools("replace", n, n, 5), n, random)
    expected = laws.kernel_density_path(1.0, 0.5, 5, n=n)[5]
    yield row("kernel density", "h = .5, n = 20, g = 5", expected, sim.spread(new[5], 1))
    for weight in (laws.golden_weight(), 0.5, 0.8):
        mean = np.zeros(chains)
        for _ in range(40):
            fresh, made = random.standard_normal((2, chains)) / math.sqrt(n)
            mean = weight * fresh + (1.0 - weight) * (mean + made)
        expected = laws.weighted_mean_variance(weight, n, n) * n
        yield row("weighted mean, n Var", f"w = {weight:.3f}, k = 1", expected, mean**2 * n)
    share = np.full(chains, 0.3)
    votes = random.random((chains, 3)) < share[:, None]
    yield row("majority of three", "p = .3, g = 1", laws.majority_path(0.3, 1)[1], (votes.sum(axis=1) > 1) * 1.0)


def regressions(chains: int, block: int) -> Iterator[Row]:
    n, d, g, random = 20, 3, 4, sim.random_of(15, block)
    x = random.standard_normal((chains, n, d))
    solve = np.linalg.pinv(x)
    replace, pooled = np.zeros((chains, d)), np.zeros((chains, d))
    for fit in range(1, g + 1):
        noise = (solve @ random.standard_normal((chains, n, 1)))[:, :, 0]
        replace = replace + noise
        pooled = pooled + (solve @ random.standard_normal((chains, n, 1)))[:, :, 0] / fit
    for name, found in (("replace", replace), ("accumulate", pooled)):
        expected = laws.regression_risk_path(n, d, g, accumulate=name == "accumulate")[g]
        yield row("regression, excess risk", f"{name}, n = {n}, d = {d}, g = {g}", expected, (found**2).sum(axis=1))


def hybrids(chains: int, block: int = 0) -> Iterator[Row]:
    """The kurtosis of the kurtosis-targeted law moves to its target."""
    law = Hybrid(1.0)
    moments, random, n = law.moments(), sim.random_of(16, block), 4000
    real = random.standard_normal((max(chains // 200, 20), n))
    from synthmix import MixupSynthesizer

    def make(pool: sim.Array, m: int, _: sim.Random) -> sim.Array:
        fits = [
            MixupSynthesizer(law, "random", "raw", random_state=seed).fit(chain[:, None])
            for seed, chain in enumerate(pool)
        ]
        return np.array([fit.sample(m)[:, 0] for fit in fits])

    new, _ = sim.run(make, real, laws.pools("replace", n, n, 3), n, random)
    path = laws.kurtosis_path(moments, 0.0, 3)[3]
    found = ratio_row(
        "kurtosis, many rows", "hybrid to 1, g = 3", path + 3, sim.fourth(new[3]), sim.spread(new[3]) ** 2
    )
    yield Row(found.law, found.setting, path, found.found - 3.0, found.error)


Check: TypeAlias = Callable[[int, int], Iterator[Row]]

CHECKS: dict[str, tuple[Check, int, int]] = {
    # what, chains in tests, chains in the benchmark
    "finite tables": (finite_tables, 8_000, 400_000),
    "regimes": (regimes, 2_000, 40_000),
    "fresh rows": (fresh_rows, 8_000, 100_000),
    "random walk": (random_walk, 4_000, 480_000),
    "spread of one generation": (one_generation_spread, 1_000, 10_000),
    "rotations": (rotations, 4_000, 100_000),
    "shapes": (shapes, 20, 160),
    "refits": (refits, 8_000, 400_000),
    "accumulated refits": (accumulated_refits, 4_000, 80_000),
    "copies": (copies, 4_000, 40_000),
    "loops": (loops, 10_000, 200_000),
    "hybrids": (hybrids, 4_000, 10_000),
}


def merged(check: Check, chains: int, largest: int = 20_000) -> list[Row]:
    """Return the rows of a check of many chains, done in blocks so that arrays stay small."""
    blocks = max(1, chains // (20 if check is shapes else largest))
    found = [list(check(chains // blocks, block)) for block in range(blocks)]
    return [
        Row(
            same[0].law,
            same[0].setting,
            same[0].expected,
            sum(row.found for row in same) / blocks,
            math.sqrt(sum(row.error**2 for row in same)) / blocks,
        )
        for same in zip(*found, strict=True)
    ]
