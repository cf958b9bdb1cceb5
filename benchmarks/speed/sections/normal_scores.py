"""Synthesis by normal scores: fit and sample, beside a numpy copula, a kernel density, a bootstrap, SDV and SMOTE."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import numpy_copula, ours
from benchmarks.speed.checks import anything, mixes
from benchmarks.speed.peers.call import peer_rows
from benchmarks.speed.sections import limits
from benchmarks.speed.settings import Settings
from benchmarks.speed.tables import SEED
from benchmarks.speed.timing import Call, Case, NotAvailableError, race

METHODS = {
    "rotation random": ("rotation", "random"),
    "epbeta random": ("epbeta", "random"),
    "epbeta cyclic": ("epbeta", "cyclic"),
    "rotation nearest": ("rotation", "nearest"),
}


def fit_cases(X: NDArray[np.float64]) -> list[Case]:
    """Return the fits; a unit is a source row."""
    n = X.shape[0]
    return [
        Case("numpy copula fit", lambda: partial(numpy_copula.fit, X), n, anything, "source row"),
        *(
            Case(
                f"synthmix fit, {method}",
                lambda choice=choice: partial(ours.fit, X, *choice, "normal"),
                n,
                anything,
                "source row",
            )
            for method, choice in METHODS.items()
        ),
    ]


def sample_cases(X: NDArray[np.float64], rows: int) -> list[Case]:
    """Return the samples. Values between real ones stay inside the range, so variances shrink a little at most."""
    check = mixes(X, rows, 1.0)
    return [
        Case("numpy copula sample", lambda: copula(X, rows), rows, check),
        Case("row bootstrap", lambda: partial(bootstrap, X, rows), rows, check),
        *(
            Case(
                f"synthmix sample, {method}",
                lambda choice=choice: partial(ours.fit(X, *choice, "normal").sample, rows),
                rows,
                check,
            )
            for method, choice in METHODS.items()
        ),
        Case("scikit-learn KernelDensity sample", lambda: kernel_density(X, rows), rows, anything),
    ]


def copula(X: NDArray[np.float64], rows: int) -> Call:
    """Return a call that samples a fitted copula."""
    return partial(numpy_copula.sample, numpy_copula.fit(X), rows)


def bootstrap(X: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    """Return rows drawn with replacement."""
    return X[np.random.default_rng(SEED).integers(X.shape[0], size=rows)]


def kernel_density(X: NDArray[np.float64], rows: int) -> Call:
    """Return a call that samples a Gaussian kernel density with Scott's bandwidth."""
    try:
        from sklearn.neighbors import KernelDensity
    except ImportError as error:
        raise NotAvailableError("scikit-learn is not installed") from error
    return partial(KernelDensity(bandwidth="scott").fit(X).sample, rows, random_state=0)


def measure(settings: Settings) -> dict[str, Any]:
    """Time fits and samples in two races, then the peers in processes of their own."""
    X, rows = limits.source(settings.sizes, "float64"), settings.sizes.rows_out
    cases = race(fit_cases(X), settings.slow_rounds) + race(sample_cases(X, rows), settings.slow_rounds)
    sdv, about_sdv = peer_rows("sdv", "SDV GaussianCopula", X, rows, settings)
    smote, about_smote = peer_rows("imblearn", "SMOTE", X, rows, settings)
    return {"cases": cases + sdv + smote, "peers": {"sdv": about_sdv, "imblearn": about_smote}}
