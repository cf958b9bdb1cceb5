"""Mean functions of losses of the form h(f) - y.f: what the logits say the label is on average."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from synthmix.errors import OptionError, did_you_mean

Link: TypeAlias = Literal["softmax", "logistic", "identity"]

_MEANS: dict[str, Callable[[Tensor], Tensor]] = {
    "softmax": lambda logits: torch.softmax(logits, -1),
    "logistic": torch.sigmoid,
    "identity": lambda logits: logits,
}


def mean_label(logits: Tensor, link: Link) -> Tensor:
    """Return g(f), the gradient of h: softmax for cross-entropy, sigmoid for binary, f itself for squared error.

    Raises
    ------
    OptionError
        For an unknown link.
    """
    if link not in _MEANS:
        raise OptionError(f"link={link!r} is unknown{did_you_mean(link, _MEANS)}")
    return _MEANS[link](logits)
