"""What the encoder found out about a column, in words that a certificate can print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

Role: TypeAlias = Literal["continuous", "discrete", "key", "constant"]
ROLES: tuple[Role, ...] = get_args(Role)


class _Counted:
    """A number that may be given as a function: it is counted once, when it is first asked for."""

    def __get__(self, info: object | None, owner: type) -> int:
        if info is None:
            return 0  # the default of the field
        number = info.__dict__["n_distinct"]
        if callable(number):
            number = info.__dict__["n_distinct"] = number()
        return int(number)

    def __set__(self, info: object, number: int | Callable[[], int]) -> None:
        info.__dict__["n_distinct"] = number


@dataclass(frozen=True)
class ColumnInfo:
    """One column of the table.

    Attributes
    ----------
    name : str
        The column's name.
    kind : str
        "real", "integer", "boolean", "categorical", "string", "datetime", "timedelta", "date", "time", "period",
        "decimal", "key" or "constant".
    role : str
        "continuous" columns are mixed as numbers, "discrete" ones take the level of a donor (or the level at a
        score), a "key" is made anew and a "constant" is repeated.
    dtype : str
        The source's dtype as its frame prints it.
    note : str
        Why the column was given its role, where that is not plain; empty otherwise.
    step : float or None
        Spacing of the source's values in the column's units: 1 for integers and times, 10**-d for values with d
        decimals, None where there is no such grid. With ``grid="full"`` times keep the unit that they are stored in,
        and that is their step: 1/86400000000 for days stored in microseconds.
    unit : str
        For times, the unit in which the column counts from its earliest value ("day", "second", ...).
    rounded : bool
        Whether decoding rounds to `step`; times always are.
    n_missing : int
        Missing cells in the source.
    n_distinct : int
        Distinct values in the source, missing not counted. Numbers that are mixed raw are counted on first use.
    """

    name: str
    kind: str
    role: Role
    dtype: str
    note: str = ""
    step: float | None = None
    unit: str = ""
    rounded: bool = False
    n_missing: int = 0
    n_distinct: _Counted = _Counted()

    def __getstate__(self) -> dict[str, Any]:
        """Return plain facts: a pickle carries the count and not the numbers that are counted."""
        return {**self.__dict__, "n_distinct": self.n_distinct}
