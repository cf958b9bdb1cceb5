"""MMDVAE: an autoencoder whose codes follow a normal law together, by MMD, or one by one, by KL."""

from __future__ import annotations

import copy
from typing import TypeAlias, TypeVar

import torch
from torch import Tensor, nn

from synthmix.errors import InputError, NotFittedError, OptionError
from synthmix.estimator import Estimator
from synthmix.torch.latent.networks import Schedule, at_least_one, check_trained, mlp, train, undisturbed
from synthmix.torch.latent.objective import Objective, Regulariser, split

Network: TypeAlias = tuple[nn.Module, nn.Module]
Module = TypeVar("Module", bound=nn.Module)


class MMDVAE(Estimator):
    """Variational autoencoder for vectors or images, frozen after ``fit``.

    Minimises ``0.5 |x - x'|^2`` (summed over a row's numbers, averaged over rows) plus the regulariser; x' decodes a
    draw from the row's posterior. So rows should have numbers of about unit variance.

    Parameters
    ----------
    latent : int
        Coordinates of a code.
    hidden : sequence of int
        Widths of the hidden layers of the encoder; the decoder has them in reverse order.
    regulariser : {"mmd", "kl"}
        "mmd" compares the codes of a batch together with as many draws from N(0, I); "kl" (the ordinary VAE) pulls
        every posterior to N(0, I).
    mmd_weight, kl_weight : float
        Weight of the regulariser in use.
    kernel_width : float, optional
        Width of the Gaussian kernel; None = latent / sqrt(2), that of the reference implementation.
    epochs, batch_size : int
    lr : float
        Step size of Adam.
    network : pair of Module, optional
        Your own encoder, x to (B, 2 latent) with means and then log variances, and decoder, (B, latent) to the shape of
        x, convolutional ones for instance. Copies of them are trained, from the weights that they have. Modules that
        draw, such as dropout, draw from torch's global state while they are trained.

    Attributes
    ----------
    encoder_, decoder_ : Module
        In evaluation mode, without gradients.
    shape_ : tuple of int
        Shape of one row.

    Notes
    -----
    Training is a function of data, parameters and ``random_state`` on one device and number of threads: first weights,
    batches and noise come from one generator, and torch's global state is neither read nor written.

    MMD on the aggregate does not keep posteriors wide: at weight 100 their variance goes to about 0 and the network
    becomes a deterministic autoencoder, so mixing means loses nothing. Not for tables with categories or missing
    values: see :class:`TableVAE`.

    References
    ----------
    Zhao, Song and Ermon (2019), InfoVAE, AAAI, arXiv 1706.02262. Kingma and Welling (2014), ICLR.
    """

    def __init__(
        self,
        latent: int = 16,
        hidden: tuple[int, ...] = (128,),
        *,
        regulariser: Regulariser = "mmd",
        mmd_weight: float = 100.0,
        kl_weight: float = 1.0,
        kernel_width: float | None = None,
        epochs: int = 60,
        batch_size: int = 100,
        lr: float = 1e-3,
        network: Network | None = None,
    ) -> None:
        self.latent = latent
        self.hidden = hidden
        self.regulariser = regulariser
        self.mmd_weight = mmd_weight
        self.kl_weight = kl_weight
        self.kernel_width = kernel_width
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.network: Network | None = network

    def fit(self, x: Tensor, *, random_state: int = 0) -> MMDVAE:
        """Train on rows `x` (n, ...), floating point, on their device and in their dtype; return self.

        Neither autocast nor ``inference_mode`` around the call reaches the training.

        Raises
        ------
        InputError
            For rows that cannot be used, or when training diverged.
        OptionError
            For parameters out of range.
        """
        objective = Objective(self.regulariser, self.mmd_weight, self.kl_weight, self.kernel_width)
        schedule = Schedule(self.epochs, self.batch_size, self.lr)
        at_least_one("latent", self.latent)
        at_least_one("hidden", *self.hidden)
        if x.ndim < 2 or not x.is_floating_point() or x.shape[0] < 1:
            raise InputError(f"x is {x.dtype} of shape {tuple(x.shape)}; give floating-point rows, (n, d) or images")
        if not bool(torch.isfinite(x).all()):
            raise InputError("x has values that are not finite; fill the gaps, or use TableVAE for tables with gaps")
        with undisturbed(x.device):
            rows = x.clone() if x.is_inference() else x.detach()  # one that autograd may keep
            self._train(rows, objective, schedule, torch.Generator(x.device).manual_seed(random_state))
        return self

    def _train(self, rows: Tensor, objective: Objective, schedule: Schedule, generator: torch.Generator) -> None:
        self.shape_: tuple[int, ...] = tuple(rows.shape[1:])
        self.encoder_: nn.Module
        self.decoder_: nn.Module
        self.encoder_, self.decoder_ = self._networks(rows, generator)

        def loss(batch: Tensor) -> Tensor:
            given = rows[batch]
            mean, variance = self.encode(given)
            codes = objective.draw(mean, variance, generator)
            error = 0.5 * (self.decode(codes) - given).square().flatten(1).sum(1).mean()
            return error + objective.penalty(codes, mean, variance, generator)

        try:
            train((self.encoder_, self.decoder_), loss, rows.shape[0], schedule, generator)
            for part in torch.split(rows, schedule.batch_size):
                codes = self.encode(part)[0]
                check_trained(codes, self.decode(codes))
        except InputError:
            del self.encoder_, self.decoder_, self.shape_  # nothing that could be taken for a fit
            raise

    def _networks(self, x: Tensor, generator: torch.Generator) -> Network:
        if self.network is not None:
            encoder, decoder = (_copy(module, x) for module in self.network)
        else:
            size = x[0].numel()
            encoder = mlp((size, *self.hidden, 2 * self.latent), generator, x.dtype)
            encoder = nn.Sequential(nn.Flatten(), *encoder)
            decoder = mlp((self.latent, *reversed(self.hidden), size), generator, x.dtype)
            decoder = nn.Sequential(*decoder, nn.Unflatten(1, self.shape_))
        with torch.no_grad():
            coded = encoder.eval()(x[:1])
            if tuple(coded.shape) != (1, 2 * self.latent):
                raise OptionError(f"the encoder gives {tuple(coded.shape)} for one row, not {(1, 2 * self.latent)}")
            given = decoder.eval()(coded[:, : self.latent])
            if given.shape != x[:1].shape:
                raise OptionError(f"the decoder gives {tuple(given.shape)} for one row, not {tuple(x[:1].shape)}")
        return encoder, decoder

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return posterior means and variances of rows `x`, shape (B, latent) each."""
        encoder: nn.Module = self._fitted("encoder_")
        if tuple(x.shape[1:]) != self.shape_:
            raise InputError(f"x has rows of shape {tuple(x.shape[1:])}; the autoencoder was fitted to {self.shape_}")
        return split(encoder(x))

    def decode(self, z: Tensor) -> Tensor:
        """Return the mean of rows with codes `z` (B, latent)."""
        decoder: nn.Module = self._fitted("decoder_")
        if z.ndim != 2 or z.shape[1] != self.latent:
            raise InputError(f"z has shape {tuple(z.shape)}; it must be (rows, {self.latent})")
        rows: Tensor = decoder(z)
        return rows

    def _fitted(self, name: str) -> nn.Module:
        module: nn.Module | None = getattr(self, name, None)
        if module is None:
            raise NotFittedError("this MMDVAE is not fitted yet; call fit(x) first")
        return module


def _copy(module: Module, x: Tensor) -> Module:
    return copy.deepcopy(module).to(device=x.device, dtype=x.dtype)
