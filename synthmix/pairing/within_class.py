"""Partners of the same class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from synthmix.errors import OptionError
from synthmix.pairing.base import Cells, Neighbourhood, Pairing, Scheme
from synthmix.pairing.random import Random


@dataclass(frozen=True)
class WithinClass(Pairing):
    """Rows meet only rows that agree in all class columns; inside a class another rule chooses.

    Parameters
    ----------
    columns : str or sequence of str, optional
        Discrete columns that define the classes. Default: the target given to ``fit``.
    pairing : Pairing, optional
        The rule inside a class. Default: ``Random()``. ``Nearest()`` gives neighbours of the same class.

    Notes
    -----
    The class columns of a synthetic row are those of all its parents, so class counts are exact over whole
    passes, class means and covariances are kept as the rule inside promises, and the label is not noisy. That
    needs ``discrete="donor"``: class columns that travel as scores are decoded like any other score.
    Classes with fewer rows than the smallest group are pooled (``small_cells="merge"``) or copied.
    """

    columns: tuple[str, ...] | None = None
    pairing: Pairing = field(default_factory=Random)

    def __post_init__(self) -> None:
        if isinstance(self.columns, str):
            object.__setattr__(self, "columns", (self.columns,))
        elif isinstance(self.columns, Sequence):
            object.__setattr__(self, "columns", tuple(self.columns))
        elif self.columns is not None:
            raise OptionError(f"WithinClass(columns={self.columns!r}): give a column name or a list of names")
        if self.columns == ():
            raise OptionError("WithinClass(columns=()) names no column; give at least one, or None for the target")
        if not isinstance(self.pairing, Pairing) or isinstance(self.pairing, WithinClass):
            raise OptionError(
                f"WithinClass(pairing={self.pairing!r}): give Random(), Cyclic() or Nearest() for the inside of a class"
            )

    @property
    def scheme(self) -> Scheme:
        """Return the scheme of the rule inside a class."""
        return self.pairing.scheme

    @property
    def class_columns(self) -> tuple[str, ...] | None:
        """Return the class columns, None for the target."""
        return self.columns

    @property
    def local(self) -> bool:
        """Return whether the rule inside a class looks for neighbours."""
        return self.pairing.local

    def split(
        self, cells: Cells, neighbourhood: Neighbourhood, seed: int, number: int, smallest: int, threads: int = 1
    ) -> Cells:
        """Let the rule inside refine the classes."""
        return self.pairing.split(cells, neighbourhood, seed, number, smallest, threads)
