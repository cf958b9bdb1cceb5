"""Root mean squared error."""

from __future__ import annotations

import math

from torch import Tensor

from synthmix.torch.metrics.estimate import Estimate, mean_of, same_shape


def rmse(prediction: Tensor, y: Tensor) -> Estimate:
    """Return the root of the mean squared error, in units of y.

    Parameters
    ----------
    prediction, y : Tensor, (n, ...)
        Predictions and labels; axes after the first are averaged over.

    Returns
    -------
    Estimate
        The standard error is that of the mean squared error divided by twice the root (delta method); NaN where the
        root is zero.

    Raises
    ------
    InputError
        For different shapes, or no rows.
    """
    same_shape(prediction=prediction, y=y)
    squares = mean_of((prediction.detach().double() - y.double()) ** 2)
    root = math.sqrt(squares.value)
    return Estimate(root, squares.standard_error / (2.0 * root) if root > 0.0 else math.nan, squares.n)
