"""The random words are Philox 4x32-10, bit for bit, and what is made of them has the right law."""

import numpy as np
import pytest
from kernels.kernels_oracle import fill_bounded, fill_uniform, philox_block
from scipy import stats

from synthmix.kernels import philox as ph

U = np.uint64

# Known-answer vectors of Philox 4x32-10 published with Random123 (counter, key, output).
KNOWN = [
    ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
    ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
    (
        [0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344],
        [0xA4093822, 0x299F31D0],
        [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1],
    ),
]
PURPOSES = [ph.SHUFFLE, ph.ARRANGE, ph.ROW, ph.WEIGHTS, ph.ROTATION, ph.DONOR, ph.TREE, ph.LEAF, ph.ROUND, ph.TIES]
PURPOSES += [ph.FILL, ph.SCATTER, ph.STORE, ph.LEVELS, ph.CHAIN, ph.FOREST, ph.MARGIN, ph.SCREEN]
PURPOSES += [ph.SUBSET, ph.COUNTS, ph.SPLIT, ph.SLICE, ph.MOMENT_PERMUTE, ph.MARGINAL_PERMUTE, ph.STRATUM]


def naive_philox(counter, key, rounds=10):
    """Philox in Python integers, from the paper."""
    c, k = list(counter), list(key)
    for _ in range(rounds):
        low0, high0 = (0xD2511F53 * c[0]) % 2**32, (0xD2511F53 * c[0]) >> 32
        low1, high1 = (0xCD9E8D57 * c[2]) % 2**32, (0xCD9E8D57 * c[2]) >> 32
        c = [high1 ^ c[1] ^ k[0], low1, high0 ^ c[3] ^ k[1], low0]
        k = [(k[0] + 0x9E3779B9) % 2**32, (k[1] + 0xBB67AE85) % 2**32]
    return c


@pytest.mark.parametrize(("counter", "key", "expected"), KNOWN)
def test_known_answers(counter, key, expected):
    assert philox_block(np.array(counter, U), np.array(key, U)).tolist() == expected
    assert naive_philox(counter, key) == expected
    assert naive_philox(counter, key, rounds=9) != expected  # the check notices a missing round


def test_random_counters_agree_with_python_integers():
    rng = np.random.default_rng(1)
    for _ in range(300):
        words = rng.integers(0, 2**32, 6)
        got = philox_block(words[:4].astype(U), words[4:].astype(U)).tolist()
        assert got == naive_philox(words[:4].tolist(), words[4:].tolist())


def test_compiled_and_python_twin_agree():
    out, twin = np.empty(50), np.empty(50)
    fill_uniform(U(2**63 + 5), 10**12, ph.WEIGHTS, U(3), out)
    with np.errstate(over="ignore"):
        fill_uniform.py_func(U(2**63 + 5), 10**12, ph.WEIGHTS, U(3), twin)
    assert np.array_equal(out, twin)


@pytest.mark.parametrize("seed", [0, 7, 2**63 + 5, 2**64 - 1])
@pytest.mark.parametrize("start", [0, 5, 2**32 - 3, 10**12])
@pytest.mark.parametrize("m", [0, 1, 7, 33])
def test_words_of_many_units_are_those_of_each(seed, start, m):
    words, twin = np.zeros((4, m), np.uint32), np.zeros((4, m), np.uint32)
    ph.fill_words(U(seed), start, ph.ROUND, U(2**31 + 3), words)
    ph.fill_words.py_func(U(seed), start, ph.ROUND, U(2**31 + 3), twin)
    assert np.array_equal(words, twin)
    for i in range(m):
        unit = start + i  # its high word counts from 2**32 on
        counter = [unit % 2**32, unit >> 32, int(ph.ROUND), 2**31 + 3]
        key = [seed % 2**32, seed >> 32]
        assert words[:, i].tolist() == naive_philox(counter, key)
        assert words[:, i].tolist() == philox_block(np.array(counter, U), np.array(key, U)).tolist()
        if unit >> 32:  # the check notices a lost high word
            assert words[:, i].tolist() != naive_philox([counter[0], 0, *counter[2:]], key)


def test_words_do_not_depend_on_where_a_block_begins():
    whole = np.empty((4, 1000), np.uint32)
    ph.fill_words(U(3), 2**32 - 500, ph.ROW, U(1), whole)
    for a, b in [(0, 1), (1, 8), (8, 499), (499, 1000)]:
        part = np.empty((4, b - a), np.uint32)
        ph.fill_words(U(3), 2**32 - 500 + a, ph.ROW, U(1), part)
        assert np.array_equal(part, whole[:, a:b])
    assert np.unique(whole[0]).size > 990  # words repeat by chance only: 1000**2 / 2**33 pairs are expected


def test_purposes_differ_and_words_depend_on_every_argument():
    assert len({int(p) for p in PURPOSES}) == len(PURPOSES)
    public = {name for name, value in vars(ph).items() if isinstance(value, U) and not name.startswith("_")}
    assert len(public) == len(PURPOSES)  # a new purpose is listed here
    base = np.empty(64)
    fill_uniform(U(7), 0, ph.WEIGHTS, U(0), base)
    for arguments in [(8, 0, ph.WEIGHTS, 0), (7, 64, ph.WEIGHTS, 0), (7, 0, ph.ROW, 0), (7, 0, ph.WEIGHTS, 1)]:
        other = np.empty(64)
        fill_uniform(U(arguments[0]), arguments[1], arguments[2], U(arguments[3]), other)
        assert not np.isin(other, base).any()
    high = np.empty(1)
    fill_uniform(U(7), 2**32, ph.WEIGHTS, U(0), high)  # the high word of the row number counts
    assert high[0] != base[0]


def test_uniforms_have_their_law():
    u = np.empty(200_000)
    fill_uniform(U(3), 0, ph.WEIGHTS, U(0), u)
    assert stats.kstest(u, "uniform").pvalue > 1e-6
    assert stats.kstest(u**1.03, "uniform").pvalue < 1e-6  # a power of 1.03 is noticed


def test_bounded_integers_have_no_modulo_bias():
    n = 3 * 2**30  # words modulo n would fall into the lower third half of the time
    out = np.empty(300_000, np.int64)
    fill_bounded(U(11), 0, ph.ROW, U(0), U(n), out)
    assert out.min() >= 0
    assert out.max() < n
    counts = np.bincount(out // 2**30, minlength=3)
    assert stats.chisquare(counts).pvalue > 1e-6
    words = np.random.default_rng(0).integers(0, 2**32, out.size) % n
    assert stats.chisquare(np.bincount(words // 2**30, minlength=3)).pvalue < 1e-6


@pytest.mark.parametrize("n", [1, 2, 3, 7, 1000])
def test_bounded_covers_its_range(n):
    out = np.empty(20_000, np.int64)
    fill_bounded(U(5), 0, ph.ROW, U(1), U(n), out)
    assert set(np.unique(out)) == set(range(n))
    assert n == 1 or stats.chisquare(np.bincount(out, minlength=n)).pvalue > 1e-6


def test_units_across_threads_of_work_are_one_sequence():
    whole, parts = np.empty(1000), np.empty(1000)
    fill_uniform(U(1), 5, ph.ROUND, U(2), whole)
    for a, b in [(0, 1), (1, 8), (8, 500), (500, 1000)]:
        fill_uniform(U(1), 5 + a, ph.ROUND, U(2), parts[a:b])
    assert np.array_equal(whole, parts)
