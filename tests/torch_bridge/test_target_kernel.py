"""C-Mixup: partners drawn without a matrix have the probabilities of the matrix."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")

from synthmix.torch import TargetKernel, mixup_batch, partner_probabilities  # noqa: E402


def source(device, seed=0):
    return torch.Generator(device).manual_seed(seed)


def by_definition(y, h, include_self):
    """Probabilities from plain loops in float64; kernels are taken relative to the nearest partner."""
    y = np.asarray(y, np.float64).reshape(len(y), -1)
    rows = []
    for i in range(len(y)):
        exponent = np.array([-np.sum((y[i] - y[j]) ** 2) / (2 * h * h) for j in range(len(y))])
        if not include_self:
            exponent[i] = -np.inf
        weight = np.exp(exponent - exponent.max())
        rows.append(weight / weight.sum())
    return np.array(rows)


@pytest.mark.parametrize(
    ("include_self", "expected"),
    [(True, (0.6181846, 0.3749479, 0.0068674)), (False, (0.0, 0.9820138, 0.0179862))],
)
def test_three_rows(include_self, expected, device):
    y = torch.tensor([0.0, 1.0, 3.0], device=device)
    found = partner_probabilities(y, 1.0, include_self=include_self)[0].cpu()
    np.testing.assert_allclose(found, expected, atol=5e-8)
    assert found.dtype == torch.float64


TABLES = {
    "normal": lambda r: r.normal(size=20),
    "clusters": lambda r: np.concatenate([r.normal(size=10), 50 + 0.01 * r.normal(size=10), [1e3]]),
    "ties": lambda r: r.integers(0, 4, 20).astype(float),
    "constant": lambda _: np.zeros(7),
    "skewed": lambda r: np.exp(2 * r.normal(size=20)),
    "pair": lambda _: np.array([0.0, 100.0]),
    "two labels": lambda r: r.normal(size=(20, 2)),
    "far offset": lambda r: 1e6 + r.normal(size=20),
}


@pytest.mark.parametrize("include_self", [False, True])
@pytest.mark.parametrize("h", [0.01, 0.5, 20.0])
@pytest.mark.parametrize("table", TABLES)
def test_frequencies(table, h, include_self, device):
    y = TABLES[table](np.random.default_rng(5))
    n, each = len(y), 300
    kernel = TargetKernel(torch.as_tensor(y, device=device), h, include_self=include_self)
    rows = torch.arange(n, device=device).repeat_interleave(each)
    partners = kernel.partners(rows, generator=source(device, 1))
    found = torch.bincount(rows * n + partners, minlength=n * n).view(n, n).cpu().numpy()
    expected = each * by_definition(y, h, include_self)
    np.testing.assert_allclose(
        each * partner_probabilities(torch.as_tensor(y), h, include_self=include_self), expected, rtol=1e-6, atol=1e-9
    )
    assert chi_square(found, expected) > 1e-6
    assert include_self or found.trace() == 0


def chi_square(found, expected):
    """p-value; cells that expect less than 5 are one cell for each row."""
    rare = expected < 5
    pairs = [(found[~rare], expected[~rare]), ((found * rare).sum(1), (expected * rare).sum(1))]
    small = pairs[1][1] < 5
    if pairs[1][0][small].sum() > 12 + 3 * pairs[1][1][small].sum():
        return 0.0
    pairs[1] = tuple(part[~small] for part in pairs[1])
    statistic = sum(float(((f - e) ** 2 / e).sum()) for f, e in pairs)
    return stats.chi2.sf(statistic, max(1, sum(len(f) for f, _ in pairs) - len(found)))


def test_the_test_sees_a_slightly_wrong_bandwidth():
    y = torch.as_tensor(TABLES["normal"](np.random.default_rng(5)))
    rows = torch.arange(20).repeat_interleave(2000)
    partners = TargetKernel(y, 0.6).partners(rows, generator=source("cpu", 1))
    found = torch.bincount(rows * 20 + partners, minlength=400).view(20, 20).numpy()
    assert chi_square(found, 2000 * by_definition(y.numpy(), 0.5, include_self=False)) < 1e-6


def test_a_large_table_needs_no_matrix(device):
    # The matrix would take 320 GB. For a dense normal table and a narrow kernel, partners differ by N(0, h^2).
    y = torch.linspace(-1.0, 1.0, 200_001, dtype=torch.float64, device=device)
    kernel = TargetKernel(y, 0.01)
    rows = torch.arange(50_000, 150_000, 50, device=device)
    step = (y[kernel.partners(rows, generator=source(device))] - y[rows]) / 0.01
    assert stats.kstest(step.cpu().numpy(), "norm").pvalue > 1e-6
    assert float(step.abs().max()) < 9.13  # where 60 halvings end


def test_labels_of_a_batch(device):
    y = torch.as_tensor(TABLES["normal"](np.random.default_rng(5)), device=device)
    kernel, x = TargetKernel(y, 0.3), torch.randn(20, 2, generator=torch.Generator().manual_seed(1)).to(device)
    query = torch.tensor([-0.4, 0.1, 7.0], dtype=y.dtype, device=device)
    rows = query.repeat_interleave(2_000)
    found = torch.bincount(
        torch.arange(3, device=device).repeat_interleave(2_000) * 20
        + kernel.partners_of(rows, generator=source(device)),
        minlength=60,
    ).view(3, 20)
    weight = np.exp(-((query[:, None] - y) ** 2).cpu().numpy() / (2 * 0.09))
    assert chi_square(found.cpu().numpy(), 2_000 * weight / weight.sum(1, keepdims=True)) > 1e-6
    mixed = mixup_batch(x[:5], y[:5], 2.0, pairing=kernel, pool=(x, y), generator=source(device))
    lam = mixed.lam
    torch.testing.assert_close(mixed.y, lam * y[:5] + (1 - lam) * y[mixed.partner])
    with pytest.raises(InputError, match="pairs by one tensor"):
        mixup_batch(x[:5], {"a": y[:5]}, 2.0, pairing=kernel, pool=(x, {"a": y}), generator=source(device))


def test_blocks_of_several_labels_do_not_matter(monkeypatch):
    y = torch.as_tensor(TABLES["two labels"](np.random.default_rng(5)))
    kernel, rows = TargetKernel(y, 0.3), torch.arange(20)
    whole = kernel.partners(rows, generator=source("cpu"))
    monkeypatch.setattr("synthmix.torch.batch.target_kernel._CELLS", 20 * 7)
    blocks = kernel.partners(rows, generator=source("cpu"))
    assert torch.equal(whole, blocks)
    assert kernel.partners(rows[:0], generator=source("cpu")).shape == (0,)


def test_scott_s_rule():
    y = torch.randn(500, generator=source("cpu"), dtype=torch.float64)
    assert TargetKernel(y).bandwidth == pytest.approx(float(y.std(correction=0)) * 500**-0.2)
    assert TargetKernel(torch.zeros(5)).bandwidth == 1.0
    two = torch.stack([y, 3 * y], 1)
    assert TargetKernel(two).bandwidth == pytest.approx(float(y.std(correction=0)) * 5**0.5 * 500 ** (-1 / 6))


def test_what_does_not_fit():
    y = torch.zeros(4)
    with pytest.raises(InputError, match="floating point labels"):
        TargetKernel(torch.zeros(4, dtype=torch.int64))
    with pytest.raises(InputError, match="NaN or infinite"):
        TargetKernel(torch.tensor([0.0, float("nan")]))
    with pytest.raises(InputError, match="two or more rows"):
        TargetKernel(y[:1])
    with pytest.raises(OptionError, match="bandwidth=0"):
        TargetKernel(y, 0)
    with pytest.raises(InputError, match="has 2 labels in a row"):
        TargetKernel(y).partners_of(torch.zeros(3, 2), generator=source("cpu"))
    with pytest.raises(OptionError, match="manual_seed"):
        TargetKernel(y).partners(torch.arange(2))


def test_nothing_waits_for_the_device(device, waiting_refused):
    if device.type != "cuda":
        pytest.skip("only a GPU can tell")
    kernel = TargetKernel(torch.linspace(0, 1, 50, device=device), 0.1)
    rows, g = torch.arange(50, device=device), source(device)
    kernel.partners(rows, generator=g)
    with waiting_refused():
        kernel.partners(rows, generator=g)


@pytest.mark.parametrize("width", [1, 2])
def test_no_rows_have_no_partners(width):
    y = torch.arange(2.0 * width).reshape(2, width)
    kernel = TargetKernel(y, 1.0)
    assert kernel.partners_of(y[:0], generator=source("cpu")).shape == (0,)
    assert kernel.partners(torch.arange(0), generator=source("cpu")).shape == (0,)


@pytest.mark.parametrize("h", [1e200, 1e-200, 1e-150])
@pytest.mark.parametrize("width", [1, 2])
def test_bandwidths_whose_squares_overflow_are_refused(h, width):
    with pytest.raises(OptionError, match="double precision"):
        TargetKernel(torch.arange(4.0 * width).reshape(4, width), h)


@pytest.mark.parametrize("h", [1e-139, 1e139])
@pytest.mark.parametrize("width", [1, 2])
def test_the_widest_bandwidths_give_partners(h, width):
    y = torch.arange(1.0, 1.0 + 4 * width).reshape(4, width) / (4 * width)
    found = TargetKernel(y, h).partners(torch.arange(4), generator=source("cpu"))
    assert bool(((found >= 0) & (found < 4) & (found != torch.arange(4))).all())
    assert bool(partner_probabilities(y, h).isfinite().all())


def test_row_numbers_that_the_table_lacks():
    kernel = TargetKernel(torch.arange(4.0), 1.0)
    for rows in (torch.tensor(1), torch.tensor([0.0]), torch.tensor([[1]])):
        with pytest.raises(InputError, match="give row numbers"):
            kernel.partners(rows, generator=source("cpu"))
    for rows in (torch.tensor([4]), torch.tensor([-1])):
        with pytest.raises(InputError, match=r"outside 0, \.\.\., 3"):
            kernel.partners(rows, generator=source("cpu"))
    with pytest.raises(InputError, match="is a scalar"):
        kernel.partners_of(torch.tensor(1.0), generator=source("cpu"))
