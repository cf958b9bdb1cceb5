"""The tables of the experiments, split and standardised for a stack of members."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from benchmarks.real_tables import data_folder


@dataclass(frozen=True)
class Split:
    """Parts of a table for each member, standardised with its training rows; y in units of its training spread.

    Shapes are (members, rows, columns) for x and (members, rows) for y. ``y_scale`` (members, 1) turns a standardised
    target back: NLL in raw units is NLL in standardised units plus its logarithm.
    """

    x_train: Tensor
    y_train: Tensor
    x_valid: Tensor
    y_valid: Tensor
    x_test: Tensor
    y_test: Tensor
    y_scale: Tensor


def regression_table(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return features (n, d) and target (n,) of one of the regression tables.

    Raises
    ------
    FileNotFoundError
        When the folder of real tables is not there.
    """
    file, target, dropped = {
        "energy": ("energy_efficiency", "heating_load", []),
        "yacht": ("yacht", "resistance", []),
        "concrete": ("concrete", "strength", []),
        "red wine": ("wine_quality", "quality", ["color"]),
        "naval": ("naval_propulsion", "y", ["x17"]),  # x17 is the table's other target
        "abalone": ("abalone", "rings", []),
    }[name]
    path = data_folder() / f"{file}.csv"
    if not path.is_file():
        raise FileNotFoundError(f"no {file}.csv in {data_folder()}; set SYNTHMIX_DATA to the folder of real tables")
    table = pd.read_csv(path)
    if name == "red wine":
        table = table[table["color"] == "red"]
    features = pd.get_dummies(table.drop(columns=[target, *dropped]))
    return features.to_numpy(np.float64), table[target].to_numpy(np.float64)


def split(x: NDArray[np.float64], y: NDArray[np.float64], seeds: tuple[int, ...]) -> Split:
    """Split once for each seed: the last tenth is for the test, the first fifth of the rest for validation."""
    parts: list[list[NDArray[np.float64]]] = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(y.size)
        test = order[-(y.size // 10) :]
        rest = order[: -(y.size // 10)]
        valid, train = rest[: rest.size // 5], rest[rest.size // 5 :]
        x_mean, x_sd = x[train].mean(axis=0), x[train].std(axis=0)
        x_sd = np.where(x_sd > 1e-9, x_sd, 1.0)  # constant columns stay zero
        y_mean, y_sd = y[train].mean(), y[train].std()
        member = [((x[rows] - x_mean) / x_sd, (y[rows] - y_mean) / y_sd) for rows in (train, valid, test)]
        parts.append([part for pair in member for part in pair] + [np.array([y_sd])])
    stacked = [torch.tensor(np.stack(same), dtype=torch.float32) for same in zip(*parts, strict=True)]
    return Split(*stacked)


def halves(
    x: NDArray[np.float64], y: NDArray[np.int64], seeds: tuple[int, ...], *, train_rows: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return training and test parts (x, y, x, y) of a classification table, one random split for each seed."""
    parts = []
    for seed in seeds:
        order = np.random.default_rng(seed).permutation(y.size)
        train, test = order[:train_rows], order[train_rows:]
        mean, sd = x[train].mean(axis=0), x[train].std(axis=0)
        sd = np.where(sd > 1e-9, sd, 1.0)
        parts.append(((x[train] - mean) / sd, y[train], (x[test] - mean) / sd, y[test]))
    xs = [torch.tensor(np.stack([part[i] for part in parts]), dtype=torch.float32) for i in (0, 2)]
    ys = [torch.tensor(np.stack([part[i] for part in parts]), dtype=torch.int64) for i in (1, 3)]
    return xs[0], ys[0], xs[1], ys[1]
