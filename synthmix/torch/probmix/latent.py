"""Fusion of the densities of latent features at a layer of any module (M-ProbMix)."""

from __future__ import annotations

import math
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.families import Family, Gaussian, linear_pool, log_linear_pool, resolve_family
from synthmix.torch.probmix.labels import Fusion, check_fusion, check_weight, fuse_labels, widened
from synthmix.torch.probmix.loss import wide
from synthmix.torch.probmix.support import Support, check_labels, check_pool

_FUSIONS = ("log-linear", "linear", "none")


class MProbMix(nn.Module):
    """A module whose features at one layer are random, and are fused with those of a partner.

    The output of the layer is the mean mu(x) of a normal density q(z | x) with independent coordinates; a variance
    head gives its variance. The densities of row and partner are fused by coordinate, z is drawn from the fused
    density by reparameterisation, and the rest of the module goes on from z.

    Parameters
    ----------
    module : nn.Module
        Takes a batch of rows and returns the parameters of `family`, as a tuple or as a tensor where it has one. Axis
        0 is the batch. What follows the layer must see the batch through the layer only: no connection may skip it;
        with partners one that does fails by its number of rows.
    layer : str
        Dotted name of the submodule, such as ``"encoder"`` or ``"net.0"``. It runs once in a forward pass and returns
        a tensor.
    family : Family or str, default "gaussian"
        Family of y given z, for :meth:`nll`.
    fusion : {"log-linear", "linear", "none"}
        How latent densities are fused: M* = V* (lam mu_i / v_i + (1-lam) mu_j / v_j), 1 / V* = lam / v_i + (1-lam) /
        v_j; or their mixture, which takes z from the row with probability lam, else from the partner (all coordinates
        together); or not at all. "none" is the control: latent noise without mixing, partners and their labels
        ignored.
    variance : nn.Module or float, optional
        The variance head: its output goes through softplus and gets the floor. By default a linear layer, initialised
        by torch. A number is the variance of all coordinates, and fusion then mixes means alone; 0 is manifold mixup.
    variance_from : {"output", "input"}
        Whether the variance head sees what the layer returns or what it is given.
    features : int, optional
        Length of the last axis of the layer's output, where it cannot be read from the layer.
    floor : float, default 1e-4
        The least variance of a latent coordinate.
    label_fusion, smoothing
        As for :class:`~synthmix.torch.ProbMixLoss`.
    law : WeightsLaw or (float, float), default (0, 1)
        The law of lam; one that leaves [0, 1] is refused where the fusion or the loss makes no sense.

    Raises
    ------
    OptionError
        For a layer that does not exist (near names are listed), an unknown word, or options that exclude each other.

    Notes
    -----
    The parameters of `module` are shared, not copied. A hook on the layer acts only inside calls of this object, so
    that `module` itself goes on as before. Calls are not safe in parallel threads. Under ``torch.compile`` the drawing
    from a generator is run as it is (a graph break).

    A good part of the gain of M-ProbMix over plain training, and on some tables all of it, is that of the latent noise:
    compare with ``fusion="none"``. Samples of z belong inside the logarithm, and few of them bias the NLL upwards:
    state their number, at least 64.

    References
    ----------
    El-Laham et al. (2025), Mixup Regularization: A Probabilistic Perspective, UAI, PMLR 286:1184-1219.
    """

    def __init__(
        self,
        module: nn.Module,
        layer: str,
        *,
        family: Family | str = "gaussian",
        fusion: Literal["log-linear", "linear", "none"] = "log-linear",
        variance: nn.Module | float | None = None,
        variance_from: Literal["output", "input"] = "output",
        features: int | None = None,
        floor: float = 1e-4,
        label_fusion: Fusion = "linear",
        smoothing: float = 0.0,
        law: Support = (0.0, 1.0),
    ) -> None:
        super().__init__()
        named = {name: part for name, part in module.named_modules() if name}
        if layer not in named:
            raise OptionError(f"layer={layer!r} is no part of {type(module).__name__}{did_you_mean(layer, named)}")
        if fusion not in _FUSIONS:
            raise OptionError(f"fusion={fusion!r} is unknown{did_you_mean(fusion, _FUSIONS)}")
        if variance_from not in ("output", "input"):
            raise OptionError(f"variance_from={variance_from!r} is unknown; choose 'output' or 'input'")
        self.family: Family = resolve_family(family)
        check_fusion(self.family, label_fusion, smoothing)
        if fusion != "none":
            constant = isinstance(variance, int | float)
            check_pool(law, Gaussian(shared_variance=constant), fusion)
            check_labels(law, self.family, label_fusion)
        self.module: nn.Module = module
        self.layer: str = layer
        self.fusion = fusion
        self.variance_from = variance_from
        self.floor: float = float(floor)
        self.label_fusion = label_fusion
        self.smoothing: float = float(smoothing)
        self.constant: float
        self.variance: nn.Module | None
        self.constant, self.variance = _variance(
            variance, named[layer], layer, variance_from, features, next(module.parameters(), None)
        )
        self._call: _Call | None = None
        named[layer].register_forward_hook(self._replace)

    def forward(
        self,
        x: Tensor,
        partner: Tensor | None = None,
        lam: Tensor | None = None,
        *,
        n_samples: int = 1,
        generator: torch.Generator | None = None,
    ) -> Any:
        """Return what the module returns for drawn features, with an axis of samples in front.

        Rows and partners go through the part before the layer together; batch statistics see both.

        Parameters
        ----------
        x : Tensor, (B, ...)
            Rows.
        partner : Tensor, (B, ...), optional
            Their partners. Without them, nothing is mixed.
        lam : Tensor, (B,) or of no axes
            Weight of the row itself; goes with `partner`.
        n_samples : int, default 1
            Draws of z for each row. Two with partners: the rest of the module sees the first draw once more, which
            counts in statistics of the batch.
        generator : torch.Generator
            Of the device of `x`. Needed unless nothing is random (variance 0 without linear fusion).

        Returns
        -------
        Tensor or tuple of Tensor, (n_samples, B, ...)

        Raises
        ------
        InputError
            For shapes that do not fit, and a layer that does not run once or returns no tensor.
        OptionError
            For a missing generator, or `n_samples` below one.
        """
        mixing = partner is not None and self.fusion != "none"
        self._check(x, partner, lam, n_samples)
        call = _Call(len(x), lam if mixing else None, n_samples, generator)
        self._call = call
        try:
            output = self.module(torch.cat([x, partner]) if mixing and partner is not None else x)
        finally:
            self._call = None
        if not call.done:
            raise InputError(f"layer {self.layer!r} did not run in the forward pass; name one that does")
        if isinstance(output, Tensor):
            return call.apart(output)
        if isinstance(output, tuple | list):
            return tuple(call.apart(part) for part in output)
        raise InputError(f"the module returned {type(output).__name__}; it must return a tensor or a tuple of tensors")

    def nll(
        self,
        x: Tensor,
        y: Tensor,
        *,
        n_samples: int,
        partner: Tensor | None = None,
        y_partner: Tensor | None = None,
        lam: Tensor | None = None,
        generator: torch.Generator | None = None,
    ) -> Tensor:
        """Return -log of the mean over samples of p(y | z), for each row.

        Parameters
        ----------
        x, partner, lam, generator
            As for :meth:`forward`.
        y, y_partner : Tensor
            Labels of rows and partners, as for :class:`~synthmix.torch.ProbMixLoss`; they are fused as the rows are.
        n_samples : int
            Draws of z. The result is biased upwards, by less the more draws: there is no default on purpose. 1 for a
            training step, 64 to 512 for a report.

        Returns
        -------
        Tensor, (B,)
            Several labels of a row (axes after the first) are independent given z, and count together.
        """
        if (partner is None) != (y_partner is None):
            raise InputError("partner and y_partner go together; give both or neither")
        params = tuple(
            wide(p) for p in self.family.pack(self(x, partner, lam, n_samples=n_samples, generator=generator))
        )
        label = self._label(y, y_partner, lam, params)
        if self.family.classes and len(self.family.batch_of(params)) == 2:
            # A soft label asks for the expected log of the mean probability of each class.
            weights = torch.full((n_samples,), 1.0 / n_samples, dtype=params[0].dtype, device=params[0].device)
            marginal: Tensor = linear_pool(params, weights, self.family).log_density(label)
            return -marginal
        log_p: Tensor = self.family.log_density(label, params)
        return math.log(n_samples) - log_p.reshape(n_samples, len(x), -1).sum(-1).logsumexp(0)

    def _label(self, y: Tensor, y_partner: Tensor | None, lam: Tensor | None, params: tuple[Tensor, ...]) -> Tensor:
        shape = self.family.batch_of(params)[1:] + ((params[0].shape[-1],) if self.family.y_axes else ())
        one = torch.ones(len(y), dtype=params[0].dtype, device=params[0].device)
        if y_partner is None or lam is None or self.fusion == "none":
            return fuse_labels(y[None], one[None], self.family, shape, self.label_fusion, 0.0)
        weights = torch.stack([one * lam, 1.0 - one * lam])
        both = torch.stack([y, y_partner])
        return fuse_labels(both, weights, self.family, shape, self.label_fusion, self.smoothing)

    def _check(self, x: Tensor, partner: Tensor | None, lam: Tensor | None, n_samples: int) -> None:
        if isinstance(n_samples, bool) or not isinstance(n_samples, int) or n_samples < 1:
            raise OptionError(f"n_samples={n_samples!r}: give a whole number of draws, one or more")
        if (partner is None) != (lam is None):
            raise InputError("partner and lam go together; give both or neither")
        if partner is not None and partner.shape != x.shape:
            raise InputError(f"x has shape {tuple(x.shape)} and partner {tuple(partner.shape)}; one partner a row")
        if lam is not None:
            check_weight(lam)
        if lam is not None and lam.shape not in ((), x.shape[:1]):
            raise InputError(f"lam has shape {tuple(lam.shape)} and there are {len(x)} rows; one weight a row, or one")

    def _replace(self, _layer: nn.Module, given: tuple[Any, ...], output: Any) -> Tensor | None:
        """Replace the output of the layer by draws, inside a call of :meth:`forward`."""
        call = self._call
        if call is None:
            return None
        if call.done:
            raise InputError(f"layer {self.layer!r} ran twice in one forward pass; name a layer that runs once")
        if not isinstance(output, Tensor):
            raise InputError(f"layer {self.layer!r} returned {type(output).__name__}; name one that returns a tensor")
        call.done = True
        mean = wide(output)
        if self.variance is None:
            return call.marked(_draw(mean, self.constant, self.fusion, call)).to(output.dtype)
        variance = functional.softplus(wide(self.variance(output if self.variance_from == "output" else given[0])))
        if variance.shape != output.shape:
            raise InputError(
                f"the variance head returned {tuple(variance.shape)} for features of shape {tuple(output.shape)}; "
                "give features= of the layer, or a variance head that fits"
            )
        return call.marked(_draw(mean, variance + self.floor, self.fusion, call)).to(output.dtype)


