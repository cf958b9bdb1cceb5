"""Rows that were mixed as normal scores: found there, and nothing is found among rows that no one mixed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from audit.privacy_worlds import tables_of
from scipy.special import ndtri
from scipy.stats import rankdata

from synthmix import MixupSynthesizer
from synthmix.audit.privacy import privacy_findings
from synthmix.audit.privacy.ground import Ground
from synthmix.audit.privacy.latent import as_scores
from synthmix.audit.privacy.numeric import numeric_of

EXCESS, SHARE, ROWS = (
    ("parent_exposure", "excess, normal scores"), ("parent_exposure", "share, normal scores"),
    ("collinear_triples", "rows, normal scores"),
)  # fmt: skip


def people(rows: int, seed: int) -> pd.DataFrame:
    common, *own = np.random.default_rng(seed).normal(size=(5, rows))
    values = np.exp(0.8 * common + np.array(own))
    return pd.DataFrame(values.T, columns=["a", "b", "c", "d"])


TRAIN, HELD, OTHERS = people(300, 1), people(300, 2), people(300, 3)


def found(synthetic: pd.DataFrame, generator: MixupSynthesizer | None):
    findings = privacy_findings(tables_of(TRAIN, synthetic, HELD), generator=generator, level="quick")
    return {(one.metric, one.variant): one for one in findings}


def test_scores_are_those_of_ranks_and_go_back_to_the_mixture() -> None:
    mixer = MixupSynthesizer("uniform", "random", random_state=0).fit(TRAIN)
    made = mixer.sample(50)
    scores = as_scores(numeric_of(Ground(tables_of(TRAIN, made, HELD), 0, 1)))
    assert not isinstance(scores, str)
    oracle = ndtri((rankdata(TRAIN, axis=0) - 0.5) / len(TRAIN))
    np.testing.assert_allclose(np.sort(scores.real, axis=0), np.sort(oracle, axis=0), atol=1e-12)
    plan = mixer.plan(0, 50)
    mixed = (plan.weights[:, :, None] * oracle[plan.parents]).sum(axis=1)
    np.testing.assert_allclose(np.sort(scores.synthetic, axis=0), np.sort(mixed, axis=0), atol=4e-9)


def test_two_parents_are_found_among_scores_and_not_in_the_units_of_the_data() -> None:
    mixer = MixupSynthesizer("uniform", "random", random_state=0).fit(TRAIN)
    numbers = found(mixer.sample(300), mixer)
    assert numbers[SHARE].value > 0.98
    assert numbers[EXCESS].ci_low > 0.9
    assert numbers["parent_exposure", "excess"].value < 0.02
    assert EXCESS not in found(mixer.sample(300), None)


@pytest.mark.parametrize("name", ["five parents", "others", "raw"])
def test_what_was_not_mixed_from_two_scores_is_not_accused(name: str) -> None:
    law = "sphere" if name == "five parents" else "uniform"
    mixer = MixupSynthesizer(law, "random", "raw" if name == "raw" else "normal", random_state=0).fit(TRAIN)
    numbers = found(OTHERS if name == "others" else mixer.sample(300), mixer)
    if name == "raw":
        assert EXCESS not in numbers
        return
    assert numbers[EXCESS].value <= 0.01
    assert numbers[ROWS].value <= 0.01


def test_pairs_of_neighbours_draw_lines_among_scores() -> None:
    mixer = MixupSynthesizer("uniform", "nearest", random_state=0).fit(TRAIN)
    numbers = found(mixer.sample(1500), mixer)
    assert numbers[ROWS].ci_low > 0.01
    assert numbers["collinear_triples", "rows"].value < 0.01


def test_columns_on_a_grid_have_no_scores_to_attack() -> None:
    train = TRAIN.round(1)
    mixer = MixupSynthesizer("uniform", "random", random_state=0).fit(train)
    findings = privacy_findings(tables_of(train, mixer.sample(300), HELD.round(1)), generator=mixer, level="quick")
    notes = {(one.metric, one.variant): one.note for one in findings}
    assert "without equal values" in notes[EXCESS]
