"""Closed-form laws of repeated synthesis: what to expect of a chain of generations, and what nothing can be blamed for.

Each function is one law, with the conditions under which it holds. :func:`predict` finds the one that belongs to a
generator, a regime and a metric of a study.
"""

from __future__ import annotations

from synthmix.collapse.laws.accumulate import (
    accumulate_finite_path,
    accumulate_kurtosis_path,
    accumulate_likelihood_path,
    accumulate_limit,
    accumulate_mean_path,
    accumulate_path,
)
from synthmix.collapse.laws.case import Law
from synthmix.collapse.laws.descent import (
    copies_variance,
    donor_heterozygosity_path,
    extinction_path,
    hazard_path,
    symbol_survival_bounds,
)
from synthmix.collapse.laws.donors import first_donor_probability
from synthmix.collapse.laws.gaussian import (
    c4,
    likelihood_mean_path,
    likelihood_path,
    log_det_drift,
    log_det_path,
    log_variance_drift,
    log_variance_path,
    log_variance_spread_path,
    sd_path,
    small_sd_bound,
    unbiased_mean_path,
    wasserstein_path,
)
from synthmix.collapse.laws.golden_ratio import golden_weight, weighted_mean_variance
from synthmix.collapse.laws.ledger import Ledger, ledger
from synthmix.collapse.laws.limits import limit_kurtosis
from synthmix.collapse.laws.loops import biased_sampling_path, kernel_density_path, majority_path
from synthmix.collapse.laws.mixing import (
    association_path,
    covariance_path,
    dirichlet_factors,
    kurtosis_fixed_point,
    kurtosis_path,
    kurtosis_rate,
    mean_square_path,
    third_moment_path,
)
from synthmix.collapse.laws.pools import Pool, pools
from synthmix.collapse.laws.predict import law_of, predict, spread_of
from synthmix.collapse.laws.regression import regression_risk_path
from synthmix.collapse.laws.rotation import (
    k_statistics,
    rotation_fourth_path,
    rotation_kurtosis_path,
    rotation_third_path,
)
from synthmix.collapse.laws.second_order import (
    gaussian_variance_sd_path,
    pair_matrix,
    pair_path,
    paired_path,
    paired_variance_sd_path,
    sample_moments_map,
    second_order_matrix,
    second_order_path,
    variance_sd_path,
    with_factor_one,
)
from synthmix.collapse.laws.share import (
    share_for_stable_fourth_moment,
    share_limit,
    share_mean_limit,
    share_path,
)
from synthmix.collapse.laws.step import Step, copying, donating, mixing, permuting, refitting
from synthmix.collapse.laws.two_points import two_point_rotation_mean_path, two_point_rotation_path
from synthmix.collapse.laws.wright_fisher import (
    entropy_path,
    heterozygosity_path,
    lost_at_once,
    polymorphism_bounds,
    survival_path,
    survival_table,
)

__all__ = [
    "Law",
    "Ledger",
    "Pool",
    "Step",
    "accumulate_finite_path",
    "accumulate_kurtosis_path",
    "accumulate_likelihood_path",
    "accumulate_limit",
    "accumulate_mean_path",
    "accumulate_path",
    "association_path",
    "biased_sampling_path",
    "c4",
    "copies_variance",
    "copying",
    "covariance_path",
    "dirichlet_factors",
    "donating",
    "donor_heterozygosity_path",
    "entropy_path",
    "extinction_path",
    "first_donor_probability",
    "gaussian_variance_sd_path",
    "golden_weight",
    "hazard_path",
    "heterozygosity_path",
    "k_statistics",
    "kernel_density_path",
    "kurtosis_fixed_point",
    "kurtosis_path",
    "kurtosis_rate",
    "law_of",
    "ledger",
    "likelihood_mean_path",
    "likelihood_path",
    "limit_kurtosis",
    "log_det_drift",
    "log_det_path",
    "log_variance_drift",
    "log_variance_path",
    "log_variance_spread_path",
    "lost_at_once",
    "majority_path",
    "mean_square_path",
    "mixing",
    "pair_matrix",
    "pair_path",
    "paired_path",
    "paired_variance_sd_path",
    "permuting",
    "polymorphism_bounds",
    "pools",
    "predict",
    "refitting",
    "regression_risk_path",
    "rotation_fourth_path",
    "rotation_kurtosis_path",
    "rotation_third_path",
    "sample_moments_map",
    "sd_path",
    "second_order_matrix",
    "second_order_path",
    "share_for_stable_fourth_moment",
    "share_limit",
    "share_mean_limit",
    "share_path",
    "small_sd_bound",
    "spread_of",
    "survival_path",
    "survival_table",
    "symbol_survival_bounds",
    "third_moment_path",
    "two_point_rotation_mean_path",
    "two_point_rotation_path",
    "unbiased_mean_path",
    "variance_sd_path",
    "wasserstein_path",
    "weighted_mean_variance",
    "with_factor_one",
]
