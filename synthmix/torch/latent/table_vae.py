"""TableVAE: an autoencoder of tables as the encoding of MixupSynthesizer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synthmix.arguments import one_of
from synthmix.estimator import Estimator
from synthmix.table.latent_map import DenseMap, Layer, network_inputs
from synthmix.torch.latent.networks import Schedule, at_least_one, check_trained, mlp, train, undisturbed
from synthmix.torch.latent.objective import Objective, Regulariser, split

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]


class TableVAE(Estimator):
    """Variational autoencoder of a mixed-type table, for ``MixupSynthesizer(encoding=TableVAE())``.

    Continuous columns go in standardised, missing values at the mean, and discrete ones as one-hot blocks, missing
    being a level. It minimises 0.5 (x - x')^2 over the observed numbers plus the cross-entropy of each discrete column,
    summed over a row and averaged over rows, plus the regulariser. Rows are encoded as posterior means.

    Parameters
    ----------
    latent : int
        Coordinates of a code.
    hidden : sequence of int
        Widths of the hidden layers of the encoder; the decoder has them in reverse order.
    base : {"normal", "raw"}
        How continuous columns become numbers: normal scores of ranks, whose decoded values stay in each column's range
        and on its point masses, or the values themselves.
    regulariser : {"mmd", "kl"}
        MMD of the aggregate posterior, or KL of every posterior (the ordinary VAE).
    mmd_weight, kl_weight : float
        Weight of the regulariser in use.
    kernel_width : float, optional
        Width of the Gaussian kernel; None = latent / sqrt(2).
    epochs, batch_size : int
    lr : float
        Step size of Adam.
    device : str
        Where to train.

    Notes
    -----
    What the weights promise (the covariance, exactly for "rotation") holds for the codes. Nothing is promised in the
    data's own units: a decoder is not linear, and gives means, so that what the codes do not explain is missing from
    continuous columns, whose spread shrinks by the reconstruction error. The trained map has ``error``, ``accuracy``
    and ``variance`` to tell how much. Wrong for tables of few rows (the network memorises them) and wherever a
    statement about the data's own columns is needed: use the encodings "raw" or "normal".

    Training is a function of table, parameters and seed on one device and number of threads. The trained map is
    float64 arithmetic in one fixed order, without torch, so that rows do not depend on batches or threads.

    References
    ----------
    Zhao, Song and Ermon (2019), InfoVAE, arXiv 1706.02262. Mangla et al. (2021), VarMixup, arXiv 2003.06566. Xu et al.
    (2019), TVAE, NeurIPS.
    """

    def __init__(
        self,
        latent: int = 16,
        hidden: tuple[int, ...] = (128,),
        *,
        base: Literal["normal", "raw"] = "normal",
        regulariser: Regulariser = "mmd",
        mmd_weight: float = 100.0,
        kl_weight: float = 1.0,
        kernel_width: float | None = None,
        epochs: int = 100,
        batch_size: int = 100,
        lr: float = 1e-3,
        device: str = "cpu",
    ) -> None:
        self.latent = latent
        self.hidden = hidden
        self.base = base
        self.regulariser = regulariser
        self.mmd_weight = mmd_weight
        self.kl_weight = kl_weight
        self.kernel_width = kernel_width
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.device = device

    def fit(self, values: Floats, codes: Codes, n_levels: Sequence[int], seed: int) -> DenseMap:
        """Return the map trained on numbers (n, p), NaN where missing, and codes (n, q); see :class:`LatentMap`.

        Raises
        ------
        InputError
            When training diverged.
        OptionError
            For parameters out of range.
        """
        one_of("base", self.base, ("normal", "raw"))
        schedule = Schedule(self.epochs, self.batch_size, self.lr)
        at_least_one("latent", self.latent)
        at_least_one("hidden", *self.hidden)
        objective = Objective(self.regulariser, self.mmd_weight, self.kl_weight, self.kernel_width)
        with undisturbed(torch.device(self.device)):
            return self._trained(values, codes, n_levels, seed, objective, schedule)

    def _trained(
        self,
        values: Floats,
        codes: Codes,
        n_levels: Sequence[int],
        seed: int,
        objective: Objective,
        schedule: Schedule,
    ) -> DenseMap:
        mean, scale = _standard(values)
        rows = torch.from_numpy(network_inputs(values, codes, mean, scale, n_levels)).float().to(self.device)
        target = _Target(rows, ~np.isnan(values), codes, n_levels)
        generator = torch.Generator(rows.device).manual_seed(seed)
        encoder = mlp((rows.shape[1], *self.hidden, 2 * self.latent), generator)
        decoder = mlp((self.latent, *reversed(self.hidden), rows.shape[1]), generator)

        def loss(batch: Tensor) -> Tensor:
            means, variances = split(encoder(rows[batch]))
            drawn = objective.draw(means, variances, generator)
            return target.loss(decoder(drawn), batch) + objective.penalty(drawn, means, variances, generator)

        train((encoder, decoder), loss, rows.shape[0], schedule, generator)
        means, variances = split(encoder(rows))
        given = decoder(means)
        check_trained(means, variances, given, (given[:, : mean.size] - target.numbers).square())
        error, accuracy = target.errors(given)
        *first, (weights, bias) = _layers(encoder)
        last = np.ascontiguousarray(weights[:, : self.latent]), bias[: self.latent].copy()  # without log variances
        return DenseMap(
            base=self.base,
            name=repr(self),
            mean=mean,
            scale=scale,
            n_levels=tuple(n_levels),
            encoder=(*first, last),
            decoder=_layers(decoder),
            variance=variances.mean(0).double().cpu().numpy(),
            error=error,
            accuracy=accuracy,
        )


class _Target:
    """What a decoder should give back, row by row: observed numbers and levels."""

    def __init__(self, rows: Tensor, observed: NDArray[np.bool_], codes: Codes, n_levels: Sequence[int]) -> None:
        size = observed.shape[1]
        self.numbers = rows[:, :size]
        self.observed = torch.from_numpy(observed).to(rows)
        self.codes = torch.from_numpy(codes.astype(np.int64)).to(rows.device)
        self.parts = [size, *n_levels]

    def loss(self, given: Tensor, batch: Tensor) -> Tensor:
        """Return half the squared error of observed numbers plus the cross-entropy of levels, averaged over rows."""
        numbers, *logits = torch.split(given, self.parts, dim=1)
        square = (numbers - self.numbers[batch]).square() * self.observed[batch]
        total = 0.5 * square.sum(1).mean()
        for j, logit in enumerate(logits):
            total = total + nn.functional.cross_entropy(logit, self.codes[batch, j])
        return total

    def errors(self, given: Tensor) -> tuple[Floats, Floats]:
        """Return mean squared errors of the numbers (p,) and shares of rows whose likeliest level is right (q,)."""
        numbers, *logits = torch.split(given, self.parts, dim=1)
        square = ((numbers - self.numbers).square() * self.observed).sum(0) / self.observed.sum(0)
        right = [float((logit.argmax(1) == self.codes[:, j]).double().mean()) for j, logit in enumerate(logits)]
        return square.double().cpu().numpy(), np.array(right)


def _standard(values: Floats) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of the observed values of each column; 1 where nothing varies."""
    if not values.shape[1]:
        return np.zeros(0), np.ones(0)
    mean, scale = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
    return mean, np.where(scale > 0, scale, 1.0)


def _layers(network: nn.Sequential) -> tuple[Layer, ...]:
    return tuple(
        (
            np.ascontiguousarray(module.weight.detach().double().cpu().numpy().T),
            module.bias.detach().double().cpu().numpy(),
        )
        for module in network
        if isinstance(module, nn.Linear)
    )
