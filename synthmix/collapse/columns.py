"""The columns of the tables of a study."""

from __future__ import annotations

CELL = ("generator", "regime", "n", "draw", "chain")
"""What identifies a chain: generator, regime, rows of a generation, draw of the real rows, chain of that draw."""

MEASURED = ("metric", "variant", "column", "level")
"""What identifies a number of one generation; "" where a word does not apply."""

TRAJECTORIES = (*CELL, "generation", "rows", *MEASURED, "value", "count")
"""One row a number. `generation` 0 is the real table of the chain. `rows` is "new" for the rows that were made in
this generation, "pool" for the table that the next generation is made from (under "replace" they are the same and only
"new" is kept). `count` is the number of rows behind the number."""
