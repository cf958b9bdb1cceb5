"""May this synthetic table be used? One report on fidelity, inference, prediction and privacy.

The module can be called: ``synthmix.audit(train, synthetic, holdout)`` is :func:`synthmix.audit.audit`.
"""

from __future__ import annotations

import inspect
import sys
from types import ModuleType

from synthmix.audit.margins import DECLARED, DEFAULT_MARGINS
from synthmix.audit.report import AuditReport
from synthmix.audit.run import audit

__all__ = ["DECLARED", "DEFAULT_MARGINS", "AuditReport", "audit"]


class _CallableModule(ModuleType):
    """A module that is a function as well, so that importing a part of it cannot hide the function."""

    __call__ = staticmethod(audit)
    __signature__ = inspect.signature(audit)


sys.modules[__name__].__class__ = _CallableModule
