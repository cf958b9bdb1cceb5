"""Can an analyst trust results from a synthetic table: models on both, and standard errors that know of the mixing."""

from __future__ import annotations

from synthmix.inference.adjust import Adjusted, adjust
from synthmix.inference.bootstrap import Bootstrap, resynthesis_bootstrap
from synthmix.inference.coefficients import Coefficients, coefficients
from synthmix.inference.combine import Combined, combine
from synthmix.inference.factors import VarianceFactors, factors_of_plan, variance_factors
from synthmix.inference.findings import inference_findings
from synthmix.inference.fit import Fit, fit_models
from synthmix.inference.models import Model, default_model
from synthmix.inference.pmse import Null, Propensity, pmse

__all__ = [
    "Adjusted",
    "Bootstrap",
    "Coefficients",
    "Combined",
    "Fit",
    "Model",
    "Null",
    "Propensity",
    "VarianceFactors",
    "adjust",
    "coefficients",
    "combine",
    "default_model",
    "factors_of_plan",
    "fit_models",
    "inference_findings",
    "pmse",
    "resynthesis_bootstrap",
    "variance_factors",
]
