"""Every law beside a simulation: writes docs/collapse-laws.md.

python -m benchmarks.collapse.laws             # everything, some minutes
python -m benchmarks.collapse.laws --share .01 # a hundredth of the chains: whether it runs
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.collapse.checks import CHECKS, Row, merged

PAGE = Path(__file__).resolve().parents[2] / "docs" / "collapse-laws.md"

HEAD = """# Laws of repeated synthesis, measured

What [the laws](reference/collapse-laws.md) say beside what was simulated, and how many standard errors lie between
them. Simulations are plain numpy and share no code with the package, except that EpBeta's shapes are solved by the
package and the hybrid law is drawn by `MixupSynthesizer`. Fixed seeds. `python -m benchmarks.collapse.laws` makes this
page.

Laws that hold for many rows only are checked where rows are many; all others with few rows, where they would show an
error of order 1/n. A z beyond 4.5 in either direction would be a contradiction; with {rows} numbers the largest of
independent ones is expected near {usual:.1f}. The largest here is {largest:.2f}.

"""


def table(title: str, note: str, rows: list[Row]) -> Iterator[str]:
    yield f"## {title[0].upper()}{title[1:]}\n\n{note}\n"
    yield "| law | setting | closed form | simulated | standard error | z |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        values = " | ".join(f"{value:.5g}" for value in (row.expected, row.found, row.error))
        yield f"| {row.law} | {row.setting} | {values} | {row.z:+.2f} |"
    yield ""


def page(found: dict[str, list[Row]]) -> str:
    rows = [row for part in found.values() for row in part]
    largest = max((abs(row.z) for row in rows), default=0.0)
    from scipy.stats import norm

    lines = [HEAD.format(rows=len(rows), usual=norm.isf(0.25 / len(rows)), largest=largest)]
    for name, part in found.items():
        lines.extend(f"{line}\n" for line in table(name, CHECKS[name][0].__doc__ or "", part))
    return "".join(lines).rstrip("\n") + "\n"


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=1.0, help="of the chains")
    parser.add_argument("--only", nargs="*", choices=tuple(CHECKS), help="these checks")
    parser.add_argument("--output", type=Path, default=PAGE)
    given = parser.parse_args(arguments)
    found = {}
    for name in given.only or CHECKS:
        check, _, chains = CHECKS[name]
        found[name] = merged(check, max(20, int(chains * given.share)))
        print(*table(name, "", found[name]), sep="\n", flush=True)
    given.output.write_text(page(found), encoding="utf-8")


if __name__ == "__main__":
    main()
