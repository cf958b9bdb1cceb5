"""Predictions for numeric columns: variance, mean, kurtosis, log determinant."""

from __future__ import annotations

from typing import cast

import numpy as np

from synthmix.certificate.row_law import RowLaw
from synthmix.collapse.laws.case import Case, Law
from synthmix.collapse.laws.gaussian import log_det_path
from synthmix.collapse.laws.limits import limit_kurtosis
from synthmix.collapse.laws.maker import Maker
from synthmix.collapse.laws.paths import steps
from synthmix.collapse.laws.second_order import paired_path, second_order_path
from synthmix.collapse.laws.step import corrected
from synthmix.weights import WeightMoments, WeightsLaw

COPIED = WeightMoments(np.ones(1), np.ones((1, 1)), np.ones((1, 1)), 1.0, 1.0, 1.0, sum_w2_constant=True)
"""The moments of a row that is copied."""


def variance(case: Case) -> Law | None:
    """Return the expected variance over that of the real table, for each column and for the trace."""
    step = case.maker.numbers()
    if step is None:
        return _near(case)
    always = step.always and case.replaced
    return Law(case.spread(step), _words(case.maker), case.kind, always=always)


def mean(case: Case) -> Law | None:
    """Return the expected squared shift of a column's mean, in units of its variance in the real table."""
    step = case.maker.numbers()
    if step is None:
        return None
    book = case.ledger(step)
    path = book.new_mean if case.rows == "new" else book.pool_mean
    words = "mean square of the shift over chains"
    return Law(path, words, case.kind, statistic="mean square", always=step.always and case.replaced)


def kurtosis(case: Case) -> Law | None:
    """Return the excess kurtosis of a column whose start is ``start["kurtosis"]``."""
    maker, start = case.maker, case.start.get("kurtosis")
    if start is None or not maker.plain or not maker.everywhere:
        return None
    if maker.kind == "gaussian":
        return _refitted_kurtosis(case, float(start))
    if maker.grouped and case.replaced:
        return _rotated_kurtosis(case, float(start))
    moments = COPIED if maker.law is None else maker.law.moments()
    made, pooled = limit_kurtosis(moments, case.tables, float(start))
    words = f"kur' = {moments.A / moments.c**2:.4g} kur {3 * (moments.B / moments.c**2 - 1):+.3g}, many rows"
    return Law(made if case.rows == "new" else pooled, words, "large n")


def pooled_kurtosis(case: Case) -> Law | None:
    """Return E m4 / (E m2^2) - 3 over chains, the excess kurtosis where each chain counts by its squared variance.

    The mean of sample kurtoses of few rows lies far below the law of many rows wherever tails are heavy; this ratio has
    a law for every number of rows (to leading order in 1/n for "anchor" and "cyclic" partners).
    """
    maker, start = case.maker, case.start.get("kurtosis")
    if start is not None and maker.kind == "gaussian" and maker.plain and maker.everywhere:
        return _refitted_kurtosis(case, float(start))  # of normal rows, shape is independent of variance
    if start is None or not case.replaced or maker.numbers() is None:
        return None
    if maker.grouped:
        return _rotated_kurtosis(case, float(start)) if maker.everywhere else None
    if maker.law is None:
        path, exact = second_order_path(COPIED, case.n, case.generations, kurtosis=float(start)), True
    else:
        law, exact = corrected(maker.law, case.n, maker.scheme), maker.scheme in ("iid", "distinct")
        path = paired_path(law, maker.scheme, case.n, case.generations, kurtosis=float(start))
    words = "ratio of the expected fourth moment to the expected squared variance"
    return Law(path[:, 0] / path[:, 1] - 3.0, words, "exact" if exact else "large n", statistic="ratio")


def log_det(case: Case) -> Law | None:
    """Return the expected change of the log determinant of the covariance of ``start["columns"]`` columns."""
    maker, p = case.maker, case.start.get("columns")
    if p is None or case.regime != "replace" or case.n != case.m:
        return None
    if maker.kind == "gaussian" and case.n > int(p):
        path = log_det_path(case.n, int(p), case.generations, unbiased=maker.unbiased)
        return Law(path, "expected log determinant of refitted covariances", "exact")
    step = maker.numbers()
    if step is None or maker.kind != "mixing":
        return None
    if maker.grouped:
        return Law(np.zeros(case.generations + 1), _words(maker), "exact", always=True)
    if maker.keeps_covariance:
        return None  # what moves it is its random walk, of the order p^2 / n
    path = float(p) * np.log(step.factor(float(case.n))) * steps(case.generations)
    return Law(path, f"{p} log of the covariance factor, many rows", "large n")


def _near(case: Case) -> Law | None:
    """Return the law of partners from classes or neighbourhoods, which keep the covariance up to O(1/n)."""
    maker = case.maker
    if not (maker.plain and maker.keeps_covariance and case.regime == "replace"):
        return None
    return Law(np.ones(case.generations + 1), "covariance kept, up to O(1/n) of the cells", "large n")


def _refitted_kurtosis(case: Case, start: float) -> Law | None:
    """Return -6/(m+1), the mean of m Gaussian rows, from the first refit on."""
    if case.rows != "new":
        return None
    path = np.full(case.generations + 1, -6.0 / (case.m + 1.0))
    path[0] = start
    return Law(path, "Gaussian rows: mean sample kurtosis -6/(m+1)", "exact")


def _rotated_kurtosis(case: Case, start: float) -> Law:
    """Return the exact path of random groups, whose sizes may differ: m4' = alpha m4 + beta m2^2, m2 fixed."""
    _, alpha, beta = RowLaw(cast("WeightsLaw", case.maker.law), "groups", 3).higher(np.array([case.n]))
    path = [start + 3.0]
    for _ in range(case.generations):
        path.append(float(alpha[0]) * path[-1] + float(beta[0]))
    return Law(np.array(path) - 3.0, f"rotation of random groups: kurtosis times {float(alpha[0]):.4g}", "exact")


def _words(maker: Maker) -> str:
    if maker.kind == "gaussian":
        return f"Gaussian refit, divisor {'n-1' if maker.unbiased else 'n'}"
    if maker.law is None:
        return "rows copied at random: 1 - 1/n in each generation"
    if maker.grouped:
        return "rotation: covariance exact in every draw"
    return f"mixing, E sum w^2 = {maker.law.moments().c:.4g}, partners {maker.scheme}"
