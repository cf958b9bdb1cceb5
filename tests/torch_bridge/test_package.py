"""The package itself: what it offers, and what it says without torch."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_without_torch_the_package_says_what_to_install():
    code = "import sys; sys.modules['torch'] = None; import synthmix.torch"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert "ModuleNotFoundError: synthmix.torch needs PyTorch" in found.stderr
    assert "pip install 'synthmix[torch]'" in found.stderr


def test_every_public_name_can_be_imported():
    pytest.importorskip("torch")
    import synthmix.torch as bridge

    for name in bridge.__all__:
        assert getattr(bridge, name).__doc__, name
    assert dir(bridge) == sorted(bridge.__all__)


def test_an_unknown_name_is_an_attribute_error():
    pytest.importorskip("torch")
    import synthmix.torch as bridge

    with pytest.raises(AttributeError, match="no attribute 'Plansampler'"):
        _ = bridge.Plansampler
