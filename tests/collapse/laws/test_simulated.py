"""Laws against small simulations with fixed seeds: 4.5 standard errors, a false alarm of 7e-6 for each number."""

import numpy as np
import pytest

from benchmarks.collapse import simulate as sim
from benchmarks.collapse.checks import CHECKS, DEFAULT, excess, gamma_table, row
from benchmarks.collapse.laws import main
from synthmix.collapse import laws
from synthmix.weights import Uniform


@pytest.mark.parametrize("name", CHECKS)
def test_simulation_agrees(name):
    check, chains, _ = CHECKS[name]
    rows = list(check(chains, 0))
    wrong = [row for row in rows if not abs(row.z) <= 4.5]
    assert rows
    assert not wrong


def test_the_page_shows_every_number(tmp_path, capsys):
    path = tmp_path / "page.md"
    main(["--share", "0.0001", "--only", "loops", "copies", "--output", str(path)])
    text = path.read_text(encoding="utf-8")
    assert text.count("\n| ") == 15 + 2
    assert "| golden" not in text
    assert "weighted mean, n Var | w = 0.618" in capsys.readouterr().out


# --- negative controls: a wrong law is seen by simulations of this size ---

N, CHAINS = 12, 8_000


def simulated(make, regime, generation=4, **given):
    tables = laws.pools(regime, N, N, generation, **given)
    real = gamma_table(N, CHAINS)
    new, pool = sim.run(make, real, tables, N, sim.random_of(99))
    unit = sim.spread(real[:1], 1)[0]
    return sim.spread(new[generation], 1) / unit, sim.spread(pool[generation], 1) / unit


def seen(expected, values):
    return abs(row("", "", expected, values).z)


def test_wrong_rows_scheme_or_regime_are_seen():
    make = sim.by_pairs(Uniform(), "iid")
    new, pool = simulated(make, "accumulate")
    step = laws.mixing(Uniform(), "iid")
    book = laws.ledger(step, laws.pools("accumulate", N, N, 4), N)
    assert max(seen(book.new[4], new), seen(book.pool[4], pool)) < 4.5
    fewer = laws.ledger(step, laws.pools("accumulate", N - 4, N - 4, 4), N - 4)
    other = laws.ledger(laws.mixing(Uniform(), "anchor"), laws.pools("accumulate", N, N, 4), N)
    lost = laws.ledger(step, laws.pools("replace", N, N, 4), N)
    window = laws.ledger(step, laws.pools("window", N, N, 4, width=2), N)
    for wrong in (fewer, other, lost, window):
        assert max(seen(wrong.new[4], new), seen(wrong.pool[4], pool)) > 6.0
    assert seen(laws.accumulate_path(2 / 3, 4)[4], pool) > 6.0  # the law of many rows


def test_a_bootstrap_is_no_gaussian_refit_and_no_mixing():
    new, _ = simulated(sim.by_copies, "replace")
    assert seen(laws.heterozygosity_path(N, 4)[4], new) < 4.5
    assert seen(1.0, new) > 6.0
    new, _ = simulated(sim.by_gaussian(1), "replace")
    assert seen(1.0, new) < 4.5
    assert seen(laws.likelihood_path(N, 4)[4], new) > 6.0


def test_a_wrong_kurtosis_or_scheme_of_the_random_walk_is_seen():
    n, real = 60, gamma_table(60, CHAINS)
    new = sim.by_pairs(DEFAULT, "iid", correct=False)(real, n, sim.random_of(98))
    squares = sim.spread(new) ** 2 / sim.spread(real[:1])[0] ** 2
    start = excess(real)
    assert seen(laws.second_order_path(DEFAULT.moments(), n, 1, kurtosis=start)[1, 1], squares) < 4.5
    assert seen(laws.second_order_path(DEFAULT.moments(), n, 1, kurtosis=start + 6)[1, 1], squares) > 6.0
    ratio = (np.sqrt(squares) - (n - 1) / n) ** 2
    assert seen(laws.paired_variance_sd_path(DEFAULT, "iid", n, 1, kurtosis=start)[1] ** 2, ratio) < 4.5
    assert seen(laws.paired_variance_sd_path(DEFAULT, "cyclic", n, 1, kurtosis=start)[1] ** 2, ratio) > 6.0
