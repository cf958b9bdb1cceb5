"""A study: generators and regimes, generation after generation, in replicate chains."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from synthmix.arguments import count, one_of
from synthmix.collapse.chain import Pace
from synthmix.collapse.data import StudyData
from synthmix.collapse.generators import Bootstrap, GaussianRefit, Generator, resolve_generator
from synthmix.collapse.generators.gaussian import NUMBERS
from synthmix.collapse.progress import progress_bar
from synthmix.collapse.regimes import Regime, resolve_regime
from synthmix.collapse.result import CollapseResult
from synthmix.collapse.run import run_all_chains, workers_of
from synthmix.collapse.spec import Spec
from synthmix.collapse.store import Store
from synthmix.errors import InputError, OptionError
from synthmix.random_state import RandomState, seed_from
from synthmix.warn import warn_caller

Many = str | object | Mapping[str, object] | Sequence[object]
KEEP = ("none", "last", "all")


class CollapseStudy:
    """What becomes of a table when generators are fitted to their own output, generation after generation.

    Every generator meets every regime at every size n; each such cell has `data_draws` times `replicates` chains of
    `generations` generations. A chain starts from n real rows, generation 0; in each generation the generator makes n
    rows of the pool, and the regime says what the next pool is. The chains of one draw start from the same real rows
    and use the same random numbers under every regime; chains of different generators are independent given the rows.

    Parameters
    ----------
    data : table or path
        The real rows: a pandas, polars or Arrow table, an array with two dimensions, or a CSV or Parquet file. Columns
        that are keys are left out, with a warning. Rows that are in no generation 0 serve as holdout for measurements
        and as fresh rows for the regimes that need them.
    generators : str, object, sequence of these, or mapping from name to these
        Words such as "epbeta:delta=.05", "beta:0.2", "rotation:5"; :class:`~synthmix.MixupSynthesizer`; densities of
        scikit-learn; objects with ``fit(table)`` and ``sample(n_rows)``; functions ``f(table, n_rows, seed)``.
    regimes : str, Regime, or sequence of these
        "replace", "accumulate", "subsample", "share:0.2", "fresh:0.2", "window:3", "weighted:golden".
    n : int or sequence of int
        Rows of generation 0 and of every generation.
    generations, replicates, data_draws : int
        Generations of a chain, chains of a draw of real rows, draws. With one draw all statements are about the rows
        that were drawn.
    metrics : sequence of str, optional
        Out of ``synthmix.collapse.measure.METRICS``; all by default.
    monitors : mapping, optional
        Options of :func:`synthmix.collapse.analysis.alarms`, such as ``{"alpha": 0.01}``.
    keep : {"none", "last", "all"}
        Which generations are kept as tables in the store.
    random_state : int, Generator, RandomState or None
        Normalised once to a 64-bit seed. Every random number is a function of it and of generator, n, draw, chain and
        generation: neither the order of execution nor the number of workers nor an interruption matters.
    target : str, optional
        The column to predict, and whose classes count.
    schema : mapping of str to str, optional
        Kinds of columns that override the inferred ones, such as ``{"zip": "categorical"}``.
    controls : bool
        Whether the controls are added: a row bootstrap, and an unbiased Gaussian refit where there are numbers. A study
        without them cannot tell what a generator loses from what any finite table loses.
    fresh : table, optional
        Real rows for the regimes that need fresh ones, instead of rows of `data`.
    ruler : callable, optional
        Makes what measures, instead of ``synthmix.collapse.measure.Ruler.of``: called with generation 0 and the
        keywords schema, target, holdout (all rows that are in no generation 0, in the order of `data`) and metrics; its
        ``measure(table, *, previous, ancestors, metrics)`` returns tuples (metric, variant, column, level, value,
        count).

    Raises
    ------
    OptionError
        For unknown generators, regimes or options, values out of range, a regime that needs weights with a generator
        that takes none.
    InputError
        For data that cannot be used, n larger than the data, too few fresh rows, a generator that cannot take a column.

    Notes
    -----
    What is measured of one chain is a random walk: a trend in it says nothing. Statements are made over chains.

    References
    ----------
    Shumailov et al. (2024), Nature 631. Kazdan et al. (2024), Collapse or thrive?, arXiv 2410.16713. Schaeffer et al.
    (2025), arXiv 2503.03150: eight meanings of the word, hence a profile and no verdict.
    """

    def __init__(
        self,
        data: Any,
        generators: Many,
        regimes: Many = ("replace", "accumulate"),
        *,
        n: int | Sequence[int] = 1000,
        generations: int = 20,
        replicates: int = 20,
        metrics: Sequence[str] | None = None,
        monitors: Mapping[str, Any] | None = None,
        keep: Literal["none", "last", "all"] = "none",
        random_state: RandomState = 0,
        target: str | None = None,
        schema: Mapping[str, str] | None = None,
        data_draws: int = 1,
        controls: bool = True,
        fresh: Any = None,
        ruler: Callable[..., Any] | None = None,
    ) -> None:
        read = StudyData.of(data, schema)
        chosen, words = _generators(generators, read, controls=controls)
        one_of("keep", keep, KEEP)
        self.spec: Spec = Spec(
            data=read,
            generators=chosen,
            regimes=_regimes(regimes),
            sizes=_sizes(n, len(read.frame)),
            generations=_positive("generations", generations),
            replicates=_positive("replicates", replicates),
            data_draws=_positive("data_draws", data_draws),
            metrics=None if metrics is None else _words(metrics),
            monitors=_plain(monitors),
            keep=keep,
            seed=seed_from(random_state),
            target=read.resolve_target(target),
            schema={str(name): kind for name, kind in (schema or {}).items()},
            fresh=None if fresh is None else StudyData.of(fresh, schema).frame,
            ruler=ruler,
            controls=tuple(one.name for one in chosen if one.name not in words),
            has_controls=controls,
            words={name: word for name, word in words.items() if word is not None},
        )
        _check(self.spec)

    def run(
        self,
        store: str | PathLike[str] | None = None,
        n_jobs: Any = 1,
        *,
        resume: bool = True,
        max_seconds: float | None = None,
        progress: bool | None = None,
        checkpoint_seconds: float = 20.0,
    ) -> CollapseResult:
        """Run all chains that the store does not have yet.

        Parameters
        ----------
        store : path, optional
            The folder of the study, made where it is missing. A run that was killed goes on from what is there, and
            the numbers are the same, byte for byte. Without a folder nothing stays on disk.
        n_jobs : int or distributed.Client
            Processes, -1 for all cores; no number depends on it. Several need generators that can be sent to another
            process, and a script that starts them needs ``if __name__ == "__main__":``. A Dask client runs the chains
            on its workers, which must see `store`.
        resume : bool
            Whether a folder that holds this study may be gone on with.
        max_seconds : float, optional
            After which no generation is begun; the result is then partial, and another run goes on.
        progress : bool, optional
            Whether a line with an estimate of the time left is shown on standard error; by default on a terminal.
        checkpoint_seconds : float
            Between two savings of the middle of a chain.

        Returns
        -------
        CollapseResult

        Raises
        ------
        OptionError
            When the folder holds something else, or another study, or generators cannot be sent to another process.
        FileError
            When the folder cannot be written.

        Warns
        -----
        SynthmixWarning
            When chains ended with an error, when a generator's seed cannot be set, and when files are damaged.
        """
        import time

        workers = workers_of(n_jobs)
        pace = Pace(None if max_seconds is None else time.time() + _seconds(max_seconds), float(checkpoint_seconds))
        if store is None:
            with tempfile.TemporaryDirectory(prefix="synthmix-study-") as folder:
                return self._run(Path(folder), workers, pace, resume=True, progress=progress)
        return self._run(Path(store), workers, pace, resume=resume, progress=progress)

    def __repr__(self) -> str:
        spec = self.spec
        cells = (
            f"{len(spec.generators)} generators x {len(spec.regimes)} regimes x n = {', '.join(map(str, spec.sizes))}"
        )
        return f"<CollapseStudy: {cells}, {len(spec.tasks)} chains of {spec.generations} generations>"

    def _repr_html_(self) -> str:
        from synthmix.collapse.card import study_card

        return study_card(self.spec).html()

    def _run(self, folder: Path, workers: Any, pace: Pace, *, resume: bool, progress: bool | None) -> CollapseResult:
        store = Store.begin(folder, self.spec, resume=resume)
        todo = [task for task in self.spec.tasks if not store.has(task)]
        total = len(self.spec.tasks)
        for generator in self.spec.generators:
            if generator.note:
                warn_caller(generator.note)
        with progress_bar(total, total - len(todo), wanted=progress) as advance:
            run_all_chains(self.spec, store, todo, workers, pace, advance)
        result = CollapseResult.open(folder)
        if len(result.errors):
            warn_caller(result.trouble())
        return result


def _generators(given: Many, data: StudyData, *, controls: bool) -> tuple[tuple[Generator, ...], dict[str, str | None]]:
    """Return the generators with the controls, and the user's own names with the words they came from."""
    named: Iterable[tuple[str | None, object]]
    named = given.items() if isinstance(given, Mapping) else ((None, one) for one in _several(given))
    own = [(resolve_generator(name, one), one) for name, one in named]
    if not own:
        raise OptionError("there is no generator; give at least one, such as 'epbeta'")
    names = [generator.name for generator, _ in own]
    _all_different("generator", names)
    words = {generator.name: one if isinstance(one, str) else None for generator, one in own}
    chosen = [generator for generator, _ in own]
    if not isinstance(controls, bool):
        raise OptionError(f"controls={controls!r}: give True or False")
    if controls:
        described = [generator.describe() for generator in chosen]
        numeric = any(kind in NUMBERS for kind in data.kinds.values())
        extra = [Bootstrap(), *([GaussianRefit()] if numeric else [])]
        chosen += [one for one in extra if one.describe() not in described and one.name not in names]
    else:
        text = "a study without controls cannot tell what a generator loses from what any finite table loses"
        warn_caller(text)
    return tuple(chosen), words


