"""Tables from and to files; output that appears whole or not at all."""

from __future__ import annotations

import datetime as dt
import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from real_tables import TABLES

from synthmix.errors import FileError, InputError
from synthmix.io import check_place, file_format, read_table, table_writer, write_table


def csv_file(folder: Path, text: str | bytes) -> Path:
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- reading CSV: each column gets the type that every value has ---


@pytest.mark.parametrize(
    ("cells", "dtype", "values"),
    [
        (["1", "-2", "30"], "int64", [1, -2, 30]),
        (["1", "", "30"], "Int64", [1, pd.NA, 30]),
        (["1", "NA", "null"], "Int64", [1, pd.NA, pd.NA]),
        (["1", "2.5", ""], "float64", [1.0, 2.5, np.nan]),
        (["0.1", "1e-3", "-.5"], "float64", [0.1, 0.001, -0.5]),
        (["181.0", "3750.0"], "float64", [181.0, 3750.0]),
        (["inf", "1"], "float64", [np.inf, 1.0]),
        (["", ""], "float64", [np.nan, np.nan]),
        (["True", "False"], "bool", [True, False]),
        (["True", "", "False"], "boolean", [True, pd.NA, False]),
    ],
)
def test_numbers_and_booleans(tmp_path: Path, cells: list[str], dtype: str, values: list[object]) -> None:
    path = csv_file(tmp_path, "a,b\n" + "".join(f"{cell},x\n" for cell in cells))
    column = read_table(path)["a"]
    assert str(column.dtype) == dtype
    pd.testing.assert_series_equal(column, pd.Series(values, dtype=dtype, name="a"))


