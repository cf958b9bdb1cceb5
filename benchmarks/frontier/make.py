"""Make a synthetic table by any method, with seconds and peak memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from benchmarks.frontier.controls import CONTROLS, Sampler
from benchmarks.frontier.methods import Method, Settings
from benchmarks.frontier.outside import from_peer
from benchmarks.frontier.tables import Data
from benchmarks.peers.path.clock import Times, memory_above, timed

SECOND = "second sample"


@dataclass(frozen=True, eq=False)
class Made:
    """A synthetic table and what it took.

    `seconds` has "fit" and "sample", each with CPU and wall seconds; `peak_mib` is memory above what the process held
    before; `data` is what the table is to be compared with.
    """

    table: pd.DataFrame
    data: Data
    seconds: dict[str, dict[str, float]]
    peak_mib: float
    about: dict[str, Any] = field(default_factory=dict)


def make(method: Method, data: Data, seed: int) -> Made:
    """Return as many synthetic rows as there are training rows.

    Our own code is called once before, so that no compilation is timed.
    """
    if method.family == "peer":
        table, said = from_peer(method, data, seed)
        about = {"versions": said["versions"]}
        return Made(table, data, said["seconds"], said["peak_mib"], about)
    fit = {"ours": _ours, "control": _control}[method.family](method.settings)
    rows, against = len(data.train), data
    if method.settings.get("control") == SECOND:  # it uses up half of the holdout: everything is halved
        rows = len(data.holdout) // 2
        rest = data.holdout.iloc[rows : 2 * rows].reset_index(drop=True)
        against = replace(data, train=data.train.head(rows), holdout=rest)
    if method.family == "ours":
        fit(data, seed)(rows)
    times: dict[str, Times] = {"fit": {}, "sample": {}}
    with memory_above() as memory:
        sample = timed(lambda: fit(data, seed), times["fit"])
        table = timed(lambda: sample(rows), times["sample"])
    seconds = {part: {name: spent[0] for name, spent in one.items()} for part, one in times.items()}
    screen = getattr(getattr(sample, "__self__", None), "screen_", None)  # of ours: how the leaf was chosen
    return Made(table, against, seconds, memory.mib, {} if screen is None else {"screen": screen.to_dict()})


def _ours(settings: Settings) -> Callable[[Data, int], Sampler]:
    import synthmix
    from synthmix.pairing import pairing_from_dict
    from synthmix.weights.registry import law_from_dict

    given = dict(settings)
    for name, read in (("weights", law_from_dict), ("pairing", pairing_from_dict)):
        if isinstance(given.get(name), dict):
            given[name] = read(given[name])

    def fit(data: Data, seed: int) -> Sampler:
        synthesizer = synthmix.MixupSynthesizer(random_state=seed, **given)
        return synthesizer.fit(data.train, target=data.entry.target).sample

    return fit


def _control(settings: Settings) -> Callable[[Data, int], Sampler]:
    arguments = {name: value for name, value in settings.items() if name != "control"}
    return lambda data, seed: CONTROLS[settings["control"]](data, seed, **arguments)
