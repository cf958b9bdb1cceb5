"""The command line that runs a study again."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Any

_FLAGS = (("generations", "--generations"), ("replicates", "--replicates"), ("data_draws", "--draws"))


def command_of(manifest: Mapping[str, Any]) -> str:
    """Return the command of a study; empty where objects or data came from Python.

    The data are named by their file's name alone: where it lies is no part of the study.
    """
    study, words = manifest["study"], manifest.get("words", {})
    outside = [name for name in study["generators"] if name not in words and name not in study["controls"]]
    given = [study[name] for name in ("fresh", "ruler", "monitors")]
    if not manifest.get("source") or outside or any(one is not None for one in given):
        return ""
    return " ".join(shlex.quote(part) for part in _parts(manifest))


def _parts(manifest: Mapping[str, Any]) -> Iterator[str]:
    study, words = manifest["study"], manifest["words"]
    yield from ("synthmix", "collapse", PurePath(manifest["source"]).name)
    for name in study["generators"]:
        if name in words:
            yield from ("--generator", words[name])
    for name in study["regimes"]:
        yield from ("--regime", name)
    for name, flag in _FLAGS:
        yield from (flag, str(study[name]))
    for n in study["n"]:
        yield from ("--n", str(n))
    for metric in study["metrics"] or []:
        yield from ("--metric", metric)
    for name, kind in study["schema"].items():
        yield from ("--schema", f"{name}={kind}")
    if study["target"] is not None:
        yield from ("--target", study["target"])
    if study["keep"] != "none":
        yield from ("--keep", study["keep"])
    if not study["has_controls"]:
        yield "--no-controls"
    yield from ("--seed", str(study["seed"]), "-o", "study/")
