"""The inference section of an audit: numbers of the declared models and of propensity scores."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from synthmix.arguments import check_alpha, one_of
from synthmix.drift.finding import Finding
from synthmix.drift.noise import POWER80, Z95, absent
from synthmix.drift.reference import Reference
from synthmix.drift.settings import LEVELS
from synthmix.drift.tables import align
from synthmix.errors import InputError, OptionError
from synthmix.inference.agreement import agreement_findings
from synthmix.inference.coefficients import Coefficients, coefficients
from synthmix.inference.fit import Fit, fit_models
from synthmix.inference.mixed import describe
from synthmix.inference.models import Declared, Model, declare, to_pandas
from synthmix.inference.pmse import Propensity, Variant, propensity
from synthmix.random_state import seed_from

FAMILY = "inference"
PERMUTATIONS = {"quick": 0, "standard": 49, "full": 199}


def inference_findings(
    train: Any,
    synthetic: Any,
    models: Declared | Iterable[Declared] = (),
    *,
    generator: Any = None,
    alpha: float = 0.05,
    level: str = "standard",
    seed: int = 0,
    target: str | None = None,
) -> list[Finding]:
    """Return whether analysts of a synthetic table find what they would find in the real one.

    Parameters
    ----------
    train : table
        The real rows.
    synthetic : table or list of tables
        One synthesis, or several.
    models : sequence of str, (str, str) or Model
        Declared models. Without any, the default model of `target`; without that, propensity scores only.
    generator : MixupSynthesizer, optional
        Gives the factor of the standard errors of least squares.
    alpha : float
    level : {"quick", "standard", "full"}
        quick leaves out the tree.
    seed : int
    target : str, optional

    Returns
    -------
    list of Finding
        Family "inference". Scope "model", `column` the label of the model and `level` the coefficient: coef_shift,
        ci_overlap, lack_of_fit, sign_agreement, significance_agreement, se_factor. Scope "joint": pmse, specks.

    Raises
    ------
    InputError, OptionError
        For declared models that cannot be fitted to the real table, and options out of range. A default model that
        cannot be fitted gives a finding without a value that says why.
    """
    one_of("level", level, LEVELS)
    check_alpha(alpha)
    syntheses = list(synthetic) if isinstance(synthetic, list | tuple) else [synthetic]
    if not syntheses:
        raise OptionError("synthetic is an empty list; give at least one table")
    real, frames = to_pandas(train), [to_pandas(table) for table in syntheses]
    declared = [models] if isinstance(models, str | Model) else list(models)
    found: list[Finding] = []
    try:
        for model in declare(declared, train, target):
            first, others = fit_models(model, real, frames)
            found += [*model_findings(model, first, others, alpha), _factor(model, generator, first, others[0])]
    except InputError as error:
        if declared or target not in real.columns:
            raise
        found = [absent("coef_shift", FAMILY, "model", str(error), column=f"{target} ~ all")]
    return [*found, *propensity_findings(train, syntheses[0], level, seed_from(seed), len(syntheses))]


def model_findings(model: Model, real: Fit, synthetic: list[Fit], alpha: float) -> list[Finding]:
    """Return the findings of one model: coefficient by coefficient, and of all together."""
    compared = coefficients(real, synthetic, alpha=alpha)
    found: list[Finding] = []
    for term, row in compared.table.iterrows():
        found += _coefficient(model, str(term), row, compared, alpha)
    sizes: dict[str, Any] = {"n_real": compared.n_real, "n_synth": compared.n_synth}
    what: dict[str, Any] = {"column": model.label, **sizes}
    if math.isnan(compared.lack_of_fit):
        found.append(absent("lack_of_fit", FAMILY, "model", compared.note, **what))
        return found + [
            absent(name, FAMILY, "model", compared.note, **what)
            for name in ("sign_agreement", "significance_agreement")
        ]
    found.append(_lack_of_fit(compared, what))
    return found + agreement_findings(compared, alpha, what)


def _coefficient(model: Model, term: str, row: Any, compared: Coefficients, alpha: float) -> list[Finding]:
    from scipy.stats import norm

    sizes: dict[str, Any] = {"n_real": compared.n_real, "n_synth": compared.n_synth}
    where: dict[str, Any] = {"column": model.label, "level": term, **sizes}
    if math.isnan(row["shift"]):
        note = row["note"] or compared.note
        return [absent(name, FAMILY, "model", note, **where) for name in ("coef_shift", "ci_overlap")]
    z, se = float(norm.ppf(1.0 - alpha / 2.0)), float(row["se_shift"])
    band = math.sqrt(compared.n_real / (compared.n_synth * compared.syntheses))
    shift, overlapping = float(row["shift"]), float(row["overlap"])
    return [
        Finding(
            metric="coef_shift", family=FAMILY, scope="model", value=shift, unit="standard errors of the real fit",
            better="target", target=0.0, se=se, ci_low=shift - z * se, ci_high=shift + z * se,
            ci_method=f"{1.0 - alpha:.0%}, noise of the synthetic rows", null_kind="closed_form", null_center=0.0,
            null_low=-Z95 * band, null_high=Z95 * band, margin_certifiable=(z + POWER80) * band,
            method=f"{model.family}, {compared.syntheses} syntheses", note=row["note"], **where,
        ),
        Finding(
            metric="ci_overlap", family=FAMILY, scope="model", value=overlapping, better="high",
            null_kind="closed_form",
            null_center=expected_overlap(band, math.sqrt(compared.n_real / compared.n_synth), z),
            method="mean share of the intersection, unclipped", note=row["note"], **where,
        ),
    ]  # fmt: skip


def expected_overlap(band: float, ratio: float, z: float) -> float:
    """Return the mean overlap of intervals whose centres differ by a normal number of spread `band`.

    In standard errors of the real fit; `ratio` is that of the synthetic one. The intersection is the smaller upper end
    less the larger lower end, 2 E min(z, d + ratio z) by symmetry; 1 - E |d| / (2 z) where both are equally long.
    """
    from scipy.stats import norm

    gap = z * (1.0 - ratio)
    both = 2.0 * (z - gap * float(norm.cdf(gap / band)) - band * float(norm.pdf(gap / band)))
    return both * (1.0 + 1.0 / ratio) / (4.0 * z)


def _lack_of_fit(compared: Coefficients, what: dict[str, Any]) -> Finding:
    from scipy.stats import chi2

    df, fresh = compared.df, 1.0 + compared.n_synth * compared.syntheses / compared.n_real
    return Finding(
        metric="lack_of_fit", family=FAMILY, scope="model", value=compared.lack_of_fit / df,
        unit="per degree of freedom", better="low", null_kind="closed_form", null_center=1.0,
        null_low=float(chi2.ppf(0.025, df)) / df, null_high=fresh * float(chi2.ppf(0.975, df)) / df,
        statistic=compared.lack_of_fit, p_value=compared.p_independent,
        method=f"chi-squared of {df} coefficients: from complete synthesis to independent rows, whose p-value it is",
        note=compared.note, **what,
    )  # fmt: skip


def _factor(model: Model, generator: Any, real: Fit, synthetic: Fit) -> Finding:
    """Return how much too small the standard errors of the synthetic rows are."""
    what: dict[str, Any] = {"column": model.label, "n_real": real.n_rows, "n_synth": synthetic.n_rows}
    if generator is None:
        return absent("se_factor", FAMILY, "model", "no generator was given", **what)
    if model.family != "gaussian":
        return absent(
            "se_factor", FAMILY, "model", "no closed form but for least squares; see resynthesis_bootstrap", **what
        )
    try:
        mixed = describe(generator, real.n_rows if getattr(generator, "_executor", None) is None else None)
        value = math.sqrt(mixed.factors(synthetic.n_rows, 0).slope)
    except (OptionError, InputError) as error:
        return absent("se_factor", FAMILY, "model", str(error), **what)
    return Finding(
        metric="se_factor", family=FAMILY, scope="model", value=value, better="target", target=1.0, null_kind="oracle",
        null_center=1.0, method="true over naive standard error of slopes, from the moments of the weights",
        note="multiply standard errors with it; synthmix.inference.adjust does", **what,
    )  # fmt: skip


def propensity_findings(train: Any, synthetic: Any, level: str, seed: int, syntheses: int) -> list[Finding]:
    """Return pMSE and SPECKS of the logistic model and of the tree."""
    tables = align(train if isinstance(train, Reference) else Reference.of(train), synthetic)
    more = f"the first of {syntheses} syntheses" if syntheses > 1 else ""
    variants: tuple[Variant, ...] = ("logistic", "tree") if PERMUTATIONS[level] else ("logistic",)
    found: list[Finding] = []
    for variant in variants:
        try:
            found += _of_propensity(propensity(tables, variant, PERMUTATIONS[level], None, seed), seed, more)
        except InputError as error:
            found += [absent(name, FAMILY, "joint", str(error), variant=variant) for name in ("pmse", "specks")]
    return found


def _of_propensity(found: Propensity, seed: int, more: str) -> list[Finding]:
    note = "; ".join(filter(None, (found.note, more)))
    same: dict[str, Any] = {
        "family": FAMILY, "scope": "joint", "variant": found.variant, "n_real": found.n_real, "n_synth": found.n_synth,
        "n_perm": found.n_perm, "seed": seed if found.variant == "tree" else -1, "note": note,
    }  # fmt: skip
    specks = Finding(metric="specks", value=found.specks, method="KS distance of the propensities", **same)
    judged = "resample" if found.variant == "logistic" else "floor"  # smooth generators lie near the tree's floor
    null = next((one for one in found.nulls if one.kind == judged), None)
    if null is None:
        return [Finding(metric="pmse", value=found.pmse, method="mean (p - c)^2", **same), specks]
    low, high = found.interval
    center: dict[str, Any] = {
        "null_center": null.mean,
        "null_low": null.low,
        "null_high": null.high,
        "p_value": null.p_value,
    }
    kind: Any = "permutation" if found.variant == "tree" else null.kind
    main = Finding(
        metric="pmse", value=found.pmse, ci_low=low, ci_high=high, statistic=null.z, null_kind=kind,
        ci_method="" if math.isnan(low) else "95 %, spread of a non-central chi-squared",
        method=f"mean (p - c)^2, {found.parameters} parameters; {null.ratio:.3g} times its null", **center, **same,
    )  # fmt: skip
    return [main, specks]
