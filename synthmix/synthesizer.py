"""MixupSynthesizer: from a real table to synthetic rows by mixing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.arguments import MOST_ROWS, count, resolve_target, threads_of, too_many_rows
from synthmix.errors import NotFittedError, OptionError
from synthmix.estimator import Estimator
from synthmix.mixing.assemble import assemble_source, class_columns_of, executor_of, refuse_large, row_labels
from synthmix.mixing.chain.chains import Chains
from synthmix.mixing.chain.lineage import ChainedPlan
from synthmix.mixing.chain.screen import Screen, settled
from synthmix.mixing.choices import check_options, rule_of
from synthmix.mixing.emit import emit
from synthmix.mixing.execute import Executor
from synthmix.mixing.plan import Plan
from synthmix.pairing import Pairing
from synthmix.pairing.chained import left_open
from synthmix.random_state import RandomState, seed_from
from synthmix.table import ColumnInfo, LatentMap, TableEncoder, base_of, encode_table, send_through
from synthmix.warn import warn_caller
from synthmix.weights import WeightsLaw

if TYPE_CHECKING:
    from synthmix.certificate import Certificate


class MixupSynthesizer(Estimator):
    """Synthesize rows of a mixed-type table by mixing real rows.

    Each synthetic value is a weighted combination of k real ones in continuous columns and a copy of one of them in
    discrete columns, and in numbers with levels where pairing is chained. The k rows are found for each column anew
    (chained pairing, the default), or are the same for a whole synthetic row, which then has the pattern of missing
    values of one of them. Which statistics survive, exactly, in expectation or not, depends on the three choices below;
    :meth:`certificate` says it for the fitted table.

    Parameters
    ----------
    weights : str or WeightsLaw, optional
        How much of each parent: "rotation", "epbeta", "sphere", "beta", "uniform", "dirichlet", "hybrid", or an object
        of :mod:`synthmix.weights`. Default: "sphere" of 3 parents for chained pairing, else "rotation".
    pairing : str or Pairing, optional
        Which rows meet: "chained", "nearest", "random", "cyclic", "within_class", or an object of
        :mod:`synthmix.pairing`. "chained" finds new parents for each column, which keeps the shape of the joint
        distribution best, and gives each pass back its means and covariances. The others keep the same parents for a
        whole row, and with "rotation" the covariance of any table, gaps included. Default: "nearest" where `weights` is
        given, ``encoding`` is not "normal" or ``discrete`` is "scores", else "chained".
    encoding : {"normal", "raw"} or LatentMap
        "normal" mixes normal scores of ranks and decodes by the empirical quantiles: supports, ranges and point
        masses are kept, the covariance of the scores is what the weights promise. "raw" mixes the values
        themselves: the covariance in the data's own units is what the weights promise. A map to latent coordinates
        (:class:`synthmix.torch.TableVAE`) is trained on the table and mixes its codes: the covariance of the codes is
        what the weights promise, nothing in the data's own units is, since a decoder network comes between. Discrete
        columns then come from the decoder, drawn by its probabilities from row i's own numbers, except those that
        define the classes of ``WithinClass``; these and the pattern of missing values are the donor's. A fitted
        synthesizer, saved or not, needs no torch.
    grid : {"auto", "source", "full"}
        "source" rounds to each column's own grid of values, stochastically, so that means are kept; "full" keeps
        float64, which exact statements need (integer columns come back as float64); digits beyond the source's grid
        can reveal which rows were mixed. "auto" is "full" for raw, else "source".
    discrete : {"donor", "scores"}
        "donor" copies all discrete columns of a row from one parent. "scores" (with the normal encoding) mixes
        them as normal scores of randomised ranks, but for chained pairing, which copies levels of all kinds.
    donor : {"largest", "squared"}
        Which parent gives the discrete columns: the one of the largest weight (for groups: the permutation of
        largest total weight), or one with probability w**2 / sum w**2.
    small_cells : {"merge", "copy"}
        Rows whose class or pattern of missing values is too rare to mix: pool them, or copy them.
    privacy : float, optional
        Largest share of rows that may be nearer to those that they are made from than to as many others of the same
        kind: above .5, which is chance, and at most 1, which copies have. ``fit`` measures it on halves of the table
        and takes the smallest leaf of chained pairing with which it holds, or a larger one with which it holds for
        columns that are ``ranged``, or for ``slopes``, as well; :attr:`screen_` and the certificate say what was found.
        Default: the share that sequential trees with donors from leaves of 5 rows have there. It screens one attack, by
        distance, on the whole table: it does not make rows anonymous.
    columns : mapping of str to str, optional
        Kinds that override the inferred ones, such as ``{"zip": "categorical", "id": "key"}``.
    keys : {"fresh", "drop"}
        Key-like columns get fresh keys or are left out; they are never copied.
    dtype : {"float64", "float32"}
        Precision in which rows are held and mixed. "float32" needs ``encoding="raw"`` and numbers below 1e37: it takes
        half the memory, arrays of floats come back in float32, and exact statements hold to about 1e-6 instead of
        1e-15. Whole numbers and times of more than 2**24 steps lose their last digits.
    n_jobs : int
        Threads; -1 uses all cores. Results do not depend on it.
    random_state : int, Generator, RandomState or None
        Normalised once, in ``fit``, to the 64-bit ``seed_``.

    Attributes
    ----------
    seed_ : int
    weights_ : WeightsLaw
    pairing_ : Pairing
        What was chosen where `weights` and `pairing` were left open.
    screen_ : Screen or None
        What was measured where the leaf of chained pairing was left open.
    strata_ : tuple of int
        Rows of each part into which a target cut the table for chained pairing; all rows where it is in one part.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
    columns_ : tuple of ColumnInfo
        Kind, role, grid and notes of every column.

    Notes
    -----
    Row i of a sample is a pure function of (fitted table, parameters, seed, i): ``sample(n)[a:b]`` equals
    ``sample_rows(a, b)`` bit for bit, for any number of threads and any batch size.

    The output is not anonymous. Rows are near real rows when groups are small, copied discrete values are real
    values, and exact statistics disclose small cells. A preserved covariance is not a preserved distribution.

    References
    ----------
    Zhang et al. (2018), mixup, ICLR. Lee, Im and Kim (2025), generalized mixup weights, arXiv 2503.02645.
    Ting, Fienberg and Trottini (2008), random orthogonal matrix masking. Langsrud (2019), Stat. Comput. 29.
    """

    def __init__(
        self,
        weights: str | WeightsLaw | None = None,
        pairing: str | Pairing | None = None,
        encoding: Literal["normal", "raw"] | LatentMap = "normal",
        *,
        grid: Literal["auto", "source", "full"] = "auto",
        discrete: Literal["donor", "scores"] = "donor",
        donor: Literal["largest", "squared"] = "largest",
        small_cells: Literal["merge", "copy"] = "merge",
        privacy: float | None = None,
        columns: Mapping[str, str] | None = None,
        keys: Literal["fresh", "drop"] = "fresh",
        dtype: Literal["float64", "float32"] = "float64",
        n_jobs: int = 1,
        random_state: RandomState = None,
    ) -> None:
        self.weights = weights
        self.pairing = pairing
        self.encoding = encoding
        self.grid = grid
        self.discrete = discrete
        self.donor = donor
        self.small_cells = small_cells
        self.privacy = privacy
        self.columns = columns
        self.keys = keys
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, table: Any, target: str | int | None = None) -> MixupSynthesizer:
        """Encode a real table and put its rows into the order in which they are met.

        Parameters
        ----------
        table : pandas.DataFrame, polars.DataFrame, pyarrow.Table or ndarray of shape (n, d)
            Mixed types and missing values are welcome.
        target : str or int, optional
            Name of the column that classes or a regression refer to; for arrays its position. It decides the strata of
            chained pairing, which may draw it range by range, the classes of ``WithinClass()``, and what the
            certificate says within them.

        Returns
        -------
        MixupSynthesizer
            Itself.

        Raises
        ------
        InputError
            When the table cannot be used: the message names the column, the value and the remedy.
        OptionError
            For unknown or unfitting options.
        """
        given, law = rule_of(self)
        check_options(self, given)
        seed = seed_from(self.random_state)
        base, grid = base_of(self.encoding, self.grid)
        encoded = encode_table(
            table,
            columns=self.columns,
            encoding=base,
            grid=grid,
            discrete=self.discrete,
            keys=self.keys,
            seed=seed,
        )
        target_name = resolve_target(target, encoded.encoder.feature_names, positional=isinstance(table, np.ndarray))
        class_columns = class_columns_of(given, target_name)
        labels = row_labels(encoded, given, target_name, class_columns)
        if not isinstance(self.encoding, str):
            encoded = send_through(encoded, self.encoding, class_columns, seed)
        params = self._plain_params()
        asked, threads = (params["privacy"], target_name), threads_of(self.n_jobs)
        pairing, screen = settled(encoded, labels, given, law, self.donor, *asked, threads)
        state = {
            "seed": seed,
            "target": target_name,
            "class_columns": list(class_columns),
            "law": law.to_dict(),
            "pairing": pairing.to_dict(),
            "left_open": left_open(given),
            "donor": self.donor,
            "small_cells": self.small_cells,
            "dtype": self.dtype,
            "params": params,
            "screen": None if screen is None else screen.to_dict(),
        }
        refuse_large(encoded.encoder.latent_names, encoded.latent, self.dtype)
        self._adopt(encoded.encoder, encoded.latent, encoded.codes, labels, state, law, pairing)
        self._warn_of_copies()
        return self

    def _warn_of_copies(self) -> None:
        copied = self._executor.source.plan.copied_rows
        if copied:
            why = "their class or pattern of missing values occurs in fewer than 3 rows"
            warn_caller(f"{copied} rows are copied: {why}")

    def _plain_params(self) -> dict[str, Any]:
        """Return the parameters that ``load`` needs besides weights, pairing and seed, as they are now."""
        columns = {str(name): kind for name, kind in self.columns.items()} if self.columns else None
        kept = {name: getattr(self, name) for name in ("grid", "discrete", "keys")}
        encoding = self.encoding if isinstance(self.encoding, str) else None  # a map is kept with the encoder
        privacy = None if self.privacy is None else float(self.privacy)  # other kinds of numbers cannot be stored
        return {**kept, "encoding": encoding, "columns": columns, "privacy": privacy}

    def _adopt(
        self,
        encoder: TableEncoder,
        latent: NDArray[np.float64],
        codes: NDArray[np.int32],
        labels: NDArray[np.int64],
        state: dict[str, Any],
        law: WeightsLaw,
        pairing: Pairing,
    ) -> None:
        """Become fitted: the one path for ``fit`` and ``load``."""
        source = assemble_source(
            latent, codes, labels, law, pairing, state["donor"], state["small_cells"], state["seed"], state["dtype"]
        )
        self._executor = executor_of(source, encoder, state["target"])
        if isinstance(self._executor, Chains):
            self._executor.grow(threads_of(self.n_jobs))  # trees are part of what is fitted
        self._labels = labels
        self._state = state
        self._encoder = encoder
        self.seed_: int = state["seed"]
        self.weights_: WeightsLaw = law
        self.pairing_: Pairing = pairing
        self.screen_: Screen | None = Screen(**state["screen"]) if state.get("screen") else None
        self.strata_: tuple[int, ...] = (
            self._executor.strata if isinstance(self._executor, Chains) else (source.n_rows,)
        )
        self.columns_: tuple[ColumnInfo, ...] = encoder.columns
        self.n_features_in_: int = len(encoder.feature_names)
        self.feature_names_in_: NDArray[np.object_] = np.array(encoder.feature_names, dtype=object)

    def _check_fitted(self) -> Executor | Chains:
        executor: Executor | Chains | None = getattr(self, "_executor", None)
        if executor is None:
            raise NotFittedError("this MixupSynthesizer is not fitted yet; call fit(table) first")
        return executor

    def _repr_html_(self) -> str:
        from synthmix.mixing.card import synthesizer_card

        return synthesizer_card(self).html()

    def sample(self, n_rows: int, *, out: NDArray[Any] | None = None) -> Any:
        """Return synthetic rows 0 to n_rows - 1 as a table of the fitted table's type.

        Parameters
        ----------
        n_rows : int
        out : ndarray of shape (n_rows, n_features), optional
            Where to write them, if the fitted table is an array of floats in which every column varies: C-contiguous,
            of the dtype that comes back without it. Memory that is used again costs half as much time as fresh memory.

        Returns
        -------
        table or ndarray
            `out` itself where it is given.

        Raises
        ------
        OptionError
            When `n_rows` is negative or not an integer, or `out` does not fit.
        """
        return self._sample(0, n_rows, out, "n_rows")

    def sample_rows(self, start: int, stop: int, *, out: NDArray[Any] | None = None) -> Any:
        """Return synthetic rows `start` to ``stop - 1``: the same rows as that slice of any longer sample.

        `out` is as in :meth:`sample`.
        """
        return self._sample(start, stop, out, "stop")

    def _sample(self, start: int, stop: int, out: NDArray[Any] | None, name: str) -> Any:
        executor = self._check_fitted()
        first, last = count("start", start), count(name, stop)
        if last < first:
            raise OptionError(f"sample_rows({start}, {stop}): stop is below start")
        if last - first > MOST_ROWS:
            raise too_many_rows(last - first)
        try:
            return emit(executor, self._encoder, first, last, threads_of(self.n_jobs), out)
        except MemoryError as error:
            raise too_many_rows(last - first) from error

    def sample_batches(self, n_rows: int, batch_rows: int = 65536) -> Iterator[Any]:
        """Yield the rows of ``sample(n_rows)`` in tables of `batch_rows`, at constant memory."""
        self._check_fitted()
        total, size = count("n_rows", n_rows), count("batch_rows", batch_rows)
        if size == 0:
            raise OptionError("batch_rows=0: give a positive number of rows")
        return (self.sample_rows(a, min(a + size, total)) for a in range(0, total, size))

    def plan(self, start: int, stop: int) -> Plan | ChainedPlan:
        """Return parents, weights and donors of synthetic rows `start` to ``stop - 1``.

        With chained pairing every cell has parents of its own: see :class:`ChainedPlan`.

        Weights refer to the space in which rows are mixed: data units for the raw encoding, normal scores for
        the normal one. Keep plans private; see :class:`Plan`.
        """
        executor = self._check_fitted()
        first, last = count("start", start), count("stop", stop)
        if last < first:
            raise OptionError(f"plan({start}, {stop}): stop is below start")
        if isinstance(executor, Chains):
            return executor.plan(first, last)
        parents, weights, donors = executor.plan(first, last)
        return Plan(first, last, parents, weights, donors)

    def certificate(self, sample: Any = None, *, start: int = 0) -> Certificate:
        """State what is preserved, exactly or in expectation or not, and why.

        Parameters
        ----------
        sample : table, optional
            Rows of this synthesizer, as ``sample(m)`` gives them; another frame type, column order or a round trip
            through a file does no harm. With it the certificate gives the realised values and errors beside the
            sampling error that theory predicts.
        start : int
            Number of the first row of `sample`, when it comes from ``sample_rows(start, stop)``.

        Returns
        -------
        Certificate

        Raises
        ------
        InputError
            When `sample` lacks columns, has unknown ones, or fewer than two rows.

        Warns
        -----
        SynthmixWarning
            When the table is not made of rows `start`, `start` + 1, ... of this synthesizer. Statements are then
            about those rows as they are made, numbers about the table that was given, and nothing is called exact.
        """
        from synthmix.certificate import certify  # statistics are imported when they are asked for

        executor = self._check_fitted()
        first = count("start", start)
        return certify(executor, self._encoder, self._state, sample, first)

    def save(self, path: str | Path) -> None:
        """Write the fitted synthesizer to one file: plain arrays and a JSON manifest, whole or not at all.

        The file holds the real rows. Protect it like the table itself.
        """
        from synthmix.model_file import write_model

        self._check_fitted()
        meta, arrays = self._encoder.to_state()
        described = {"state": self._state, "encoder": meta}
        source = self._executor.source
        own: dict[str, NDArray[Any]] = {
            "latent": source.in_table_order(source.observed),
            "codes": source.in_table_order(source.codes),
            "labels": self._labels,
        }
        write_model(path, described, {**own, **{f"encoder.{name}": array for name, array in arrays.items()}})


def synthesize(table: Any, n_rows: int | None = None, *, target: str | int | None = None, **options: Any) -> Any:
    """Return a synthetic table of `n_rows` (default: as many as `table` has) in one call.

    `options` are those of :class:`MixupSynthesizer`.
    """
    MixupSynthesizer.refuse_unknown(options)
    synthesizer = MixupSynthesizer(**options).fit(table, target=target)
    return synthesizer.sample(synthesizer._executor.source.n_rows if n_rows is None else n_rows)
