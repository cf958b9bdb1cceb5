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


def test_the_library_default_mixes_scores_and_has_a_law_of_levels_only():
    default = resolve_generator(None, MixupSynthesizer())
    assert laws.predict(default, resolve_regime("replace"), "variance", n=50, generations=3) is None
    np.testing.assert_array_equal(
        laws.predict(default, resolve_regime("replace"), "levels", n=50, generations=3, start={"counts": [3, 47]}), 1.0
    )
