"""What a notebook shows of a certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmix.report import Card, Facts, Table, Text

if TYPE_CHECKING:
    from synthmix.certificate.certificate import Certificate

_NAMED = 6  # columns that are named; of more only the number is said
_METHOD = ("weights", "pairing", "encoding", "grid", "seed")


def certificate_card(certificate: Certificate) -> Card:
    """Return the card of a certificate: what is preserved, and folded away why."""
    import pandas as pd

    facts = certificate.facts
    sample = facts["sample_rows"]
    about = f"no sample given; predictions for {facts['passes']}"
    if sample is not None:
        about = f"sample of {sample:,} rows, {facts['passes']}"
    order = ("exact", "in expectation", "not preserved")
    statements = sorted(certificate.statements, key=lambda one: order.index(one.status))
    rows = [(one.status, one.name, one.space, _columns(one.columns), one.predicted, one.realised) for one in statements]
    names = ["status", "statement", "space", "columns", "predicted", "realised"]
    table = pd.DataFrame(rows, columns=names).astype({"predicted": "float64", "realised": "float64"})
    if table["realised"].isna().all():
        table = table.drop(columns="realised")
    reasons = [(one.name, one.space, one.theorem, one.measure, one.reason) for one in statements]
    why = pd.DataFrame(reasons, columns=["statement", "space", "theorem", "measure", "reason"])
    return Card(
        "Certificate",
        [
            Facts({name: str(facts[name]) for name in _METHOD}),
            Table(table, "What is preserved", badges=("status",)),
        ],
        f"{facts['source_rows']:,} source rows, {facts['source_columns']} columns; {about}",
        folded={"Why": [Table(why, "What each statement rests on")], "Notes": [Text(n) for n in certificate.notes]},
    )


def _columns(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= _NAMED else f"{len(names)} columns"
