"""From a model file back to the fitted synthesizer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import ModelFileError
from synthmix.mixing.chain.screen import Screen
from synthmix.mixing.chain.told import check_ranged
from synthmix.mixing.choices import check_options
from synthmix.model_file import read_model, told_as_damage
from synthmix.pairing import Chained, Pairing, pairing_from_dict
from synthmix.pairing.chained import CHOSEN
from synthmix.random_state import seed_from
from synthmix.synthesizer import MixupSynthesizer
from synthmix.table import TableEncoder
from synthmix.weights import law_from_dict

# Options of chained pairing that files of before do not know, and what rows were like then.
_BEFORE: dict[str, Any] = {"strata": 1, "ranges": 1, "ranged": (), "slopes": False}


def load(path: str | Path) -> MixupSynthesizer:
    """Return the fitted synthesizer of a model file; its rows equal those of the saved one bit for bit.

    Where rows are mixed in latent coordinates, its ``encoding`` is the trained map.

    Raises
    ------
    FileError, ModelFileError
        When the file cannot be read, is damaged, foreign or of another schema version.
    InputError
        When it gives back tables of a package that is not installed.

    Notes
    -----
    Nothing in the file is executed, no more memory is asked for than the file has bytes (times a small number), and
    what does not fit together is refused. A hash tells damage, not who wrote the file: whoever can change it can change
    the rows that come out of it.
    """
    meta, arrays = read_model(path)
    with told_as_damage(f"{str(path)!r} describes no synthesizer", "fit and save the model again"):
        return _made(meta, arrays)


def _made(meta: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> MixupSynthesizer:
    """Return the synthesizer of a file that is whole, which says nothing of who wrote it."""
    state, params = meta["state"], meta["state"]["params"]
    before = _BEFORE if state["pairing"].get("name") == "Chained" else {}
    law, pairing = law_from_dict(state["law"]), pairing_from_dict({**before, **state["pairing"]})
    inner = {name.removeprefix("encoder."): array for name, array in arrays.items() if name.startswith("encoder.")}
    encoder = TableEncoder.from_state(meta["encoder"], inner)
    latent = np.array(arrays["latent"], np.float64)  # it becomes part of the source, which reorders its rows
    codes, labels = np.asarray(arrays["codes"], np.int32), np.asarray(arrays["labels"], np.int64)
    encoder.check_source(latent, codes)
    if isinstance(pairing, Chained):
        check_ranged(pairing, encoder)
    if labels.shape != latent.shape[:1] or (labels.size and not 0 <= labels.min() <= labels.max() < labels.size):
        raise ModelFileError("the classes in the model file are not those of its rows; fit and save the model again")
    screen = _screen(state.get("screen"), pairing)
    left_open = _left_open(pairing, state.get("left_open", ["leaf"] if screen else []))
    encoding: Any = params["encoding"] if encoder.through is None else encoder.through.map
    synthesizer = MixupSynthesizer(
        law,
        left_open,
        encoding,
        grid=params["grid"],
        discrete=params["discrete"],
        donor=state["donor"],
        small_cells=state["small_cells"],
        privacy=params.get("privacy"),
        columns=params["columns"],
        keys=params["keys"],
        dtype=state["dtype"],
        random_state=seed_from(state["seed"]),
    )
    check_options(synthesizer, left_open)
    synthesizer._adopt(encoder, latent, codes, labels, state, law, pairing)
    return synthesizer


def _left_open(pairing: Pairing, names: list[str]) -> Pairing:
    """Return the pairing as it was given to ``fit``, which chose the options of these `names`."""
    if not names:
        return pairing
    if not isinstance(pairing, Chained) or not {*names} <= {*CHOSEN}:
        raise ModelFileError(f"the options {names} in the model file are none that fit chooses; fit and save it again")
    return replace(pairing, **dict.fromkeys(names))  # type: ignore[arg-type]


def _screen(told: Any, pairing: Pairing) -> Screen | None:
    """Return the screen of a file, which has to be that of the leaf in the same file."""
    if told is None:
        return None
    screen = Screen(**told)
    same = isinstance(pairing, Chained) and (
        pairing.leaf == screen.leaf
        and screen.slopes <= bool(pairing.slopes)
        and {*screen.ranged} <= {*(pairing.ranged or ())}
    )
    if not same:
        raise ModelFileError("the screen in the model file is of another pairing; fit and save the model again")
    return screen
