"""What holds for every table: each property raises AssertionError where it does not."""

from __future__ import annotations

import io
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from benchmarks.hardening.tables import World
from synthmix import InputError, MixupSynthesizer, OptionError, SynthmixWarning, load

FEWEST = 5
ROUNDING = 1e-8  # of an exact statement about few rows, as a relative error
_NUMBERS = ("int", "uint", "float", "Int", "UInt", "Float")


def fitted(world: World, options: dict[str, Any]) -> MixupSynthesizer | None:
    """Return the synthesizer of a table; None where it is refused by an error that is documented and says why.

    The table is left as it was, and one that nobody can mix is refused.
    """
    before = world.table.copy(deep=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)
        try:
            made = MixupSynthesizer(**options).fit(world.table)
        except (InputError, OptionError) as error:
            assert len(str(error)) > 20, f"the message says little: {error}"
            made = None
    pd.testing.assert_frame_equal(world.table, before)
    assert made is None or not world.must_be_refused, "a table that cannot be mixed was taken"
    return made


def same_form(world: World, sample: pd.DataFrame, options: dict[str, Any]) -> None:
    """Columns, their order and names, dtypes and categories are those of the source."""
    real = world.table
    assert list(sample.columns) == list(real.columns)
    assert sample.columns.dtype == real.columns.dtype
    assert sample.index.equals(pd.RangeIndex(len(sample)))
    full = options.get("grid") == "auto" and options.get("encoding") == "raw"
    for j in range(real.shape[1]):
        wanted, found = real.dtypes.iloc[j], sample.dtypes.iloc[j]
        number = str(wanted).startswith(_NUMBERS)
        real_instead = full and number and str(found).lower() == "float64"  # as documented, "Float64" for nullable ones
        assert found == wanted or real_instead, f"{wanted} became {found}"


def admissible(world: World, synthesizer: MixupSynthesizer, sample: pd.DataFrame, options: dict[str, Any]) -> None:
    """Levels are levels of the source, gaps are where it has some, values are on its grid and in its range."""
    normal, rounded = options.get("encoding", "normal") == "normal", options.get("grid") == "source"
    for j, info in enumerate(synthesizer.columns_):
        real, made = world.table.iloc[:, j], sample.iloc[:, j]
        assert real.isna().any() or not made.isna().any(), f"{info.name}: a gap where the source has none"
        if info.role in ("discrete", "constant"):
            assert set(made.dropna().tolist()) <= set(real.dropna().tolist()), f"{info.name}: a level of nobody"
        elif info.role == "continuous" and made.notna().any():
            if normal or info.kind == "integer":
                low, high = real.dropna().min(), real.dropna().max()
                assert not normal or (made.dropna().min() >= low and made.dropna().max() <= high), f"{info.name}: range"
            if rounded and info.step is not None and info.kind in ("real", "integer"):
                steps = made.dropna().to_numpy(np.float64) / info.step
                near = np.abs(steps - np.rint(steps)) <= 1e-6 * np.maximum(1.0, np.abs(steps))
                assert near.all(), f"{info.name}: off the grid of {info.step}"