class _Call:
    """What one forward pass tells the hook."""

    def __init__(self, rows: int, lam: Tensor | None, n_samples: int, generator: torch.Generator | None) -> None:
        self.rows, self.lam, self.n_samples, self.generator, self.done = rows, lam, n_samples, generator, False
        # Two draws of each row are as many as rows and partners: a connection around the layer would add them up.
        self.spare = 1 if lam is not None and n_samples == 2 and rows else 0

    def random(self, like: Tensor, shape: tuple[int, ...], *, normal: bool) -> Tensor:
        """Return normal or uniform numbers of the generator, on the device of `like`."""
        if self.generator is None:
            raise OptionError("features are drawn; give generator=torch.Generator(device).manual_seed(...)")
        draw = torch.randn if normal else torch.rand
        return draw(shape, generator=self.generator, dtype=like.dtype, device=like.device)

    def marked(self, drawn: Tensor) -> Tensor:
        """Return the draws in a number that differs from that of the rows before the layer."""
        return torch.cat([drawn, drawn[:1]]) if self.spare else drawn

    def apart(self, output: Any) -> Tensor:
        """Return an output of the module with the axis of samples before that of rows."""
        expected = self.n_samples * self.rows
        if not isinstance(output, Tensor) or output.ndim == 0 or len(output) != expected + self.spare:
            shape = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise InputError(
                f"the module returned {shape} for {self.n_samples} x {self.rows} rows; axis 0 is the batch"
            )
        return output[:expected].reshape(self.n_samples, self.rows, *output.shape[1:])


