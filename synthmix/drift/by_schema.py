"""The part of a report that says which columns the tables do not share."""

from __future__ import annotations

from typing import Any

from synthmix.drift.finding import Finding
from synthmix.drift.noise import absent
from synthmix.drift.tables import Tables


def schema_findings(tables: Tables) -> list[Finding]:
    """Return a row for every column that was lost, is extra, is stored as another kind, or identifies rows.

    One row says so where there is none of the first two. Metric "columns", value 1 for each.
    """
    what: dict[str, Any] = {"family": "schema", "n_real": tables.real.n, "n_synth": tables.synthetic.n}
    sheet = tables.sheet

    def one(variant: str, column: str, note: str) -> Finding:
        return Finding(metric="columns", variant=variant, scope="column", column=column, value=1.0, note=note, **what)

    found = [one("lost", name, "the new table has no such column") for name in sheet.absent]
    found += [one("extra", name, "the reference has no such column; it is not compared") for name in sheet.extra]
    if not found:
        count = len(tables.reference.columns)
        found.append(
            Finding(
                metric="columns", variant="same", scope="joint", value=0.0, method=f"{count} columns by name", **what
            )
        )
    for name, change in sheet.changed.items():
        recast = sheet.recast.get(name)
        note = f"stored as another kind, {recast} ({change})" if recast else f"stored as {change}, the same kind"
        found.append(
            Finding(
                metric="columns", variant="dtype", scope="column", column=name, value=float(recast is not None),
                note=note, **what,
            )
        )  # fmt: skip
    keys = [name for name in tables.reference.names("key") if name not in sheet.absent]
    note = "identifies rows in the reference: its values are not compared; schema={name: 'categorical'} would"
    return found + [absent("columns", "schema", "column", note, variant="key", column=name) for name in keys]
