"""The few lines of scikit-learn's estimator protocol that synthmix needs, without importing it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Self

from synthmix.errors import OptionError, did_you_mean


class Estimator:
    """Gives ``get_params``, ``set_params`` and a repr that shows what differs from the defaults.

    ``sklearn.base.clone`` and parameter searches work because ``__init__`` stores every argument untouched
    under its own name.
    """

    @classmethod
    def _parameters(cls) -> dict[str, inspect.Parameter]:
        signature = inspect.signature(cls.__init__)
        return {name: p for name, p in signature.parameters.items() if name != "self"}

    def get_params(self, deep: bool = True) -> dict[str, Any]:  # noqa: ARG002
        """Return the parameters by name; `deep` is accepted for compatibility."""
        return {name: getattr(self, name) for name in self._parameters()}

    def set_params(self, **params: Any) -> Self:
        """Set parameters by name and return self.

        Raises
        ------
        OptionError
            For a name that ``__init__`` does not take.
        """
        known = self._parameters()
        for name in params:
            if name not in known:
                raise OptionError(f"{type(self).__name__} has no parameter {name!r}{did_you_mean(name, known)}")
        for name, value in params.items():
            setattr(self, name, value)
        return self

    @classmethod
    def refuse_unknown(cls, options: Mapping[str, Any]) -> None:
        """Refuse names that ``__init__`` does not take, before anything is made with them.

        Raises
        ------
        OptionError
            For the first of them.
        """
        known = cls._parameters()
        for name in options:
            if name not in known:
                hint = "; the seed is called random_state" if name == "seed" else did_you_mean(name, known)
                raise OptionError(f"unknown option {name!r}{hint}")

    def __sklearn_tags__(self) -> Any:
        """Return what scikit-learn (1.6 or later) asks of every estimator."""
        from sklearn.utils import InputTags, Tags, TargetTags

        inputs = InputTags(allow_nan=True, categorical=True, string=True)
        return Tags(estimator_type=None, target_tags=TargetTags(required=False), input_tags=inputs)

    def __repr__(self) -> str:
        shown = [
            f"{name}={getattr(self, name)!r}"
            for name, parameter in self._parameters().items()
            if not _same(getattr(self, name), parameter.default)
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def _same(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and bool(value == default))
