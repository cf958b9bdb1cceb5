"""Random orthogonal matrices that fix the vector of ones, on a device: the twin of :mod:`synthmix.kernels.rotation`.

Groups of 3 to USUAL rows at full strength use the formulas themselves (:mod:`synthmix.kernels.formulas`), straight code
that a compiler can join into one loop; all others use the same construction on whole matrices, with fewer operations.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from synthmix.kernels import formulas
from synthmix.kernels.records import USUAL
from synthmix.torch.plan.directions import NUMBERS, batch_words, fill_directions, lift, sum_in_order, words_of_direction
from synthmix.torch.plan.words import ROTATION


def words_of_rotation(k: int) -> int:
    """Return how many 32-bit words the rotation of k rows takes."""
    return sum(words_of_direction(s) for s in range(1, k))


def rotations(seed: int, named: Tensor, k: int, strength: float) -> Tensor:
    """Return the rotations of groups of k rows: Q'Q = I and Q1 = 1 to rounding.

    Parameters
    ----------
    seed : int
        Key of the plan.
    named : Tensor of int64, shape (m,)
        Names of the groups: first row of the pass plus unit (:mod:`synthmix.torch.plan.groups`).
    k : int
        Rows of a group. One or two rows are not mixed: their matrix is the identity.
    strength : float
        That of :class:`synthmix.weights.Rotation`.

    Returns
    -------
    Tensor of float64, shape (k, k, m)
        Entry (i, j) is the weight of member j in the new row i. 8 k**2 m bytes: large groups ask for short blocks.
    """
    if k < 3:
        eye = torch.eye(k, dtype=torch.float64, device=named.device)
        return eye.unsqueeze(2).expand(k, k, named.shape[0])
    words = batch_words(seed, named, ROTATION, words_of_rotation(k))
    if strength < 1.0:
        v = _basis(words, k)
        return _planes(v, v, cosine_of(k, strength))
    if k > USUAL:
        return lift(_basis(words, k)) + 1.0 / k  # Q = J + H'V
    return torch.stack([torch.stack(row) for row in formulas.rotation(NUMBERS, list(words), k)])


def rotation_rows(seed: int, named: Tensor, own: Tensor, k: int, strength: float) -> Tensor:
    """Return row `own` (m,) of each rotation of :func:`rotations`, (k, m): the weights of one new row of each group."""
    if k < 3 or strength >= 1.0:
        return rotations(seed, named, k, strength).gather(0, own.expand(1, k, -1))[0]
    v = _basis(batch_words(seed, named, ROTATION, words_of_rotation(k)), k)
    return _planes(v.gather(1, own.expand(k - 1, 1, -1)), v, cosine_of(k, strength))[0]


def cosine_of(k: int, strength: float) -> float:
    """Return the cosine of the angle by which a partial rotation turns its planes."""
    return 1.0 - strength if k % 2 == 1 else 1.0 - strength * (k - 1.0) / (k - 2.0)


def _basis(words: Tensor, k: int) -> Tensor:
    """Return V = O H, (k - 1, k, m): orthonormal rows of sum zero, Haar-distributed."""
    o = NUMBERS.sign(words[:1]).unsqueeze(1)
    at = 1
    for s in range(2, k):
        o = _reflect(fill_directions(words[at : at + words_of_direction(s)], s), o)
        at += words_of_direction(s)
    return lift(o.transpose(0, 1)).transpose(0, 1)


def _reflect(x: Tensor, o: Tensor) -> Tensor:
    """Return the Haar matrices (s, s, m) that the images x (s, m) of the first axis make of smaller ones `o`.

    The mirror that sends the first axis to x, up to rounding; all columns are its images.
    """
    normal = torch.cat([x[:1] - 1.0, x[1:]])
    length = sum_in_order(normal * normal)
    factor = torch.where(length > 0.0, 2.0 / length, 0.0)
    inner = sum_in_order(normal[1:].unsqueeze(1) * o)
    dots = torch.cat([normal[:1], inner]) * factor
    above = torch.zeros_like(x)
    above[0] = 1.0
    grown = torch.cat([above.unsqueeze(1), torch.cat([torch.zeros_like(o[:1]), o])], dim=1)
    return grown - normal.unsqueeze(1) * dots


def _planes(left: Tensor, v: Tensor, cosine: float) -> Tensor:
    """Turn each of the planes (v0, v1), (v2, v3), ... by the same angle; a last odd direction stays fixed.

    `left` holds those r columns of v (k - 1, k, m) that stand for the rows to be made; returns (r, k, m).
    """
    k, sine = v.shape[1], math.sqrt(max(1.0 - cosine * cosine, 0.0))
    q = torch.full_like(left[0], 1.0 / k).unsqueeze(1).expand(-1, k, -1)
    x, y = left.unsqueeze(2), v.unsqueeze(1)
    for a in range(0, k - 2, 2):
        b = a + 1
        along = x[a] * y[a] + x[b] * y[b]
        across = x[a] * y[b] - x[b] * y[a]
        q = q + (cosine * along + sine * across)
    return q if k % 2 == 1 else q + x[k - 2] * y[k - 2]
