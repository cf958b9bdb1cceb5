"""The torch bridge: training batches from the same plans as synthetic tables, and mixing methods of the literature.

Nothing else in synthmix imports torch. Importing this package needs it: ``pip install 'synthmix[torch]'``.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

try:
    import torch as _torch  # noqa: F401 - asked for here, so that its absence is told once and helpfully
except ModuleNotFoundError as _error:
    raise ModuleNotFoundError(
        "synthmix.torch needs PyTorch, which is not installed; pip install 'synthmix[torch]'", name="torch"
    ) from _error

from synthmix.torch import operations as _operations  # noqa: F401 - teaches tensors to synthmix.families

# Public name -> module. One line a name, in alphabetical order.
_HOME: dict[str, str] = {
    "Batch": "synthmix.torch.encoded",
    "CalibrationError": "synthmix.torch.metrics.calibration",
    "Coverage": "synthmix.torch.metrics.coverage",
    "Estimate": "synthmix.torch.metrics.estimate",
    "KMixup": "synthmix.torch.batch.transport",
    "LawOnDevice": "synthmix.torch.batch.lam",
    "LinearAutoencoder": "synthmix.torch.latent.linear",
    "MMDVAE": "synthmix.torch.latent.vae",
    "MProbMix": "synthmix.torch.probmix.latent",
    "ManifoldMixup": "synthmix.torch.batch.manifold",
    "MeanVariance": "synthmix.torch.probmix.heads",
    "MixedBatch": "synthmix.torch.batch.mixup",
    "Mixing": "synthmix.torch.batch.mixing",
    "MixupCollate": "synthmix.torch.dataset",
    "MixupDataset": "synthmix.torch.dataset",
    "PlanSampler": "synthmix.torch.sampler",
    "ProbMixLoss": "synthmix.torch.probmix.loss",
    "TableVAE": "synthmix.torch.latent.table_vae",
    "TargetKernel": "synthmix.torch.batch.target_kernel",
    "VarianceSplit": "synthmix.torch.batch.multi",
    "calibration_error": "synthmix.torch.metrics.calibration",
    "crps_gaussian": "synthmix.torch.metrics.crps",
    "crps_quantiles": "synthmix.torch.metrics.crps",
    "crps_samples": "synthmix.torch.metrics.crps",
    "directional_term": "synthmix.torch.losses.directional",
    "draw_mixing": "synthmix.torch.batch.mixup",
    "fuse_gaussians": "synthmix.torch.latent.fusion",
    "interval_coverage": "synthmix.torch.metrics.coverage",
    "latent_mix": "synthmix.torch.latent.fusion",
    "linear_autoencoder": "synthmix.torch.latent.linear",
    "logit_slope": "synthmix.torch.losses.directional",
    "mean_of": "synthmix.torch.metrics.estimate",
    "mix_labels": "synthmix.torch.batch.labels",
    "mix_rows": "synthmix.torch.batch.mixing",
    "mixed_loss": "synthmix.torch.probmix.guard",
    "mixup_batch": "synthmix.torch.batch.mixup",
    "mixup_reconstructions": "synthmix.torch.latent.varmixup",
    "mixupe_loss": "synthmix.torch.losses.mixupe",
    "mmd_squared": "synthmix.torch.latent.mmd",
    "mmd_squared_of_gaussians": "synthmix.torch.latent.mmd",
    "multi_mix": "synthmix.torch.batch.multi",
    "negative_log_likelihood": "synthmix.torch.metrics.likelihood",
    "negative_log_likelihood_samples": "synthmix.torch.metrics.likelihood",
    "one_sided_mean": "synthmix.torch.batch.law_spec",
    "partner_probabilities": "synthmix.torch.batch.target_kernel",
    "resolve_law": "synthmix.torch.batch.law_spec",
    "rmse": "synthmix.torch.metrics.rmse",
    "spread_lam": "synthmix.torch.batch.spread",
    "v_statistic_bias": "synthmix.torch.latent.mmd",
    "var_mixup": "synthmix.torch.latent.varmixup",
    "variance_split": "synthmix.torch.batch.multi",
}

__all__ = sorted(_HOME)  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in _HOME:
        raise AttributeError(f"module 'synthmix.torch' has no attribute {name!r}", name=name, obj=sys.modules[__name__])
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
