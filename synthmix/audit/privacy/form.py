"""The form that all numbers of this part have."""

from __future__ import annotations

from typing import Any

from synthmix.audit.privacy.rates import Rate, difference, residual_limits, residual_risk
from synthmix.drift.finding import Finding
from synthmix.drift.noise import Z95, absent

FAMILY = "privacy"
SURE = 0.95
NO_HOLDOUT = "no holdout: cannot be concluded"


def number(metric: str, value: float, **what: Any) -> Finding:
    """Return a finding of the family of privacy about whole rows."""
    return Finding(metric=metric, family=FAMILY, value=value, **{"scope": "joint", **what})


def nothing(metric: str, note: str, **what: Any) -> Finding:
    """Return a finding without a number that says why."""
    return absent(metric, FAMILY, what.pop("scope", "joint"), note, **what)


def share(metric: str, rate: Rate, **what: Any) -> Finding:
    """Return a share with its exact interval."""
    low, high = rate.exact
    interval = {"ci_low": low, "ci_high": high, "ci_method": "95 %, Clopper-Pearson"}
    return number(metric, rate.share, **{**interval, **what})


def excess(metric: str, attack: Rate, control: Rate, **what: Any) -> Finding:
    """Return how much more often something happens than to the control."""
    value, low, high = difference(attack, control)
    interval = {"ci_low": low, "ci_high": high, "ci_method": "95 %, Newcombe with exact limits"}
    rates = f"{attack.hits} of {attack.trials}, control {control.hits} of {control.trials}"
    note = "; ".join(filter(None, (rates, what.pop("note", ""))))
    return number(metric, value, null_kind="floor", null_center=0.0, note=note, **{**interval, **what})


def residual(metric: str, attack: Rate, control: Rate, **what: Any) -> Finding:
    """Return the residual risk of an attack; none where the control is nearly always right."""
    if control.share > SURE:
        note = f"the control is right in {control.share:.0%}: there is nothing to add"
        return nothing(metric, note, **{key: value for key, value in what.items() if key != "note"})
    value, half = residual_risk(attack, control)
    low, high = residual_limits(attack, control)
    rates = f"{attack.hits} of {attack.trials}, control {control.hits} of {control.trials}"
    note = "; ".join(filter(None, (rates, what.pop("note", ""))))
    return number(
        metric, value, ci_low=low, ci_high=high, se=half / Z95, null_kind="floor",
        ci_method="95 %, ratio of misses with exact limits", null_center=0.0, note=note, **what,
    )  # fmt: skip
