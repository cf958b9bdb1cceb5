"""Square roots on a device have the bits of numpy's, which are those of IEEE 754."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from synthmix.torch.plan.root import root  # noqa: E402 - after torch is known to be there

RNG = np.random.default_rng(0)
NUMBERS = {
    "unit": RNG.random(300_000),
    "wide": 10.0 ** RNG.uniform(-90, 90, 300_000),
    "above one": 1 + np.arange(2000) * 2.0**-52,
    "below one": 1 - np.arange(2000) * 2.0**-53,  # the roots of the first lie next to the middle of two doubles
    "squares": np.arange(3000.0) ** 2,
    "next to squares": np.nextafter(np.arange(1.0, 3000.0) ** 2, 0),
    "nothing": np.zeros(3),
}


@pytest.mark.parametrize("name", NUMBERS)
def test_roots_are_those_of_ieee_754(name, device):
    x = NUMBERS[name]
    found = root(torch.from_numpy(x).to(device)).cpu().numpy()
    np.testing.assert_array_equal(found, np.sqrt(x))
    np.testing.assert_array_equal(found[:100], [math.sqrt(value) for value in x[:100]])


@pytest.mark.parametrize("error", [1, -1])
def test_a_root_that_is_wrong_in_the_last_place_is_repaired(error, monkeypatch):
    sqrt = torch.sqrt
    wrong = torch.inf if error > 0 else -torch.inf
    monkeypatch.setattr(torch, "sqrt", lambda x: torch.nextafter(sqrt(x), torch.full_like(x, wrong)))
    for name in ("unit", "wide", "above one", "below one"):
        x = torch.from_numpy(NUMBERS[name][:2000]).clone()
        right = np.sqrt(x.numpy())
        correct = sqrt(x).numpy() == right  # two units away is more than any library is
        assert correct.mean() > 0.5
        assert (torch.sqrt(x).numpy() != right)[correct].all()
        np.testing.assert_array_equal(root(x).numpy()[correct], right[correct])


def test_roots_compile_whole():
    x = torch.from_numpy(NUMBERS["unit"][:1000])
    compiled = torch.compile(root, fullgraph=True, backend="aot_eager")
    assert torch.equal(compiled(x), root(x))
