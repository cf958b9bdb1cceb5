"""A study from the manifest of its folder, to go on with it."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

from synthmix.collapse.store import read_manifest
from synthmix.collapse.study import CollapseStudy
from synthmix.errors import FileError, OptionError, SynthmixWarning


def study_of(store: str | os.PathLike[str]) -> CollapseStudy:
    """Return the study of a folder.

    Raises
    ------
    OptionError
        When its data did not come from a file, or a generator was not given by a word: such a study is gone on with
        from Python, by the same :class:`CollapseStudy`. Also when the file holds other rows than it did.
    FileError
        When the folder holds no study, or the file of its data is gone.
    """
    folder = Path(store)
    manifest = read_manifest(folder)
    said, words, source = manifest["study"], manifest["words"], manifest["source"]
    objects = [name for name in said["generators"] if name not in words and name not in said["controls"]]
    if source is None or objects or said["fresh"] is not None or said["ruler"] is not None:
        what = f"generator {objects[0]!r}" if objects else "its data" if source is None else "an argument"
        raise OptionError(
            f"the study {str(folder)!r} was begun in Python with {what} that is not in the folder; go on with it "
            "there: CollapseStudy(...).run(folder)"
        )
    if not Path(source).is_file():
        raise FileError(f"the data of the study {str(folder)!r} came from {source!r}, and there is no such file now")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SynthmixWarning)  # said when the study was begun
        return CollapseStudy(
            source,
            {name: words[name] for name in said["generators"] if name in words},
            list(said["regimes"]),
            n=said["n"],
            generations=said["generations"],
            replicates=said["replicates"],
            metrics=said["metrics"],
            monitors=said["monitors"],
            keep=said["keep"],
            random_state=said["seed"],
            target=said["target"],
            schema=said["schema"],
            data_draws=said["data_draws"],
            controls=said["has_controls"],
        )
