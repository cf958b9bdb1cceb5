"""Batches that are a tensor or dicts, tuples and lists of tensors, nested as they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import torch
from torch import Tensor

from synthmix.errors import InputError

Tree: TypeAlias = Any  # a tensor, or a dict, tuple, named tuple or list of trees; Any, because it is recursive


class Extent(NamedTuple):
    """What all tensors of a batch share."""

    rows: int
    device: torch.device


def map_tree(function: Callable[..., Any], *trees: Tree) -> Tree:
    """Return a tree of the same form, with the function of the tensors that stand at the same place."""
    first = trees[0]
    if isinstance(first, Mapping):
        return {key: map_tree(function, *(tree[key] for tree in trees)) for key in first}
    if isinstance(first, list | tuple):
        parts = [map_tree(function, *group) for group in zip(*trees, strict=True)]
        if isinstance(first, list):
            return parts
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    return function(*trees)


def tensors(tree: Tree, name: str = "x") -> list[tuple[str, Tensor]]:
    """Return the tensors of a tree with their places, such as ``x['age']``.

    Raises
    ------
    InputError
        For anything else than tensors, dicts, tuples and lists.
    """
    if isinstance(tree, Tensor):
        return [(name, tree)]
    if isinstance(tree, Mapping):
        return [found for key, part in tree.items() for found in tensors(part, f"{name}[{key!r}]")]
    if isinstance(tree, list | tuple):
        return [found for place, part in enumerate(tree) for found in tensors(part, f"{name}[{place}]")]
    raise InputError(f"{name} has type {type(tree).__name__}; give a tensor, or a dict, tuple or list of tensors")


def extent_of(tree: Tree, name: str = "x", like: Extent | None = None) -> Extent:
    """Return the number of rows and the device that all tensors of a tree share.

    Raises
    ------
    InputError
        When they differ, among themselves or from `like`; for a tree without tensors and for scalars.
    """
    places = tensors(tree, name)
    if not places:
        raise InputError(f"{name} holds no tensor")
    for place, tensor in places:
        if tensor.ndim == 0:
            raise InputError(f"{place} is a scalar; its first dimension must be the rows of the batch")
    found = like or Extent(places[0][1].shape[0], places[0][1].device)
    for place, tensor in places:
        if tensor.shape[0] != found.rows:
            raise InputError(f"{place} has {tensor.shape[0]} rows and the batch {found.rows}; give one row for each")
        if tensor.device != found.device:
            raise InputError(f"{place} is on {tensor.device} and the batch on {found.device}; move it with .to()")
    return found


def same_form(tree: Tree, other: Tree, name: str, other_name: str) -> None:
    """Raise InputError unless both trees have the same places, row shapes, dtypes and devices."""
    mine, others = tensors(tree, name), tensors(other, name)
    if [place for place, _ in mine] != [place for place, _ in others]:
        raise InputError(f"{other_name} has other entries than {name}; both need the same keys in the same order")
    for (place, a), (_, b) in zip(mine, others, strict=True):
        if a.shape[1:] != b.shape[1:] or a.dtype != b.dtype or a.device != b.device:
            raise InputError(
                f"{place} has rows of shape {tuple(a.shape[1:])}, {a.dtype} on {a.device}, "
                f"in {other_name} they are {tuple(b.shape[1:])}, {b.dtype} on {b.device}; make them alike"
            )