@pytest.mark.parametrize(
    "cells",
    [
        ["00123", "04567"],  # leading zeros are names
        ["99999999999999999999", "1"],  # beyond int64: digits would be lost
        ["TRUE", "FALSE"],  # would come back as True, False
        ["yes", "no"],
        ["1,5", "2,5"],
        ["5", "?"],
        ["2024-13-01", "2024-01-01"],  # no thirteenth month
        [" padded", "x "],
        ["None", "NA"],
    ],
)
def test_what_cannot_be_written_back_as_numbers_stays_text(tmp_path: Path, cells: list[str]) -> None:
    text = "a,b\n" + "".join(f'"{cell}",x\n' if "," in cell else f"{cell},x\n" for cell in cells)
    path = csv_file(tmp_path, text)
    frame = read_table(path)
    assert frame["a"].tolist() == cells
    write_table(frame, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == text


@pytest.mark.parametrize(
    ("cells", "dtype"),
    [
        (["2024-01-31", ""], "date32[day][pyarrow]"),
        (["2024-01-31 23:59:00", ""], "datetime64[s]"),
        (["2024-01-31 00:00:00", "2024-02-29 00:00:00"], "datetime64[s]"),
        (["2024-01-31 23:59:00.123", "2024-01-31 23:59:00.500"], "datetime64[ms]"),
        (["2024-01-31 23:59:00.123456", "2024-01-31 23:59:00.000000"], "datetime64[us]"),
    ],
)
def test_dates_keep_their_text(tmp_path: Path, cells: list[str], dtype: str) -> None:
    text = "a,b\n" + "".join(f"{cell},x\n" for cell in cells)
    frame = read_table(csv_file(tmp_path, text))
    assert str(frame["a"].dtype) == dtype
    write_table(frame, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == text


def test_moments_with_an_offset_are_read_as_utc(tmp_path: Path) -> None:
    frame = read_table(csv_file(tmp_path, "a,b\n2024-01-31T23:59:00+02:00,1\n2024-01-31T23:59:00Z,2\n"))
    assert str(frame["a"].dtype) == "datetime64[s, UTC]"
    assert frame["a"][0] == pd.Timestamp("2024-01-31 21:59", tz="UTC")
    write_table(frame, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text().splitlines()[1] == "2024-01-31 21:59:00+0000,1"
    pd.testing.assert_frame_equal(read_table(tmp_path / "again.csv"), frame)


def test_a_batch_of_midnights_prints_like_the_others(tmp_path: Path) -> None:
    frame = pd.DataFrame({"t": pd.to_datetime(["2024-01-01 00:00", "2024-01-01 12:00"]).astype("datetime64[s]")})
    with table_writer(tmp_path / "t.csv") as writer:
        writer.write(frame[:1])
        writer.write(frame[1:])
    assert (tmp_path / "t.csv").read_text() == "t\n2024-01-01 00:00:00\n2024-01-01 12:00:00\n"
    # the control: pandas alone decides by the values of the batch
    assert frame[:1].to_csv(index=False) == "t\n2024-01-01\n"


def test_text_with_commas_quotes_and_line_ends_survives(tmp_path: Path) -> None:
    text = 'a,b\n"x, ""y""",1\n"two\nlines",2\nä\u00df\u4e2d,3\n'
    frame = read_table(csv_file(tmp_path, text))
    assert frame["a"].tolist() == ['x, "y"', "two\nlines", "ä\u00df\u4e2d"]
    write_table(frame, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text() == text


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    frame = read_table(csv_file(tmp_path, b"\xef\xbb\xbfa,b\r\n1,x\r\n2,y\r\n"))
    assert list(frame.columns) == ["a", "b"]
    assert frame["b"].tolist() == ["x", "y"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=20))
def test_doubles_survive_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, values: list[float]) -> None:
    path = tmp_path_factory.mktemp("floats") / "t.csv"
    write_table(pd.DataFrame({"a": np.array(values), "b": "x"}), path)
    back = read_table(path)["a"].to_numpy(dtype=float)
    assert np.array_equal(back, np.array(values))


@pytest.mark.parametrize("name", TABLES)
def test_real_tables_survive_byte_for_byte(data_file: Callable[[str], Path], tmp_path: Path, name: str) -> None:
    frame = read_table(data_file(name))
    write_table(frame, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == data_file(name).read_bytes()


# --- Parquet ---


def typed_table() -> pa.Table:
    return pa.table(
        {
            "whole": pa.array([1, None, 3], pa.int16()),
            "real": pa.array([0.1, None, 3.0], pa.float32()),
            "flag": pa.array([True, None, False]),
            "day": pa.array([dt.date(2024, 1, 31), None, None]),
            "moment": pa.array([1, None, 2], pa.timestamp("us", "Europe/Paris")),
            "level": pa.DictionaryArray.from_arrays(
                pa.array([0, None, 1], pa.int8()), ["b", "a", "unused"], ordered=True
            ),
            "text": pa.array(["x", None, ""]),
        }
    )


def test_parquet_keeps_every_type(tmp_path: Path) -> None:
    write_table(typed_table(), tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet")
    assert back.schema.equals(typed_table().schema)
    assert back.equals(typed_table())
    assert back["level"].chunk(0).dictionary.to_pylist() == ["b", "a", "unused"]


def test_parquet_written_in_batches_is_the_table(tmp_path: Path) -> None:
    table = typed_table()
    with table_writer(tmp_path / "t.parquet") as writer:
        for start in range(3):
            writer.write(table.slice(start, 1))
        assert writer.n_rows == 3
    assert read_table(tmp_path / "t.parquet").equals(table)


def test_pandas_types_come_back_through_parquet(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int32"),
            "c": pd.Categorical(["a", None], categories=["z", "a"], ordered=True),
            "s": pd.array(["x", None], dtype="string"),
        }
    )
    write_table(frame, tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "t.parquet"), frame)


def test_a_column_missing_in_the_first_batch_may_have_text_later(tmp_path: Path) -> None:
    with table_writer(tmp_path / "t.parquet") as writer:
        writer.write(pd.DataFrame({"a": pd.Series([None], dtype=object)}))
        writer.write(pd.DataFrame({"a": pd.Series(["x"], dtype=object)}))
    assert read_table(tmp_path / "t.parquet")["a"].to_pylist() == [None, "x"]


def test_arrow_and_polars_print_as_csv_without_turning_whole_numbers_to_floats(tmp_path: Path) -> None:
    pl = pytest.importorskip("polars")
    expected = "n,f,b,d\n1,181.0,True,2024-01-31\n,,,\n"
    table = pa.table(
        {
            "n": pa.array([1, None], pa.uint8()),
            "f": [181.0, None],
            "b": [True, None],
            "d": [dt.date(2024, 1, 31), None],
        }
    )
    for number, given_table in enumerate([table, pl.from_arrow(table)]):
        write_table(given_table, tmp_path / f"{number}.csv")
        assert (tmp_path / f"{number}.csv").read_text() == expected


# --- bad input ---


def test_missing_file_and_folder(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such file; check the path"):
        read_table(tmp_path / "no.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileError, match="it is a folder"):
        read_table(tmp_path / "folder.csv")


@pytest.mark.parametrize(("name", "said"), [("t.xlsx", r"extension '\.xlsx'"), ("table", "no extension")])
def test_unknown_extension(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(FileError, match=said + r".*\.csv, \.parquet"):
        read_table(tmp_path / name)
    with pytest.raises(FileError, match=said):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / name)
    assert file_format("T.CSV") == "csv"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"a,b\n1,2\n3\n", "Expected 2 columns, got 1"),
        (b"a,b\n1,2\n3,4,5\n", "Expected 2 columns, got 3"),
        (b'a,b\n1,x\n2,"cut sh', "ends inside a quoted value"),
        (b'a,b\n1,x\n2,"', "ends inside a quoted value"),
        (b'a,b\n1,x\n2,"cut ""', "ends inside a quoted value"),
        (b"a,b\n1,caf\xe9\n", "UTF-8"),
        (b"\x00\x01PAR1\xff\xfe\n\xff", "cannot read"),
    ],
)
def test_damaged_csv(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(FileError, match=said) as caught:
        read_table(csv_file(tmp_path, content))
    assert "table.csv" in str(caught.value)


@pytest.mark.parametrize(
    "content", [b'a,b\n1,""\n', b'a,b\n1,"x"', b'a,b\n1,"x"""', b'a,b\n1,""""', b"a,b\n", b"a\n1", b'a,b\n1,5" pipe\n']
)
def test_whole_csv_is_not_called_cut_short(tmp_path: Path, content: bytes) -> None:
    assert next(iter(read_table(csv_file(tmp_path, content)).columns)) == "a"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("a;b;c", "looks ';'-separated"),
        ('"fixed acidity";"volatile acidity"', "looks ';'-separated"),
        ("a\tb", "looks tab-separated"),
        ("a|b", r"looks '\|'-separated"),
        ("\ufeffa;b", "looks ';'-separated"),
        ("\n\na;b", "looks ';'-separated"),
    ],
)
@pytest.mark.parametrize("row", ["1;2;3", "1,5;2,5;3", "1"])
def test_other_separators_are_told(tmp_path: Path, header: str, said: str, row: str) -> None:
    with pytest.raises(FileError, match=said + ".*write it with commas.*double quotes"):
        read_table(csv_file(tmp_path, f"{header}\n{row}\n"))


