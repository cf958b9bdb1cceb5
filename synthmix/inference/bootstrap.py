"""The bootstrap that makes the synthetic table anew from each resample of the real one."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from synthmix.arguments import check_alpha, count
from synthmix.errors import InputError, OptionError, SynthmixWarning
from synthmix.inference.design import designs
from synthmix.inference.fit import fit_design, fit_models
from synthmix.inference.models import Declared, Model, declare, to_pandas
from synthmix.random_state import RandomState, seed_from
from synthmix.shown import ShortRepr
from synthmix.synthesizer import MixupSynthesizer
from synthmix.table.frames import read_table
from synthmix.table.infer import find

Floats = NDArray[np.float64]
Statistic: TypeAlias = "Declared | Callable[[Any], Any]"
Remake: TypeAlias = Callable[[pd.DataFrame, int, int], Any]
FEWEST = 20  # draws with a value that a standard error needs


@dataclass(frozen=True, eq=False, repr=False)
class Bootstrap(ShortRepr):
    """A statistic of synthetic rows with the error that sampling and synthesis together give it.

    Attributes
    ----------
    names : tuple of str, length p
    estimate : ndarray of float64, shape (p,)
        Of the synthetic table.
    se : ndarray of float64, shape (p,)
    bias, bias_error : ndarray of float64, shape (p,)
        Mean of the draws less the statistic of the real rows, with its Monte Carlo error: what synthesis does to the
        statistic on average. Not taken out of `estimate` and `interval`.
    interval : ndarray of float64, shape (p, 2)
        Normal, about the estimate.
    draws : ndarray of float64, shape (n_boot, p)
    failed : int
        Draws without a value.
    note : str
    """

    names: tuple[str, ...]
    estimate: Floats
    se: Floats
    bias: Floats
    bias_error: Floats
    interval: Floats
    draws: Floats
    failed: int
    note: str


def resynthesis_bootstrap(
    train: Any,
    generator: Any,
    statistic: Statistic,
    *,
    synthetic: Any = None,
    n_synth: int | None = None,
    n_boot: int = 200,
    target: str | None = None,
    random_state: RandomState = 0,
    alpha: float = 0.05,
) -> Bootstrap:
    """Return the standard error of a statistic of synthetic rows, for any model and any generator.

    Parameters
    ----------
    train : table
        The real rows.
    generator : MixupSynthesizer, or callable
        A synthesizer, fitted or not, whose options are used; an object with ``make(table, n_rows, seed)`` whose result
        has a ``table``; or a function of these three that returns a table.
    statistic : str, (str, str), Model or callable
        A declared model, or a function from a table to numbers.
    synthetic : table, optional
        The synthetic table that was released; by default one is made from `train`.
    n_synth : int, optional
        Rows of each synthesis; by default those of `synthetic`, or of `train`.
    n_boot : int
        Resamples, at least 20. 200 give a standard error to about 5 %.
    target : str, optional
        For ``fit`` of a synthesizer.
    random_state : int, Generator, RandomState or None
    alpha : float

    Returns
    -------
    Bootstrap

    Raises
    ------
    OptionError
        For a generator or a statistic that is neither, or too few resamples.
    InputError
        When the statistic has no value on the real or on the synthetic table.

    Notes
    -----
    Each draw resamples the real rows with replacement, synthesizes from the resample, and computes the statistic. So it
    counts both sources of noise with whatever dependence the rows have. Kinds of columns are inferred anew from each
    resample, but keys stay keys. Resamples hold copies, on which generators that look for near rows behave differently:
    the error is then approximate.

    Wrong when real rows depend on each other, and for statistics that the bootstrap does not serve, such as extremes.
    """
    check_alpha(alpha)
    if count("n_boot", n_boot) < FEWEST:
        raise OptionError(f"n_boot={n_boot}: give at least {FEWEST} resamples")
    frame = to_pandas(train)
    remake, measure = _remake(generator, frame, target), _measure(statistic, frame)
    rng = np.random.Generator(np.random.Philox(key=seed_from(random_state)))
    size = n_synth if n_synth is not None else len(frame) if synthetic is None else len(to_pandas(synthetic))
    released = remake(frame, size, _seed(rng)) if synthetic is None else synthetic
    (names, real), (_, estimate) = measure(frame), measure(released)
    if not (np.isfinite(estimate).any() and np.isfinite(real).any()):
        raise InputError("the statistic has no value on the real or the synthetic table")
    draws = np.full((n_boot, estimate.size), math.nan)
    for b in range(n_boot):
        resample = frame.iloc[rng.integers(0, len(frame), len(frame))].reset_index(drop=True)
        value = measure(remake(resample, size, _seed(rng)))[1]
        if value.size != estimate.size:
            raise InputError(
                f"the statistic has {value.size} numbers in resample {b} and {estimate.size} in the synthetic table; "
                "it needs to return as many every time"
            )
        draws[b] = value
    return _summary(names, estimate, real, draws, alpha)


def _summary(names: tuple[str, ...], estimate: Floats, real: Floats, draws: Floats, alpha: float) -> Bootstrap:
    from scipy.stats import norm

    valid = np.isfinite(draws)
    counts = valid.sum(axis=0)
    kept = np.where(valid, draws, 0.0)
    mean = kept.sum(axis=0) / np.maximum(counts, 1)
    spread = np.where(valid, (draws - mean) ** 2, 0.0).sum(axis=0) / np.maximum(counts - 1, 1)
    se = np.where(counts >= FEWEST, np.sqrt(spread), math.nan)
    half = float(norm.ppf(1.0 - alpha / 2.0)) * se
    failed = int((~valid.all(axis=1)).sum())
    bias = np.where(counts > 0, mean - real, math.nan)
    error = se / np.sqrt(np.maximum(counts, 1))
    notes = [f"{failed} of {len(draws)} draws have no value for some coefficient"] if failed else []
    large = [name for name, b, e, s in zip(names, bias, error, se, strict=True) if abs(b) > 0.25 * s + 3.0 * e]
    if large:
        notes.append(f"biased by over a quarter of a standard error, which the interval leaves in: {', '.join(large)}")
    interval = np.stack([estimate - half, estimate + half], axis=1)
    return Bootstrap(names, estimate, se, bias, error, interval, draws, failed, "; ".join(notes))


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(0, 2**63))


def _remake(generator: Any, frame: pd.DataFrame, target: str | None) -> Remake:
    if isinstance(generator, MixupSynthesizer):
        keys = [column.name for column in read_table(frame).columns if find(column, None).role == "key"]
        words = {**dict.fromkeys(keys, "key"), **(generator.columns or {})}
        options = {**generator.get_params(), "columns": words or None}

        def mixed(table: pd.DataFrame, rows: int, seed: int) -> Any:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", SynthmixWarning)  # about rows that each resample copies
                fresh = type(generator)(**{**options, "random_state": seed}).fit(table, target=target)
            return fresh.sample(rows)

        return mixed
    if hasattr(generator, "make"):
        return lambda table, rows, seed: generator.make(table, rows, seed).table
    if callable(generator):
        made: Remake = generator
        return made
    raise OptionError(
        f"generator of type {type(generator).__name__}: give a MixupSynthesizer, an object with "
        "make(table, n_rows, seed), or a function of these"
    )


def _measure(statistic: Any, frame: pd.DataFrame) -> Callable[[Any], tuple[tuple[str, ...], Floats]]:
    if isinstance(statistic, str | tuple | Model):
        model = declare([statistic], frame)[0]
        fit_models(model, frame, [])

        def coefficients(table: Any) -> tuple[tuple[str, ...], Floats]:
            fit = fit_design(designs(model, frame, [table])[1][0], model)
            return fit.names, np.where(fit.usable, fit.estimate, math.nan)

        return coefficients
    if not callable(statistic):
        raise OptionError(f"statistic={statistic!r}: give a model, or a function from a table to numbers")

    def values(table: Any) -> tuple[tuple[str, ...], Floats]:
        value = statistic(table)
        try:
            found = np.atleast_1d(np.asarray(value, np.float64)).ravel()
        except (TypeError, ValueError) as error:
            raise InputError(f"the statistic returned {value!r}; it needs to return numbers") from error
        return tuple(f"x{j}" for j in range(found.size)), found

    return values
