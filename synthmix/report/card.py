"""A card: a result as a notebook shows it, a small piece of HTML with its own style and no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from synthmix.report.blocks import Block
from synthmix.report.colours import SIGNS
from synthmix.report.page import asset, environment


@dataclass(frozen=True)
class Card:
    """What a notebook shows of a result.

    Attributes
    ----------
    title : str
    blocks : sequence of blocks
        What is seen at once; any but pictures.
    subtitle : str
    verdict : str
        Shown beside the title; "" for none.
    folded : mapping of str to sequence of blocks
        Heading to what is seen when a reader opens it.

    Notes
    -----
    Text takes the colour that it finds and nothing has a background, so that the card can be read on light and dark
    pages alike. Where styles are taken away, as in notebooks that are not trusted, tables and lists are left.
    """

    title: str
    blocks: Sequence[Block]
    subtitle: str = ""
    verdict: str = ""
    folded: Mapping[str, Sequence[Block]] = field(default_factory=dict)

    def html(self) -> str:
        """Return the card; everything that is text is escaped, and equal cards give equal text."""
        folded = {name: blocks for name, blocks in self.folded.items() if blocks}
        template = environment().get_template("card.html")
        return str(template.render(card=self, folded=folded, style=asset("card.css"), signs=SIGNS))
