"""What the torch tests share: the devices that are here. Each test module asks for torch by ``pytest.importorskip``.

The folder is not called torch: the folder of tests is on the path, and where torch is missing it would be taken for it.
"""

from __future__ import annotations

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
