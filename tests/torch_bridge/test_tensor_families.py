"""The families on tensors: equal to numpy, differentiable, and compiled without a break."""

from __future__ import annotations

import numpy as np
import pytest
from families.family_cases import BY_NAME, CASES

from synthmix.errors import InputError
from synthmix.families import Gaussian, linear_pool, log_linear_pool, operations

torch = pytest.importorskip("torch")

import synthmix.torch  # noqa: E402, F401 - teaches tensors to the families

W = np.array([0.5, 0.3, 0.2])
every = pytest.mark.parametrize("case", CASES, ids=[case.family.name for case in CASES])


def tensors(arrays, device, **options):
    return tuple(torch.tensor(x, device=device, **options) for x in arrays)


def close(found, expected):
    np.testing.assert_allclose(found.detach().cpu().numpy(), expected, rtol=2e-14, atol=2e-14)


@every
def test_numbers_are_those_of_numpy(case, device):
    params, y, w = tensors(case.params, device), torch.tensor(case.y[:1], device=device), torch.tensor(W, device=device)
    family = case.family
    phi, expected_phi = family.natural(params), family.natural(case.params)
    for found, expected in zip(phi, expected_phi, strict=True):
        close(found, expected)
    close(family.log_partition(phi), family.log_partition(expected_phi))
    close(family.mean(params), family.mean(case.params))
    ours, theirs = log_linear_pool(params, w, family), log_linear_pool(case.params, W, family)
    for found, expected in zip(ours.params, theirs.params, strict=True):
        close(found, expected)
    close(ours.gap, theirs.gap)
    close(ours.log_density(y[0]), theirs.log_density(case.y[0]))
    mixture = linear_pool(params, w, family)
    close(mixture.log_density(y[0]), linear_pool(case.params, W, family).log_density(case.y[0]))
    assert ours.params[0].device.type == device.type


@every
def test_gradients_of_pool_gap_and_density(case):
    params = tensors(case.params, "cpu", requires_grad=True)
    w, y = torch.tensor(W), torch.tensor(case.y[-1])

    def outputs(*p):
        if case.family.name == "multivariate_normal":
            p = (p[0], (p[1] + p[1].transpose(-1, -2)) / 2)  # the factorisation reads one half
        pool = log_linear_pool(p, w, case.family)
        return pool.gap, pool.log_density(y), linear_pool(p, w, case.family).log_density(y)

    assert torch.autograd.gradcheck(outputs, params, fast_mode=case.family.y_axes > 0)


def test_without_a_density_tensors_become_nan_or_are_refused_on_request(device):
    params = tensors((np.zeros((2, 3)), np.array([[1.0, 1.0, 4.0], [1.0, 2.0, 1.0]])), device)
    w = torch.tensor([1.5, -0.5], device=device, dtype=torch.float64)
    assert log_linear_pool(params, w).params[1].isnan().tolist() == [False, False, True]
    with pytest.raises(InputError, match=r"no density at element \(2,\)"):
        log_linear_pool(params, w, check=True)
    matrices = torch.stack([torch.eye(2), torch.tensor([[1.0, 0.9], [0.9, 1.0]])]).to(device)
    quiet = log_linear_pool((torch.zeros(2, 2, device=device), matrices), w, "multivariate_normal")
    assert quiet.params[1].isnan().all()


@pytest.mark.parametrize("name", ["gaussian", "categorical", "multivariate_normal", "negative_binomial"])
def test_compiled_without_a_break(name):
    case = BY_NAME[name]
    params, w, y = tensors(case.params, "cpu"), torch.tensor(W), torch.tensor(case.y[0])

    def score(*p):
        pool = log_linear_pool(p, w, case.family)
        return pool.log_density(y) + pool.gap

    torch._dynamo.reset()
    compiled = torch.compile(score, fullgraph=True, backend="eager")
    close(compiled(*params), score(*params).numpy())


def test_float32_stays_float32(device):
    pool = log_linear_pool(tuple(x.float() for x in tensors(CASES[0].params, device)), torch.tensor(W, device=device))
    assert {x.dtype for x in (*pool.params, pool.gap, pool.log_density(0.3))} == {torch.float32}


def test_tensors_before_the_bridge_is_imported(monkeypatch):
    monkeypatch.setattr(operations, "_REGISTERED", {})
    with pytest.raises(InputError, match=r"import synthmix\.torch"):
        Gaussian().natural((torch.zeros(2), torch.ones(2)))


@pytest.mark.parametrize("variance", [0.0, 1e-30, float("inf")])
@pytest.mark.parametrize("pool", [log_linear_pool, linear_pool])
@pytest.mark.parametrize("weights", [(1.0, 0.0), (0.0, 1.0), (0.25, 0.75, 0.0), (0.25, 0.0, 0.75)])
def test_a_density_of_weight_zero_spoils_no_gradient(weights, pool, variance, device):
    w = torch.tensor(weights, device=device)
    mean = torch.arange(float(len(w)), device=device).requires_grad_()
    v = torch.where(w == 0, variance, 2.0).requires_grad_()
    found = torch.autograd.grad(pool((mean, v), w).log_density(torch.tensor(0.3, device=device)), (mean, v))
    kept = w != 0
    some = mean.detach()[kept].requires_grad_(), v.detach()[kept].requires_grad_()
    expected = torch.autograd.grad(pool(some, w[kept]).log_density(torch.tensor(0.3, device=device)), some)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours[kept], theirs)
        assert bool((ours[~kept] == 0).all())
