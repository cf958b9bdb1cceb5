"""Multi-mix: several interpolations of each pair of rows, and what that does to the variance of the gradient."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor

from synthmix.errors import InputError, OptionError
from synthmix.torch.batch.labels import LabelRule, Labels, mix_label
from synthmix.torch.batch.mixing import combine, draw_donor
from synthmix.torch.batch.tree import Extent, Tree, extent_of, map_tree, same_form


def multi_mix(
    x_i: Tree,
    x_j: Tree,
    y_i: Any,
    y_j: Any,
    lam: Tensor,
    *,
    labels: Labels = "auto",
    num_classes: int | None = None,
    signed: bool = False,
) -> tuple[Tree, Any]:
    """Return K mixtures of each of B pairs of rows, as K B rows for one forward pass.

    Row ``k * B + b`` is lam[k, b] x_i[b] + (1 - lam[k, b]) x_j[b], and its label likewise; lam is the weight of the row
    i itself. With the mean of the K B losses, K = 1 is mixup bit for bit, and the order of the draws cannot matter.

    Parameters
    ----------
    x_i, x_j : Tensor of shape (B, ...), or dict, tuple or list of such trees
        Rows and their partners. Floats are averaged, integers and booleans come from the row of larger weight. To mix
        in a latent space, pass what the encoder gave: encoded once, mixed K times.
    y_i, y_j : Tensor or dict of tensors, or None
        Labels.
    lam : Tensor, shape (K, B)
        Weights, for example from :func:`spread_lam`.
    labels, num_classes
        As in :func:`mixup_batch`, one choice for all entries of a dict.
    signed : bool
        Say True when `lam` comes from a law that leaves [0, 1] (its values are not looked at, which would wait for the
        device); class labels are refused then.

    Returns
    -------
    x, y : trees of K B rows

    Notes
    -----
    With independent pairs and draws the variance of the gradient is V_between / B + V_within / (K B), see
    :func:`variance_split`. More draws lower the second part only, so that at equal compute K B fresh pairs with one
    draw each are better; stratified draws reach the floor V_between / B almost at once. Partners should come from the
    whole table: partners that permute the batch break this law, and cost more than the K draws gain.

    The published method is known to us by its abstract and by summaries; weights for each pair and their order are an
    interpretation.

    Raises
    ------
    InputError
        For a lam that is not (K, B), or trees of different forms.
    OptionError
        For labels that could mean two things.

    References
    ----------
    Mixup Augmentation with Multiple Interpolations, arXiv 2406.01417.
    """
    if not isinstance(lam, Tensor):
        raise InputError(f"lam has type {type(lam).__name__}; give a tensor of shape (K, B), as of spread_lam")
    batch = extent_of(x_i, "x_i")
    if lam.ndim != 2 or lam.shape[1] != batch.rows or lam.device != batch.device:
        raise InputError(
            f"lam has shape {tuple(lam.shape)} on {lam.device}; give (K, B) = (K, {batch.rows}) on {batch.device}"
        )
    extent_of(x_j, "x_j", batch)
    same_form(x_i, x_j, "x_i", "x_j")
    donor = draw_donor(lam, 2, "largest", None)
    x = map_tree(lambda own, other: combine((own, other), lam, donor).flatten(0, 1), x_i, x_j)
    if y_i is None:
        return x, None
    _check_labels(y_i, y_j, batch)
    how = LabelRule(labels, num_classes, signed)
    return x, map_tree(lambda own, other: mix_label((own, other), lam, donor, how).flatten(0, 1), y_i, y_j)


def _check_labels(y_i: Any, y_j: Any, batch: Extent) -> None:
    extent_of(y_i, "y_i", batch)
    extent_of(y_j, "y_j", batch)
    same_form(y_i, y_j, "y_i", "y_j")


class VarianceSplit(NamedTuple):
    """The variance of one draw, split into its part between pairs and its part within them.

    Attributes
    ----------
    between : Tensor, scalar
        Variance over pairs of the expected value of a pair; the unbiased estimate can come out below 0.
    within : Tensor, scalar
        Expected variance over lam for a given pair.
    """

    between: Tensor
    within: Tensor

    def of_mean(self, pairs: int, points: int) -> Tensor:
        """Return the variance of a mean over `pairs` independent pairs with `points` independent draws each."""
        return self.between / pairs + self.within / (pairs * points)


def variance_split(values: Tensor) -> VarianceSplit:
    """Estimate how much of the variance lies between pairs and how much within them.

    Parameters
    ----------
    values : Tensor, shape (K, B) or (K, B, P)
        A loss, or a gradient of P numbers, for K independent draws of lam in each of B independent pairs. Variances of
        gradients are summed over the P numbers.

    Returns
    -------
    VarianceSplit
        Unbiased estimates (one-way analysis of variance). They hold for independent draws and independent pairs only:
        not for stratified or antithetic draws, not for partners that permute a batch.

    Raises
    ------
    OptionError
        With fewer than two draws or two pairs, which do not tell the parts apart.
    """
    if values.ndim < 2 or values.shape[0] < 2 or values.shape[1] < 2:
        raise OptionError(f"values has shape {tuple(values.shape)}; give (K, B) or (K, B, P) with K and B at least 2")
    flat = values.flatten(2) if values.ndim > 2 else values.unsqueeze(-1)
    within = flat.var(0).mean(0).sum()
    between = flat.mean(0).var(0).sum() - within / flat.shape[0]
    return VarianceSplit(between, within)
