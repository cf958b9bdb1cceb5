"""From an encoded table to latent coordinates, by a map that is trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.table.encode import EncodedTable, Grid
from synthmix.table.latent_map import DenseMap, LatentMap, check_layers
from synthmix.table.through import Through

_WORDS = ("normal", "raw")


def base_of(encoding: Any, grid: Grid) -> tuple[Any, Grid]:
    """Return how columns become numbers under `encoding`, a word or a map, and on which grid they come back.

    A decoder promises nothing about the data's own units that a fine grid could keep: "auto" is "source" for maps.

    Raises
    ------
    OptionError
        For anything that is neither.
    """
    if isinstance(encoding, str):
        return encoding, grid
    base = getattr(encoding, "base", None)
    if not isinstance(encoding, LatentMap) or isinstance(encoding, type):
        raise OptionError(
            f"encoding={encoding!r}: give 'normal', 'raw' or a map to latent coordinates such as "
            "synthmix.torch.TableVAE()"
        )
    if base not in _WORDS:
        raise OptionError(f"base={base!r} of {encoding!r} is unknown{did_you_mean(base, _WORDS)}")
    return base, "source" if grid == "auto" else grid


def send_through(encoded: EncodedTable, latent_map: LatentMap, classes: Sequence[str], seed: int) -> EncodedTable:
    """Return the table in the coordinates of `latent_map`, which is trained on it.

    Codes of the result are what travels by donor: the number of the pattern of missing values, where there are several,
    and the discrete columns among `classes`, since a decoder need not give a row the class in which it was mixed.

    Raises
    ------
    InputError
        When there is nothing to map, a class column is mixed as a number, which would not come back, or the map makes
        numbers of the table that are not finite.
    """
    encoder, values, codes = encoded.encoder, encoded.latent, encoded.codes
    if not values.shape[1] and not codes.shape[1]:
        raise InputError("the table has no column that varies besides keys; a latent map needs one")
    for name in classes:
        if name in encoder.latent_names:
            raise InputError(
                f"class column {name!r} is mixed as a number, and a decoder would not give it back; "
                f"use columns={{{name!r}: 'categorical'}} with discrete='donor'"
            )
    trained = latent_map.fit(values, codes, encoder.n_levels, seed)
    check_layers(trained)
    patterns, pattern = _patterns(values)
    carried = tuple(j for j, name in enumerate(encoder.code_names) if name in classes)
    through = Through(trained, values, codes, patterns, carried)
    travels = [pattern] if patterns.shape[0] > 1 else []
    travels += [codes[:, j] for j in carried]
    given = np.stack(travels, axis=1) if travels else np.empty((encoded.n_rows, 0), np.int32)
    coordinates = trained.encode(values, codes)
    _check_finite(trained, coordinates, len(encoder.n_levels))
    return EncodedTable(encoder.sent_through(through), coordinates, np.ascontiguousarray(given), encoded.n_rows)


def _check_finite(trained: DenseMap, coordinates: NDArray[np.float64], n_codes: int) -> None:
    """Refuse a map whose training diverged, whatever trained it: its rows would be without values."""
    with np.errstate(all="ignore"):
        decoded, _ = trained.decode(coordinates, np.zeros((n_codes, coordinates.shape[0])))
    weights = [array for layer in (*trained.encoder, *trained.decoder) for array in layer]
    if not all(np.isfinite(numbers).all() for numbers in (coordinates, decoded, *weights)):
        raise InputError(
            f"the map {trained.name} makes numbers of the table that are not finite: its training diverged; lower its "
            "lr, or standardise the columns"
        )


def _patterns(values: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.int32]]:
    """Return the different patterns of missing values (k, p) and the number of each row's pattern (n,)."""
    missing = np.isnan(values)
    if not missing.any():
        return np.zeros((1, values.shape[1]), np.bool_), np.zeros(values.shape[0], np.int32)
    patterns, number = np.unique(missing, axis=0, return_inverse=True)
    return patterns, number.reshape(-1).astype(np.int32)
