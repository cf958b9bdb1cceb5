"""What the words after an option mean: ``--columns``, ``--weights``, ``--pairing``."""

from __future__ import annotations

import inspect
from typing import Any

from synthmix.arguments import options_of, plain_value, split_pairs
from synthmix.errors import OptionError, did_you_mean


def parse_columns(specs: list[str] | None, option: str = "--columns") -> dict[str, str] | None:
    """Return ``{"zip": "categorical", "id": "key"}`` for ``["zip=categorical,id=key"]``.

    Parameters
    ----------
    specs : list of str or None
        One entry for each time the option was given. Pairs are separated by commas; a pair whose column name holds a
        comma is put in double quotes.
    option : str
        The option, for messages.

    Raises
    ------
    OptionError
        For a pair without ``=`` or with an empty side, or a column named twice.
    """
    columns: dict[str, str] = {}
    for pair in split_pairs(specs or []):
        name, equals, kind = pair.rpartition("=")
        if not (equals and name.strip() and kind.strip()):
            raise OptionError(f"{option} {pair!r} is not NAME=KIND; write for example zip=categorical,id=key")
        if name.strip() in columns:
            raise OptionError(f"{option} names {name.strip()!r} twice; give one kind for each column")
        columns[name.strip()] = kind.strip()
    return columns or None


def parse_names(specs: list[str] | None) -> tuple[str, ...]:
    """Return ``("a", "b,c")`` for ``['a,"b,c"']``; the option may be given again."""
    return tuple(name.strip() for name in split_pairs(specs or []))


def parse_weights(spec: str) -> Any:
    """Return the weights law for ``"rotation"`` or ``"epbeta:delta=.05,eps=.3"``; a plain name stays a name."""
    from synthmix import weights

    if ":" not in spec:
        weights.resolve_weights(spec)  # an unknown name is told before the table is read
        return spec
    return _with_options("weights", spec, weights, weights.WeightsLaw)


def parse_pairing(spec: str) -> Any:
    """Return the pairing rule for ``"nearest:leaf=20"`` or ``"within_class:columns=sex+species,pairing=nearest"``."""
    from synthmix import pairing

    if ":" not in spec:
        pairing.resolve_pairing(spec)
        return spec
    return _with_options("pairing", spec, pairing, pairing.Pairing)


def _with_options(slot: str, spec: str, module: Any, base: type) -> Any:
    """Build an object of a class of `module` below `base` from ``name:key=value,...``."""
    name, _, rest = spec.partition(":")
    public = {_plain(word): getattr(module, word) for word in module.__all__}
    classes = {word: found for word, found in public.items() if inspect.isclass(found) and issubclass(found, base)}
    classes = {word: found for word, found in classes.items() if not inspect.isabstract(found)}
    if _plain(name) not in classes:
        raise OptionError(f"unknown {slot} {name!r}{did_you_mean(name, classes)}")
    build = classes[_plain(name)]
    words = options_of(f"{slot} {name!r}", rest, tuple(inspect.signature(build).parameters))
    options = {key: parse_pairing(text) if key == "pairing" else _value(text) for key, text in words.items()}
    return _built(build, slot, spec, options)


def _built(build: Any, slot: str, spec: str, options: dict[str, Any]) -> Any:
    try:
        if isinstance(options.get("pairing"), str):
            from synthmix.pairing import resolve_pairing

            options["pairing"] = resolve_pairing(options["pairing"])
        return build(**options)
    except TypeError as error:  # a required option is missing, or a text where a number belongs
        raise OptionError(f"--{slot} {spec!r}: {error}") from error


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _value(text: str) -> int | float | str | tuple[str, ...]:
    """Return a whole number, a real number, or the text itself; ``a+b`` is several names."""
    value = plain_value(text)
    return tuple(value.split("+")) if isinstance(value, str) and "+" in value else value
