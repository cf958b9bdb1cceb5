"""What a notebook shows of a study and of its result."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthmix.report import Card, Facts, Table, Text
from synthmix.report.blocks import Block

if TYPE_CHECKING:
    from synthmix.collapse.result import CollapseResult
    from synthmix.collapse.spec import Spec

_LABELS = {"n": "rows"}


def study_card(spec: Spec) -> Card:
    """Return the card of a study that is planned: what meets what, and how many chains that is."""
    own = [one.name for one in spec.generators if one.name not in spec.controls]
    facts = {
        "data": f"{len(spec.data.frame):,} rows, {len(spec.data.kinds)} columns",
        "generators": own,
        "controls": list(spec.controls),
        "regimes": [one.name for one in spec.regimes],
        "rows": list(spec.sizes),
        "generations": spec.generations,
        "chains of a cell": f"{spec.data_draws} draws x {spec.replicates} replicates",
        "seed": str(spec.seed),
    }
    return Card("CollapseStudy", [Facts(facts)], f"{len(spec.tasks):,} chains in {len(spec.cells)} cells; call run()")


def result_card(result: CollapseResult) -> Card:
    """Return the card of a result: how far it came, and the profile of collapse of each cell."""
    from synthmix.collapse.page_tables import short_profile, without_constant

    study = result.manifest["study"]
    facts = Facts(
        {
            **{name: list(study[name]) for name in ("generators", "controls", "regimes")},
            "rows": study["n"],
            "generations": study["generations"],
        }
    )
    blocks: list[Block] = [facts]
    if len(result.trajectories):
        blocks.append(Table(without_constant(short_profile(result)), "Profile of collapse", _LABELS))
    if result.trouble():
        blocks.append(Text(result.trouble(), "warning"))
    return Card("CollapseResult", blocks, f"{result.done:,} of {result.total:,} chains done")
