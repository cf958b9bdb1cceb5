"""Privacy: screens by distance, attacks on membership and attributes, reconstruction of the parents of mixed rows."""

from __future__ import annotations

from synthmix.audit.privacy.findings import privacy_findings
from synthmix.audit.privacy.margins import DECLARED, DEFAULT_MARGINS, FLAGS
from synthmix.audit.privacy.rates import residual_risk
from synthmix.audit.privacy.singling_out import isolation_chance

__all__ = ["DECLARED", "DEFAULT_MARGINS", "FLAGS", "isolation_chance", "privacy_findings", "residual_risk"]
