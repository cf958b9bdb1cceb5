"""Measures of predictive densities, as plain numbers with standard errors where they are simple.

==============================  ===========================================================================
:func:`negative_log_likelihood` from the parameters of a family
:func:`negative_log_likelihood_samples`  from log densities given samples of a latent variable
:func:`crps_gaussian`           continuous ranked probability score in closed form
:func:`crps_samples`            the same from samples, unbiased
:func:`crps_quantiles`          the same from quantiles
:func:`rmse`                    root mean squared error
:func:`calibration_error`       expected calibration error of class probabilities, plain and debiased
:func:`interval_coverage`       coverage of prediction intervals with an exact binomial interval
==============================  ===========================================================================
"""

from __future__ import annotations

from synthmix.torch.metrics.calibration import CalibrationError, calibration_error
from synthmix.torch.metrics.coverage import Coverage, interval_coverage
from synthmix.torch.metrics.crps import crps_gaussian, crps_quantiles, crps_samples
from synthmix.torch.metrics.estimate import Estimate
from synthmix.torch.metrics.likelihood import negative_log_likelihood, negative_log_likelihood_samples
from synthmix.torch.metrics.rmse import rmse

__all__ = [
    "CalibrationError",
    "Coverage",
    "Estimate",
    "calibration_error",
    "crps_gaussian",
    "crps_quantiles",
    "crps_samples",
    "interval_coverage",
    "negative_log_likelihood",
    "negative_log_likelihood_samples",
    "rmse",
]
