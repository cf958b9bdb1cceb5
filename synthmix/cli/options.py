"""The options that fit a synthesizer, written once for every command that takes them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from synthmix.cli.specs import parse_columns, parse_pairing, parse_weights

_SPEC = "NAME[:OPTION=VALUE,...]"
_WEIGHTS = (
    "rotation, sphere, epbeta, beta, uniform, dirichlet or hybrid; for example epbeta:delta=.05,eps=.3. Default: "
    "sphere for chained pairing, else rotation."
)
_PAIRING = (
    "chained, nearest, random, cyclic or within_class; for example chained:leaf=8, nearest:leaf=20 or "
    "within_class:columns=a+b,pairing=nearest. Default: chained for normal scores, nearest for raw values and where "
    "weights are given."
)

# Name of the parameter: type with help, default. Choices are checked by the library, which knows them.
_FIT_OPTIONS: dict[str, tuple[Any, Any]] = {
    "seed": (
        Annotated[int | None, typer.Option(help="A whole number; the same seed gives the same rows. Default: fresh.")],
        None,
    ),
    "weights": (Annotated[str | None, typer.Option(metavar=_SPEC, help=_WEIGHTS)], None),
    "pairing": (Annotated[str | None, typer.Option(metavar=_SPEC, help=_PAIRING)], None),
    "encoding": (
        Annotated[str, typer.Option(help="normal (scores of ranks) or raw (units of the data).")],
        "normal",
    ),
    "grid": (Annotated[str, typer.Option(help="source (the table's own decimals), full (float64) or auto.")], "auto"),
    "discrete": (
        Annotated[str, typer.Option(help="donor (copied together from one row) or scores (mixed as scores).")],
        "donor",
    ),
    "donor": (
        Annotated[str, typer.Option(help="largest or squared: the parent that gives discrete columns.")],
        "largest",
    ),
    "small_cells": (Annotated[str, typer.Option(help="merge or copy: rows of classes too rare to mix.")], "merge"),
    "privacy": (
        Annotated[
            float | None,
            typer.Option(
                help="Share of rows, from above .5 to 1, that may be nearer to those that they are made from than to "
                "others; decides the leaf of chained pairing. Default: that of sequential trees."
            ),
        ],
        None,
    ),
    "keys": (Annotated[str, typer.Option(help="fresh or drop: what becomes of columns that identify rows.")], "fresh"),
    "target": (Annotated[str | None, typer.Option(help="The column that classes or a regression refer to.")], None),
    "columns": (
        Annotated[
            list[str] | None,
            typer.Option(metavar="NAME=KIND,...", help="Kinds that override the found ones: zip=categorical,id=key"),
        ],
        None,
    ),
    "threads": (Annotated[int, typer.Option(help="Threads, -1 for all cores; the rows do not depend on it.")], 1),
}


def takes_fit_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give `command` the shared options; it receives them as keyword arguments."""
    given = inspect.signature(command, eval_str=True).parameters.values()
    own = [parameter for parameter in given if parameter.kind is not inspect.Parameter.VAR_KEYWORD]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _FIT_OPTIONS.items()
    ]
    # typer reads both the signature and the annotations
    command.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    del command.__annotations__["options"]
    command.__annotations__.update({name: kind for name, (kind, _) in _FIT_OPTIONS.items()})
    return command


def synthesizer_options(options: dict[str, Any]) -> dict[str, Any]:
    """Turn the words of the command line into the parameters of ``MixupSynthesizer``; `target` goes to ``fit``."""
    parameters = {name: value for name, value in options.items() if name not in ("seed", "target", "threads")}
    return {
        **parameters,
        "weights": None if options["weights"] is None else parse_weights(options["weights"]),
        "pairing": None if options["pairing"] is None else parse_pairing(options["pairing"]),
        "columns": parse_columns(options["columns"]),
        "n_jobs": options["threads"],
        "random_state": options["seed"],
    }
