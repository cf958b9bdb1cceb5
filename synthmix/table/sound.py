"""What holds in every model that was saved, looked at before kernels, which check nothing, read through it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import ModelFileError
from synthmix.table.codec import Codec
from synthmix.table.constant import ConstantCodec
from synthmix.table.continuous import ContinuousCodec
from synthmix.table.discrete import DiscreteCodec
from synthmix.table.info import ROLES, ColumnInfo
from synthmix.table.key import KeyCodec
from synthmix.table.through import Through

_MOST = 2**31  # rows of a source


def check_codecs(codecs: Sequence[Codec]) -> None:
    """Refuse columns that do not fit together: lanes with gaps, scores of levels that are not there.

    Raises
    ------
    ModelFileError
        For the first one.
    """
    if len({codec.info.name for codec in codecs}) < len(codecs) or not codecs:
        raise _damaged("the names of its columns")
    for kind in ("latent", "code"):
        taken = sorted(codec.lane.index for codec in codecs if codec.lane.kind == kind)
        if taken != list(range(len(taken))):
            raise _damaged("the order of its columns")
    for codec in codecs:
        if not _is_said(codec.info) or not _is_sound(codec):
            raise _damaged(f"column {codec.info.name!r}")


def check_rows(codecs: Sequence[Codec], latent: NDArray[np.float64], codes: NDArray[np.int32]) -> None:
    """Refuse rows (n, p) that are no numbers, codes (n, q) beyond their levels, and sorted values of other rows.

    Raises
    ------
    ModelFileError
        For the first one.
    """
    n = latent.shape[0]
    for codec in codecs:
        kind, place = codec.lane.kind, codec.lane.index
        if kind == "code":
            own = codes[:, place]
            if n and not 0 <= own.min() <= own.max() < levels_of(codec):
                raise _damaged(f"the codes of column {codec.info.name!r}")
        elif kind == "latent":
            part = latent[:, place]
            known = int(n - np.isnan(part).sum())
            told = n - (codec.info.n_missing if isinstance(codec, ContinuousCodec) else 0)
            if np.isinf(part).any() or known != told or _ranks(codec) not in (None, known):
                raise _damaged(f"the numbers of column {codec.info.name!r}")


def check_through(through: Through, latent: NDArray[np.float64], codes: NDArray[np.int32]) -> None:
    """Refuse coordinates (n, L) and what travels beside them (n, t) that are not those of `through`.

    Raises
    ------
    ModelFileError
        When they are not.
    """
    levels = through.map.n_levels
    n, several = latent.shape[0], through.patterns.shape[0] > 1
    if not all(0 <= column < len(levels) for column in through.carried):
        raise _damaged("the columns beside its latent map")
    reach = [through.patterns.shape[0]] if several else []
    reach += [levels[column] for column in through.carried]
    shapes = (latent.shape[1], through.values.shape, through.codes.shape, through.patterns.shape[1:], codes.shape)
    p = through.map.mean.size
    if shapes != (through.map.latent, (n, p), (n, len(levels)), (p,), (n, len(reach))):
        raise _damaged("the shape of its latent map")
    beyond = any(n and not 0 <= part.min() <= part.max() < size for part, size in zip(codes.T, reach, strict=True))
    if beyond or not np.isfinite(latent).all():
        raise _damaged("the coordinates of its rows")


def levels_of(codec: Codec) -> int:
    """Return the number of codes of a column in the code lane."""
    inner = codec.presence if isinstance(codec, KeyCodec) else codec
    if not isinstance(inner, DiscreteCodec):
        raise TypeError(f"column {codec.info.name!r} has codes but no levels")
    return inner.n_levels


def _is_said(info: ColumnInfo) -> bool:
    """Return whether the facts of a column are of the kinds that certificates print."""
    texts = (info.name, info.kind, info.dtype, info.note, info.unit)
    counts = (info.n_missing, info.__dict__["n_distinct"])
    return (
        all(isinstance(text, str) for text in texts)
        and info.role in ROLES
        and (info.step is None or (isinstance(info.step, float) and 0.0 < info.step < np.inf))
        and isinstance(info.rounded, bool)
        and all(isinstance(count, int) and 0 <= count < _MOST for count in counts)
    )


def _is_sound(codec: Codec) -> bool:
    if isinstance(codec, KeyCodec):
        return codec.presence is None or _is_sound(codec.presence)
    if isinstance(codec, ConstantCodec):
        return -1 <= codec.code < codec.levels.size
    if isinstance(codec, ContinuousCodec):
        return codec.lane.kind == "latent" and (codec.quantiles is None or _ascends(codec.quantiles))
    if not isinstance(codec, DiscreteCodec) or codec.lane.kind != ("code" if codec.order is None else "latent"):
        return False
    if codec.order is None:
        return True
    codes, ends = codec.order.codes, codec.order.ends
    if codes.ndim != 1 or ends.shape != codes.shape or not codes.size:
        return False
    return bool(0 <= codes.min() <= codes.max() < codec.n_levels and (np.diff(ends, prepend=0) > 0).all())


def _ranks(codec: Codec) -> int | None:
    """Return how many ranks the scores of a column have, None where it is mixed in its own units."""
    inner = codec.presence if isinstance(codec, KeyCodec) else codec
    if isinstance(inner, ContinuousCodec):
        return None if inner.quantiles is None else int(inner.quantiles.size)
    return int(inner.order.ends[-1]) if isinstance(inner, DiscreteCodec) and inner.order is not None else -1


def _ascends(values: NDArray[np.float64]) -> bool:
    return values.ndim == 1 and bool(np.isfinite(values).all() and (values[1:] >= values[:-1]).all())


def _damaged(what: str) -> ModelFileError:
    return ModelFileError(f"{what} in the model file cannot be what was saved; fit and save the model again")
