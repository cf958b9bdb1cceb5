"""Where the weights of a law lie, and what losses bear it."""

from __future__ import annotations

import numpy as np

from synthmix.errors import OptionError
from synthmix.families import Family
from synthmix.kernels.records import ROWS, STICK, TWO_POINT
from synthmix.weights import WeightsLaw

Support = WeightsLaw | tuple[float, float]


def support_of(law: Support) -> tuple[float, float]:
    """Return the least and the largest weight that a law may draw; infinite where it depends on the draw.

    Parameters
    ----------
    law : WeightsLaw or (float, float)
        A law, or least and largest weight.

    Raises
    ------
    OptionError
        For anything else.
    """
    if isinstance(law, WeightsLaw):
        data = law.kernel_data()
        if data.code == ROWS:
            return float(data.rows.min()), float(data.rows.max())
        if data.code not in (STICK, TWO_POINT):
            return -np.inf, np.inf
        low, high = float(data.q.min()), float(data.q.max())
        return (min(low, 1.0 - high), max(high, 1.0 - low)) if data.code == TWO_POINT else (low, high)
    if isinstance(law, tuple) and len(law) == 2:
        low, high = (float(x) for x in law)
        if low <= high:
            return low, high
    raise OptionError(f"law={law!r}: give a law of synthmix.weights, or the least and largest weight as (0.0, 1.0)")


def check_pool(law: Support, family: Family, pool: str) -> None:
    """Refuse a law whose weights leave [0, 1] where the pool may be no density.

    Raises
    ------
    OptionError
        It names the law and the remedy.
    """
    if _inside(law):
        return
    if pool == "linear":
        raise OptionError(
            f"{_refused(law)}, and a mixture of densities then is no density; use a law such as Beta(0.5)"
        )
    if pool == "log-linear" and not family.any_weights:
        raise OptionError(
            f"{_refused(law)}, for which a log-linear pool of family {family.name!r} may have no density; use a law "
            "such as Beta(0.5), or make the variances that are pooled equal"
        )


def check_labels(law: Support, family: Family, label_fusion: str) -> None:
    """Refuse a law whose weights leave [0, 1] where fused labels leave their range and the loss has no lower bound.

    Raises
    ------
    OptionError
        It names the law and the remedy.
    """
    if _inside(law) or family.whole_line or (family.classes and label_fusion == "log-linear"):
        return
    raise OptionError(
        f"{_refused(law)}, and with labels outside their range the loss of family {family.name!r} is unbounded below; "
        "use a law such as Beta(0.5)" + (", or label_fusion='log-linear' with smoothing" if family.classes else "")
    )


def _inside(law: Support) -> bool:
    low, high = support_of(law)
    return low >= 0.0 and high <= 1.0


def _refused(law: Support) -> str:
    return f"law={law!r} draws weights outside [0, 1]"
