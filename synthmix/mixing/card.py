"""What a notebook shows of a synthesizer and of a plan."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from synthmix.errors import OptionError
from synthmix.mixing.chain.lineage import ChainedPlan
from synthmix.mixing.choices import rule_of
from synthmix.report import Card, Facts, Table, Text
from synthmix.report.blocks import Block

if TYPE_CHECKING:
    from synthmix.mixing.plan import Plan
    from synthmix.table.info import ColumnInfo

_PLAN_ROWS = 5
_NAMES = 12  # of columns that are named in a line
_SLOTS = ("weights", "pairing", "encoding")


def synthesizer_card(synthesizer: Any) -> Card:
    """Return the card of a synthesizer: its three choices, and what it is fitted to."""
    columns: tuple[ColumnInfo, ...] | None = getattr(synthesizer, "columns_", None)
    try:
        rule = rule_of(synthesizer)
    except OptionError as error:
        given = {name: repr(getattr(synthesizer, name)) for name in _SLOTS}
        return Card("MixupSynthesizer", [Facts(given), Text(str(error), "warning")], "cannot be fitted as it is")
    blocks: list[Block] = [
        Facts(
            {
                "weights": f"{rule.law!r}{_default(synthesizer.weights)}",
                "pairing": f"{getattr(synthesizer, 'pairing_', rule.pairing)!r}{_default(synthesizer.pairing)}",
                "encoding": str(synthesizer.encoding),
                **_others(synthesizer),
            }
        )
    ]
    if columns is None:
        return Card("MixupSynthesizer", blocks, "not fitted yet: call fit(table)")
    blocks.append(_kinds(columns))
    source = synthesizer._executor.source  # noqa: SLF001 - the card of what holds it
    subtitle = f"fitted to {source.n_rows:,} rows, {len(columns)} columns; seed {synthesizer.seed_}"
    notes = [Text(f"{info.name}: {info.note}") for info in columns if info.note]
    if synthesizer.screen_ is not None:
        blocks.append(Text(f"Chosen by a screen on halves of the table: {synthesizer.screen_}."))
    if source.plan.copied_rows:
        blocks.append(Text(f"{source.plan.copied_rows:,} rows are copied: too few are like them.", "warning"))
    return Card("MixupSynthesizer", blocks, subtitle, folded={f"Notes on {len(notes)} columns": notes})


def plan_card(plan: Plan | ChainedPlan) -> Card:
    """Return the card of a plan: its shape, and its first rows."""
    import pandas as pd

    shown = min(len(plan), _PLAN_ROWS)
    table: dict[str, Any] = {"row": [plan.start + i for i in range(shown)]}
    facts: dict[str, object] = {"parents": "x".join(map(str, plan.parents.shape))}
    if isinstance(plan, ChainedPlan):
        table["begins as"] = plan.origins[:shown].tolist()
        facts["columns, as drawn"] = _words(plan.columns, _NAMES)
    else:
        table["donor"] = plan.donors[:shown].tolist()
        table["parents"] = [_words(row) for row in plan.parents[:shown].tolist()]
        table["weights"] = [_words(f"{one:.3f}" for one in row) for row in plan.weights[:shown].tolist()]
    caption = f"First {shown} of {len(plan):,} rows" if shown < len(plan) else f"{len(plan)} rows"
    note = Text("Keep plans private: beside a synthetic table they reveal its real rows.", "warning")
    blocks: list[Block] = [Facts(facts), Table(pd.DataFrame(table), caption), note]
    return Card(type(plan).__name__, blocks, f"synthetic rows {plan.start:,} to {plan.stop - 1:,}")


def _default(given: object) -> str:
    return " (default)" if given is None else ""


def _others(synthesizer: Any) -> dict[str, str]:
    """Return the other parameters that differ from their defaults."""
    defaults = type(synthesizer)()
    names = [name for name in synthesizer.get_params() if name not in _SLOTS]
    return {
        name: repr(getattr(synthesizer, name))
        for name in names
        if repr(getattr(synthesizer, name)) != repr(getattr(defaults, name))
    }


def _kinds(columns: Iterable[ColumnInfo]) -> Table:
    """Return the columns by role and kind."""
    import pandas as pd

    groups: dict[tuple[str, str], list[ColumnInfo]] = {}
    for info in columns:
        groups.setdefault((info.role, info.kind), []).append(info)
    rows = [
        (role, kind, len(infos), sum(info.n_missing for info in infos), _words((i.name for i in infos), _NAMES))
        for (role, kind), infos in sorted(groups.items())
    ]
    return Table(pd.DataFrame(rows, columns=["role", "kind", "columns", "missing cells", "names"]), "Columns by kind")


def _words(parts: Iterable[object], most: int = 8) -> str:
    words = [str(part) for part in parts]
    rest = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(words[:most]) + rest
