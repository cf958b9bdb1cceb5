"""Synthetic tables by mixing rows, with a certificate that says what was preserved, in what sense, and why.

Importing synthmix loads nothing else; numpy, pandas and the compiled kernels come with the first name used.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synthmix import collapse, drift, families, inference, pairing, scale, weights
    from synthmix.audit.report import AuditReport
    from synthmix.audit.run import audit
    from synthmix.certificate import Certificate, Statement
    from synthmix.drift.compare import drift_report
    from synthmix.drift.report import DriftReport
    from synthmix.errors import (
        FileError,
        InputError,
        ModelFileError,
        NotFittedError,
        OptionError,
        SynthmixError,
        SynthmixWarning,
    )
    from synthmix.loading import load
    from synthmix.mixing.chain.lineage import ChainedPlan
    from synthmix.mixing.chain.screen import Screen
    from synthmix.mixing.plan import Plan
    from synthmix.resample.resampler import MixupResampler
    from synthmix.synthesizer import MixupSynthesizer, synthesize
    from synthmix.warm import warmup

__version__ = "0.1.0.dev0"

_HOME = {
    "AuditReport": "synthmix.audit.report",
    "Certificate": "synthmix.certificate",
    "Statement": "synthmix.certificate",
    "DriftReport": "synthmix.drift.report",
    "drift_report": "synthmix.drift.compare",
    "FileError": "synthmix.errors",
    "InputError": "synthmix.errors",
    "ModelFileError": "synthmix.errors",
    "NotFittedError": "synthmix.errors",
    "OptionError": "synthmix.errors",
    "SynthmixError": "synthmix.errors",
    "SynthmixWarning": "synthmix.errors",
    "ChainedPlan": "synthmix.mixing.chain.lineage",
    "Screen": "synthmix.mixing.chain.screen",
    "Plan": "synthmix.mixing.plan",
    "MixupResampler": "synthmix.resample.resampler",
    "MixupSynthesizer": "synthmix.synthesizer",
    "load": "synthmix.loading",
    "synthesize": "synthmix.synthesizer",
    "warmup": "synthmix.warm",
}
_MODULES = ("audit", "collapse", "drift", "families", "inference", "pairing", "scale", "weights")

__all__ = [
    "AuditReport",
    "Certificate",
    "ChainedPlan",
    "DriftReport",
    "FileError",
    "InputError",
    "MixupResampler",
    "MixupSynthesizer",
    "ModelFileError",
    "NotFittedError",
    "OptionError",
    "Plan",
    "Screen",
    "Statement",
    "SynthmixError",
    "SynthmixWarning",
    "audit",
    "collapse",
    "drift",
    "drift_report",
    "families",
    "inference",
    "load",
    "pairing",
    "scale",
    "synthesize",
    "warmup",
    "weights",
]


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name in _HOME:
        value = getattr(importlib.import_module(_HOME[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(f"synthmix.{name}")
    else:
        raise AttributeError(f"module 'synthmix' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
