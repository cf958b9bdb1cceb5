"""How often an audit accuses rows that are not to blame: other rows of the same population, presented as synthetic.

    python -m benchmarks.audit.honest --audits 200 --output docs/audit-size.md

Training rows, holdout and "synthetic" rows are independent samples of one population. A number with a margin is accused
when its whole interval lies beyond it, which happens to at most 2.5 % of the tables whose true number is just at the
margin; a screen warns where its p-value is at most .05.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import binom

import synthmix
from synthmix.audit.margins import RULES

FLAGS = {name for rules in RULES.values() for name in rules.flags}
HELD = 2000  # rows of the holdout: a false positive rate of 1 % needs as many
_SMALL = 1e-3  # chance with which a right number exceeds its rate


def population(rows: int, seed: int) -> pd.DataFrame:
    """Return numbers that depend on each other, whole numbers, two groups, and an outcome that depends on all."""
    rng = np.random.Generator(np.random.Philox(key=seed))
    a, b, c = rng.normal(size=(3, rows))
    group = rng.choice(["x", "y", "z"], rows, p=[0.5, 0.3, 0.2])
    signal = 1.2 * a - b + 0.7 * (group == "x") + rng.logistic(size=rows)
    frame = pd.DataFrame({"a": a, "b": 0.6 * a + 0.8 * b, "c": np.exp(0.5 * c), "group": group})
    frame["age"] = np.rint(45.0 + 12.0 * a + 8.0 * rng.normal(size=rows))
    return frame.assign(place=rng.choice(["n", "s"], rows), bought=np.where(signal > 0.5, "yes", "no"))


def one_audit(rows: int, seed: int, level: str) -> pd.DataFrame:
    """Return the table of one audit; privacy is attacked at the standard level, which decides by membership."""
    train, other, holdout = (population(size, 3 * seed + use) for use, size in enumerate((rows, rows, HELD)))
    asked = {"target": "bought", "sensitive": ("group",), "models": ["c ~ a + b + group"], "random_state": seed}
    quick = synthmix.audit(
        train, other, holdout, level=level, sections=("fidelity", "inference", "prediction"), **asked
    )
    attacked = synthmix.audit(train, other, holdout, level="standard", sections="privacy", **asked)
    return pd.concat([quick.table, attacked.table], ignore_index=True)


Counts = dict[tuple[str, str], Counter[str]]


def count(table: pd.DataFrame, found: Counts) -> None:
    """Add, for each metric and variant, the worst verdict of its numbers; a screen that does not warn passes."""
    judged = table[table["value"].notna() & (table["metric"].isin(FLAGS) | (table["verdict"] != "na"))]
    for (section, metric, variant), part in judged.groupby(["section", "metric", "variant"], sort=False):
        verdicts = set(part["verdict"])
        worst = next((word for word in ("fail", "warn", "inconclusive") if word in verdicts), "pass")
        found[section, f"{metric} ({variant})" if variant else metric][worst] += 1
    for section, part in judged[judged["declared"]].groupby("section"):
        verdicts = set(part["verdict"])
        found["all declared", section][next((word for word in ("fail", "warn") if word in verdicts), "pass")] += 1


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audits", type=int, default=200)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--level", default="quick")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args(arguments)
    found: Counts = defaultdict(Counter)
    for seed in range(options.audits):
        count(one_audit(options.rows, seed, options.level), found)
        if seed % 10 == 9 or seed == options.audits - 1:
            command = f"python -m benchmarks.audit.honest --audits {seed + 1} --rows {options.rows}"
            text = (
                "\n".join([f"# Audits of honest tables\n\nMade by `{command}`.", HEAD, *_lines(found), REMARKS]) + "\n"
            )
            print(f"{seed + 1} audits", file=sys.stderr, flush=True)
            if options.output:
                options.output.write_text(text, encoding="utf-8")
    print(text)


def _lines(found: Counts) -> list[str]:
    lines = ["| section | number | audits | fails | warns | open | nominal | |", "|---" * 8 + "|"]
    for (section, name), counts in found.items():
        total, accused = counts.total(), counts["fail"] + counts["warn"]
        rate = 0.05 if name.partition(" ")[0] in FLAGS else 0.025
        verdict = "exceeds" if binom.sf(accused - 1, total, rate) < _SMALL else ""
        shares = [f"{counts[word] / total:.3f}" for word in ("fail", "warn", "inconclusive")]
        lines.append(f"| {section} | {name} | {total} | {' | '.join(shares)} | {rate:g} | {verdict} |")
    return lines


HEAD = """
Training rows, holdout and "synthetic" rows are independent samples of one population of seven columns, 2,000 rows of
the holdout; level quick, and the privacy of level standard. Of several numbers of a metric (columns, coefficients,
groups) the worst counts. "Nominal" is for one number: an interval lies wholly beyond a margin in at most 2.5 % of the
tables whose true number is just at the margin; a screen, judged by its p-value, warns in 5 %. "Open" is inconclusive:
so few rows cannot certify the margin. "Exceeds" marks a share whose chance is under .001 where the nominal rate is
right.
"""

REMARKS = """
What may exceed its rate here, and why. The gaps of prediction are those of two models that learned from two samples:
with few rows one is really worse, and trees of 400 rows differ by more than the margin of .01. "All declared" counts
audits with any such number in the section, no rate of one number.
"""


if __name__ == "__main__":
    main()
