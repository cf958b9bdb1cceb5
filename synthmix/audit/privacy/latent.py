"""The same attacks on rows that were mixed as normal scores: lines that are straight only there."""

from __future__ import annotations

import numpy as np

from synthmix.audit.privacy.numeric import Numeric
from synthmix.drift.joint.pool import Floats
from synthmix.synthesizer import MixupSynthesizer

SPACE = "normal scores"
ROUNDING = 4e-9  # of a score: the decoder's own error below 1e-11 of a probability, four deviations out
_FEWEST = 10


def mixes_scores(generator: MixupSynthesizer | None) -> bool:
    """Return whether a synthesizer mixes ranks as normal scores; maps that were trained are not looked into."""
    return generator is not None and isinstance(generator.encoding, str) and generator.encoding == "normal"


def as_scores(numeric: Numeric) -> Numeric | str:
    """Return the tables as normal scores of the training rows, or why that tells nothing.

    Notes
    -----
    A value between two training values has the place between theirs, and place t among n values the score
    ``ndtri((t + 1/2) / n)``: what the synthesizer does backwards. Whoever has the candidates can do it. Columns with
    equal values are left out, since their ranks were drawn, and so are those that were released on a grid, which moves
    a score by more than a line is wide. Rows outside of the range of the training rows are taken to its end.
    """
    from scipy.special import ndtri

    fine = [c for c in range(len(numeric.names)) if not numeric.steps[c] and _all_differ(numeric.real[:, c])]
    n = len(numeric.real)
    if len(fine) < 2 or n < _FEWEST:
        return "needs two columns without equal values that were released in full precision"

    def scores(rows: Floats) -> Floats:
        found = np.empty((len(rows), len(fine)))
        for place, c in enumerate(fine):
            found[:, place] = ndtri((np.interp(rows[:, c], np.sort(numeric.real[:, c]), np.arange(n)) + 0.5) / n)
        return found

    holdout = None if numeric.holdout is None else scores(numeric.holdout)
    real, count = scores(numeric.real), len(fine)
    return Numeric(
        tuple(numeric.names[c] for c in fine), real, scores(numeric.synthetic), holdout, real.std(axis=0),
        np.zeros(count), np.full(count, ROUNDING),
    )  # fmt: skip


def _all_differ(column: Floats) -> bool:
    return bool(np.unique(column).size == column.size)
