"""Maps between a table's numbers and latent coordinates: what trains them, and the trained network as plain arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError, ModelFileError
from synthmix.kernels.dense import dense, pick_levels

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Layer = tuple[Floats, Floats]
_ROWS = 4096  # rows that a network sees at a time


@runtime_checkable
class LatentMap(Protocol):
    """What ``MixupSynthesizer(encoding=...)`` takes besides words: what is trained into a :class:`DenseMap`."""

    @property
    def base(self) -> Literal["normal", "raw"]:
        """How continuous columns become numbers before the map sees them."""

    def fit(self, values: Floats, codes: Codes, n_levels: Sequence[int], seed: int) -> DenseMap:
        """Return the trained map.

        Parameters
        ----------
        values : array of shape (n, p)
            The continuous columns, NaN where missing.
        codes : array of shape (n, q), int32
            The discrete columns; missing is a level.
        n_levels : sequence of int
            Number of levels of each discrete column.
        seed : int
            64-bit seed; equal arguments must give equal maps.
        """


@dataclass(frozen=True, eq=False)
class DenseMap:
    """A trained encoder and decoder of linear layers with ReLU between them, in float64.

    Row i of what it returns is a function of row i alone, bit for bit, whatever comes with it. It needs no library that
    trained it, and it is a :class:`LatentMap` itself: given as ``encoding`` it is used as it is.

    Attributes
    ----------
    base : {"normal", "raw"}
        The encoding of continuous columns that it was trained on.
    name : str
        What trained it, for certificates.
    mean, scale : array of shape (p,)
        Continuous columns are standardised by them; missing values stand at their column's mean.
    n_levels : tuple of int
        Levels of each discrete column: one-hot blocks of the input, logits of the output.
    encoder, decoder : tuple of pairs (weights, bias)
        Of shapes (in, out) and (out,). The encoder gives L posterior means, the decoder p numbers and all logits.
    variance : array of shape (L,)
        Mean posterior variance of each coordinate over the rows of training; near 0 for a deterministic autoencoder.
    error : array of shape (p,)
        Mean squared reconstruction error of each continuous column, in units of its variance, over those rows.
    accuracy : array of shape (q,)
        Share of those rows whose level has the largest reconstructed probability.
    """

    base: Literal["normal", "raw"]
    name: str
    mean: Floats
    scale: Floats
    n_levels: tuple[int, ...]
    encoder: tuple[Layer, ...]
    decoder: tuple[Layer, ...]
    variance: Floats
    error: Floats
    accuracy: Floats

    def __repr__(self) -> str:
        return f"DenseMap({self.name}, base={self.base!r})"

    @property
    def latent(self) -> int:
        """The number of coordinates."""
        return int(self.encoder[-1][1].size)

    def fit(self, values: Floats, codes: Codes, n_levels: Sequence[int], seed: int) -> DenseMap:  # noqa: ARG002
        """Return itself, if the table has as many columns and levels as the one that it was trained on.

        Raises
        ------
        InputError
            When it has not.
        """
        if values.shape[1] != self.mean.size or tuple(n_levels) != self.n_levels or codes.shape[1] != len(n_levels):
            raise InputError(
                f"the trained map takes {self.mean.size} continuous columns and levels {self.n_levels}, the table has "
                f"{values.shape[1]} and {tuple(n_levels)}; train a map on this table"
            )
        return self

    def inputs(self, values: Floats, codes: Codes) -> Floats:
        """Return what the encoder sees, shape (m, p + sum of levels): standardised numbers and one-hot blocks."""
        return network_inputs(values, codes, self.mean, self.scale, self.n_levels)

    def encode(self, values: Floats, codes: Codes) -> Floats:
        """Return the coordinates (m, L) of rows: posterior means."""
        parts = [
            _run(self.encoder, self.inputs(values[a : a + _ROWS], codes[a : a + _ROWS]))
            for a in range(0, values.shape[0], _ROWS)
        ]
        return np.concatenate(parts) if parts else np.empty((0, self.latent))

    def decode(self, latent: Floats, units: Floats) -> tuple[Floats, Codes]:
        """Return numbers (m, p) and codes (m, q) of rows at coordinates `latent` (m, L).

        Numbers are the decoder's means. Levels are drawn by their probabilities: `units` (q, m) in [0, 1) decide, so a
        rare level is not lost to the most likely one.
        """
        given = _run(self.decoder, np.ascontiguousarray(latent))
        p = self.mean.size
        values = given[:, :p] * self.scale + self.mean
        codes = np.empty((latent.shape[0], len(self.n_levels)), np.int32)
        chosen, edges = np.empty(latent.shape[0], np.int32), np.cumsum((p, *self.n_levels))
        for j, (a, b) in enumerate(pairwise(edges)):
            pick_levels(np.ascontiguousarray(given[:, a:b]), units[j], chosen)
            codes[:, j] = chosen
        return values, codes

    def to_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return JSON-able facts and plain arrays from which :meth:`from_state` makes the same map."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        for part in ("encoder", "decoder"):
            for i, (weights, bias) in enumerate(getattr(self, part)):
                arrays |= {f"{part}{i}.weights": weights, f"{part}{i}.bias": bias}
        facts = {"base": self.base, "name": self.name, "n_levels": list(self.n_levels)}
        return {**facts, "encoder": len(self.encoder), "decoder": len(self.decoder)}, arrays

    @classmethod
    def from_state(cls, state: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> DenseMap:
        """Return the map of :meth:`to_state`."""
        found = cls(
            base=state["base"],
            name=state["name"],
            n_levels=tuple(int(number) for number in state["n_levels"]),
            encoder=_layers(arrays, "encoder", int(state["encoder"])),
            decoder=_layers(arrays, "decoder", int(state["decoder"])),
            mean=_plain(arrays["mean"]),
            scale=_plain(arrays["scale"]),
            variance=_plain(arrays["variance"]),
            error=_plain(arrays["error"]),
            accuracy=_plain(arrays["accuracy"]),
        )
        check_layers(found)
        return found


_ARRAYS = ("mean", "scale", "variance", "error", "accuracy")


def network_inputs(values: Floats, codes: Codes, mean: Floats, scale: Floats, n_levels: Sequence[int]) -> Floats:
    """Return rows as a network sees them: standardised numbers, 0 where missing, then one-hot blocks of the levels."""
    (m, p), edges = values.shape, np.cumsum((values.shape[1], *n_levels))
    rows = np.zeros((m, int(edges[-1])))
    standardised = (values - mean) / scale
    rows[:, :p] = np.where(np.isnan(standardised), 0.0, standardised)
    for j, first in enumerate(edges[:-1]):
        rows[np.arange(m), first + codes[:, j]] = 1.0
    return rows


def check_layers(trained: DenseMap) -> None:
    """Refuse layers that do not fit each other, the columns or the levels: kernels would read beyond their ends.

    Raises
    ------
    ModelFileError
        For the first one.
    """
    p, width = trained.mean.size, trained.mean.size + sum(trained.n_levels)
    coordinates = trained.encoder[-1][1].size
    for layers, n_in, n_out in ((trained.encoder, width, coordinates), (trained.decoder, coordinates, width)):
        for weights, bias in layers:
            if weights.shape != (n_in, bias.size) or bias.ndim != 1:
                raise ModelFileError(f"a layer of shape {weights.shape} does not follow one of {n_in} numbers")
            n_in = bias.size  # noqa: PLW2901 - the next layer follows this one
        if n_in != n_out:
            raise ModelFileError(f"the last layer has {n_in} numbers, not {n_out}")
    if trained.scale.shape != (p,) or not (trained.scale > 0).all() or min(trained.n_levels, default=1) < 1:
        raise ModelFileError("the scales of a latent map must be positive, one for each continuous column")


def _layers(arrays: dict[str, NDArray[Any]], part: str, number: int) -> tuple[Layer, ...]:
    return tuple((_plain(arrays[f"{part}{i}.weights"]), _plain(arrays[f"{part}{i}.bias"])) for i in range(number))


def _plain(array: NDArray[Any]) -> Floats:
    return np.ascontiguousarray(array, dtype=np.float64)


def _run(layers: tuple[Layer, ...], rows: Floats) -> Floats:
    for i, (weights, bias) in enumerate(layers):
        out = np.empty((rows.shape[0], bias.size))
        dense(rows, weights, bias, i < len(layers) - 1, out)
        rows = out
    return rows
