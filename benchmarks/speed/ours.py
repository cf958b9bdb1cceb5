"""synthmix as a competitor. Options that a version does not know yet are reported, not fatal."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any

from benchmarks.speed.timing import Call, NotAvailableError
from synthmix import MixupSynthesizer

SEED = 1


def fit(table: Any, weights: Any, pairing: Any, encoding: str = "raw", **options: Any) -> MixupSynthesizer:
    """Return a fitted synthesizer, or raise NotAvailableError when this version does not know an option."""
    known = inspect.signature(MixupSynthesizer).parameters
    for name, value in options.items():
        if name not in known:
            raise NotAvailableError(f"MixupSynthesizer has no option {name}={value!r}")
    return MixupSynthesizer(weights, pairing, encoding, random_state=SEED, **options).fit(table)


def into(synthesizer: MixupSynthesizer, rows: int, out: Any) -> Call:
    """Return a call that fills `out`, or raise NotAvailableError when this version cannot."""
    if not has_out():
        raise NotAvailableError("MixupSynthesizer.sample has no option out=")
    return partial(synthesizer.sample, rows, out=out)


def has_out() -> bool:
    """Return whether ``sample(n, out=array)`` exists."""
    return "out" in inspect.signature(MixupSynthesizer.sample).parameters


def dtype_option(dtype: str) -> dict[str, str]:
    """Return the option for `dtype`; the default one is not spoken of, so that every version accepts it."""
    return {} if dtype == "float64" else {"dtype": dtype}