def pure_rows(synthesizer: MixupSynthesizer, sample: pd.DataFrame, cut: int) -> None:
    """Any range of rows is that slice of a longer sample, bit for bit, for one thread and for three."""
    m = len(sample)
    a, b = sorted((cut % (m + 1), (cut // 7) % (m + 1)))
    for threads in (1, 3):
        synthesizer.n_jobs = threads
        part = synthesizer.sample_rows(a, b)
        pd.testing.assert_frame_equal(part, sample.iloc[a:b].reset_index(drop=True), check_exact=True)
    synthesizer.n_jobs = 1


def saved_and_loaded(synthesizer: MixupSynthesizer, sample: pd.DataFrame) -> None:
    """A model file gives the same rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.synthmix"
        synthesizer.save(path)
        again = load(path)
    pd.testing.assert_frame_equal(again.sample(len(sample)), sample, check_exact=True)


def honest(world: World, synthesizer: MixupSynthesizer, sample: pd.DataFrame) -> int:
    """Whatever is called exact is so to rounding, in every draw; return how many statements were.

    Rounding is that of the values: numbers near 1e9 with a spread of 1 carry 1e-7 of it themselves, and those of a
    float32 column are written in seven digits.
    """
    kinds = [str(sample.iloc[:, j].dtype).lower() for j in range(sample.shape[1])]
    table, found = world.table, 0
    own = {str(label): _own_rounding(table.iloc[:, j], kinds[j]) for j, label in enumerate(table.columns)}
    for statement in synthesizer.certificate(sample).statements:
        if statement.status != "exact":
            continue
        found += statement.error is not None
        what = f"{statement.name} of {statement.columns} in {statement.space} is called exact"
        allowed = ROUNDING + (sum(own.get(name, 0.0) for name in statement.columns) if statement.space == "data" else 0)
        assert statement.error is None or statement.error <= allowed, f"error {statement.error:.2g}: {what}"
    return found


def _own_rounding(column: pd.Series[Any], written: str) -> float:
    """Return the rounding of a column's largest number, in units of its spread."""
    if not pd.api.types.is_numeric_dtype(column) or column.dtype == bool:
        return 0.0
    values = column.dropna().to_numpy(np.float64)
    with np.errstate(all="ignore"):
        spread = values.std() if values.size else 0.0
    digits = np.float32 if written == "float32" else np.float64
    return float(64 * np.spacing(digits(np.abs(values).max())) / spread) if spread > 0 else 0.0


def rotation_preserves(world: World, cut: int, weights: str = "rotation") -> bool:
    """Whole passes of a raw rotation of numbers without gaps have the mean and covariance of the table, by numpy."""
    table = world.table
    plain = all(str(dtype) in ("float64", "int64") for dtype in table.dtypes) and not table.isna().any().any()
    if not plain or len(table) < FEWEST:  # rows that the default rotation mixes at a time
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)
        pairing = ("random", "nearest")[cut % 2]
        synthesizer = MixupSynthesizer(weights, pairing, "raw", random_state=cut).fit(table)
    if any(info.role not in ("continuous", "constant") for info in synthesizer.columns_):
        return False
    passes = 1 + cut % 3
    real, made = (one.to_numpy(np.float64) for one in (table, synthesizer.sample(passes * len(table))))
    spread = real.std(axis=0)
    size = np.abs(real).max(axis=0)
    moving = spread > 1e-12 * size
    noise = (size / np.where(moving, spread, 1.0))[moving].max(initial=1.0) * 1e-12
    z = (real[:, moving] - real[:, moving].mean(axis=0)) / spread[moving]
    y = (made[:, moving] - real[:, moving].mean(axis=0)) / spread[moving]
    assert np.abs(y.mean(axis=0)).max(initial=0.0) <= 1e-10 + noise, "the mean of whole passes moved"
    off = np.abs(y.T @ y / len(y) - z.T @ z / len(z)).max(initial=0.0)
    assert off <= 1e-10 + noise, f"the covariance of whole passes moved by {off}"
    return True


def same_frames(world: World, options: dict[str, Any]) -> bool:
    """A pyarrow table in gives a pyarrow table of the same schema out, a polars one a polars one."""
    try:
        arrow = pa.Table.from_pandas(world.table, preserve_index=False).replace_schema_metadata(None)
    except (pa.ArrowException, TypeError):  # two columns of one name
        return False
    frames: list[Any] = [arrow]
    try:
        import polars as pl
    except ModuleNotFoundError:
        pass
    else:
        frames.append(pl.from_arrow(arrow))
    for frame in frames:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SynthmixWarning)
            try:
                made = MixupSynthesizer(**options).fit(frame).sample(len(world.table))
            except (InputError, OptionError):
                continue
        assert type(made) is type(frame)
        full = options.get("grid") == "auto" and options.get("encoding") == "raw"
        if not full:
            assert made.schema == frame.schema, f"{frame.schema} became {made.schema}"
    return True


def written_and_read(sample: pd.DataFrame) -> None:
    """A sample of plain dtypes comes back from Parquet as it is."""
    stream = io.BytesIO()
    named = sample.set_axis([str(label) for label in sample.columns], axis=1)
    named.to_parquet(stream, index=False)
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(stream.getvalue())), named)
