"""Mixup of a batch: rows, labels and sample weights with the same partners and weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from synthmix.errors import InputError, OptionError
from synthmix.torch.batch.labels import LabelRule, Labels, mix_label, mix_labels
from synthmix.torch.batch.lam import LawOnDevice, on_device
from synthmix.torch.batch.law_spec import LawLike
from synthmix.torch.batch.mixing import (
    Donor,
    Mixing,
    Per,
    checked_partners,
    draw_donor,
    draw_weights,
    dtype_of_weights,
    mix_rows,
    parents_of,
)
from synthmix.torch.batch.pairings import BatchPairing, PairingName, Pool, partners_by_name
from synthmix.torch.batch.pool import check_pairing, check_part, check_pool, part
from synthmix.torch.batch.tree import Extent, Tree, extent_of, map_tree


class MixedBatch(NamedTuple):
    """A mixed batch.

    Attributes
    ----------
    x, y : tree
        Mixed rows and labels; y is None if none were given.
    lam : Tensor, shape (B,) or (k, B)
        Weight of the row itself, or all weights of a law of k > 2 parents.
    partner : Tensor of int64, shape (B,) or (k-1, B)
        Partners, in the batch or in the pool. Clean rows have themselves, or -1 with a pool.
    sample_weight : Tensor or None
        Mixed sample weights.
    """

    x: Tree
    y: Tree
    lam: Tensor
    partner: Tensor
    sample_weight: Tensor | None = None


def draw_mixing(
    x: Tree,
    y: Tree,
    law: LawLike | LawOnDevice,
    *,
    generator: torch.Generator | None = None,
    pairing: PairingName | BatchPairing = "random",
    per: Per = "row",
    donor: Donor = "largest",
    pool: tuple[Any, ...] | None = None,
    rows: Tensor | None = None,
) -> Mixing:
    """Draw weights, partners and donors for a batch, without mixing anything yet.

    What is drawn serves :func:`mix_rows`, :func:`mix_labels` and :class:`ManifoldMixup`. The parameters are those of
    :func:`mixup_batch`.

    Raises
    ------
    InputError, OptionError
        As :func:`mixup_batch`.
    """
    batch = extent_of(x)
    if y is not None:
        extent_of(y, "y", batch)
    on = on_device(law, batch.device)
    if rows is not None and pool is None:
        raise OptionError("rows= are row numbers in a pool; give pool=(x, y) too, or leave rows out")
    whole = None if pool is None else check_pool(pool, x, y, rows)
    weights = draw_weights(on, batch.rows, per=per, dtype=dtype_of_weights(x), generator=generator)
    if on.law is None and pairing in ("random", "permutation", "within_class"):
        own = torch.arange(batch.rows, device=batch.device)
        partner = own if pool is None else torch.zeros_like(own)  # of weight 0
    elif callable(pairing):
        check_pairing(pairing, batch, whole)
        partner = checked_partners(pairing(x, y, generator), on, batch)
    else:
        table = None if whole is None else Pool(whole.rows, part(pool, 1), rows)
        partner = partners_by_name(pairing, batch, y, on.k - 1, generator, table)
        partner = partner[0] if on.k == 2 else partner
    return Mixing(weights, partner, draw_donor(weights, on.k, "largest" if on.law is None else donor, generator))


def mixup_batch(
    x: Tree,
    y: Tree,
    law: LawLike | LawOnDevice,
    *,
    generator: torch.Generator | None = None,
    pairing: PairingName | BatchPairing = "random",
    per: Per = "row",
    labels: Labels | Mapping[str, Any] = "auto",
    num_classes: int | Mapping[str, Any] | None = None,
    donor: Donor = "largest",
    sample_weight: Tensor | None = None,
    pool: tuple[Any, ...] | None = None,
    rows: Tensor | None = None,
    include_clean: bool = False,
) -> MixedBatch:
    """Mix the rows of a batch with partners: lam x_i + (1 - lam) x_j, and the labels likewise.

    lam is the weight of the row itself, 1 - lam that of its partner (as in the mixup code of its authors, timm and
    torchvision). Rows, labels and sample weights get the same partner and lam. Any number of rows works; nothing that
    is passed in is changed.

    Parameters
    ----------
    x : Tensor of shape (B, ...), or dict, tuple or list of such trees
        Rows. Floating point tensors are averaged, in float32 at least, and come back in their dtype. Integers and
        booleans are categories and come from one donor per row. Scale columns and fill missing values before.
    y : Tensor of shape (B, ...), dict of such tensors, or None
        Labels.
    law : WeightsLaw, str, float, None or LawOnDevice
        Law of lam, as in :func:`resolve_law`: ``Beta(0.2)``, ``"beta:0.2"``, ``0.2``, ``"uniform"``; 0 or ``"none"``
        is plain training, bit for bit. Laws of k > 2 parents mix every row with k - 1 partners.
    generator : torch.Generator
        Source of all random numbers, on the device of `x`. Make it once, not once a step.
    pairing : str or callable
        "random" (default), "permutation", "roll", "flip", "within_class", see :func:`partners_by_name`, or a function
        ``(x, y, generator) -> row numbers``, such as a :class:`TargetKernel` (with a pool) or :class:`KMixup`.
    per : {"row", "batch"}
        One lam for each row, or one for the whole batch, which gives noisier gradients.
    labels : {"auto", "classes", "values", "donor"}, or dict of these
        "classes": class ids, which become soft labels (B, num_classes). "values": real values, one-hot or multi-label
        rows, mixed as numbers. "donor": the label of the donor, unmixed. "auto": floats and booleans are values, whole
        numbers are classes, for which `num_classes` must be given.
    num_classes : int, or dict of int
        Number of classes of class ids.
    donor : {"largest", "squared"}
        Parent that gives categories, and labels on request: the one of largest weight (the row itself at a tie), or
        parent j with probability w_j^2 / sum w^2.
    sample_weight : Tensor of shape (B,), optional
        Floats, mixed as the values are.
    pool : (x, y) or (x, y, sample_weight), optional
        The whole table on the same device; partners then come from it. This is what lowers the variance of the gradient
        most: partners inside the batch use the same B rows again.
    rows : Tensor of int64, shape (B,), optional
        Row numbers of the batch in the pool, so that no row becomes its own partner.
    include_clean : bool
        Append the clean rows, which doubles the batch (as in RegMixup); their lam is 1.

    Returns
    -------
    MixedBatch

    Notes
    -----
    In expectation the mean of `x` is kept and, for independent partners and two parents, the covariance is multiplied
    by c = E[lam^2 + (1 - lam)^2], (a + 1) / (2 a + 1) for Beta(a, a). Label mixing equals loss mixing for
    cross-entropy, Poisson and squared error and for no loss with a learned scale; labels are mixed here, always. A
    model with a learned noise variance sees c times the noise, and so becomes overconfident.

    Random numbers need a generator, which ``torch.compile`` does not trace; compile :func:`mix_rows` and
    :func:`mix_labels`, and draw by :func:`draw_mixing` outside.

    Raises
    ------
    InputError
        For tensors that differ in rows or device, or a pool of another form.
    OptionError
        For unknown options, a missing generator, ambiguous labels, and laws with weights outside [0, 1] (EpBeta,
        Sphere, ...) where class labels or sample weights would be mixed by them: partners of the same class id have the
        same label, soft labels of one largest class have not.

    References
    ----------
    Zhang, Cisse, Dauphin and Lopez-Paz, mixup: Beyond empirical risk minimization, ICLR 2018, arXiv 1710.09412.

    Examples
    --------
    >>> g = torch.Generator().manual_seed(1)
    >>> mixed = mixup_batch(torch.eye(3), torch.tensor([0, 1, 1]), "beta:0.2", num_classes=2, generator=g)
    >>> mixed.x.shape, mixed.y.shape, mixed.lam.shape
    (torch.Size([3, 3]), torch.Size([3, 2]), torch.Size([3]))
    """
    on = on_device(law, extent_of(x).device)
    mixing = draw_mixing(x, y, on, generator=generator, pairing=pairing, per=per, donor=donor, pool=pool, rows=rows)
    of_one_class = pairing == "within_class" and isinstance(y, Tensor) and y.ndim == 1 and not y.is_floating_point()
    pool_y = part(pool, 1)
    if pool is not None and y is not None and pool_y is None:
        raise InputError("pool has no labels; give pool=(x, y), rows and labels of the whole table")
    mixed_x = mix_rows(x, mixing, pool=part(pool, 0))
    mixed_y = None
    if y is not None:
        mixed_y = mix_labels(
            y, mixing, labels=labels, num_classes=num_classes, signed=on.signed and not of_one_class, pool=pool_y
        )
    weight = _mixed_sample_weight(sample_weight, mixing, on, pool)
    mixed = MixedBatch(mixed_x, mixed_y, mixing.lam, mixing.partner, weight)
    if not include_clean:
        return mixed
    return _with_clean(mixed, x, y, sample_weight, mixing, pool is not None, (labels, num_classes))


def _mixed_sample_weight(
    weight: Tensor | None, mixing: Mixing, law: LawOnDevice, pool: tuple[Any, ...] | None
) -> Tensor | None:
    if weight is None:
        return None
    extent_of(weight, "sample_weight", Extent(mixing.lam.shape[-1], mixing.lam.device))
    if law.signed:
        raise OptionError(f"law={law.law!r} has weights outside [0, 1], which can turn sample weights negative")
    source = part(pool, 2)
    if pool is not None and source is None:
        raise InputError("pool has no sample weights; give pool=(x, y, sample_weight)")
    if pool is not None:
        check_part(pool, 2, weight, "sample_weight", extent_of(pool[0]))
    return mix_label(parents_of(weight, mixing, source), mixing.lam, mixing.donor, LabelRule("values"), "sample_weight")


def _with_clean(
    mixed: MixedBatch, x: Tree, y: Tree, weight: Tensor | None, mixing: Mixing, pooled: bool, options: tuple[Any, Any]
) -> MixedBatch:
    """Append the rows themselves, their labels in the form of mixed ones."""
    own = torch.arange(mixing.lam.shape[-1], device=mixing.lam.device).expand_as(mixing.partner)
    ones = torch.ones_like(mixing.lam)
    if ones.ndim == 2:
        ones[1:] = 0.0
    clean = Mixing(ones, own, torch.zeros_like(mixing.donor))

    def joined(a: Tensor, b: Tensor) -> Tensor:
        return torch.cat([a, b])

    labels, num_classes = options
    clean_y = None if y is None else mix_labels(y, clean, labels=labels, num_classes=num_classes)
    return MixedBatch(
        map_tree(joined, mixed.x, x),
        None if y is None else map_tree(joined, mixed.y, clean_y),
        torch.cat([mixed.lam, clean.lam], -1),
        torch.cat([mixed.partner, torch.full_like(own, -1) if pooled else own], -1),
        None
        if weight is None or mixed.sample_weight is None
        else torch.cat([mixed.sample_weight, weight.to(mixed.sample_weight.dtype)]),
    )
