"""polars and pyarrow users are served as pandas users are: the same numbers from the same rows, by every part."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synthmix import InputError, MixupResampler, MixupSynthesizer, audit, drift_report, synthesize
from synthmix.collapse import CollapseStudy
from synthmix.inference import pmse
from synthmix.scale import stream

pl = pytest.importorskip("polars", reason="polars is not installed")
KINDS = ("pandas", "polars", "pyarrow")


def source() -> pd.DataFrame:
    rng = np.random.Generator(np.random.Philox(key=4))
    n = 150
    table = pd.DataFrame({"x": rng.normal(size=n), "y": rng.gamma(2.0, size=n), "k": rng.integers(0, 30, n)})
    table["when"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 9000, n), unit="h")
    table["c"] = rng.choice(["a", "b", "c"], n)
    table.loc[::9, "y"] = np.nan
    return table


def as_kind(table: pd.DataFrame, kind: str):
    if kind == "polars":
        return pl.from_pandas(table)
    return table if kind == "pandas" else pa.Table.from_pandas(table, preserve_index=False)


def plain(table) -> pd.DataFrame:
    frame = table if isinstance(table, pd.DataFrame) else table.to_pandas()
    return frame.assign(when=frame["when"].astype("datetime64[us]"), c=frame["c"].astype(object))


def numbers(report) -> str:
    return json.dumps(json.loads(report.to_json())["rows"])


REAL = source()
SYNTHETIC = MixupSynthesizer(random_state=1).fit(REAL).sample(150)
WHAT = {
    "fit and sample": lambda real, _: plain(synthesize(real, 40, random_state=1)).to_csv(),
    "certificate": lambda real, _: str(fitted(real).certificate(fitted(real).sample(150))),
    "certificate of another type": lambda real, _: str(fitted(REAL).certificate(as_kind(SYNTHETIC, kind_of(real)))),
    "drift_report": lambda real, synthetic: numbers(drift_report(real, synthetic, level="quick")),
    "audit": lambda real, synthetic: numbers(
        audit(real, synthetic, synthetic, target="c", level="quick", sections=("fidelity", "privacy", "inference"))
    ),
    "pmse": lambda real, synthetic: repr(pmse(real, synthetic, n_perm=19)),
    "collapse": lambda real, _: CollapseStudy(
        real, "epbeta", "replace", n=40, generations=2, replicates=2, random_state=1
    ).run().trajectories.to_csv(),
    "resample": lambda real, _: plain(
        MixupResampler(random_state=1).fit_resample(real, ["u"] * 100 + ["v"] * 50)[0]
    ).to_csv(),
}  # fmt: skip


def kind_of(table) -> str:
    return type(table).__module__.partition(".")[0]


def fitted(real) -> MixupSynthesizer:
    return MixupSynthesizer(random_state=1).fit(real)


@pytest.fixture(scope="module")
def of_pandas() -> dict[str, str]:
    return {what: run(REAL, SYNTHETIC) for what, run in WHAT.items()}


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("what", WHAT)
def test_the_same_numbers_for_every_type_of_table(what, kind, of_pandas):
    assert WHAT[what](as_kind(REAL, kind), as_kind(SYNTHETIC, kind)) == of_pandas[what]


@pytest.mark.parametrize("kind", KINDS)
def test_types_may_be_mixed(kind):
    one = drift_report(REAL, as_kind(SYNTHETIC, kind), level="quick").table
    other = drift_report(as_kind(REAL, kind), SYNTHETIC, level="quick").table
    pd.testing.assert_frame_equal(one.drop(columns="note"), other.drop(columns="note"))  # notes name how it is stored


@pytest.mark.parametrize("what", [what for what in WHAT if what != "certificate of another type"])
def test_other_rows_give_other_numbers(what, of_pandas):
    assert WHAT[what](REAL.assign(x=REAL["x"] ** 3), SYNTHETIC) != of_pandas[what]


@pytest.mark.parametrize("kind", KINDS)
def test_streams_take_every_type(kind, tmp_path):
    done = stream(as_kind(REAL, kind), tmp_path / "out.csv", 30, random_state=1)
    expected = stream(REAL, tmp_path / "pandas.csv", 30, random_state=1)
    assert done.path.read_bytes() == expected.path.read_bytes()


LAZY = {
    "fit": lambda table, _: MixupSynthesizer().fit(table),
    "certificate": lambda table, _: fitted(REAL).certificate(table),
    "drift_report": lambda table, _: drift_report(REAL, table),
    "audit": lambda table, _: audit(table, SYNTHETIC),
    "pmse": lambda table, _: pmse(REAL, table),
    "collapse": lambda table, _: CollapseStudy(table, "epbeta"),
    "stream": lambda table, folder: stream(table, folder / "out.csv", 10),
    "resample": lambda table, _: MixupResampler().fit(table, ["a", "b"]),
}


@pytest.mark.parametrize("what", LAZY)
def test_a_lazy_frame_is_refused_with_the_remedy(what, tmp_path):
    with pytest.raises(InputError, match=r"LazyFrame.*table\.collect\(\)"):
        LAZY[what](pl.from_pandas(REAL).lazy(), tmp_path)
