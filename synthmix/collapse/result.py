"""What a study found: tidy tables, a picture, a page."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from synthmix.collapse.columns import CELL
from synthmix.collapse.spec import Cell, Task
from synthmix.collapse.store import Store
from synthmix.collapse.store.parquet import parquet_bytes
from synthmix.collapse.store.store import Ended
from synthmix.errors import OptionError
from synthmix.io.atomic import write_bytes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ERRORS = (*CELL, "generation", "error", "traceback")
TABLES = ("trajectories", "predicted", "halflife", "agreement", "alarms", "profile", "contrasts", "errors")
_MEASURED = ("trajectories", "errors")


class CollapseResult:
    """The numbers of a study, complete or as far as it came.

    Attributes
    ----------
    trajectories : pandas.DataFrame
        One row a number: generator, regime, n, draw, chain, generation, rows ("new": made in this generation; "pool":
        what the next is made from), metric, variant, column, level, value, count. In the order of the study, whatever
        the order of execution.
    errors : pandas.DataFrame
        One row a chain that ended early: generation, error, traceback. Its numbers up to there are in `trajectories`.
    warned : pandas.DataFrame
        One row for each generator, regime and text that was warned of in a chain, with the number of such chains.
    done, total : int
        Chains that have ended, and chains of the study.
    manifest : dict
        The study, its versions and where its data came from.
    """

    def __init__(
        self, folder: Path, manifest: dict[str, Any], trajectories: pd.DataFrame, ends: list[tuple[Task, Ended]]
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.trajectories = trajectories
        self.errors: pd.DataFrame = _errors(ends)
        self.warned: pd.DataFrame = _warned(ends)
        self.done: int = len(ends)
        self.total: int = len(_tasks(manifest))

    @classmethod
    def open(cls, store: str | os.PathLike[str]) -> CollapseResult:
        """Return what the folder of a study holds; it may be of a run that is under way.

        Raises
        ------
        FileError
            When there is no study in it.
        """
        opened, manifest = Store.opened(Path(store))
        trajectories, ends = opened.collect(iter(_tasks(manifest)))
        return cls(Path(store), manifest, trajectories, ends)

    @property
    def complete(self) -> bool:
        """Return whether every chain has ended, with or without an error."""
        return self.done == self.total

    @cached_property
    def predicted(self) -> pd.DataFrame:
        """Return the closed forms: one row for each generator, regime, n, draw, generation, rows, metric and column."""
        from synthmix.collapse.predicted import predicted_of

        return predicted_of(self.manifest, self.trajectories)

    @cached_property
    def halflife(self) -> pd.DataFrame:
        """Return rates with intervals, half-lives, and the rates that theory predicts."""
        from synthmix.collapse.analysis import halflife

        table: pd.DataFrame = halflife(self.trajectories, self.predicted)
        return table

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Return the chains beside the laws of what has no rate: means, kurtosis, log determinants."""
        from synthmix.collapse.analysis import agreement

        table: pd.DataFrame = agreement(self.trajectories, self.predicted)
        return table

    @cached_property
    def alarms(self) -> pd.DataFrame:
        """Return the alarms of the region e-processes, valid at any time."""
        from synthmix.collapse.analysis import alarms

        table: pd.DataFrame = alarms(self.trajectories, **self._monitors)
        return table

    @cached_property
    def profile(self) -> pd.DataFrame:
        """Return what kind of collapse each generator has under each regime."""
        from synthmix.collapse.analysis import profile

        level = {name: value for name, value in self._monitors.items() if name == "alpha"}
        table: pd.DataFrame = profile(self.trajectories, **level)
        return table

    @cached_property
    def contrasts(self) -> pd.DataFrame:
        """Return differences between regimes, chain by chain."""
        from synthmix.collapse.analysis import contrasts

        table: pd.DataFrame = contrasts(self.trajectories)
        return table

    @property
    def _monitors(self) -> dict[str, Any]:
        return self.manifest["study"]["monitors"] or {}

    def kept(
        self, generator: str, regime: str, n: int, generation: int, *, draw: int = 0, chain: int = 0
    ) -> pd.DataFrame:
        """Return the rows of a generation that the study kept.

        Raises
        ------
        OptionError
            When the study has no such cell, or did not keep that generation.
        """
        store, _ = Store.opened(self.folder)
        task = Task(Cell(generator, regime, n), draw, chain)
        if task not in _tasks(self.manifest):
            raise OptionError(f"the study has no chain {chain} of draw {draw} of {generator!r}, {regime!r}, n={n}")
        table = store.kept(task, generation)
        if table is None:
            kept = self.manifest["study"]["keep"]
            raise OptionError(f"generation {generation} was not kept; the study has keep={kept!r}")
        return table

    def plot(self) -> Figure:
        """Draw trajectories with replicate bands, and the predicted curves on them."""
        from synthmix.collapse.pictures.study import draw_study

        figure: Figure = draw_study(self)
        return figure

    def to_html(self, path: str | os.PathLike[str]) -> None:
        """Write the report as one page that needs no network, whole or not at all."""
        from synthmix.collapse.page import study_page

        write_bytes(Path(path), study_page(self).encode())

    def to_parquet(self, folder: str | os.PathLike[str], *, derived: bool = True) -> None:
        """Write the tables to a folder, one Parquet file each; equal studies give equal bytes.

        Parameters
        ----------
        folder : path
            Made where it is missing; files of these names are replaced.
        derived : bool
            Whether the tables that are computed from trajectories and errors are written too.
        """
        place = Path(folder)
        place.mkdir(parents=True, exist_ok=True)
        for name in TABLES if derived else _MEASURED:
            write_bytes(place / f"{name}.parquet", parquet_bytes(getattr(self, name)))

    def trouble(self) -> str:
        """Return what went wrong in one line; empty where nothing did."""
        if not len(self.errors):
            return ""
        counts = self.errors.groupby("generator", sort=False).size()
        chains = self.total * counts.index.size // max(len(self.manifest["study"]["generators"]), 1)
        first = self.errors.iloc[0]
        return (
            f"{len(self.errors)} of {chains} chains of {', '.join(map(repr, counts.index))} ended early; the first in "
            f"generation {first['generation']}: {first['error']} (all of them: result.errors)"
        )

    def summary(self) -> str:
        """Return what was run and what went wrong, as text."""
        study = self.manifest["study"]
        sizes = ", ".join(map(str, study["n"]))
        shape = f"{len(study['generators'])} generators x {len(study['regimes'])} regimes x n = {sizes}"
        words = [
            f"{shape}; {study['generations']} generations",
            f"{self.done} of {self.total} chains done",
            f"generators: {', '.join(study['generators'])} (controls: {', '.join(study['controls']) or 'none'})",
            f"regimes: {', '.join(study['regimes'])}",
        ]
        return "\n".join([*words, *([self.trouble()] if len(self.errors) else [])])

    def __repr__(self) -> str:
        return f"<CollapseResult: {self.done} of {self.total} chains, {len(self.errors)} errors>"

    def _repr_html_(self) -> str:
        from synthmix.collapse.card import result_card

        return result_card(self).html()


def _tasks(manifest: dict[str, Any]) -> list[Task]:
    """Return all chains in the order of the study."""
    study = manifest["study"]
    cells = [Cell(*cell) for cell in manifest["order"]]
    return [
        Task(cell, draw, chain)
        for cell in cells
        for draw in range(study["data_draws"])
        for chain in range(study["replicates"])
    ]


def _errors(ends: list[tuple[Task, Ended]]) -> pd.DataFrame:
    rows = [
        (*task.cell, task.draw, task.chain, ended.error["generation"], ended.error["error"], ended.error["traceback"])
        for task, ended in ends
        if ended.error is not None
    ]
    return pd.DataFrame(rows, columns=list(_ERRORS))


def _warned(ends: list[tuple[Task, Ended]]) -> pd.DataFrame:
    rows = [(task.cell.generator, task.cell.regime, text) for task, ended in ends for text in ended.warned]
    table = pd.DataFrame(rows, columns=["generator", "regime", "warning"])
    return table.groupby(["generator", "regime", "warning"], sort=False).size().rename("chains").reset_index()
