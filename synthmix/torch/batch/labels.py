"""Labels of mixed rows: soft classes, mixed values, or the donor's label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.torch.batch.mixing import Mixing, combine, parents_of
from synthmix.torch.batch.rows import take
from synthmix.torch.batch.tree import Tree, same_form

Labels: TypeAlias = Literal["auto", "classes", "values", "donor"]


class LabelRule(NamedTuple):
    """How one tensor of labels is mixed.

    Attributes
    ----------
    kind : {"auto", "classes", "values", "donor"}
        See :func:`synthmix.torch.mixup_batch`.
    num_classes : int or None
        Number of classes for class ids.
    signed : bool
        Whether weights can leave [0, 1] and partners can have another class.
    """

    kind: Labels = "auto"
    num_classes: int | None = None
    signed: bool = False

    def resolved(self, y: Tensor, place: str) -> Labels:
        """Return what is done with `y`: "classes", "values" or "donor".

        Raises
        ------
        OptionError
            Where the labels could mean two things, or where a weight outside [0, 1] would reach a class label.
        """
        if self.kind not in get_args(Labels):
            raise OptionError(f"labels={self.kind!r} is unknown{did_you_mean(self.kind, get_args(Labels))}")
        kind = self.kind
        whole = not y.dtype.is_floating_point and y.dtype != torch.bool
        if kind == "auto":
            kind = "classes" if whole else "values"
            if whole and self.num_classes is None:
                raise OptionError(
                    f"{place} has dtype {y.dtype}: give num_classes=C for class ids, labels='values' for whole numbers "
                    "that are quantities, or labels='donor' for the label of the parent of larger weight"
                )
        if kind == "classes" and (not whole or self.num_classes is None):
            raise OptionError(
                f"labels='classes' needs class ids of an integer dtype and num_classes=C, {place} has "
                f"{y.dtype} and num_classes={self.num_classes!r}; one-hot labels are labels='values'"
            )
        if self.signed and kind != "donor" and self.kind != "values":
            raise OptionError(
                f"the law has weights outside [0, 1], and with the label {place} mixed by them cross-entropy is "
                "unbounded below; take labels='donor', pairing='within_class' with class ids (B,), or labels='values' "
                "for real values"
            )
        return kind


def mix_label(parents: tuple[Tensor, ...], lam: Tensor, donor: Tensor, rule: LabelRule, place: str = "y") -> Tensor:
    """Return the labels of mixed rows.

    Parameters
    ----------
    parents : tuple of Tensor, each of shape (B, ...)
        Labels of the row itself and of its partners.
    lam, donor : Tensor
        As in :class:`~synthmix.torch.batch.mixing.Mixing`, or of shape (..., B) for two parents.
    rule : LabelRule
        What labels are.
    place : str
        Their name in messages.

    Returns
    -------
    Tensor
        Class ids as soft labels, with a last dimension of classes, in the dtype of `lam`; whole numbers that are values
        in that dtype too; all else in its own dtype.
    """
    kind = rule.resolved(parents[0], place)
    if kind == "donor":
        return take(torch.stack(parents), donor)
    if kind == "classes":
        return combine(tuple(one_hot(ids, rule.num_classes or 0, lam.dtype) for ids in parents), lam, donor)
    if not parents[0].dtype.is_floating_point:
        parents = tuple(values.to(lam.dtype) for values in parents)
    return combine(parents, lam, donor)


def one_hot(ids: Tensor, num_classes: int, dtype: torch.dtype) -> Tensor:
    """Return class ids as one-hot rows; an id outside 0, ..., C-1 fails in the scatter, on a GPU too."""
    rows = torch.zeros((*ids.shape, num_classes), dtype=dtype, device=ids.device)
    return rows.scatter(-1, ids.long().unsqueeze(-1), 1.0)


def mix_labels(
    y: Tree,
    mixing: Mixing,
    *,
    labels: Labels | Mapping[str, Any] = "auto",
    num_classes: int | Mapping[str, Any] | None = None,
    signed: bool = False,
    pool: Tree = None,
) -> Tree:
    """Mix the labels of a batch as drawn; see :func:`synthmix.torch.mixup_batch` for what the options mean.

    Parameters
    ----------
    y : Tensor of shape (B, ...), or dict of such trees
        Labels.
    mixing : Mixing
        Weights, partners and donors of the rows.
    labels, num_classes : option, or dict of options with the keys of `y`
        What the labels are.
    signed : bool
        Whether weights can leave [0, 1] while partners can have another class; then classes are refused.
    pool : tree like `y`, optional
        The labels of the rows that ``mixing.partner`` counts; by default the batch itself.

    Raises
    ------
    InputError, OptionError
        As :func:`synthmix.torch.mixup_batch`.
    """
    if pool is not None:
        same_form(y, pool, "y", "pool y")
    return _mixed(y, pool, labels, num_classes, mixing, signed, "y")


def _mixed(y: Tree, pool: Tree, labels: Any, num_classes: Any, mixing: Mixing, signed: bool, place: str) -> Tree:
    if isinstance(y, Mapping):
        return {
            key: _mixed(
                part,
                None if pool is None else pool[key],
                _entry(labels, key, "auto"),
                _entry(num_classes, key, None),
                mixing,
                signed,
                f"{place}[{key!r}]",
            )
            for key, part in y.items()
        }
    if not isinstance(y, Tensor):
        raise InputError(f"{place} has type {type(y).__name__}; labels are a tensor or a dict of tensors")
    if isinstance(labels, Mapping) or isinstance(num_classes, Mapping):
        raise OptionError(f"labels and num_classes can be dicts only where {place} is one")
    return mix_label(
        parents_of(y, mixing, pool), mixing.lam, mixing.donor, LabelRule(labels, num_classes, signed), place
    )


def _entry(option: Any, key: str, default: Any) -> Any:
    """Return the option of one entry of a dict of labels."""
    return option.get(key, default) if isinstance(option, Mapping) else option
