"""The published Gaussian runs: closed forms, their printed means, and small runs of our own."""

import pytest

from benchmarks.collapse.published import GENERATIONS, PUBLISHED, closed_forms, main, plain

CLOSED = {
    ("replace", 32): (0.0418, 0.958),
    ("replace", 100): (0.3660, 0.634),
    ("replace", 316): (0.7284, 0.272),
    ("accumulate", 10): (0.8434, 0.1566),
    ("accumulate", 100): (0.9836, 0.0164),
}


@pytest.mark.parametrize("case", CLOSED)
def test_closed_forms_at_generation_100(case):
    # Accumulate is printed at its limit, which generation 100 has reached but for 1/(100 n).
    assert closed_forms(*case) == pytest.approx(CLOSED[case], abs=1.5e-3)


@pytest.mark.parametrize("case", [case for case in PUBLISHED if case != ("replace", 10)])
def test_published_means_lie_within_their_noise(case):
    regime, n = case
    ran = plain(regime, n, 400)
    *published, seeds = PUBLISHED[case]
    for place in (0, 1):
        assert abs(ran.z(place)) < 4.5
        assert abs(ran.z_of(published[place], seeds, place)) < 4.5
    other = closed_forms("accumulate" if regime == "replace" else "replace", n)
    assert abs(ran.variance.mean() - other[0]) > 6 * ran.variance.std() / 20  # the other regime is told apart


def test_the_page_is_written(tmp_path, capsys):
    path = tmp_path / "page.md"
    main(["--no-study", "--chains", "50", "--output", str(path)])
    assert f"{GENERATIONS} generations" in path.read_text(encoding="utf-8")
    assert "| accumulate | 316 | squared error of the mean |" in capsys.readouterr().out
