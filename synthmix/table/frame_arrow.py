"""pyarrow tables: the schema with its metadata is kept, columns come back in one chunk."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synthmix.table.arrow_build import as_real, build_array, native_labels
from synthmix.table.arrow_read import read_array
from synthmix.table.arrow_types import pack_schema, unpack_schema
from synthmix.table.cells import Cells, Layout, SourceTable

__all__ = ["as_real", "build", "native_labels", "read"]


def read(table: Any) -> SourceTable:
    """Read a ``pyarrow.Table``."""
    columns = [read_array(name, table.column(j)) for j, name in enumerate(table.column_names)]
    return SourceTable(columns, {"frame": "pyarrow", "schema": pack_schema(table.schema)}, table.num_rows)


def build(columns: Sequence[tuple[str, Layout, Cells]], layout: Layout, n_rows: int) -> Any:
    """Return a ``pyarrow.Table`` with the source's fields and metadata."""
    import pyarrow as pa

    del n_rows  # every array knows its length
    source = unpack_schema(layout["schema"])
    arrays = [build_array(cells, column_layout) for _, column_layout, cells in columns]
    fields = [source.field(name).with_type(array.type) for (name, _, _), array in zip(columns, arrays, strict=True)]
    schema = pa.schema(fields, metadata=source.metadata)
    if schema.names != source.names or schema.types != source.types:
        schema = _without_pandas(schema)
    return pa.Table.from_arrays(arrays, schema=schema)


def _without_pandas(schema: Any) -> Any:
    """Drop the note that pandas leaves about its own dtypes: it would contradict the columns."""
    kept = {key: value for key, value in (schema.metadata or {}).items() if key != b"pandas"}
    return schema.with_metadata(kept or None)
