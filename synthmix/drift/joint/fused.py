"""One test of whole tables: several statistics, one set of random labellings, one exact p."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synthmix.drift.finding import Finding
from synthmix.drift.joint.budget import Budget, Plan, blocks_of, plan
from synthmix.drift.joint.components import BANDWIDTHS, NEAR, Block, Feature, standardised
from synthmix.drift.joint.pool import Floats, both, pooled
from synthmix.errors import OptionError

BATCH = 199  # permutations that are drawn together, and those that set scales, where the number is not fixed


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
    permutations : int
        Labellings that `p_value` is made of: fewer than planned where they were stopped.
    plan : Plan
    note : str
        Components that could not take part, and what the budget cut.
    """

    p_value: float
    largest: float
    z: dict[str, float]
    upper: dict[str, float]
    lower: dict[str, float]
    permutations: int
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
    stop: int | None = None,
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
    stop : int, optional
        Stop when so many permutations reached the observed maximum (Besag and Clifford 1991); 20 is usual, and then
        tables that do not differ take about a tenth of the permutations. Default: draw all of them.
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

    Stopping: p is stop / (permutations drawn) if stopped, else (exceedances + 1) / (permutations + 1), which is valid
    for statistics that do not change while labels are drawn. A mean and standard deviation over all labellings do, so
    here they come from 199 labellings that are used for nothing else: given those, the observed and the permuted maxima
    are exchangeable and p stays exact. `upper` and `lower` are then shares of the first 199 permutations, which a rule
    that looks at the maxima has not chosen.
    """
    if stop is not None and stop < 1:
        raise OptionError(f"stop={stop!r}: give a number of exceedances of at least 1, or None for all permutations")
    x, y = both(real, synthetic, names)
    drawn = plan(len(x), len(y), x.shape[1], budget or Budget())
    blocks = [
        Block.of(pooled(*tables), number, seed, features or {}, threads)
        for number, tables in enumerate(blocks_of(x, y, drawn, seed))
    ]
    if stop is None:
        return _all_at_once(blocks, drawn, seed, threads)
    return _until(stop, blocks, drawn, seed, threads)


def _all_at_once(blocks: Sequence[Block], drawn: Plan, seed: int, threads: int) -> FusedTest:
    """Standardise by all labellings, the observed one included, and rank it among them."""
    total: dict[str, Floats] = {}
    for block in blocks:
        for name, values in block.statistics(drawn.permutations, seed, 0, threads).items():
            if (one := standardised(values)) is not None:
                total[name] = total.get(name, 0.0) + one
    z = {name: one for name, sums in total.items() if (one := standardised(sums)) is not None}
    largest = _largest(z)
    p_value = float((largest >= largest[0]).mean())
    return _result(z, largest, p_value, drawn.permutations, drawn, _notes(drawn, blocks, z))


def _until(stop: int, blocks: Sequence[Block], drawn: Plan, seed: int, threads: int) -> FusedTest:
    """Standardise by labellings of their own, and draw until `stop` of them reach the observed maximum.

    The rows of a block are compared once for the labellings that set scales and the first that are ranked, and once
    more for all others, if they are needed.
    """
    size = min(BATCH, drawn.permutations)
    found = [block.statistics(BATCH + size, seed, 0, threads) for block in blocks]
    scales = [_scales(values) for values in found]
    names = [name for name in scales[0] if all(name in scale for scale in scales)]
    first = _scaled(
        [{k: np.delete(v, slice(1, 1 + BATCH)) for k, v in values.items()} for values in found], scales, names
    )
    maxima = _largest(first)[1:]
    observed = _largest(first)[0]
    if (maxima >= observed).sum() < stop and drawn.permutations > size:
        rest = [block.statistics(drawn.permutations - size, seed, BATCH + size, threads) for block in blocks]
        maxima = np.append(maxima, _largest(_scaled(rest, scales, names))[1:])
    exceeding = np.flatnonzero(maxima >= observed)
    if exceeding.size >= stop:
        drawn_so_far = 1 + int(exceeding[stop - 1])
        p_value = stop / drawn_so_far
    else:
        drawn_so_far = maxima.size
        p_value = (exceeding.size + 1) / (drawn_so_far + 1)
    return _result(first, _largest(first), p_value, drawn_so_far, drawn, _notes(drawn, blocks, first))


def _scales(values: Mapping[str, Floats]) -> dict[str, tuple[float, float]]:
    """Return mean and standard deviation of each statistic over the labellings that are used for nothing else."""
    return {
        name: (float(one[1 : 1 + BATCH].mean()), float(one[1 : 1 + BATCH].std()))
        for name, one in values.items()
        if standardised(one[1 : 1 + BATCH]) is not None
    }


def _scaled(
    found: Sequence[Mapping[str, Floats]], scales: Sequence[Mapping[str, tuple[float, float]]], names: Sequence[str]
) -> dict[str, Floats]:
    """Return the standardised components, added over the blocks."""
    z: dict[str, Floats] = {}
    for values, scale in zip(found, scales, strict=True):
        for name in names:
            z[name] = z.get(name, 0.0) + (values[name] - scale[name][0]) / scale[name][1] / len(found) ** 0.5
    return z


def _notes(drawn: Plan, blocks: Sequence[Block], z: Mapping[str, Floats]) -> str:
    """Return what the budget cut and which components could not take part."""
    wanted = ["energy", *(f"mmd_{factor:g}" for factor in (*BANDWIDTHS, NEAR)), "radius", *blocks[0].features]
    absent = [name for name in wanted if name not in z]
    same = f"the same for all labellings: {', '.join(absent)}" if absent else ""
    return "; ".join(filter(None, (drawn.note, same)))


def _largest(z: Mapping[str, Floats]) -> Floats:
    inside = [values for name, values in z.items() if name != f"mmd_{NEAR:g}"]
    return np.asarray(np.max(inside, axis=0)) if inside else np.zeros(2)


def _result(
    z: Mapping[str, Floats], largest: Floats, p_value: float, permutations: int, drawn: Plan, note: str
) -> FusedTest:
    return FusedTest(
        p_value=p_value,
        largest=float(largest[0]),
        z={name: float(values[0]) for name, values in z.items()},
        upper={name: float((values >= values[0]).mean()) for name, values in z.items()},
        lower={name: float((values <= values[0]).mean()) for name, values in z.items()},
        permutations=permutations,
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
    stop: int | None = None,
    names: Sequence[str] | None = None,
    threads: int = 1,
) -> list[Finding]:
    """Return :func:`fused_test` as findings: the maximum, each component, and the lower tail that near copies fill.

    The first finding is the verdict: `value` is the largest standardised statistic, `p_value` its exact p. Those of the
    components say what led to it; their p-values are not corrected for each other. The last ("near_copies") is the
    MMD at a tenth of the median distance with the p-value of its lower tail: small if the tables are nearer to each
    other than two samples of one law, as tables are that copy rows or mix near ones.
    """
    done = fused_test(
        real, synthetic, seed=seed, budget=budget, features=features, stop=stop, names=names, threads=threads
    )
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
            n_perm=done.permutations,
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