def _draw(mean: Tensor, variance: Tensor | float, fusion: str, call: _Call) -> Tensor:
    """Return draws of the fused features, samples and rows in one axis."""
    shape = (call.n_samples, call.rows, *mean.shape[1:])
    if call.lam is None:
        return _normal(mean, variance, shape, call)
    mean = mean.reshape(2, *shape[1:])
    lam = call.lam.to(mean.dtype).expand(call.rows)
    if fusion == "linear":
        own = widened(call.random(mean, shape[:2], normal=False) < lam, mean.ndim)
        if isinstance(variance, Tensor):
            variance = _pick(own, variance.reshape(mean.shape))
        return _normal(_pick(own, mean), variance, shape, call)
    weights = torch.stack([lam, 1.0 - lam])
    if not isinstance(variance, Tensor):
        return _normal((widened(weights, mean.ndim) * mean).sum(0), variance, shape, call)
    pooled = log_linear_pool((mean, variance.reshape(mean.shape)), weights, "gaussian").params
    return _normal(pooled[0], pooled[1], shape, call)


def _pick(own: Tensor, both: Tensor) -> Tensor:
    return torch.where(own, both[0], both[1])


def _normal(mean: Tensor, variance: Tensor | float, shape: tuple[int, ...], call: _Call) -> Tensor:
    """Return mean + sqrt(variance) eps of the given shape, samples and rows in one axis."""
    if not isinstance(variance, Tensor) and variance == 0.0:
        return mean.expand(shape).flatten(0, 1)
    noise = call.random(mean, shape, normal=True)
    return (mean + variance**0.5 * noise).flatten(0, 1)


def _variance(
    variance: nn.Module | float | None,
    part: nn.Module,
    layer: str,
    source: str,
    features: int | None,
    like: Tensor | None,
) -> tuple[float, nn.Module | None]:
    """Return the constant variance, or the head that gives it."""
    if isinstance(variance, nn.Module):
        return 0.0, variance
    if variance is not None:
        if isinstance(variance, bool) or not isinstance(variance, int | float) or not 0.0 <= variance < math.inf:
            raise OptionError(f"variance={variance!r}: give a module, or a number that is zero or positive")
        return float(variance), None
    linear = [p for p in part.modules() if isinstance(p, nn.Linear)]
    width = features if features is not None else linear[-1].out_features if linear else None
    if width is None:
        raise OptionError(f"layer {layer!r} does not tell its features; give features=, or a variance head")
    if source == "input" and not linear:
        raise OptionError(f"layer {layer!r} does not tell what it is given; give a variance head as variance=")
    head = nn.Linear(width if source == "output" else linear[0].in_features, width)
    return 0.0, head if like is None else head.to(device=like.device, dtype=like.dtype)
