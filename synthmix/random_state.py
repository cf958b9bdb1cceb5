"""Turn every accepted form of ``random_state`` into one 64-bit seed, once."""

from __future__ import annotations

import numbers
import secrets
from typing import TypeAlias

import numpy as np

from synthmix.errors import OptionError

RandomState: TypeAlias = "int | np.random.Generator | np.random.RandomState | None"

_LIMIT = 2**64


def seed_from(random_state: RandomState) -> int:
    """Return the 64-bit seed of `random_state`; global random state is neither read nor written.

    Parameters
    ----------
    random_state : int, numpy.random.Generator, numpy.random.RandomState or None
        An integer in [0, 2**64) is the seed itself. A generator gives one draw. None means fresh entropy.

    Raises
    ------
    OptionError
        For a negative or too large integer, or any other type.
    """
    if random_state is None:
        return secrets.randbits(64)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, _LIMIT, dtype=np.uint64))
    if isinstance(random_state, np.random.RandomState):
        high, low = random_state.randint(0, 2**32, size=2, dtype=np.uint64)
        return (int(high) << 32) | int(low)
    if isinstance(random_state, numbers.Integral) and not isinstance(random_state, bool):
        seed = int(random_state)
        if 0 <= seed < _LIMIT:
            return seed
        raise OptionError(f"random_state={seed} is outside [0, 2**64); give a non-negative integer below 2**64")
    raise OptionError(
        f"random_state={random_state!r} has type {type(random_state).__name__}; "
        "give an integer, a numpy Generator, a numpy RandomState or None"
    )
