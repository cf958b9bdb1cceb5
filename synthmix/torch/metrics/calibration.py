"""Expected calibration error of class probabilities, by bins, plain and debiased."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError, did_you_mean

_BINNINGS = ("equal-mass", "equal-width")
_NORMS = ("l1", "l2")
_SUM_TOLERANCE = 1e-2  # of probabilities in half precision
_ROUNDING = 1e-3  # by which a probability may leave [0, 1]: exp(logit - logsumexp) in single precision does


@dataclass(frozen=True)
class CalibrationError:
    """Calibration error of the probability of the predicted class.

    Parameters
    ----------
    value : float
        The debiased estimate; for l2 the root of `squared` where that is positive, else 0.
    plug_in : float
        The usual estimate, biased upwards.
    if_calibrated : float
        What `plug_in` would be near, if every probability were right: its size by chance alone.
    squared : float
        For l2 the debiased mean squared error of bins, which may be negative and is unbiased; NaN for l1.
    counts : tuple of int
        Rows in each bin that has rows.
    confidence, accuracy : tuple of float
        Mean probability and part of right predictions in these bins.
    n : int
        Number of rows.
    """

    value: float
    plug_in: float
    if_calibrated: float
    squared: float
    counts: tuple[int, ...]
    confidence: tuple[float, ...]
    accuracy: tuple[float, ...]
    n: int


def calibration_error(
    probabilities: Tensor,
    y: Tensor,
    *,
    bins: int = 15,
    binning: Literal["equal-mass", "equal-width"] = "equal-mass",
    norm: Literal["l1", "l2"] = "l1",
) -> CalibrationError:
    """Return the expected calibration error (ECE) of the predicted class.

    Rows are binned by the probability of their predicted class. With n_b rows in bin b, p_b their mean probability,
    a_b the part that is right and w_b = n_b / n, the plug-in estimate is ``sum_b w_b |a_b - p_b|`` (l1) or the root of
    ``sum_b w_b (a_b - p_b)^2`` (l2).

    Parameters
    ----------
    probabilities : Tensor, (n, C), or (n,) for the probability of class 1 of two
        Predicted probabilities; rows of (n, C) sum to one. For (n,) it is the probability of class 1 that is binned.
    y : Tensor of whole numbers, (n,)
        True classes.
    bins : int, default 15
        Number of bins.
    binning : {"equal-mass", "equal-width"}
        Bins of equally many rows (by rank, equal probabilities kept together), or of equal width on [0, 1].
    norm : {"l1", "l2"}
        The usual ECE is l1.

    Returns
    -------
    CalibrationError

    Raises
    ------
    InputError
        For shapes or types that do not fit, fewer than two rows, numbers that are no probabilities (rows may miss the
        sum one by 0.01, as half precision does), classes that there are not, and l2 where no bin has two rows.
    OptionError
        For an unknown word, or fewer than one bin.

    Notes
    -----
    Even a calibrated model has a positive plug-in error, about ``sqrt(2 bins E[p(1-p)] / (pi n))`` for l1.

    l2 is debiased as by Kumar, Liang and Ma (2019): the sampling variance of a_b - p_b, estimated inside the bin by
    ``sum (d - mean d)^2 / (n_b (n_b - 1))`` with d = right - probability, is taken off the square of each bin. That is
    their a_b (1 - a_b) / (n_b - 1) where probabilities are equal inside a bin, and stays unbiased for the error
    between bins where they are not. Bins of one row are left out, since nothing is known of their variance.

    l1 has no unbiased estimate. As in their code, the bias of each bin is estimated from a normal law around a_b - p_b
    (here in closed form, by the mean of a folded normal) and taken off. For a calibrated model that removes 41 % of
    the bias and no more, so that `value` is near ``0.59 if_calibrated`` there; for errors much larger than their
    sampling error it removes it all. To test for calibration compare `plug_in` with `if_calibrated`, or use l2.

    The error between bins is a lower bound of that of the probabilities themselves: inside a bin errors cancel.

    References
    ----------
    Kumar, Liang, Ma (2019), Verified Uncertainty Calibration, NeurIPS.
    """
    for name, value, choices in (("binning", binning, _BINNINGS), ("norm", norm, _NORMS)):
        if value not in choices:
            raise OptionError(f"{name}={value!r} is unknown{did_you_mean(value, choices)}")
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
        raise OptionError(f"bins={bins!r}: give a whole number of bins, such as 15")
    top, right = _top(probabilities, y)
    sums = _sums(top, right, bins, binning)
    return _square(sums) if norm == "l2" else _absolute(sums)


Sums = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]


def _top(probabilities: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Return the probability of the predicted class and whether it was right."""
    if y.is_floating_point() or y.ndim != 1 or probabilities.shape[:1] != y.shape or probabilities.ndim > 2:
        raise InputError(
            f"probabilities have shape {tuple(probabilities.shape)}, y has shape {tuple(y.shape)} and type {y.dtype}; "
            "give (n, C) or (n,) and class numbers (n,)"
        )
    classes = 2 if probabilities.ndim == 1 else probabilities.shape[1]
    if classes < 2:
        raise InputError(
            "probabilities have one column, whose largest entry tells nothing; give both classes, or squeeze(1) to "
            "(n,) for the probability of class 1"
        )
    if len(y) < 2:
        raise InputError(f"{len(y)} rows are too few for a calibration error; give two or more")
    p = probabilities.detach().double()
    _check_values(p, y, classes)
    if p.ndim == 1:
        return p, y.double()
    top, predicted = p.max(-1)
    return top, (predicted == y).double()


