"""How often an audit accuses rows that are not to blame: other rows of the same population, presented as synthetic.

    python -m benchmarks.audit.honest --audits 200 --output docs/audit-size.md

Training rows, holdout and "synthetic" rows are independent samples of one population. A number with a margin is accused
when its whole interval lies beyond it, which happens to at most 2.5 % of the tables whose true number is just at the
margin; a screen warns where its p-value is at most .05. Where several numbers stand behind a line, the chance that any
of them is accused is at most the sum of theirs.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom

import synthmix
from benchmarks.audit.people import population
from benchmarks.audit.truths import truths
from synthmix.audit.margins import RULES

FLAGS = {name for rules in RULES.values() for name in rules.flags}
HELD = 2000  # rows of the holdout: a false positive rate of 1 % needs as many
ONE_SIDE, SCREEN = 0.025, 0.05  # rates of one number
ACCUSED = ("fail", "warn")
_SMALL = 1e-3  # chance with which a right number exceeds its rate


def one_audit(rows: int, seed: int, level: str) -> pd.DataFrame:
    """Return the table of one audit; privacy is attacked at the standard level, which decides by membership."""
    train, other, holdout = (population(size, 3 * seed + use) for use, size in enumerate((rows, rows, HELD)))
    asked = {"target": "bought", "sensitive": ("group",), "models": ["c ~ a + b + group"], "random_state": seed}
    quick = synthmix.audit(
        train, other, holdout, level=level, sections=("fidelity", "inference", "prediction"), **asked
    )
    attacked = synthmix.audit(train, other, holdout, level="standard", sections="privacy", **asked)
    return pd.concat([quick.table, attacked.table], ignore_index=True)


@dataclass
class Line:
    """How a metric was judged in all audits so far.

    Attributes
    ----------
    nominal : float
        Rate of one number, 0 where they have different ones.
    worst : Counter
        Audits by the worst verdict of their numbers.
    numbers, accused : int
        Numbers of all audits, and those among them that warn or fail.
    bound : float
        Sum of the nominal rates of the numbers of an audit, the largest of all audits.
    """

    nominal: float
    worst: Counter[str] = field(default_factory=Counter)
    numbers: int = 0
    accused: int = 0
    bound: float = 0.0

    def add(self, part: pd.DataFrame) -> None:
        """Add the numbers of one audit; a screen that does not warn passes."""
        verdicts = part["verdict"]
        self.worst[next((word for word in ("fail", "warn", "inconclusive") if word in set(verdicts)), "pass")] += 1
        self.numbers += len(part)
        self.accused += int(verdicts.isin(ACCUSED).sum())
        self.bound = max(self.bound, min(1.0, float(part["nominal"].sum())))

    @property
    def exceeds(self) -> bool:
        """Whether so many accused audits have a chance under .001 where every number holds its rate."""
        accused = sum(self.worst[word] for word in ACCUSED)
        return bool(binom.sf(accused - 1, self.worst.total(), self.bound) < _SMALL)

    @property
    def cells(self) -> list[str]:
        """What the page shows of it."""
        audits = self.worst.total()
        shares = [f"{self.worst[word] / audits:.3f}" for word in (*ACCUSED, "inconclusive")]
        each = [
            f"{self.numbers / audits:.3g}",
            f"{self.accused / self.numbers:.3f}",
            f"{self.nominal:g}" if self.nominal else "",
        ]
        return [str(audits), *shares, *each, f"{self.bound:.3g}", "exceeds" if self.exceeds else ""]


Found = dict[tuple[str, str], Line]


def count(table: pd.DataFrame, found: Found) -> None:
    """Add the numbers of one audit to the lines of their metrics, and the declared ones to that of their section."""
    judged = table[table["value"].notna() & (table["metric"].isin(FLAGS) | (table["verdict"] != "na"))]
    judged = judged.assign(nominal=np.where(judged["metric"].isin(FLAGS), SCREEN, ONE_SIDE))
    for (section, metric, variant), part in judged.groupby(["section", "metric", "variant"], sort=False):
        name = f"{metric} ({variant})" if variant else metric
        found.setdefault((section, name), Line(part["nominal"].iloc[0])).add(part)
    for section, part in judged[judged["declared"]].groupby("section"):
        found.setdefault(("all declared", section), Line(0.0)).add(part)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audits", type=int, default=200)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--level", default="quick")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    found: Found = {}
    for seed in range(options.audits):
        count(one_audit(options.rows, seed, options.level), found)
        if seed % 10 == 9 or seed == options.audits - 1:
            text = page(found, seed + 1, options.rows)
            print(f"{seed + 1} audits", file=sys.stderr, flush=True)
            if options.output:
                options.output.write_text(text, encoding="utf-8")
    text += "\n" + "\n".join(truths(options.audits, options.rows)) + "\n"
    print(text)
    if options.output:
        options.output.write_text(text, encoding="utf-8")


def page(found: Found, audits: int, rows: int) -> str:
    """Return the page, but for what is known of the true numbers."""
    command = f"python -m benchmarks.audit.honest --audits {audits} --rows {rows}"
    titles = ("section", "number", "audits", "fails", "warns", "open", "numbers", "one number", "nominal", "bound", "")
    lines = [f"# Audits of honest tables\n\nMade by `{command}`.", HEAD, f"| {' | '.join(titles)} |"]
    lines.append("|---" * len(titles) + "|")
    order = sorted(found.items(), key=lambda one: one[0][0] == "all declared")
    lines += [f"| {section} | {name} | {' | '.join(line.cells)} |" for (section, name), line in order]
    return "\n".join([*lines, REMARKS])


HEAD = """
Training rows, holdout and "synthetic" rows are independent samples of one population of seven columns, 2,000 rows of
the holdout; level quick, and the privacy of level standard. Several numbers may stand behind a line (columns, pairs,
coefficients: "numbers"), and the worst of an audit counts as its verdict; "one number" is the share of single numbers
that were accused. "Nominal" is for one number: an interval lies wholly beyond a margin in at most 2.5 % of the tables
whose true number is just at the margin; a screen, judged by its p-value, warns in 5 %. "Bound" is the sum of the
nominal rates of the numbers, which the share of accused audits cannot exceed where each holds its own. "Open" is
inconclusive: so few rows cannot certify the margin. "Exceeds" marks a share whose chance is under .001 where the bound
is right.
"""

REMARKS = """
## What is accused rightly

The rows of two honest tables are not alike. Numbers of columns say how far the law of the new rows is from the training
*rows*, which are a sample themselves: their own L-skewness may be beyond the margin. Numbers of prediction say how two
models differ that learned from two samples, and with few rows they do differ. What is true of each table is known here:
of the columns from two million rows, of the models from 38,000 more rows of the holdout. "Beyond" is the share of
tables whose true number is beyond the margin, "wrongly" the share that is accused though it is not.
"""


if __name__ == "__main__":
    main()
