"""How plans are compiled: once for each sampler, without a recompilation, and without other numbers."""

from __future__ import annotations

import types
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar, cast

import torch

from synthmix.errors import OptionError, did_you_mean

F = TypeVar("F", bound=Callable[..., Any])


def backend_of(choice: bool | str, device: torch.device) -> str | None:
    """Return the backend of ``torch.compile`` that an option names, None for none.

    Raises
    ------
    OptionError
        For an unknown name.
    """
    if choice is False or choice is True:
        return "inductor" if choice else None
    if choice == "auto":
        return "inductor" if device.type == "cuda" and find_spec("triton") is not None else None
    known = torch.compiler.list_backends(exclude_tags=None)
    if choice not in known:
        raise OptionError(f"compile={choice!r} is unknown{did_you_mean(choice, [True, False, 'auto', *known])}")
    return choice


def compiled(function: F, backend: str | None) -> F:
    """Return a function compiled as a whole for fixed shapes; `function` itself where there is no backend.

    Compilers may contract a product and a sum into one operation, which rounds once instead of twice. Plans promise the
    weights of the CPU, so that is forbidden here: on a GPU by an option that only concerns this function; generated
    C++ is compiled without contraction anyway.
    """
    if backend is None:
        return function
    options: dict[str, Any] = {"emulate_precision_casts": True} if backend == "inductor" and _can_round_twice() else {}
    # torch counts the recompilations of a code object, and gives up after a few. Each sampler has constants of its
    # own (rows, seed, law), so each gets its own copy of the code.
    code = function.__code__.replace()
    own = types.FunctionType(code, function.__globals__, function.__name__, function.__defaults__, function.__closure__)
    return cast("F", torch.compile(own, fullgraph=True, dynamic=False, backend=backend, options=options or None))


def _can_round_twice() -> bool:
    """Return whether this torch knows the option that forbids contraction on a GPU."""
    return "emulate_precision_casts" in torch._inductor.list_options()  # noqa: SLF001 - where torch lists its options
