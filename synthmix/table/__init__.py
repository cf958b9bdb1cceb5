"""Tables of several frame types as numbers and back: the same type, columns, order, names, dtypes and value grid."""

from __future__ import annotations

from synthmix.table.encode import EncodedTable, encode_table
from synthmix.table.encoder import TableEncoder
from synthmix.table.info import ColumnInfo

__all__ = ["ColumnInfo", "EncodedTable", "TableEncoder", "encode_table"]
