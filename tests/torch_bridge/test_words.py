"""Random words on a device are those of the compiled kernels and of the published vectors."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.kernels import philox as kernels
from synthmix.kernels.draws import units_of, words_of

torch = pytest.importorskip("torch")

from synthmix.torch.plan.words import WEIGHTS, draw, philox, to_unit  # noqa: E402 - after torch is known to be there

# counter, key -> words: the known answers of the Random123 distribution for philox4x32-10
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_known_answers(counter, key, words, device):
    tensors = [torch.tensor([word], device=device) for word in counter]
    assert tuple(int(word) for word in philox(*tensors, *key)) == words


@pytest.mark.parametrize("start", [0, 12345, 2**32 - 7, 2**45])
@pytest.mark.parametrize("seed", [0, 2**64 - 1, 0x0123456789ABCDEF])
def test_words_and_units_are_those_of_the_kernels(seed, start, device):
    expected = words_of(seed, start, 1000, kernels.WEIGHTS, 5)
    found = draw(seed, torch.arange(start, start + 1000, device=device), WEIGHTS, 5)
    for k in range(4):
        np.testing.assert_array_equal(found[k].cpu().numpy(), expected[k])
    units = to_unit(found[0], found[1]).cpu().numpy()
    np.testing.assert_array_equal(units, units_of(expected[0], expected[1]))


def test_another_purpose_gives_other_words():
    rows = torch.arange(100)
    assert not torch.equal(draw(1, rows, WEIGHTS, 0)[0], draw(1, rows, WEIGHTS + 1, 0)[0])
