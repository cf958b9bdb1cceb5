"""The torch bridge: training batches from the same plans as synthetic tables, and mixing methods of the literature.

Nothing else in synthmix imports torch. Importing this package needs it: ``pip install 'synthmix[torch]'``.
"""

from __future__ import annotations

import importlib
from typing import Any

try:
    import torch as _torch  # noqa: F401 - asked for here, so that its absence is told once and helpfully
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(
        "synthmix.torch needs PyTorch, which is not installed; pip install 'synthmix[torch]'", name="torch"
    ) from error

from synthmix.torch import operations as _operations  # noqa: F401 - teaches tensors to synthmix.families

# Public name -> module. One line a name, in alphabetical order.
_HOME: dict[str, str] = {
    "MProbMix": "synthmix.torch.probmix.latent",
    "MeanVariance": "synthmix.torch.probmix.heads",
    "ProbMixLoss": "synthmix.torch.probmix.loss",
    "calibration_error": "synthmix.torch.metrics.calibration",
    "crps_gaussian": "synthmix.torch.metrics.crps",
    "crps_quantiles": "synthmix.torch.metrics.crps",
    "crps_samples": "synthmix.torch.metrics.crps",
    "interval_coverage": "synthmix.torch.metrics.coverage",
    "mixed_loss": "synthmix.torch.probmix.guard",
    "negative_log_likelihood": "synthmix.torch.metrics.likelihood",
    "rmse": "synthmix.torch.metrics.rmse",
    "sampled_log_likelihood": "synthmix.torch.metrics.likelihood",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'synthmix.torch' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
