"""Every property on one generated table, and the count of what was looked at."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

from benchmarks.hardening import properties
from benchmarks.hardening.tables import World, options, worlds
from synthmix import InputError, SynthmixWarning

_FRAMES_EVERY = 3  # other frames cost a fit each


def check(world: World, chosen: dict[str, Any], cut: int) -> Counter[str]:
    """Check every property on a table; return how often each was looked at.

    Raises
    ------
    AssertionError
        When one does not hold.
    """
    seen = Counter(tables=1)
    synthesizer = properties.fitted(world, chosen)
    if synthesizer is None:
        return seen + Counter(refused=1)
    n = len(world.table)
    passes = 1 + cut % 2
    sample = _sampled(synthesizer, passes * n + (cut % 3 == 0) * (n // 2))
    if sample is None:
        return seen + Counter({"samples refused": 1})
    seen += Counter(mixed=1, columns=len(world.kinds))
    properties.same_form(world, sample, chosen)
    properties.admissible(world, synthesizer, sample, chosen)
    properties.pure_rows(synthesizer, sample, cut)
    properties.saved_and_loaded(synthesizer, sample)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)
        seen["exact statements"] += properties.honest(world, synthesizer, sample) if len(sample) > 1 else 0
    seen["raw rotations"] += properties.rotation_preserves(world, cut)
    if cut % _FRAMES_EVERY == 0:
        seen["other frames"] += properties.same_frames(world, chosen)
    return seen


def _sampled(synthesizer: Any, n_rows: int) -> Any:
    """Return a sample; None where its dtype cannot hold so many fresh keys, which the message says."""
    try:
        return synthesizer.sample(n_rows)
    except InputError as error:
        assert "fresh key" in str(error), error
        return None


def many(examples: int, seed: int, minutes: float) -> dict[str, Any]:
    """Check `examples` fresh tables, or as many as `minutes` allow; return what was seen and each failure."""
    import time

    import hypothesis
    from hypothesis import given, settings
    from hypothesis import strategies as st

    seen: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    end = time.monotonic() + 60 * minutes
    quiet = settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )

    @hypothesis.seed(seed)
    @quiet
    @given(worlds(), options(), st.integers(0, 10**6))
    def go(world: World, chosen: dict[str, Any], cut: int) -> None:
        nonlocal seen
        if time.monotonic() > end:
            return
        try:
            seen += check(world, chosen, cut)
        except Exception as error:  # noqa: BLE001 - the run goes on, and tells all at its end
            seen += Counter(tables=1)
            about = {"kinds": world.kinds, "rows": len(world.table), "names": world.names, "options": chosen}
            failures.append({"error": f"{type(error).__name__}: {error}"[:500], **about, "cut": cut})

    go()
    return {"seed": seed, "seen": dict(sorted(seen.items())), "failures": failures}
