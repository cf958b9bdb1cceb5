"""The rotation of a few rows as a formula: written once, used on numpy arrays and to generate machine code.

The functions here use +, -, *, / and three named operations only, on whatever numbers they are given. The compiled
kernels feed them vectors of the processor and get straight code without loops (:mod:`synthmix.kernels.unrolled`); the
tests feed them arrays and expect the same bits.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, Protocol

# sin(2 pi f) = f P(f^2) and cos(2 pi f) = Q(f^2) for |f| <= 1/2, interpolated at Chebyshev nodes of f^2. The error is
# below 1.2e-10, a tenth of the step of an angle of 32 bits. A polynomial is the same on every machine.
SINE = (
    6.2831853071363515, -41.341702218258554, 81.60524741403077, -76.70580003163633, 42.05775187640783,
    -15.086552699921647, 3.7812823478863007, -0.6207369744067331,
)  # fmt: skip
COSINE = (
    0.9999999998846177, -19.73920874308773, 64.93938905248876, -85.45665775366736, 60.242124930672276,
    -26.404630620590822, 7.8000222125709575, -1.4529875452477699,
)  # fmt: skip
TO_UNIT = 1.0 / 4294967296.0  # 2**-32


class Numbers(Protocol):
    """What the formulas need besides arithmetic."""

    def uniform(self, word: Any) -> Any:
        """Return (word + 1/2) / 2**32, uniform on (0, 1)."""

    def sqrt(self, x: Any) -> Any:
        """Return the square root."""

    def smaller(self, x: Any, y: Any) -> Any:
        """Return the smaller of two numbers."""

    def larger(self, x: Any, y: Any) -> Any:
        """Return the larger of two numbers."""

    def sign(self, word: Any) -> Any:
        """Return 1 where the lowest bit of the word is set, else -1."""


def circle(turn: Any) -> tuple[Any, Any]:
    """Return cosine and sine of an angle that is half a turn and `turn` of a turn more, for `turn` in (0, 1)."""
    f = turn - 0.5
    y = f * f
    sine, cosine = y * SINE[-1] + SINE[-2], y * COSINE[-1] + COSINE[-2]
    for a, b in zip(SINE[-3::-1], COSINE[-3::-1], strict=True):
        sine, cosine = sine * y + a, cosine * y + b
    return cosine, f * sine


def direction(number: Numbers, words: list[Any], s: int) -> list[Any]:
    """Return a uniform point of the unit sphere in s dimensions, from s + s % 2 - 1 words (one where s is 1).

    In an even number of dimensions the squared lengths of successive pairs of coordinates are the spacings of sorted
    uniforms, and the pairs point anywhere on their circle (the law of normals that are scaled to length one, without
    their logarithms). In an odd number the last coordinate of one dimension more is dropped. What is left is scaled
    to length one.
    """
    if s == 1:
        return [number.sign(words[0])]
    pairs = (s + 1) // 2
    cuts = [number.uniform(word) for word in words[: pairs - 1]]
    for a in range(1, len(cuts)):
        for b in range(a):  # insert: the larger of two moves up
            cuts[b], cuts[a] = number.smaller(cuts[b], cuts[a]), number.larger(cuts[b], cuts[a])
    spacings = [high if low is None else high - low for low, high in pairwise([None, *cuts, 1.0])]
    x = []
    for spacing, word in zip(spacings, words[pairs - 1 :], strict=False):
        cosine, sine = circle(number.uniform(word))
        radius = None if pairs == 1 else number.sqrt(spacing)
        x += [cosine, sine] if radius is None else [radius * cosine, radius * sine]
    x = x[:s]
    scale = 1.0 / number.sqrt(_dot(x, x))
    return [coordinate * scale for coordinate in x]


def _dot(x: list[Any], y: list[Any]) -> Any:
    total = x[0] * y[0]
    for a, b in zip(x[1:], y[1:], strict=True):
        total = total + a * b
    return total


def haar(number: Numbers, words: list[Any], m: int) -> list[list[Any]]:
    """Return a Haar-distributed orthogonal m x m matrix (subgroup algorithm, Diaconis and Shahshahani 1987)."""
    o: list[list[Any]] = []
    at = 0
    for s in range(1, m + 1):
        x = direction(number, words[at:], s)
        at += 1 if s == 1 else s + s % 2 - 1
        if s == 1:
            o = [x]
            continue
        # The mirror that sends the first axis to x, up to rounding; all columns are its images, so that they stay
        # orthogonal to rounding also where x is near the axis.
        normal = [x[0] - 1.0, *x[1:]]
        factor = 2.0 / _dot(normal, normal)
        dots = [normal[0], *(_dot(normal[1:], list(column)) for column in zip(*o, strict=True))]
        mirrored = []
        for place, (dot, column) in enumerate(zip(dots, [[0.0] * (s - 1), *zip(*o, strict=True)], strict=True)):
            moved = dot * factor
            above = 1.0 if place == 0 else 0.0
            mirrored.append([entry - part * moved for entry, part in zip([above, *column], normal, strict=True)])
        o = [list(row) for row in zip(*mirrored, strict=True)]
    return o


def lift(x: list[Any]) -> list[Any]:
    """Return H'x: the vector of sum zero, one longer, whose coordinates in the Helmert basis are x.

    Helmert row a, a = 1, 2, ..., has 1 / sqrt(a (a + 1)) in its first a places and -a times that in the next.
    """
    y, tail = [], None
    for j in range(len(x), 0, -1):
        part = x[j - 1] * (1.0 / math.sqrt(j * (j + 1.0)))
        y.append(-float(j) * part if tail is None else tail - float(j) * part)
        tail = part if tail is None else tail + part
    return [tail, *reversed(y)]


def rotation(number: Numbers, words: list[Any], k: int) -> list[list[Any]]:
    """Return ``Q = J + H' O H`` of k rows: orthogonal, and every row and column has sum one."""
    rows = [lift(row) for row in haar(number, words, k - 1)]
    columns = [lift(list(column)) for column in zip(*rows, strict=True)]
    return [[entry + 1.0 / k for entry in row] for row in zip(*columns, strict=True)]
