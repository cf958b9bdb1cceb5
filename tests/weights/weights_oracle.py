"""Independent ways to the moments of weights: quadrature nodes, naive enumeration, and a plain sampler.

Nothing here uses the formulas of synthmix.weights. A law is a list of weight vectors with probabilities.

Monte-Carlo checks: the suite's false-alarm budget is FAMILYWISE_ALPHA = 1e-4. Each comparison here spends 1e-7 (two
sided, normal approximation of a mean of 1e5 or more bounded terms); tests/weights makes about 260 of them, which
is 2.6e-5 of the budget. Seeds are fixed, so a check that passes keeps passing.
"""

from __future__ import annotations

import numpy as np
from scipy import special

FAMILYWISE_ALPHA = 1e-4
ALPHA_PER_CHECK = 1e-7
Z = -special.ndtri(ALPHA_PER_CHECK / 2)  # 5.33 standard errors
FIELDS = ("mean", "second", "squares", "p3", "expected_squared_donor")


def fields_of(w, share):
    """Return the moments of the weight vectors `w` (r, k) taken with probabilities `share`."""
    return {
        "mean": share @ w,
        "second": np.einsum("r,ri,rj->ij", share, w, w),
        "squares": np.einsum("r,ri,rj->ij", share, w**2, w**2),
        "p3": share @ np.sum(w**3, axis=1),
        "expected_squared_donor": share @ (np.sum(w**3, axis=1) / np.sum(w**2, axis=1)),
    }


def one_per_cent_off(w):
    """Return weights whose distances from 1/k are 1 % too large; the sums stay 1."""
    return 1.0 / w.shape[-1] + 1.01 * (w - 1.0 / w.shape[-1])


def wrong_fields(moments, truth, tolerance=1e-10):
    """Return the names of the declared moments that differ from the truth by more than `tolerance`."""
    return [name for name in truth if not np.max(np.abs(getattr(moments, name) - truth[name])) <= tolerance]


def jacobi(n, a, b):
    """Return nodes and probabilities of Beta(a, b) by Gauss-Jacobi."""
    x, weight = special.roots_jacobi(n, b - 1.0, a - 1.0)
    return 0.5 * (x + 1.0), weight / weight.sum()


def two_point_nodes(alpha, beta, e0=0.0, e1=0.0, n=120):
    """Return nodes of (l, 1-l) for l = (1 + e0 + e1) U - e0."""
    u, share = jacobi(n, alpha, beta)
    x = (1.0 + e0 + e1) * u - e0
    return np.column_stack([x, 1.0 - x]), share


def dirichlet_nodes(k, alpha, n):
    """Return nodes by breaking a stick, one Gauss-Jacobi rule for each break."""
    w, share, rest = np.ones((1, 0)), np.ones(1), np.ones(1)
    for j in range(k - 1):
        u, p = jacobi(n, alpha, (k - 1 - j) * alpha)
        w = np.column_stack([np.repeat(w, n, axis=0), np.outer(rest, u).ravel()])
        rest, share = np.outer(rest, 1.0 - u).ravel(), np.outer(share, p).ravel()
    return np.column_stack([w, rest]), share


def sphere_nodes(dimension, n=8):
    """Return unit vectors and probabilities, exact for polynomials of degree below 2n on the sphere of R^dimension."""
    if dimension == 1:
        return np.array([[1.0], [-1.0]]), np.full(2, 0.5)
    if dimension == 2:
        angle = 2.0 * np.pi * np.arange(4 * n) / (4 * n) + 0.1
        return np.column_stack([np.cos(angle), np.sin(angle)]), np.full(4 * n, 0.25 / n)
    half = 0.5 * (dimension - 1)
    u, p = jacobi(n, half, half)
    x = 2.0 * u - 1.0
    rest, q = sphere_nodes(dimension - 1, n)
    vectors = np.concatenate([np.column_stack([np.full(len(rest), v), np.sqrt(1 - v * v) * rest]) for v in x])
    return vectors, np.outer(p, q).ravel()


def helmert(k):
    """Return k-1 orthonormal rows that are orthogonal to 1."""
    rows = np.zeros((k - 1, k))
    for i in range(1, k):
        rows[i - 1, :i] = 1.0
        rows[i - 1, i] = -i
        rows[i - 1] /= np.sqrt(i * (i + 1.0))
    return rows


