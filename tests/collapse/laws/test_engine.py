"""Laws know the generators and regimes of a study."""

import numpy as np
import pytest

from synthmix import MixupSynthesizer
from synthmix.collapse import laws
from synthmix.collapse.generators.resolve import resolve_generator
from synthmix.collapse.regimes import resolve_regime

REGIMES = ("replace", "accumulate", "subsample", "share:0.25", "fresh:0.25", "window:2", "window:2,real")


@pytest.mark.parametrize("regime", REGIMES)
def test_every_known_regime_and_control_has_a_law(regime):
    for word in ("bootstrap", "gaussian:divisor=n", "independent", "uniform", "epbeta:delta=.02", "rotation:5"):
        path = laws.predict(resolve_generator(None, word), resolve_regime(regime), "variance", n=80, generations=4)
        assert path.shape == (5,)
        assert path[0] == 1.0
        assert (path > 0.1).all()


def test_rotated_scores_have_a_law_of_levels_only_and_chains_have_none():
    regime = resolve_regime("replace")
    chained = resolve_generator(None, MixupSynthesizer())
    for metric in ("variance", "levels"):
        assert laws.predict(chained, regime, metric, n=50, generations=3) is None
    default = resolve_generator(None, MixupSynthesizer("rotation"))
    assert laws.predict(default, regime, "variance", n=50, generations=3) is None
    np.testing.assert_array_equal(
        laws.predict(default, regime, "levels", n=50, generations=3, start={"counts": [3, 47]}), 1.0
    )
