"""What the torch tests share: the devices that are here. Each test module asks for torch by ``pytest.importorskip``.

The folder is not called torch: the folder of tests is on the path, and where torch is missing it would be taken for it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from typing import Any

import pytest


def _has_gpu() -> bool:
    if find_spec("torch") is None:
        return False
    import torch

    return torch.cuda.is_available()


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not _has_gpu(), reason="no GPU here"))])
def device(request: pytest.FixtureRequest) -> Any:
    """Each device that is here, as a ``torch.device``."""
    torch = pytest.importorskip("torch")
    return torch.device(request.param)


@contextmanager
def _refused() -> Iterator[None]:
    import torch

    with warnings.catch_warnings():  # torch says that the mode does not see everything
        warnings.filterwarnings("ignore", "Synchronization debug mode", UserWarning)
        torch.cuda.set_sync_debug_mode("error")
    try:
        yield
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.fixture
def waiting_refused() -> Callable[[], AbstractContextManager[None]]:
    """A context in which an operation that waits for a GPU is an error."""
    return _refused
