"""Manifold mixup: mix the output of a layer, chosen anew in each step, instead of the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn

from synthmix.errors import InputError, OptionError, did_you_mean
from synthmix.torch.batch.lam import needed
from synthmix.torch.batch.mixing import Mixing, mix_rows

INPUT = "input"


class ManifoldMixup:
    """Mix hidden states of a model, at one of several named layers, by a hook that is there for one forward pass only.

    Parameters
    ----------
    model : torch.nn.Module
        Any model. Its code, its state and its registered hooks are left as they are.
    layers : iterable of str
        Where to mix: names as in ``model.named_modules()``, whose outputs are mixed, and "input" for the input of the
        model. A layer must give its rows in the first dimension and run once in a forward pass.

    Notes
    -----
    Labels are mixed by the same :class:`Mixing`, by :func:`mix_labels`. Partners must lie inside the batch: there is
    no hidden state of other rows.

    Raises
    ------
    OptionError
        For no layers or an unknown name.

    References
    ----------
    Verma et al., Manifold mixup, ICML 2019, arXiv 1806.05236.

    Examples
    --------
    >>> model = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    >>> manifold = ManifoldMixup(model, ["input", "1"])
    >>> mixing = Mixing(torch.tensor([0.9, 0.2]), torch.tensor([1, 0]), torch.tensor([0, 1]))
    >>> with manifold.mixing(mixing, layer="1"):
    ...     prediction = model(torch.ones(2, 2))
    """

    def __init__(self, model: nn.Module, layers: Iterable[str] = (INPUT,)) -> None:
        self.model = model
        self.layers: tuple[str, ...] = tuple(layers)
        if not self.layers:
            raise OptionError(f"layers is empty; give {INPUT!r} or names of layers")
        self._modules = dict(model.named_modules())
        if INPUT in self._modules and INPUT in self.layers:
            raise OptionError(f"the model has a layer named {INPUT!r}, which is also the name of its input; rename it")
        for name in self.layers:
            self._check(name)

    def _check(self, name: str) -> None:
        names = [INPUT, *(known for known in self._modules if known)]
        if name not in names:
            raise OptionError(f"layer {name!r} is not in the model{did_you_mean(name, names)}")

    def choose(self, generator: torch.Generator | None) -> str:
        """Return one of the layers at random.

        The choice is made on the host; with a generator on a GPU it waits for the device, with one on the CPU it does
        not.
        """
        source = needed(generator)
        place = torch.randint(len(self.layers), (), generator=source, device=source.device)
        return self.layers[int(place)]

    @contextmanager
    def mixing(
        self, mixing: Mixing, *, layer: str | None = None, generator: torch.Generator | None = None
    ) -> Iterator[str]:
        """Mix one forward pass of the model inside a ``with`` block; yields the name of the layer.

        Parameters
        ----------
        mixing : Mixing
            What :func:`draw_mixing` drew for this batch.
        layer : str, optional
            Where; by default one of the layers at random.
        generator : torch.Generator, optional
            For the random choice.

        Raises
        ------
        OptionError
            For an unknown layer.
        InputError
            When the layer runs twice, or gives another number of rows; on leaving the block, when it never ran.
        """
        name = self.choose(generator) if layer is None else layer
        self._check(name)
        calls = 0

        def mixed(state: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls > 1:
                raise InputError(f"layer {name!r} ran twice inside one mixing block; mix one forward pass in each")
            return mix_rows(state, mixing)

        if name == INPUT:
            handle = self.model.register_forward_pre_hook(
                lambda _, inputs, named: mixed((inputs, named)), with_kwargs=True
            )
        else:
            handle = self._modules[name].register_forward_hook(lambda _, __, output: mixed(output))
        try:
            yield name
        finally:
            handle.remove()
        if calls == 0:
            raise InputError(f"layer {name!r} never ran, so nothing was mixed; run the model inside the block")