def _regimes(given: Many) -> tuple[Regime, ...]:
    regimes = tuple(resolve_regime(one) for one in _several(given))
    if not regimes:
        raise OptionError("there is no regime; give at least one, such as 'replace'")
    _all_different("regime", [regime.name for regime in regimes])
    return regimes


def _several(given: Many) -> list[object]:
    return list(given) if isinstance(given, list | tuple) else [given]


def _all_different(what: str, names: list[str]) -> None:
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        remedy = "give names with a dictionary" if what == "generator" else "name it once"
        raise OptionError(f"the {what} {repeated[0]!r} occurs {names.count(repeated[0])} times; {remedy}")


def _sizes(n: int | Sequence[int], rows: int) -> tuple[int, ...]:
    sizes = tuple(count("n", one) for one in (n if isinstance(n, list | tuple) else [n]))
    if not sizes:
        raise OptionError("n names no size; give a number of rows, such as 1000")
    for size in sizes:
        if size < 2:
            raise OptionError(f"n={size}: a generation needs at least 2 rows")
        if size > rows:
            raise InputError(f"n={size} is more than the {rows} rows of the data; give at most {rows}")
    _all_different("size", [str(size) for size in sizes])
    return sizes


def _positive(name: str, value: object) -> int:
    number = count(name, value)
    if number == 0:
        raise OptionError(f"{name}=0: give 1 or more")
    return number


