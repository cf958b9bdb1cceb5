"""Which parent gives a mixed row its discrete columns, as a probability of the law of weights."""

from __future__ import annotations

from scipy.stats import beta

from synthmix.weights import Beta, Dirichlet, EpBeta, Hybrid, Rotation, Sphere, Uniform, WeightsLaw


def first_donor_probability(law: WeightsLaw, donor: str = "largest") -> float | None:
    """Return the probability that the discrete columns of a row come from its first parent, None where it is unknown.

    Parameters
    ----------
    law : WeightsLaw
    donor : {"largest", "squared"}
        The parent of the largest weight, or one drawn with probability w^2 / sum w^2. For the second it is known where
        sum w^2 = 1 in every row.

    Notes
    -----
    Two parents: P(l > 1/2). Exchangeable weights of k parents: 1/k.
    """
    if isinstance(law, Rotation):
        return None  # a permutation, in which no row is first
    if donor != "largest":
        moments = law.moments()
        return float(moments.second[0, 0]) if moments.sum_w2_constant else None
    if isinstance(law, Uniform):
        return 0.5
    if isinstance(law, Dirichlet):
        return 1.0 / law.k
    if isinstance(law, Sphere):
        return 1.0 / law.k if law.top is None else 1.0
    if isinstance(law, Beta):
        return float(beta.sf(0.5, law.a, law.a if law.b is None else law.b))
    if isinstance(law, EpBeta):
        return float(beta.sf((0.5 + law.eps0) / (1.0 + law.eps0 + law.eps1), law.alpha, law.beta))
    if isinstance(law, Hybrid):
        two = first_donor_probability(law.two_point)
        return None if two is None else law.share * two + (1.0 - law.share)
    return None
