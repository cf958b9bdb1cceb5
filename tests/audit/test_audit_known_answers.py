"""Tables whose privacy is known, through the whole audit; tables that lost their associations are in test_audit."""

from __future__ import annotations

import pandas as pd
import pytest
from audit.privacy_worlds import NUMBERS, mixed, neighbours_mixed, on_grid, population

import synthmix

ROWS, HELD = 500, 2100
TRAIN, HOLDOUT = population(ROWS, 1), population(HELD, 2)
EVERYWHERE = ("membership", "parent_exposure", "duplicates", "replicated_uniques", "singling_out", "linkability")


def audited(synthetic: pd.DataFrame, *sections: str, level: str = "quick", holdout: pd.DataFrame | None = HOLDOUT):
    return synthmix.audit(TRAIN, synthetic, holdout, sections=sections, level=level, models=["income ~ age + percent"])


def failed(report, section: str = "privacy") -> set[str]:
    """Return the metrics of a section that have a number that fails."""
    table = report.table
    return set(table.loc[(table["section"] == section) & (table["verdict"] == "fail"), "metric"])


@pytest.mark.parametrize("copy", [TRAIN, TRAIN.sample(frac=1.0, random_state=7)], ids=["ordered", "shuffled"])
def test_an_exact_copy_fails_privacy_everywhere(copy):
    report = audited(copy, "privacy", level="standard")
    assert report.verdicts == {"privacy": "fail"}
    assert failed(report) >= set(EVERYWHERE)


@pytest.mark.parametrize("known", [True, False], ids=["the holdout itself", "others of the population"])
def test_rows_held_out_fail_nothing(known):
    rows = HOLDOUT if known else population(ROWS, 3)
    report = audited(rows, "fidelity", "inference")
    attacked = audited(rows, "privacy", level="standard")
    assert "fail" not in {*report.table["verdict"], *attacked.table["verdict"]}
    assert attacked.verdicts["privacy"] == "pass" or known


def test_a_small_holdout_clears_nobody_and_finds_what_gives_its_rows_away():
    few = HOLDOUT.head(500)
    honest = audited(population(ROWS, 3), "privacy", level="standard", holdout=few)
    assert honest.verdicts == {"privacy": "inconclusive"}
    assert "hold out twice as many rows" in honest.about["open"]["privacy"][0]
    near = TRAIN.assign(income=TRAIN["income"] + 0.37, age=TRAIN["age"] + 1)  # no row is copied
    found = audited(near, "privacy", level="standard", holdout=few)
    assert found.verdicts == {"privacy": "fail"}
    assert "membership_auc" in failed(found)


def test_what_is_not_attacked_is_not_cleared():
    report = audited(population(ROWS, 3), "privacy")
    assert report.verdicts == {"privacy": "inconclusive"}
    assert "'quick' does not attack membership" in report.about["open"]["privacy"][0]


def test_two_parents_in_full_precision_are_caught_and_the_grid_removes_the_lattice():
    made = mixed(TRAIN, ROWS, 4)
    found, rounded = (failed(audited(rows, "privacy")) for rows in (made, on_grid(made)))
    assert found >= {"parent_exposure", "lattice"}
    assert "lattice" not in rounded


def test_rows_between_neighbours_are_caught_by_lines():
    numbers = neighbours_mixed(TRAIN[list(NUMBERS)].to_numpy(float), 2 * ROWS, 5, 1)
    made = pd.DataFrame(numbers, columns=list(NUMBERS)).assign(group="a")
    report = audited(made, "privacy", holdout=None)
    assert "collinear_triples" in failed(report)  # the attacker needs no candidates, and the audit no holdout
    assert report.verdicts["privacy"] == "fail"
    assert "no holdout" in report.about["open"]["privacy"][0]


def test_sections_that_were_not_asked_for_are_not_there():
    report = audited(TRAIN.head(200), "privacy")
    assert set(report.table["section"]) == set(report.verdicts) == set(report.about["open"]) == {"privacy"}
    with pytest.raises(synthmix.SynthmixError, match=r"sections names 'privat', which is none; did you mean 'privacy'"):
        audited(TRAIN, "privat")
    with pytest.raises(synthmix.SynthmixError, match=r"sections=\(\): name some of fidelity"):
        audited(TRAIN)
