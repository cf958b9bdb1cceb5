"""What trajectories say: rates and half-lives, bias and drift, profiles, contrasts of regimes, power."""

from synthmix.collapse.analysis.agreement import AGREEMENT, agreement
from synthmix.collapse.analysis.contrasts import CONTRASTS, contrasts
from synthmix.collapse.analysis.decompose import DECOMPOSED, decompose
from synthmix.collapse.analysis.halflife import HALFLIFE, RATIO_METRICS, halflife
from synthmix.collapse.analysis.profile import PROFILE, profile
from synthmix.collapse.analysis.rates import Rate, bias_rate, power
from synthmix.collapse.monitor.alarms import alarms

__all__ = [
    "AGREEMENT",
    "CONTRASTS",
    "DECOMPOSED",
    "HALFLIFE",
    "PROFILE",
    "RATIO_METRICS",
    "Rate",
    "agreement",
    "alarms",
    "bias_rate",
    "contrasts",
    "decompose",
    "halflife",
    "power",
    "profile",
]
