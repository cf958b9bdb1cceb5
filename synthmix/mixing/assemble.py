"""Put a fitted source together from encoded arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.kernels.draws import random_keys
from synthmix.kernels.philox import STORE
from synthmix.mixing.cells import SMALL_CELLS, build_cells, label_rows, ranks_of
from synthmix.mixing.chain.chains import Chains
from synthmix.mixing.chain.executor import ChainExecutor, OfTable
from synthmix.mixing.chain.features import with_levels
from synthmix.mixing.chain.follow import followers
from synthmix.mixing.chain.strata import has_classes, share_scores, strata_by
from synthmix.mixing.chain.stratified import StratifiedExecutor, strata_of
from synthmix.mixing.execute import Executor
from synthmix.mixing.source import Source, columns_with, fill_missing, smallest_cell
from synthmix.pairing import Chained, Pairing
from synthmix.table import EncodedTable, TableEncoder
from synthmix.table.ranks import order_of_words
from synthmix.weights import Scheme, WeightsLaw

_ROOM = 2**22  # numbers that are held beside the source while its rows are arranged
_LARGEST_SINGLE = 1e37
_LARGEST_SOURCE = 2**31  # places in a column are signed 32-bit words


def class_columns_of(pairing: Pairing, target: str | None) -> tuple[str, ...]:
    """Return the columns that define classes: those of the pairing, or the target where it names none.

    Raises
    ------
    OptionError
        When the pairing needs a target and there is none.
    """
    if pairing.class_columns is not None:
        return tuple(str(name) for name in pairing.class_columns)
    if target is None:
        raise OptionError("WithinClass() needs classes: give fit(table, target=...) or WithinClass(columns=...)")
    return (target,)


def row_labels(
    table: EncodedTable, pairing: Pairing, target: str | None, class_columns: tuple[str, ...]
) -> NDArray[np.int64]:
    """Return the class of each row (n,), or its stratum where rows are chained; scores of strata are then settled.

    Raises
    ------
    InputError
        As ``class_labels``.
    """
    if not isinstance(pairing, Chained):
        return class_labels(table.encoder, table.latent, table.codes, class_columns)
    labels = strata_by(table, target, pairing.strata)
    share_scores(table, labels)
    return labels


def class_labels(
    encoder: TableEncoder, latent: NDArray[np.float64], codes: NDArray[np.int32], columns: tuple[str, ...]
) -> NDArray[np.int64]:
    """Return one label for each combination of values of `columns`, shape (n,); a missing value is a value.

    Raises
    ------
    InputError
        When a name is not a column of the table, or its column is a key.
    """
    parts: list[NDArray[np.generic]] = []
    roles = {info.name: info.role for info in encoder.columns}
    values = encoder.source_values(latent) if any(name in encoder.latent_names for name in columns) else latent
    for name in columns:
        if roles.get(name) == "key":
            raise InputError(f"class column {name!r} is key-like: every row would be a class of its own")
        if name in encoder.code_names:
            parts.append(codes[:, encoder.code_names.index(name)])
        elif name in encoder.latent_names:
            parts.append(values[:, encoder.latent_names.index(name)])
        elif name not in encoder.feature_names:
            raise InputError(f"class column {name!r} is not a column{did_you_mean(name, encoder.feature_names)}")
    if not parts:  # no class columns, or constant ones only
        return np.zeros(latent.shape[0], np.int64)
    labels = np.zeros((latent.shape[0], len(parts)), np.int64)
    for j, part in enumerate(parts):
        labels[:, j] = ranks_of(part)  # all NaN are one value
    return label_rows(labels)


def refuse_large(names: tuple[str, ...], latent: NDArray[np.float64], dtype: str) -> None:
    """Refuse numbers that float32 cannot mix, where that is the `dtype`.

    Raises
    ------
    InputError
        For the first value beyond 1e37; it names column, value and row.
    """
    for name, column in zip(names, latent.T, strict=True) if dtype == "float32" else ():
        bad = np.flatnonzero(np.abs(column) > _LARGEST_SINGLE)
        if bad.size:
            raise InputError(
                f"column {name!r} holds {column[bad[0]]} in row {int(bad[0])}, too large for dtype='float32'; "
                "rescale the column or leave dtype out"
            )


def assemble_source(
    latent: NDArray[np.float64],
    codes: NDArray[np.int32],
    labels: NDArray[np.int64],
    law: WeightsLaw,
    pairing: Pairing,
    donor: str,
    small_cells: str,
    seed: int,
    dtype: str = "float64",
) -> Source:
    """Arrange rows, form cells, fill in stand-ins, and correct the law for the number of rows.

    `latent` becomes part of the source: the caller hands it over.
    """
    if small_cells not in SMALL_CELLS:
        raise OptionError(f"small_cells={small_cells!r} is unknown{did_you_mean(small_cells, SMALL_CELLS)}")
    n = latent.shape[0]
    if n < law.k:
        raise InputError(
            f"the table has {n} rows but {law!r} mixes {law.k} rows at a time; "
            f"give at least {law.k} rows or a weights law with a smaller k"
        )
    if n >= _LARGEST_SOURCE:
        raise InputError(f"the table has {n} rows; at most {_LARGEST_SOURCE - 1} rows can be held as a source")
    rows = order_of_words(random_keys(seed, n, STORE))
    _arrange(latent, rows)
    if dtype != "float64":  # before anything is computed from it, so that a loaded source is the same
        latent = latent.astype(dtype).astype(np.float64) + 0.0
    labels = labels[rows]
    chained = isinstance(pairing, Chained)
    missing = _missing(latent)
    holed = columns_with(missing)
    patterns = _patterns(missing[:, :0] if chained else missing, [] if chained else holed)
    plan = build_cells(labels, *patterns, smallest_cell(law), small_cells)
    if not (law.grouped or chained):
        law = _corrected(law, n / plan.n_classes, pairing.scheme)
    return Source(
        rows=rows,
        latent=fill_missing(latent, holed, plan, seed).astype(dtype, copy=False),
        missing=missing,
        codes=codes[rows],
        plan=plan,
        law=law,
        pairing=pairing,
        donor=donor,
        seed=seed,
    )


def executor_of(
    source: Source, encoder: TableEncoder, target: str | None, levels_of: NDArray[np.bool_] | None = None
) -> Executor | Chains:
    """Return what makes the rows of `source`; `levels_of` is that of a table of which it is a half of the screen.

    The cells of a chained source are strata, each of which is made by itself; where there is one, a `target` that is a
    number is drawn range by range.
    """
    if not isinstance(source.pairing, Chained):
        return Executor(source)
    names = (*encoder.latent_names, *encoder.code_names)
    if not names:
        raise InputError(
            "no column of the table varies, keys left aside: chained pairing has nothing to draw; use "
            "pairing='random', which repeats what is constant, or look whether the right columns were read"
        )
    order = source.pairing.drawn(names, encoder.feature_names)
    values = encoder.source_values(source.observed)
    if source.plan.cells.sizes.size == 1:
        whole = None if levels_of is None else OfTable(levels_of, of_half=True)
        number = _place_of_number(encoder, values, target)
        return ChainExecutor(source, values, names, order, whole=whole, target=number)
    leads = followers(source.codes, order, source.latent.shape[1])
    levels = with_levels(values) if levels_of is None else levels_of
    whole = OfTable(levels, leads, source.n_rows, source.plan.cells.sizes.size, of_half=levels_of is not None)
    parts = ((part, encoder.source_values(part.observed)) for part in strata_of(source))
    return StratifiedExecutor(source, [ChainExecutor(*part, names, order, whole=whole) for part in parts])


def _place_of_number(encoder: TableEncoder, values: NDArray[np.float64], target: str | None) -> int | None:
    """Return the place of a target that is a number among the columns of `values` (n, p); None where it has classes."""
    if target not in encoder.number_names:
        return None
    place = encoder.latent_names.index(target)
    return None if has_classes(values[:, place]) else place


def _arrange(latent: NDArray[np.float64], rows: NDArray[np.int64]) -> None:
    """Put the rows of `latent` into the order of `rows`, in place, some columns at a time; -0.0 becomes 0.0.

    So the room of one more matrix is not needed, and sums of zeros do not depend on the order of their terms.
    """
    n, p = latent.shape
    width = max(1, _ROOM // max(n, 1))
    for first in range(0, p, width):
        part = latent[:, first : first + width]
        np.add(part[rows], 0.0, out=part)


def _patterns(missing: NDArray[np.bool_], holed: list[int]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the label of each row's pattern of missing values, and which patterns leave nothing to mix."""
    patterns = label_rows(missing[:, holed])
    nothing = np.zeros(patterns.max() + 1, np.bool_)
    if len(holed) == missing.shape[1]:
        nothing[patterns] = missing.all(axis=1)
    return patterns, nothing


def _missing(latent: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where `latent` (n, p) is NaN; a minimum that is no NaN says that there is none."""
    if latent.size and not np.isnan(latent.min()):
        return np.zeros(latent.shape, np.bool_)
    return np.isnan(latent)


def _corrected(law: WeightsLaw, rows_of_a_class: float, scheme: Scheme) -> WeightsLaw:
    """Return the law for the mean number of rows of a class, the law itself where that has no solution.

    Mean class size is the harmonic mean over rows, so that for classes of equal covariance the correction is
    exact on average. Patterns of missing values and leaves do not count: what varies inside a pass between
    their means stays part of the covariance of the table.
    """
    try:
        return law.corrected(max(rows_of_a_class, float(law.k)), scheme)
    except OptionError:
        return law
