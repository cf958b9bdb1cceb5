"""Dask: the rows of one machine, whatever the partitions, and whoever dies."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scale.tables import content, fitted, mixed_table

from synthmix import MixupSynthesizer
from synthmix.errors import FileError, InputError, OptionError
from synthmix.scale import stream

pytest.importorskip("distributed")
dd = pytest.importorskip("dask.dataframe")

import distributed  # noqa: E402

from synthmix import dask as on_dask  # noqa: E402

ROWS = 4000

# What Dask itself warns of while processes come and go is not ours.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:::distributed"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def synthesizer() -> MixupSynthesizer:
    return fitted()


@pytest.fixture(scope="module")
def client():
    """Give four processes that are spoken to over TCP."""
    os.environ.setdefault("PYTHONPATH", str(Path(__file__).resolve().parents[1]))  # for functions of the tests
    with (
        distributed.LocalCluster(
            n_workers=4, threads_per_worker=1, processes=True, dashboard_address=None, protocol="tcp://"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as one,
    ):
        yield one


def test_rows_do_not_depend_on_partitions_or_workers(synthesizer, client):
    wanted = synthesizer.sample(ROWS)
    for parts in (7, 31):
        table = on_dask.sample(synthesizer, ROWS, parts, client=client)
        assert table.npartitions == parts
        assert table.known_divisions
        assert table.divisions[0] == 0
        assert table.divisions[-1] == ROWS - 1
        pd.testing.assert_series_equal(table.dtypes, wanted.dtypes)
        pd.testing.assert_frame_equal(client.compute(table).result(), wanted)
        one = client.compute(table.partitions[parts // 2]).result()
        pd.testing.assert_frame_equal(one, wanted.loc[one.index])
    assert len(client.scheduler_info()["workers"]) == 4


def test_without_a_cluster(synthesizer):
    wanted = synthesizer.sample(500)
    table = on_dask.sample(synthesizer, 500, 3)
    pd.testing.assert_frame_equal(table.compute(scheduler="threads"), wanted)
    assert on_dask.sample(synthesizer, 500).npartitions == 1
    raw = MixupSynthesizer(encoding="raw", random_state=1).fit(mixed_table()[["x", "count"]].to_numpy())
    made = on_dask.sample(raw, 700, 4).compute(scheduler="synchronous")
    assert np.array_equal(made.to_numpy(), raw.sample(700))
    with pytest.raises(OptionError, match="npartitions=501: give 1 to n_rows=500"):
        on_dask.sample(synthesizer, 500, 501)
    with pytest.raises(OptionError, match="there is no Dask client"):
        on_dask.to_parquet(synthesizer, "nowhere", 5)


def test_workers_write_the_files_of_one_machine(synthesizer, client, tmp_path):
    on_dask.to_parquet(synthesizer, tmp_path / "many", ROWS, client=client, row_group_rows=300)
    stream(synthesizer, tmp_path / "one", ROWS, row_group_rows=300)
    assert content(tmp_path / "many") == content(tmp_path / "one")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["many", "one"]
    with pytest.raises(FileError, match="it is there already"):
        on_dask.to_parquet(synthesizer, tmp_path / "many", ROWS, client=client)
    with pytest.raises(OptionError, match="workers write a folder of files"):
        on_dask.to_parquet(synthesizer, tmp_path / "a.parquet", ROWS, client=client)


def test_one_machine_finishes_what_workers_began(synthesizer, client, tmp_path):
    class StopError(Exception):
        pass

    def told(done: int, _: int) -> None:
        if done >= 1200:
            raise StopError

    with pytest.raises(StopError):
        on_dask.to_parquet(synthesizer, tmp_path / "out", ROWS, client=client, row_group_rows=300, progress=told)
    assert not (tmp_path / "out").exists()
    assert stream(synthesizer, tmp_path / "out", ROWS, row_group_rows=300).resumed_rows == 1200
    stream(synthesizer, tmp_path / "again", ROWS, row_group_rows=300)
    assert content(tmp_path / "out") == content(tmp_path / "again")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_a_worker_that_is_killed_changes_nothing(synthesizer, client, tmp_path):
    killed = []

    def told(done: int, _: int) -> None:
        if done >= 600 and not killed:
            worker = min(client.scheduler_info()["workers"])
            killed.append(client.run(os.getpid, workers=[worker])[worker])
            os.kill(killed[0], signal.SIGKILL)

    on_dask.to_parquet(synthesizer, tmp_path / "out", 20_000, client=client, row_group_rows=300, progress=told)
    assert killed
    stream(synthesizer, tmp_path / "again", 20_000, row_group_rows=300)
    assert content(tmp_path / "out") == content(tmp_path / "again")
    table = on_dask.sample(synthesizer, ROWS, 31, client=client)
    kill = threading.Timer(0.05, lambda: os.kill(_some_worker(client), signal.SIGKILL))
    kill.start()
    pd.testing.assert_frame_equal(client.compute(table).result(), synthesizer.sample(ROWS))
    kill.join()


def _some_worker(client) -> int:
    for pid in client.run(os.getpid).values():
        return pid
    raise AssertionError


def test_fit_is_that_of_the_collected_table(client):
    table = mixed_table()
    parts = dd.from_pandas(table, npartitions=3)
    one = on_dask.fit(parts, random_state=2)
    wanted = MixupSynthesizer(random_state=2).fit(parts.compute())
    pd.testing.assert_frame_equal(one.sample(300), wanted.sample(300))
    with pytest.raises(InputError, match="DataFrame is no Dask DataFrame"):
        on_dask.fit(table)


def test_partitions_rotate_by_themselves_and_the_whole_is_exact(client):
    table = mixed_table(2000)
    parts = dd.from_pandas(table, npartitions=5)
    made = on_dask.rotate(parts, random_state=3)
    assert made.divisions == parts.divisions
    found = client.compute(made).result()
    pd.testing.assert_series_equal(found.dtypes, made.dtypes)
    numbers = ["x", "count"]
    np.testing.assert_allclose(found[numbers].cov(), table[numbers].cov(), rtol=1e-10)
    np.testing.assert_allclose(found[numbers].mean(), table[numbers].mean(), rtol=1e-12)
    assert found["town"].value_counts().to_dict() == table["town"].value_counts().to_dict()
    assert not np.isclose(found["x"], table["x"]).any()
    pd.testing.assert_frame_equal(on_dask.rotate(parts, random_state=3).compute(scheduler="synchronous"), found)
    with pytest.raises(OptionError, match="encoding= cannot be chosen"):
        on_dask.rotate(parts, encoding="normal")


def test_a_study_of_collapse_runs_on_a_cluster(client, tmp_path):
    from collapse.small_study import small_study

    options = {"generators": ["epbeta"], "regimes": ["replace"], "replicates": 2, "generations": 3}
    one = small_study(**options).run(tmp_path / "one")
    many = small_study(**options).run(tmp_path / "many", n_jobs=client)
    pd.testing.assert_frame_equal(many.trajectories, one.trajectories)
    for path in sorted((tmp_path / "one").rglob("*.parquet")):
        assert (tmp_path / "many" / path.relative_to(tmp_path / "one")).read_bytes() == path.read_bytes()


def test_importing_synthmix_does_not_load_dask():
    import subprocess

    code = "import synthmix.scale, sys; print('dask' in sys.modules or 'distributed' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