def _check_values(p: Tensor, y: Tensor, classes: int) -> None:
    """Refuse logits, NaN and classes that there are not; waits for the device."""
    if not bool(((p >= -_ROUNDING) & (p <= 1.0 + _ROUNDING)).all()):
        raise InputError(
            f"probabilities lie in {float(p.min()):g} ... {float(p.max()):g}; they belong into [0, 1] without NaN: "
            "put logits through softmax or sigmoid"
        )
    if p.ndim == 2 and not bool(((p.sum(1) - 1.0).abs() <= _SUM_TOLERANCE).all()):
        raise InputError("rows of probabilities do not sum to one; divide them by their sums, or use softmax")
    if not bool(((y >= 0) & (y < classes)).all()):
        raise InputError(f"y lies in {int(y.min())} ... {int(y.max())}; give classes 0, ..., {classes - 1}")


def _sums(top: Tensor, right: Tensor, bins: int, binning: str) -> Sums:
    """Return rows, mean probability, part right, variance of the difference (NaN for one row) and E[p(1-p)] of bins."""
    if binning == "equal-width":
        place = (top * bins).long().clamp(0, bins - 1)
    else:
        ordered = top.sort().values  # the middle rank of equal probabilities, twice
        rank = torch.searchsorted(ordered, top) + torch.searchsorted(ordered, top, right=True)
        place = rank * bins // (2 * len(top))
    rows = torch.bincount(place)
    place = ((rows > 0).cumsum(0) - 1)[place]  # bins without rows are left out
    count = rows[rows > 0].double()

    def mean(x: Tensor) -> Tensor:
        return torch.zeros_like(count).index_add_(0, place, x) / count

    confidence, accuracy = mean(top), mean(right)
    d = right - top
    spread = mean((d - mean(d)[place]) ** 2) / (count - 1.0)  # sum / (n_b (n_b - 1)); 0 / 0 for one row
    return count, confidence, accuracy, spread, mean(top * (1.0 - top))


def _square(sums: Sums) -> CalibrationError:
    count, confidence, accuracy, variance, chance = sums
    square = (accuracy - confidence) ** 2
    share = count / count.sum()
    several = count > 1.0
    if not bool(several.any()):
        raise InputError(f"each of {len(count)} bins has one row, which tells no variance for norm='l2'; fewer bins")
    kept = torch.where(several, share, 0.0)
    unbiased = float((kept * torch.where(several, square - variance, 0.0)).sum() / kept.sum())
    plug_in, by_chance = math.sqrt(float((share * square).sum())), math.sqrt(float((share * chance / count).sum()))
    return _result(math.sqrt(max(unbiased, 0.0)), plug_in, by_chance, unbiased, (count, confidence, accuracy))


def _absolute(sums: Sums) -> CalibrationError:
    count, confidence, accuracy, variance, chance = sums
    away = (accuracy - confidence).abs()
    share = count / count.sum()
    sd = torch.where(count > 1.0, variance, 0.0).sqrt()
    ratio = torch.where(sd > 0.0, away / sd, torch.inf)
    folded = sd * math.sqrt(2.0 / math.pi) * torch.exp(-0.5 * ratio**2) + away * torch.erf(ratio * math.sqrt(0.5))
    value = max(float((share * (2.0 * away - folded)).sum()), 0.0)
    by_chance = float((share * (2.0 / math.pi * chance / count).sqrt()).sum())
    return _result(value, float((share * away).sum()), by_chance, math.nan, (count, confidence, accuracy))


def _result(
    value: float, plug_in: float, by_chance: float, squared: float, bins: tuple[Tensor, Tensor, Tensor]
) -> CalibrationError:
    count, confidence, accuracy = (x.tolist() for x in bins)
    counts = tuple(int(c) for c in count)
    return CalibrationError(value, plug_in, by_chance, squared, counts, tuple(confidence), tuple(accuracy), sum(counts))
