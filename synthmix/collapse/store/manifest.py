"""What a folder says about the study that is in it, and whether that is the study at hand."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from synthmix.collapse.spec import FORMAT, Spec
from synthmix.collapse.starts import level_counts
from synthmix.collapse.store.sound import is_manifest
from synthmix.errors import FileError, InputError, OptionError
from synthmix.io.atomic import write_bytes
from synthmix.shown import short_json
from synthmix.warn import warn_caller

MANIFEST = "manifest.json"
_LIBRARIES = ("numpy", "scipy", "pandas", "pyarrow", "scikit-learn")
_SHOWN, _LETTERS = 4, 40


def manifest_of(spec: Spec) -> dict[str, Any]:
    """Return the manifest of a study."""
    return {
        "synthmix": "collapse study",
        "format": FORMAT,
        "study": spec.identity,
        "cells": {address: list(cell) for cell, address in spec.cell_ids.items()},
        "order": [list(cell) for cell in spec.cells],
        "words": spec.words,
        "starts": level_counts(spec),
        "source": spec.data.source,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Return the versions of what the numbers come from."""
    from importlib.metadata import version

    return {"python": platform.python_version(), **{name: version(name) for name in ("synthmix", *_LIBRARIES)}}


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest, whole or not at all."""
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"
    write_bytes(folder / MANIFEST, text.encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a study's folder.

    Raises
    ------
    FileError
        No such folder, none of a study, or a damaged manifest.
    InputError
        The study was written by a version with another format.
    """
    if not folder.is_dir():
        raise FileError(f"cannot read the study {str(folder)!r}: there is no such folder")
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileError(f"the folder {str(folder)!r} holds no study: it has no {MANIFEST}") from error
    except (ValueError, RecursionError) as error:
        raise FileError(f"the manifest of {str(folder)!r} is damaged: {error}") from error
    if not isinstance(manifest, dict) or manifest.get("synthmix") != "collapse study":
        raise FileError(f"{MANIFEST} in {str(folder)!r} is not that of a collapse study")
    if manifest.get("format") != FORMAT:
        raise InputError(f"the study {str(folder)!r} has format {manifest.get('format')}; this version reads {FORMAT}")
    if not is_manifest(manifest):
        raise FileError(f"the manifest of {str(folder)!r} is damaged: it is not what a study writes; run it anew")
    return manifest


def check_same(folder: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Raise when a folder holds another study than the one at hand.

    Raises
    ------
    OptionError
        The message names what differs; the folder is left as it is.

    Warns
    -----
    SynthmixWarning
        When the same study was begun with other versions of the libraries, so that last digits may differ.
    """
    differing = list(_differences("", found["study"], wanted["study"]))
    begun, now = found["versions"], wanted["versions"]
    if begun["synthmix"] != now["synthmix"]:
        differing.append(f"version of synthmix: {begun['synthmix']} there, {now['synthmix']} here")
    if differing:
        more = f" and {len(differing) - _SHOWN} more" if len(differing) > _SHOWN else ""
        raise OptionError(
            f"the folder {str(folder)!r} holds another study, which is left untouched; "
            f"different: {'; '.join(differing[:_SHOWN])}{more}; choose another folder"
        )
    others = [f"{name} {begun[name]} -> {now[name]}" for name in now if begun.get(name) != now[name]]
    if others:
        text = f"the study was begun with other versions ({', '.join(others)}); last digits may differ between chains"
        warn_caller(text)


def _differences(path: str, found: Any, wanted: Any) -> Iterator[str]:
    if isinstance(found, dict) and isinstance(wanted, dict):
        for key in sorted({*found, *wanted}):
            inner = f"{path}.{key}" if path else key
            if key not in wanted:
                yield f"{inner} is only there"
            elif key not in found:
                yield f"{inner} is only here"
            else:
                yield from _differences(inner, found[key], wanted[key])
    elif found != wanted:
        yield f"{path}: {short_json(found, _LETTERS)} there, {short_json(wanted, _LETTERS)} here"
