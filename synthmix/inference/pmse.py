"""Propensity scores: how well a model tells synthetic rows from real ones, beside what a right generator shows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synthmix.arguments import count, one_of
from synthmix.drift.joint.embedding import embed
from synthmix.drift.reference import Reference
from synthmix.drift.tables import Tables, align
from synthmix.errors import InputError, OptionError
from synthmix.inference.fit import RANK
from synthmix.random_state import RandomState, seed_from

Floats = NDArray[np.float64]
Variant: TypeAlias = Literal["logistic", "tree"]
ROWS = {"logistic": 25_000, "tree": 4_000}  # of each table
LEAF = 20  # rows of a leaf of the tree, at least
GUARD = 10  # rows for each parameter below which the logistic null does not hold
STEPS = 40
_SURE, _SETTLED, _RIDGE = 1e-6, 1e-10, 1e-10
_DIGITS = 9  # of a probability; the rest is rounding


@dataclass(frozen=True)
class Null:
    """What pMSE would be if nothing were wrong.

    Attributes
    ----------
    kind : {"resample", "floor"}
        resample: synthetic rows come from the real rows, or from the right model fitted to them. floor: they are an
        independent sample of the same population.
    mean, sd, low, high : float
        And the central 95 %.
    ratio, z : float
        pMSE over its mean (S_pMSE), and standardised.
    p_value : float
        Of a larger pMSE.
    """

    kind: Literal["resample", "floor"]
    mean: float
    sd: float
    low: float
    high: float
    ratio: float
    z: float
    p_value: float


@dataclass(frozen=True)
class Propensity:
    """pMSE and SPECKS of one propensity model.

    Attributes
    ----------
    variant : {"logistic", "tree"}
    pmse : float
        Mean of (p - c)^2, c the share of synthetic rows: 0 to c (1 - c).
    specks : float
        Largest distance of the distributions of p among real and among synthetic rows (Kolmogorov-Smirnov).
    parameters : int
        Of the logistic model besides the constant; leaves less one of the tree.
    nulls : tuple of Null
        Empty where `note` says why.
    interval : (float, float)
        95 % of the true distance, for the logistic model: by the spread of a non-central chi-squared.
    n_real, n_synth, n_perm : int
    note : str
    """

    variant: Variant
    pmse: float
    specks: float
    parameters: int
    nulls: tuple[Null, ...]
    interval: tuple[float, float]
    n_real: int
    n_synth: int
    n_perm: int
    note: str


def pmse(
    real: Any,
    synthetic: Any,
    *,
    variant: Variant = "logistic",
    n_perm: int = 99,
    rows: int | None = None,
    random_state: RandomState = 0,
) -> Propensity:
    """Return how well a model tells synthetic rows from real ones.

    Parameters
    ----------
    real, synthetic : table
        pandas, polars, pyarrow or arrays; common columns are used, keys are not.
    variant : {"logistic", "tree"}
        Logistic regression on main effects, whose null is known; or a classification tree (leaves of at least 20 rows),
        which sees interactions, with a null by permutation.
    n_perm : int
        Permutations of the labels for the tree.
    rows : int, optional
        The most of each table; larger ones are sampled. Default 25,000, for trees 4,000.
    random_state : int, Generator, RandomState or None

    Returns
    -------
    Propensity
        Does not depend on the order of rows.

    Raises
    ------
    InputError
        When the tables have no column in common, or nothing varies.

    Notes
    -----
    Snoke, Raab, Nowok, Dibben and Slavkovic (2018); Woo et al. (2009). With N rows, q parameters and a share c of
    synthetic rows, pMSE is c (1-c)/N chi2_q when synthetic rows are an independent sample of the population, and 1 - c
    times that when they come from the right model fitted to the real rows, or are drawn from them. (When rows were
    sampled, (1/m + 1/n - 1/n_all) / (1/m + 1/n) takes the place of 1 - c.) The null of the tree is that of shuffled
    labels ("floor"), and that times the same factor ("resample"). For a tree the factor holds for rows that were drawn
    from the real ones; rows of a smooth model, even of the right one, lie near the floor, because a deep tree follows
    each sample and not the model: 1.94 and .97 times the two means for normal rows with refitted moments (n = m = 400).

    Numbers are standardised; missing values have the median and a flag; levels are 0/1, at most 50 of a column and one
    for the rest. SPECKS is Bowen, Liu and Su (2021).

    Wrong with fewer than 10 rows for each parameter (no null is given). Where rows are separated the value is near its
    largest and stands. Weak in far tails. Mixed rows obey neither null exactly: rows that use each real row once vary
    less.
    """
    one_of("variant", variant, tuple(ROWS))
    seed, permutations = seed_from(random_state), count("n_perm", n_perm)
    if rows is not None and count("rows", rows) < 2:
        raise OptionError(f"rows={rows}: give at least 2 rows of each table")
    tables = align(real if isinstance(real, Reference) else Reference.of(real), synthetic)
    return propensity(tables, variant, permutations, rows, seed)


def propensity(tables: Tables, variant: Variant, n_perm: int, rows: int | None, seed: int) -> Propensity:
    """Return the same for tables that were read."""
    most = ROWS[variant] if rows is None else rows
    real, synthetic = (
        side.some(most, seed, place) for place, side in enumerate((tables.real, tables.synthetic), start=11)
    )
    coordinates = embed(real.numbers, synthetic.numbers, real.codes, synthetic.codes)
    n, m = real.n, synthetic.n
    table = np.concatenate([coordinates.real, coordinates.synthetic])
    labels = np.repeat([0.0, 1.0], [n, m])
    spread = 1.0 / n + 1.0 / m
    share = (spread - 1.0 / tables.real.n) / spread
    notes = [coordinates.note]
    if (n, m) != (tables.real.n, tables.synthetic.n):
        notes.append(f"{n} of {tables.real.n} real and {m} of {tables.synthetic.n} synthetic rows")
    if variant == "tree":
        return _by_tree(table, labels, share, n_perm, seed, notes)
    return _by_logistic(table, labels, share, notes)


def _by_logistic(table: Floats, labels: Floats, share: float, notes: list[str]) -> Propensity:
    from scipy.stats import chi2, norm

    design = _full_rank(table)
    q, total, c = design.shape[1] - 1, labels.size, float(labels.mean())
    scores, note = logistic_scores(design, labels)
    value, unit = float(((scores - c) ** 2).mean()), c * (1.0 - c) / total
    notes, nulls = [*notes, note], []
    if total < GUARD * q:
        notes.append(f"{total} rows for {q} parameters: too few for a null")
    else:
        for kind, factor in (("resample", share), ("floor", 1.0)):
            scale = unit * factor
            low, high = (scale * float(chi2.ppf(p, q)) for p in (0.025, 0.975))
            sd = scale * math.sqrt(2.0 * q)
            z = (value - scale * q) / sd
            nulls.append(_null(kind, scale * q, sd, (low, high), value, z, float(chi2.sf(value / scale, q))))
    statistic = value / (unit * share)
    half = float(norm.ppf(0.975)) * math.sqrt(2.0 * (q + 2.0 * max(statistic - q, 0.0)))
    ends = (max(statistic - half, 0.0) * unit * share, min((statistic + half) * unit * share, c * (1.0 - c)))
    ends = (min(ends[0], value), max(ends[1], value))
    return _propensity("logistic", value, scores, labels, q, nulls, ends, 0, notes)


def _null(kind: str, mean: float, sd: float, ends: tuple[float, float], value: float, z: float, p_value: float) -> Null:
    word: Literal["resample", "floor"] = "resample" if kind == "resample" else "floor"
    return Null(word, mean, sd, *ends, value / mean if mean > 0.0 else math.nan, z, p_value)


def _propensity(
    variant: Variant,
    value: float,
    scores: Floats,
    labels: Floats,
    size: int,
    nulls: list[Null],
    interval: tuple[float, float],
    n_perm: int,
    notes: list[str],
) -> Propensity:
    m = int(labels.sum())
    specks = distance(scores[labels == 0.0], scores[labels == 1.0])
    note = "; ".join(filter(None, notes))
    return Propensity(variant, value, specks, size, tuple(nulls), interval, labels.size - m, m, n_perm, note)


def distance(first: Floats, second: Floats) -> float:
    """Return the largest distance of two empirical distribution functions."""
    first, second = np.sort(np.round(first, _DIGITS)), np.sort(np.round(second, _DIGITS))
    at = np.concatenate([first, second])
    gaps = np.searchsorted(first, at, "right") / first.size - np.searchsorted(second, at, "right") / second.size
    return float(np.abs(gaps).max())


def _full_rank(table: Floats) -> Floats:
    """Return a constant and the columns that are no combination of those before them."""
    centred = table - table.mean(axis=0)
    centred /= np.sqrt((centred**2).mean(axis=0))
    corner = np.abs(np.diag(np.linalg.qr(centred, mode="r"))) / math.sqrt(len(centred))
    kept = np.flatnonzero(corner > max(RANK, 1e-7))
    return np.concatenate([np.ones((len(table), 1)), centred[:, kept]], axis=1)


def logistic_scores(design: Floats, labels: Floats) -> tuple[Floats, str]:
    """Return the fitted probabilities of a logistic regression, and a note where rows are told apart without error.

    Newton steps, at most 3 long in each standardised coefficient, until probabilities settle. Where rows are separated
    coefficients run away but probabilities do not, so that the fit stops there too.
    """
    beta, scores = np.zeros(design.shape[1]), np.full(labels.size, labels.mean())
    beta[0] = math.log(labels.mean() / (1.0 - labels.mean()))
    ridge = _RIDGE * labels.size
    for _ in range(STEPS):
        weight = np.maximum(scores * (1.0 - scores), _RIDGE)
        information = (design * weight[:, None]).T @ design + ridge * np.eye(beta.size)
        step = np.linalg.solve(information, design.T @ (labels - scores) - ridge * beta)
        beta = beta + step / max(1.0, float(np.abs(step).max()) / 3.0)
        before, scores = scores, 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -700.0, 700.0)))
        if np.abs(scores - before).mean() < _SETTLED:
            break
    sure = ((scores < _SURE) | (scores > 1.0 - _SURE)).any()
    return scores, "some rows are told apart without error (separation)" if sure else ""


def _by_tree(table: Floats, labels: Floats, share: float, n_perm: int, seed: int, notes: list[str]) -> Propensity:
    if labels.size < 2 * LEAF:
        raise InputError(f"{labels.size} rows are too few for a tree with leaves of {LEAF}")
    compact = np.asarray(table, np.float32)
    scores, leaves = tree_scores(compact, labels, seed)
    c = float(labels.mean())
    value = float(((scores - c) ** 2).mean())
    rng = np.random.Generator(np.random.Philox(key=seed))
    drawn = np.empty(n_perm)
    for b in range(n_perm):
        shuffled, _ = tree_scores(compact, rng.permutation(labels), seed)
        drawn[b] = ((shuffled - c) ** 2).mean()
    nulls = []
    for kind, factor in (("resample", share), ("floor", 1.0)) if n_perm > 1 else ():
        null = factor * drawn
        mean, sd = float(null.mean()), float(null.std(ddof=1))
        ends = float(np.quantile(null, 0.025)), float(np.quantile(null, 0.975))
        p_value = (1.0 + float((null >= value).sum())) / (n_perm + 1.0)
        nulls.append(_null(kind, mean, sd, ends, value, (value - mean) / sd if sd > 0.0 else math.nan, p_value))
    return _propensity("tree", value, scores, labels, leaves - 1, nulls, (math.nan, math.nan), n_perm, notes)


def tree_scores(table: NDArray[np.float32], labels: Floats, seed: int) -> tuple[Floats, int]:
    """Return the share of synthetic rows in the leaf of each row, and the number of leaves."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(min_samples_leaf=LEAF, random_state=seed & 0x7FFFFFFF).fit(table, labels)
    return np.asarray(tree.predict_proba(table)[:, -1], np.float64), int(tree.get_n_leaves())