@pytest.mark.parametrize("header", ['"a;b"', '"a|b\tc"', "a b", '"a;b",c', "a;b,c"])
def test_names_that_hold_other_separators_are_names(tmp_path: Path, header: str) -> None:
    width = header.count(",") + 1
    frame = read_table(csv_file(tmp_path, f"{header}\n{','.join('1' * width)}\n"))
    assert frame.shape == (1, width)
    assert frame.columns[0] == header.split(",", maxsplit=1)[0].strip('"')


def test_old_line_ends_and_long_headers_are_read(tmp_path: Path) -> None:
    assert read_table(csv_file(tmp_path, b"a,b\r1,2\r3,4\r"))["b"].tolist() == [2, 4]
    with pytest.raises(FileError, match="looks ';'-separated"):
        read_table(csv_file(tmp_path, b"a;b\r1;2\r3;4\r"))
    assert read_table(csv_file(tmp_path, f"{'x' * 300_000}\n1\n")).shape == (1, 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_told(tmp_path: Path, encoding: str) -> None:
    content = ("\ufeff" if encoding.endswith("be") else "") + "a,b\n1,2\n"
    with pytest.raises(FileError, match="its encoding is UTF-16; save it as UTF-8"):
        read_table(csv_file(tmp_path, content.encode(encoding)))


@pytest.mark.parametrize(
    "text", ["a\n1\n\n2\n\n", 'a\n1\n""\n2\n""\n', "\ufeffa\r\n1\r\n\r\n2\r\n\r\n", "\n\na\n1\n\n2\n\n"]
)
def test_a_single_column_keeps_its_missing_rows(tmp_path: Path, text: str) -> None:
    frame = read_table(csv_file(tmp_path, text))
    assert frame["a"].tolist() == [1, pd.NA, 2, pd.NA]
    write_table(frame, tmp_path / "again.csv")
    pd.testing.assert_frame_equal(read_table(tmp_path / "again.csv"), frame)
    assert len(read_table(csv_file(tmp_path, "a,b\n1,2\n\n3,4\n\n"))) == 2  # of several columns an empty line is none


def test_duplicate_column_names_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than one column named 'a'"):
        read_table(csv_file(tmp_path, "a,b,a\n1,2,3\n"))


def test_truncated_and_foreign_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(typed_table(), path)
    whole = path.read_bytes()
    for damaged in (whole[: len(whole) // 2], b"", b"a,b\n1,2\n" * 100):
        path.write_bytes(damaged)
        with pytest.raises(FileError, match=r"cannot read .*t\.parquet"):
            read_table(path)


def test_what_is_no_table_is_not_written(tmp_path: Path) -> None:
    for name in ("t.csv", "t.parquet"):
        with pytest.raises(InputError, match="give a pandas DataFrame"):
            write_table({"a": [1]}, tmp_path / name)
        with pytest.raises(InputError, match="no batch was written"), table_writer(tmp_path / name):
            pass
    assert names_in(tmp_path) == []


def test_what_would_fail_later_is_found_at_once(tmp_path: Path) -> None:
    check_place(tmp_path / "t.csv")
    with pytest.raises(FileError, match="there is no folder"):
        check_place(tmp_path / "no" / "t.csv")
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(FileError, match="it is a folder"):
        check_place(tmp_path / "dir.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_ordinary_file_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "pipe.csv")
    (tmp_path / "null.csv").symlink_to(os.devnull)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder.csv").symlink_to(tmp_path / "folder")
    (tmp_path / "circle.csv").symlink_to(tmp_path / "circle.csv")
    for name, said in (
        ("pipe.csv", "a device, a pipe or a socket.*name an ordinary file"),
        ("link.csv", "a device, a pipe or a socket"),
        ("null.csv", "a device, a pipe or a socket"),
        ("folder.csv", "it is a folder"),
        ("circle.csv", "choose another name"),
        ("x" * 300 + ".csv", "choose another name"),
    ):
        with pytest.raises(FileError, match=rf"cannot write .*{name}.*{said}"):
            check_place(tmp_path / name)
        with pytest.raises(FileError, match=said):
            write_table(pd.DataFrame({"a": [1]}), tmp_path / name)
    assert stat.S_ISFIFO((tmp_path / "pipe.csv").stat().st_mode)
    (tmp_path / "plain.csv").touch()
    (tmp_path / "good.csv").symlink_to(tmp_path / "plain.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "later.csv")
    for name in ("plain.csv", "good.csv", "dangling.csv"):
        check_place(tmp_path / name)


def test_without_permission_the_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere, so the system cannot be asked
    with pytest.raises(FileError, match="no permission to create files"):
        write_table(pd.DataFrame({"a": [1]}), tmp_path / "t.csv")


def test_row_groups_follow_the_batches(tmp_path: Path) -> None:
    with table_writer(tmp_path / "t.parquet") as writer:
        writer.write(pd.DataFrame({"a": [1, 2]}))
        writer.write(pd.DataFrame({"a": [3]}))
    assert pq.ParquetFile(tmp_path / "t.parquet").num_row_groups == 2
