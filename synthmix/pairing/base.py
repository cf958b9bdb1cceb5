"""What a pairing rule is: which cells rows may meet in, and how partners are drawn inside a cell."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Scheme: TypeAlias = Literal["iid", "distinct", "anchor", "cyclic"]


class Cells(NamedTuple):
    """A partition of the source rows: ``order[starts[c] : starts[c + 1]]`` are the rows of cell c."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]
    arranged: bool = False  # True when the order inside cells is random already

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of rows of each cell."""
        return np.diff(self.starts)

    def where(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """Return the cell of each source row, and its place there."""
        n, sizes = self.order.size, self.sizes
        cell, place = np.empty(n, np.int32), np.empty(n, np.int64)
        cell[self.order] = np.repeat(np.arange(sizes.size, dtype=np.int32), sizes)
        place[self.order] = np.arange(n) - np.repeat(self.starts[:-1], sizes)
        return cell, place


class Neighbourhood(NamedTuple):
    """What a pairing may look at to find near rows."""

    latent: NDArray[np.float64]
    scale: NDArray[np.float64]  # 1 / standard deviation of each latent column, 0 for constant ones
    codes: NDArray[np.int32]


class Pairing(ABC):
    """Base of the pairing rules. Subclasses are frozen dataclasses.

    Whatever the rule, every source row owns exactly one place of each pass over the table, so cells get as many rows as
    they have, and parents never come from different cells.
    """

    @property
    @abstractmethod
    def scheme(self) -> Scheme:
        """How partners are drawn inside a cell: "anchor", "distinct", "iid" or "cyclic"."""

    @property
    def class_columns(self) -> tuple[str, ...] | None:
        """Columns whose values define the cells: () for none, None for the target."""
        return ()

    @property
    def local(self) -> bool:
        """True when cells are neighbourhoods that are found anew for each pass."""
        return False

    def split(
        self,
        cells: Cells,
        neighbourhood: Neighbourhood,  # noqa: ARG002 - only local rules look at these
        seed: int,  # noqa: ARG002
        number: int,  # noqa: ARG002
        smallest: int,  # noqa: ARG002
        threads: int = 1,  # noqa: ARG002
    ) -> Cells:
        """Return the cells of pass `number`: `cells`, or a refinement of them with at least `smallest` rows each.

        The result does not depend on `threads`.
        """
        return cells

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-able description."""
        described: dict[str, Any] = {"name": type(self).__name__}
        for field in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, field.name)
            described[field.name] = value.to_dict() if isinstance(value, Pairing) else value
        return described
