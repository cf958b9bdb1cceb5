"""One test of whole tables: several statistics, one set of random labellings, one exact p."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, Plan, blocks_of, plan
from synthmix.drift.joint.pairs import DISTANCE, Similarity, gaussian, spread_of
from synthmix.drift.joint.pool import Floats, Pool, both, pooled
from synthmix.drift.joint.radius import pooled_radius, runs_of
from synthmix.drift.joint.relabelled import labellings, largest_gap, quadratic, stepped

BANDWIDTHS = (0.3, 1.0, 3.0)
NEAR = 0.1  # of the median distance: sees rows that are nearly copies
SAME = 1e-12  # spread of a statistic, relative to its size, below which all labellings have the same value

# From the pooled rows (N, p) in canonical order, to a function from labels (N, B), 1 for real rows and 0 for synthetic
# ones, to statistics (B,), large when the tables differ.
Feature = Callable[[Floats], Callable[[NDArray[np.float32]], Floats]]


@dataclass(frozen=True)
class FusedTest:
    """The result of :func:`fused_test`.

    Attributes
    ----------
    p_value : float
        Of the largest standardised statistic.
    largest : float
        That statistic: the excess of its component over the mean of all labellings, in their standard deviations.
    z, upper, lower : dict of str to float
        For every component, and for "mmd_0.1" which is not part of the maximum: standardised observed value, share of
        labellings with at least and with at most this value (the observed one is one of them).
    plan : Plan
    note : str
        Components that could not take part, and what the budget cut.
    """

    p_value: float
    largest: float
    z: dict[str, float]
    upper: dict[str, float]
    lower: dict[str, float]
    plan: Plan
    note: str

    @property
    def leading(self) -> str:
        """Return the component with the largest standardised value."""
        inside = {name: value for name, value in self.z.items() if name != f"mmd_{NEAR:g}"}
        return max(inside, key=lambda name: inside[name]) if inside else ""


def fused_test(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    seed: int = 0,
    budget: Budget | None = None,
    features: Mapping[str, Feature] | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> FusedTest:
    """Test whether two tables could be random halves of one population.

    Components: energy distance, Gaussian MMD at 0.3, 1 and 3 times the median distance, Kolmogorov-Smirnov distance of
    the pooled radius, and `features`. Labels are permuted, all statistics are computed for the same labellings, each is
    centred and scaled by the mean and standard deviation over all labellings (the observed one is one of them), and
    the largest is ranked.

    Parameters
    ----------
    real, synthetic : array, shape (n, p) and (m, p)
        Finite numbers on comparable scales, such as :func:`synthmix.drift.joint.embedding.embed` makes of a table.
    seed : int
    budget : Budget, optional
        Larger tables are compared in disjoint random blocks.
    features : dict of str to callable, optional
        Further components, made from the pooled rows; see ``Feature``.
    names : sequence of str, optional
        Columns, for messages.
    threads : int
        Bits do not depend on it.

    Returns
    -------
    FusedTest

    Notes
    -----
    The p-value is exact if the rows of both tables are exchangeable: independent samples of one law. A synthetic table
    that was made from `real` is not; then a small p is strong evidence and a large one none, because such a table is
    nearer to `real` than a fresh sample (diagnostics of near copies: `lower` of "mmd_0.1").

    Blocks: labels are permuted inside each block, the standardised components are added over the blocks, and the sums
    are standardised and ranked as before. That is Stouffer's combination, for each component before the maximum is
    taken; its null law is that of the permutations, so the p-value stays exact where Fisher's and Stouffer's formulas
    have only bounds for discrete p-values, and a small change that is the same in all blocks adds up.
    """
    x, y = both(real, synthetic, names)
    drawn = plan(len(x), len(y), x.shape[1], budget or Budget())
    total: dict[str, Floats] = {}
    notes = [drawn.note]
    for block, tables in enumerate(blocks_of(x, y, drawn, seed)):
        pool = pooled(*tables)
        for name, values in _components(pool, drawn, seed, block, features or {}, threads).items():
            z = standardised(values)
            if z is None:
                notes.append(
                    f"{name}: the same for all labellings" + (f" of block {block}" if drawn.blocks > 1 else "")
                )
            else:
                total[name] = total.get(name, 0.0) + z
    return _ranked(total, drawn, "; ".join(note for note in notes if note))


def _components(
    pool: Pool, drawn: Plan, seed: int, block: int, features: Mapping[str, Feature], threads: int
) -> dict[str, Floats]:
    """Return the statistics of all labellings, the observed one first."""
    n, m = pool.sizes
    labels = labellings(pool, drawn.permutations, seed, block)
    spread = spread_of(pool.rows, seed, threads)
    parts: list[Similarity] = [DISTANCE]
    if spread.median > 0.0:
        parts += gaussian(spread, (*BANDWIDTHS, NEAR))
    small = min(n, m)
    values = quadratic(pool, labels, [stepped(part, spread, n + m, small) for part in parts], threads)
    found = {part.name: row for part, row in zip(parts, values, strict=True)}
    found["radius"] = largest_gap(*runs_of(pooled_radius(pool.rows)), labels)
    if features:
        is_real = labels if n <= m else 1.0 - labels
        found |= {name: np.asarray(make(pool.rows)(is_real), np.float64) for name, make in features.items()}
    return found


def standardised(values: Floats) -> Floats | None:
    """Return values centred and scaled by their own mean and standard deviation, None if they are all the same."""
    centred = values - values.mean()
    scale = float(np.sqrt(np.mean(centred**2)))
    if not scale > SAME * float(np.abs(values).max()):
        return None
    z: Floats = centred / scale
    return z


def _ranked(total: dict[str, Floats], drawn: Plan, note: str) -> FusedTest:
    """Standardise the sums over blocks again and rank the observed labelling."""
    z = {name: values for name, sums in total.items() if (values := standardised(sums)) is not None}
    inside = [values for name, values in z.items() if name != f"mmd_{NEAR:g}"]
    largest = np.max(inside, axis=0) if inside else np.zeros(1)
    return FusedTest(
        p_value=float((largest >= largest[0]).mean()),
        largest=float(largest[0]) if inside else 0.0,
        z={name: float(values[0]) for name, values in z.items()},
        upper={name: float((values >= values[0]).mean()) for name, values in z.items()},
        lower={name: float((values <= values[0]).mean()) for name, values in z.items()},
        plan=drawn,
        note=note,
    )


def joint_test(
    real: NDArray[np.generic],
    synthetic: NDArray[np.generic],
    *,
    seed: int = 0,
    budget: Budget | None = None,
    features: Mapping[str, Feature] | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> list[Finding]:
    """Return :func:`fused_test` as findings: the maximum, each component, and the lower tail that near copies fill.

    The first finding is the verdict: `value` is the largest standardised statistic, `p_value` its exact p. Those of the
    components say what led to it; their p-values are not corrected for each other. The last ("near_copies") is the
    MMD at a tenth of the median distance with the p-value of its lower tail: small if the tables are nearer to each
    other than two samples of one law, as tables are that copy rows or mix near ones.
    """
    done = fused_test(real, synthetic, seed=seed, budget=budget, features=features, names=names, threads=threads)
    near = f"mmd_{NEAR:g}"

    def finding(metric: str, variant: str, value: float, p_value: float, note: str) -> Finding:
        return Finding(
            metric=metric,
            variant=variant,
            family="joint",
            scope="joint",
            value=value,
            statistic=value,
            unit="SD of the permutations",
            null_kind="permutation",
            null_center=0.0,
            p_value=p_value,
            method="label permutations in canonical order",
            note=note,
            n_real=len(real),
            n_synth=len(synthetic),
            n_perm=done.plan.permutations,
            seed=seed,
        )

    lead = f"largest component: {done.leading}" if done.z else "no statistic varies: all rows are equal"
    found = [finding("joint_test", "fused", done.largest, done.p_value, "; ".join(filter(None, (lead, done.note))))]
    for name, z in done.z.items():
        if name != near:
            found.append(
                finding("joint_test", name, z, done.upper[name], f"p of the lower tail {done.lower[name]:.4g}")
            )
    if near in done.z:
        found.append(finding("near_copies", near, done.z[near], done.lower[near], "p-value of the lower tail"))
    return found