def _seconds(value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise OptionError(f"max_seconds={value!r}: give a number of seconds, 0 or more")
    return float(value)


def _words(metrics: Sequence[str]) -> tuple[str, ...]:
    if isinstance(metrics, str) or not all(isinstance(word, str) for word in metrics):
        raise OptionError(f"metrics={metrics!r}: give a list of words")
    if not metrics:
        raise OptionError("metrics is empty; name at least one, or leave it out for all")
    return tuple(metrics)


def _plain(monitors: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the options of the monitors as the manifest will give them back."""
    if monitors is None:
        return None
    try:
        plain: dict[str, Any] = json.loads(json.dumps(dict(monitors), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise OptionError(f"monitors={monitors!r}: give a dictionary of plain numbers and words ({error})") from error
    for word, value in plain.items():
        one_of("monitors", word, ("alpha", "delta"))
        least = 0.0 if word == "delta" else 5e-324
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < 1.0:
            raise OptionError(f"monitors: {word}={value!r} is no number between 0 and 1")
    return plain


def _check(spec: Spec) -> None:
    """Refuse before anything runs what would fail in every chain."""
    for generator in spec.generators:
        generator.told(spec.data.kinds, spec.target)
    weighted = [regime.name for regime in spec.regimes if regime.uses_weights]
    weightless = [generator.name for generator in spec.generators if not generator.takes_weights]
    if weighted and weightless:
        raise OptionError(
            f"regime {weighted[0]!r} weighs rows, which generator {weightless[0]!r} cannot; "
            "make it a study of its own with generators that weigh rows, such as 'bootstrap' and 'gaussian'"
        )
    _check_fresh(spec)
    if spec.ruler is None and spec.metrics is not None:
        from synthmix.collapse.measure import METRICS

        for word in spec.metrics:
            one_of("metric", word, tuple(METRICS))


def _check_fresh(spec: Spec) -> None:
    for n in spec.sizes:
        needed = spec.fresh_needed(n)
        have = len(spec.data.frame) - n if spec.fresh is None else len(spec.fresh)
        if needed > have:
            where = "the data have besides generation 0" if spec.fresh is None else "fresh= has"
            raise InputError(
                f"{spec.generations} generations at n={n} use {needed} fresh real rows, more than the {have} that "
                f"{where}; give more rows (fresh=...), a smaller share or fewer generations"
            )
    if spec.fresh is not None and list(spec.fresh.columns) != list(spec.data.frame.columns):
        raise InputError(f"fresh has the columns {list(spec.fresh.columns)}, not those of the data")