def full_sphere_nodes(k):
    """Return nodes of the sphere sum w = sum w^2 = 1."""
    u, share = sphere_nodes(k - 1)
    return 1.0 / k + np.sqrt(1.0 - 1.0 / k) * u @ helmert(k), share


def fixed_first_nodes(k, first):
    """Return nodes of the part of that sphere with w_1 = `first`."""
    u, share = sphere_nodes(k - 2)
    b = (1.0 - first) / (k - 1)
    radius = np.sqrt(1.0 - first**2 - (k - 1) * b * b)
    return np.column_stack([np.full(len(u), first), b + radius * u @ helmert(k - 1)]), share


def planes(k, cosine, count, rng):
    """Return `count` matrices Q = J + H' O H with O = V diag(R(t), ...) V', V from the QR of a Gaussian matrix."""
    d = k - 1
    v, r = np.linalg.qr(rng.standard_normal((count, d, d)))
    v = v * np.sign(np.einsum("nii->ni", r))[:, None, :]
    core = np.eye(d)
    sine = np.sqrt(1.0 - cosine**2)
    for i in range(0, d - 1, 2):
        core[i : i + 2, i : i + 2] = [[cosine, -sine], [sine, cosine]]
    h = helmert(k)
    return 1.0 / k + h.T @ (v @ core @ v.transpose(0, 2, 1)) @ h


def haar(k, count, rng):
    """Return `count` matrices Q = J + H' O H with O uniform on the orthogonal group."""
    v, r = np.linalg.qr(rng.standard_normal((count, k - 1, k - 1)))
    h = helmert(k)
    return 1.0 / k + h.T @ (v * np.sign(np.einsum("nii->ni", r))[:, None, :]) @ h


def draw(law, count, rng):
    """Return `count` rows of weights from the arrays of a law, by a plain reading of their definition."""
    data = law.kernel_data()

    def quantile(table):
        part = slice(data.offsets[table], data.offsets[table + 1])
        return np.interp(rng.random(count), data.u[part], data.q[part])

    def sphere(top):
        first = 0 if np.isnan(top) else 1
        g = rng.standard_normal((count, data.k - first))
        g -= g.mean(axis=1, keepdims=True)
        g /= np.linalg.norm(g, axis=1, keepdims=True)
        if first == 0:
            return 1.0 / data.k + np.sqrt(1.0 - 1.0 / data.k) * g
        b = (1.0 - top) / (data.k - 1)
        return np.column_stack([np.full(count, top), b + np.sqrt(1.0 - top**2 - (data.k - 1) * b * b) * g])

    if data.code == 0:
        x = quantile(0)
        return np.column_stack([x, 1.0 - x])
    if data.code == 1:
        w, rest = np.empty((count, data.k)), np.ones(count)
        for j in range(data.k - 1):
            w[:, j] = rest * quantile(j)
            rest = rest - w[:, j]
        w[:, -1] = rest
        return w
    if data.code == 2:
        return sphere(data.params[0])
    if data.code == 4:
        x, w = quantile(0), sphere(data.params[1])
        pick = rng.random(count) < data.params[0]
        w[pick] = 0.0
        w[pick, 0], w[pick, 1] = x[pick], 1.0 - x[pick]
        return w
    assert data.code == 5
    return data.rows[rng.integers(0, len(data.rows), count)]


def statistics(w):
    """Return the quantities of each row whose expectations a law declares, except first moments."""
    p2, p3 = np.sum(w**2, axis=-1), np.sum(w**3, axis=-1)
    return {
        "c": p2,
        "p3": p3,
        "p4": np.sum(w**4, axis=-1),
        "B": p2**2,
        "expected_max": np.max(w, axis=-1),
        "expected_squared_donor": p3 / p2,
    }


def failed_checks(moments, samples):
    """Return the statistics whose mean over `samples` is more than Z standard errors from the declared value.

    Quantities that are constant by construction are held to 1e-11.
    """
    failed = []
    for name, values in samples.items():
        error = abs(values.mean() - getattr(moments, name))
        if not error <= Z * values.std() / np.sqrt(values.size) + 1e-11:
            failed.append(name)
    return failed
