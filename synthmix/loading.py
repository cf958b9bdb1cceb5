"""From a model file back to the fitted synthesizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from synthmix.model_file import read_model
from synthmix.pairing import pairing_from_dict
from synthmix.synthesizer import MixupSynthesizer
from synthmix.table import TableEncoder
from synthmix.weights import law_from_dict


def load(path: str | Path) -> MixupSynthesizer:
    """Return the fitted synthesizer of a model file; its rows equal those of the saved one bit for bit.

    Where rows are mixed in latent coordinates, its ``encoding`` is the trained map.

    Raises
    ------
    FileError, ModelFileError
        When the file cannot be read, is damaged, foreign or of another schema version.
    """
    meta, arrays = read_model(path)
    state, params = meta["state"], meta["state"]["params"]
    law, pairing = law_from_dict(state["law"]), pairing_from_dict(state["pairing"])
    inner = {name.removeprefix("encoder."): array for name, array in arrays.items() if name.startswith("encoder.")}
    encoder = TableEncoder.from_state(meta["encoder"], inner)
    encoding: Any = params["encoding"] if encoder.through is None else encoder.through.map
    synthesizer = MixupSynthesizer(
        law,
        pairing,
        encoding,
        grid=params["grid"],
        discrete=params["discrete"],
        donor=state["donor"],
        small_cells=state["small_cells"],
        columns=params["columns"],
        keys=params["keys"],
        dtype=state["dtype"],
        random_state=state["seed"],
    )
    latent = np.array(arrays["latent"])  # it becomes part of the source, which puts its rows into another order
    synthesizer._adopt(encoder, latent, arrays["codes"], arrays["labels"], state, law, pairing)
    return synthesizer
