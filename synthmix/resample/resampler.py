"""MixupResampler: rows of rare classes, mixed from rows of the same class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synthmix.errors import InputError, NotFittedError
from synthmix.estimator import Estimator
from synthmix.pairing import Pairing
from synthmix.random_state import RandomState, seed_from
from synthmix.resample.strategy import Strategy, rows_to_make
from synthmix.resample.target import count_classes, labels_of
from synthmix.synthesizer import MixupSynthesizer
from synthmix.table.frames import read_table
from synthmix.table.infer import WORDS, check_words, find
from synthmix.table.rows import stack_rows, take_rows
from synthmix.weights import WeightsLaw


class MixupResampler(Estimator):
    """Add rows of rare classes, each mixed from rows of its own class.

    Every class that gets rows is a source of its own: a :class:`synthmix.MixupSynthesizer` is fitted to its rows alone.
    So the label of a new row is never in doubt, and what a synthesizer preserves of a table is preserved here of each
    class. Steps of imbalanced-learn's pipelines need a method ``fit_resample(X, y)``, which this class has;
    imbalanced-learn itself is not needed.

    Parameters
    ----------
    sampling_strategy : str, float, mapping or callable
        Which classes get rows, in the words of imbalanced-learn. "auto" or "not majority": all but the largest class
        get as many rows as that has; "minority": only the smallest; "not minority": all but the smallest; "all". A
        float is the ratio of rows of the rare class over rows of the other, for two classes. A mapping says for each
        class how many rows it is to have in the end. A callable gets `y` and returns such a mapping.
    weights, pairing, encoding
        As in :class:`synthmix.MixupSynthesizer`. By default columns are chained; with weights "rotation", encoding
        "raw" and whole passes (as many new rows as the class has, or twice as many, ...) the mean and the covariance
        of the new rows are those of the class exactly.
    columns : mapping of str to str, optional
        Kinds that override the inferred ones. Kinds are inferred from all rows, not from those of a class.
    n_jobs : int
        Threads; -1 uses all cores. Results do not depend on it.
    random_state : int, Generator, RandomState or None
        Normalised once, in ``fit``, to the 64-bit ``seed_``. Each class has random numbers of its own.

    Attributes
    ----------
    sampling_strategy_ : dict
        Class to number of new rows.
    synthesizers_ : dict
        Class to the fitted synthesizer that made its rows; ``synthesizers_[label].certificate()`` says what is
        preserved of that class. They hold the real rows.
    seed_, n_features_in_ : int
    feature_names_in_ : ndarray of str

    Notes
    -----
    New rows tell a learner nothing that the class's rows did not: they make it weigh the rare class more, as class
    weights do, and smooth. Where a learner takes class weights, compare with them first. Probabilities that a learner
    gives after resampling are those of the resampled classes and not calibrated.

    Resample inside of cross-validation, in a pipeline: rows that are mixed before the split from rows of both sides
    give the score away.

    Wrong where rows of one class form strands whose middle belongs to another class: use near rows there
    (``pairing="nearest"``), as SMOTE does.

    References
    ----------
    Chawla et al. (2002), SMOTE, JAIR 16. Elor and Averbuch-Elor (2022), To SMOTE, or not to SMOTE?, arXiv 2201.08528.
    """

    def __init__(
        self,
        *,
        sampling_strategy: Strategy = "auto",
        weights: str | WeightsLaw | None = None,
        pairing: str | Pairing | None = None,
        encoding: Literal["normal", "raw"] = "normal",
        columns: Mapping[str, str] | None = None,
        n_jobs: int = 1,
        random_state: RandomState = None,
    ) -> None:
        self.sampling_strategy = sampling_strategy
        self.weights = weights
        self.pairing = pairing
        self.encoding = encoding
        self.columns = columns
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> MixupResampler:
        """Fit a synthesizer to the rows of each class that gets new ones.

        Parameters
        ----------
        X : pandas.DataFrame, polars.DataFrame, pyarrow.Table or ndarray of shape (n, d)
            Without the target.
        y : array, series, list, or table of one column, of n labels

        Returns
        -------
        MixupResampler
            Itself.

        Raises
        ------
        InputError
            For tables and targets that cannot be used, and classes of one row.
        OptionError
            For unknown options.
        """
        labels = labels_of(y)
        source = read_table(X)
        if source.n_rows != labels.size:
            raise InputError(f"X has {source.n_rows} rows and y {labels.size}; give one label a row")
        counts = count_classes(labels)
        wanted = rows_to_make(self.sampling_strategy, counts, y)
        words = check_words(self.columns, [column.name for column in source.columns])
        kinds = {c.name: found.kind for c in source.columns if (found := find(c, words.get(c.name))).kind in WORDS}
        self.seed_: int = seed_from(self.random_state)
        seeds = np.random.Generator(np.random.Philox(key=self.seed_)).integers(0, 2**64, len(counts), dtype=np.uint64)
        self.synthesizers_: dict[Any, MixupSynthesizer] = {
            label: self._fit_class(X, np.flatnonzero(labels == label), label, kinds, int(seed))
            for label, seed in zip(counts, seeds, strict=True)
            if label in wanted
        }
        self.sampling_strategy_: dict[Any, int] = wanted
        self.feature_names_in_: NDArray[np.object_] = np.array([column.name for column in source.columns], dtype=object)
        self.n_features_in_: int = len(source.columns)
        self._named = not isinstance(X, np.ndarray)
        return self

    def _fit_class(
        self, X: Any, rows: NDArray[np.int64], label: object, kinds: Mapping[str, str], seed: int
    ) -> MixupSynthesizer:
        if rows.size < 2:
            raise InputError(
                f"class {label!r} has 1 row, which nothing can be mixed with; leave the class out with "
                "sampling_strategy={...}, or join it to another"
            )
        synthesizer = MixupSynthesizer(
            self.weights, self.pairing, self.encoding, columns=kinds, n_jobs=self.n_jobs, random_state=seed
        )
        return synthesizer.fit(take_rows(X, rows))

    def fit_resample(self, X: Any, y: Any) -> tuple[Any, Any]:
        """Return the rows and labels that were given, and the new ones below them.

        Parameters
        ----------
        X, y
            As in :meth:`fit`.

        Returns
        -------
        X, y
            Of the types and dtypes that were given. Rows of the input come first and in its order; new rows follow,
            those of one class together. pandas objects get a fresh index.
        """
        self.fit(X, y)
        labels, wanted = labels_of(y), self.sampling_strategy_
        made = [self.synthesizers_[label].sample(n_rows) for label, n_rows in wanted.items()]
        first = [np.full(n_rows, np.flatnonzero(labels == label)[0]) for label, n_rows in wanted.items()]
        return stack_rows(X, made), take_rows(y, np.concatenate([np.arange(labels.size), *first]))

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names of the columns, which are those that came in.

        Raises
        ------
        NotFittedError
            Before ``fit``.
        InputError
            Where `input_features` are not as many as the columns, or not the names that the columns had.
        """
        if not hasattr(self, "feature_names_in_"):
            raise NotFittedError("this MixupResampler is not fitted yet; call fit(X, y) first")
        names = self.feature_names_in_
        if input_features is None:
            return names
        given = np.asarray(input_features, dtype=object)
        if given.size != names.size:
            raise InputError(
                f"input_features should have length equal to number of features ({names.size}), got {given.size}"
            )
        if self._named and list(given) != list(names):
            raise InputError("input_features is not equal to feature_names_in_; leave it out")
        return given
