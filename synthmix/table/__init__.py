"""Tables of several frame types as numbers and back: the same type, columns, order, names, dtypes and value grid."""

from __future__ import annotations

from synthmix.table.encode import EncodedTable, encode_table
from synthmix.table.encoder import TableEncoder
from synthmix.table.info import ColumnInfo
from synthmix.table.latent_map import DenseMap, LatentMap
from synthmix.table.send_through import base_of, send_through

__all__ = [
    "ColumnInfo",
    "DenseMap",
    "EncodedTable",
    "LatentMap",
    "TableEncoder",
    "base_of",
    "encode_table",
    "send_through",
]
