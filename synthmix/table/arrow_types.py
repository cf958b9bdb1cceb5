"""Arrow types and arrays as JSON-able text, exact for every type that Arrow has: its own IPC form in base64."""

from __future__ import annotations

import base64
from typing import Any


def pack_type(arrow_type: Any) -> str:
    """Return `arrow_type` as text."""
    import pyarrow as pa

    return pack_schema(pa.schema([pa.field("", arrow_type)]))


def unpack_type(text: str) -> Any:
    """Return the arrow type of :func:`pack_type`."""
    return unpack_schema(text).field(0).type


def pack_schema(schema: Any) -> str:
    """Return `schema`, metadata included, as text."""
    return base64.b64encode(schema.serialize()).decode("ascii")


def unpack_schema(text: str) -> Any:
    """Return the schema of :func:`pack_schema`."""
    import pyarrow as pa

    return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(text)))


def pack_array(array: Any) -> str:
    """Return a short array (the categories of a column) as text."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    batch = pa.record_batch([array], names=[""])
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return base64.b64encode(sink.getvalue()).decode("ascii")


def unpack_array(text: str) -> Any:
    """Return the array of :func:`pack_array`."""
    import pyarrow as pa

    with pa.ipc.open_stream(pa.py_buffer(base64.b64decode(text))) as reader:
        return reader.read_next_batch().column(0)
