"""All questions about privacy that three tables can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from synthmix.audit.privacy.attributes import attributes
from synthmix.audit.privacy.collinear import Classes, collinear_triples
from synthmix.audit.privacy.dcr import dcr_share, nndr
from synthmix.audit.privacy.duplicates import duplicates, places_of
from synthmix.audit.privacy.form import NO_HOLDOUT, nothing
from synthmix.audit.privacy.ground import Ground
from synthmix.audit.privacy.latent import SPACE, as_scores, mixes_scores
from synthmix.audit.privacy.lattice import lattice
from synthmix.audit.privacy.linkability import linkability
from synthmix.audit.privacy.membership import FPR, membership, score_targets
from synthmix.audit.privacy.numeric import Numeric, numeric_of
from synthmix.audit.privacy.parent_exposure import parent_exposure
from synthmix.audit.privacy.plan_use import plan_use
from synthmix.audit.privacy.singling_out import singling_out
from synthmix.drift.finding import Finding
from synthmix.drift.settings import Level
from synthmix.drift.tables import Tables
from synthmix.errors import InputError
from synthmix.synthesizer import MixupSynthesizer

_FEWEST = 40  # rows of each table that distances need


def privacy_findings(
    tables: Tables,
    *,
    generator: MixupSynthesizer | None = None,
    sensitive: Sequence[str] = (),
    quasi: Sequence[str] = (),
    classes: str = "",
    level: Level = "standard",
    seed: int = 0,
    threads: int = 1,
    released: Mapping[str, float] | None = None,
) -> list[Finding]:
    """Attack a synthetic table in the ways that are known, and say what was found.

    Parameters
    ----------
    tables : Tables
        Training rows as the reference, synthetic rows, and a holdout: rows of the same population that the synthetic
        table was not made from. Without one, what needs it is `na`.
    generator : MixupSynthesizer, optional
        The one whose first rows the synthetic table is; adds what only the plan knows, and where it mixed normal scores
        (encoding "normal") reconstruction among those, which anyone with candidates can compute.
    sensitive : sequence of str
        Columns whose values must not be inferred.
    quasi : sequence of str
        Quasi-identifiers: columns that an outsider may know of a person.
    classes : str
        A discrete column within whose levels rows were mixed.
    level : {"quick", "standard", "full"}
        quick: copies and reconstruction. standard: also distances, membership, attributes, singling out, linkability.
        full: also NNDR.
    seed : int
        Which rows are drawn where not all are attacked; not the order of the rows, nor `threads`, changes any number.
    threads : int
    released : mapping of str to float, optional
        Column to the step to which it was released; by default it is seen from the synthetic values.

    Returns
    -------
    list of Finding
        Family "privacy".

    Raises
    ------
    InputError, OptionError
        For a column that is not compared, or a step that is none.
    """
    ground = Ground(tables, seed, threads)
    found = duplicates(ground, tuple(quasi))
    numeric = numeric_of(ground, released)
    found += parent_exposure(numeric, seed=seed, threads=threads)
    found += collinear_triples(numeric, _classes(ground, classes), seed=seed, threads=threads)
    found.append(lattice(numeric, seed=seed, threads=threads))
    if mixes_scores(generator):
        found += _among_scores(numeric, seed, threads)
    if generator is not None:
        found += plan_use(generator, tables.synthetic.n)
    if level == "quick":
        return found
    found += _distances(ground, level)
    found += attributes(ground, tuple(sensitive))
    return [*found, *singling_out(ground), *linkability(ground, tuple(quasi))]


def _among_scores(numeric: Numeric, seed: int, threads: int) -> list[Finding]:
    """Return reconstruction of rows that were mixed as normal scores."""
    scores = as_scores(numeric)
    if isinstance(scores, str):
        names = (("parent_exposure", "excess"), ("collinear_triples", "rows"))
        return [nothing(metric, scores, variant=f"{variant}, {SPACE}", seed=seed) for metric, variant in names]
    found = parent_exposure(scores, seed=seed, threads=threads)
    found += collinear_triples(scores, seed=seed, threads=threads)
    return [replace(one, variant=f"{one.variant}, {SPACE}") for one in found]


def _classes(ground: Ground, name: str) -> Classes | None:
    if not name:
        return None
    _, discrete = places_of(ground, (name,), "classes")
    if not discrete:
        raise InputError(f"classes={name!r} is a numeric column; give a discrete one")
    codes = [side.codes[:, discrete[0]] for side in (ground.tables.real, ground.tables.synthetic)]
    return Classes(codes[0], codes[1], ground.tables.labels[name])


def _distances(ground: Ground, level: Level) -> list[Finding]:
    """Return what compares distances to training rows with those to the holdout."""
    tables, whole, pooled = ground.tables, ground.whole, ground.pooled
    sizes = (tables.real.n, tables.synthetic.n)
    note = NO_HOLDOUT if tables.holdout is None else ""
    if not note and min(*sizes, tables.holdout.n) < _FEWEST:  # type: ignore[union-attr]
        note = f"needs {_FEWEST} rows in each table"
    if note or whole is None or whole.holdout is None or pooled is None:
        return _no_distances(note or "no column varies", level)
    found = [dcr_share(pooled, seed=ground.seed)]
    if level == "full":
        found.append(nndr(pooled, seed=ground.seed))
    what = {"seed": ground.seed, "threads": ground.threads}
    targets = score_targets(whole.real, whole.holdout, whole.synthetic, **what)
    return found + membership(targets, sizes=sizes, seed=ground.seed)


def _no_distances(note: str, level: Level) -> list[Finding]:
    found = [nothing(metric, note) for metric in (("dcr_share", "nndr") if level == "full" else ("dcr_share",))]
    for name in ("distance", "density"):
        found += [nothing("membership_auc", note, variant=variant) for variant in (name, f"{name}, outliers")]
        for rate in FPR:
            variant = f"{name}, FPR {rate:g}"
            found += [nothing(metric, note, variant=variant) for metric in ("membership", "membership_epsilon")]
    return found
