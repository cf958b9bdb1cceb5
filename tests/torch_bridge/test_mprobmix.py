"""MProbMix: the oracle O-A6, the limit of manifold mixup, the control, and what is refused."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
from scipy import stats

from synthmix.errors import InputError, OptionError
from synthmix.weights import EpBeta

torch = pytest.importorskip("torch")
nn = torch.nn

from synthmix.torch import MeanVariance, MProbMix  # noqa: E402 - after torch is known to be there

F64 = torch.float64


def generator(seed=0, device="cpu"):
    return torch.Generator(device).manual_seed(seed)


class Fixed(nn.Module):
    """An encoder that hands its rows on, a head N(w.z, s^2)."""

    def __init__(self, w, s2):
        super().__init__()
        self.encoder, self.w, self.s2 = nn.Identity(), w, s2

    def forward(self, x):
        mean = self.encoder(x) @ self.w
        return mean, torch.full_like(mean, self.s2)


class Raw(nn.Module):
    """Variances of the two latents of the oracle, as raw outputs of a head (rows are told apart by their means)."""

    def __init__(self, floor):
        super().__init__()
        self.floor = floor

    def forward(self, mean):
        first = torch.tensor([0.5, 1.0], dtype=F64, device=mean.device)
        second = torch.tensor([2.0, 0.25], dtype=F64, device=mean.device)
        variance = torch.where(mean[..., :1] == 0.0, first, second) - self.floor
        return variance + torch.log(-torch.expm1(-variance))  # the inverse of softplus


def oracle(device, **options):
    net = Fixed(torch.tensor([1.0, -2.0], dtype=F64, device=device), 0.25)
    return MProbMix(net, "encoder", variance=Raw(1e-4), **options)


def oracle_rows(n, device):
    i = torch.tensor([0.0, 1.0], dtype=F64, device=device).expand(n, 2)
    j = torch.tensor([2.0, -1.0], dtype=F64, device=device).expand(n, 2)
    y = torch.full((n,), 1.5, dtype=F64, device=device)
    return i, j, y, torch.tensor(0.3, dtype=F64, device=device)


# --- O-A6 ---


def test_fused_latents_of_the_oracle(device):
    i, j, _, lam = oracle_rows(1, device)
    net = oracle(device)
    seen = []
    net.module.encoder.register_forward_hook(lambda _m, _a, out: seen.append(out))
    net(i, j, lam, n_samples=100_000, generator=generator(3, device))
    z = seen[0].cpu().numpy()
    expected_m, expected_v = (0.7368421, -0.8064516), (1.0526316, 0.3225806)
    se = np.sqrt(np.array(expected_v) / len(z))
    assert (np.abs(z.mean(0) - expected_m) < 6 * se).all()
    np.testing.assert_allclose(z.var(0), expected_v, rtol=6 * math.sqrt(2 / len(z)))
    assert abs(np.corrcoef(z.T)[0, 1]) < 6 / math.sqrt(len(z))


def test_nll_of_the_oracle_rises_with_fewer_samples(device):
    m, v = np.array([0.7368421, -0.8064516]), np.array([1.0526316, 0.3225806])
    w, s2, y = np.array([1.0, -2.0]), 0.25, 1.5
    marginal = stats.norm.logpdf(y, w @ m, math.sqrt(w**2 @ v + s2))
    single = -0.5 * math.log(2 * math.pi * s2) - ((y - w @ m) ** 2 + w**2 @ v) / (2 * s2)
    assert marginal == pytest.approx(-1.5345738, abs=1e-6)
    assert single == pytest.approx(-6.3558339, abs=1e-6)
    net, means = oracle(device), []
    for n_samples, expected, slack in ((1, single, 0.0), (10, -1.638, 6e-4), (64, -1.544, 6e-4), (512, -1.536, 6e-4)):
        rows = {1: 100_000, 10: 40_000, 64: 20_000, 512: 3_000}[n_samples]
        i, j, label, lam = oracle_rows(rows, device)
        nll = net.nll(
            i, label, partner=j, y_partner=label, lam=lam, n_samples=n_samples, generator=generator(7, device)
        )
        assert nll.shape == (rows,)
        means.append(-float(nll.mean()))
        assert means[-1] == pytest.approx(expected, abs=slack + 6 * float(nll.std()) / math.sqrt(rows))
    assert means == sorted(means)
    assert means[-1] < marginal + 0.01


# --- O-A5: means alone, and variances that tend to zero ---


def network(seed=0, head=None, dtype=F64):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 8), nn.ReLU(), head or MeanVariance(8)).to(dtype)


def rows(n=6):
    rng = np.random.default_rng(0)
    x, y = torch.tensor(rng.normal(size=(2, n, 3))), torch.tensor(rng.normal(size=(2, n)))
    return x[0], x[1], y[0], y[1], torch.tensor(rng.uniform(size=n))


def test_means_alone_are_manifold_mixup():
    net, (x, partner, _, _, lam) = network(), rows()
    mixed = lam[:, None] * net[:2](x) + (1 - lam[:, None]) * net[:2](partner)
    expected = net[2](mixed)
    found = MProbMix(net, "1", variance=0.0)(x, partner, lam)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a[0], b, rtol=1e-13, atol=1e-13)
    small = MProbMix(net, "1", variance=1e-16)(x, partner, lam, generator=generator())
    for a, b in zip(small, expected, strict=True):
        torch.testing.assert_close(a[0], b, rtol=1e-6, atol=1e-6)
    noisy = MProbMix(net, "1", variance=1.0)(x, partner, lam, generator=generator())
    assert (noisy[0][0] - expected[0]).abs().max() > 1e-2


def test_without_partner_and_variance_the_module_is_itself():
    net, (x, *_) = network(), rows()
    for a, b in zip(MProbMix(net, "0", variance=0.0)(x, n_samples=3), net(x), strict=True):
        torch.testing.assert_close(a, b.expand(3, *b.shape), rtol=1e-14, atol=1e-14)


# --- fusions ---


def test_none_is_latent_noise_and_ignores_partners_and_their_labels():
    x, partner, y, y_partner, lam = rows()
    net = MProbMix(network(), "1", fusion="none", features=8)
    mixed = net.nll(x, y, partner=partner, y_partner=y_partner, lam=lam, n_samples=5, generator=generator(2))
    plain = net.nll(x, y, n_samples=5, generator=generator(2))
    assert torch.equal(mixed, plain)
    other = copy.deepcopy(net)
    other.fusion = "log-linear"
    fused = other.nll(x, y, partner=partner, y_partner=y_partner, lam=lam, n_samples=5, generator=generator(2))
    assert not torch.allclose(fused, plain)


@pytest.mark.parametrize("fusion", ["log-linear", "linear"])
def test_lambda_of_one_is_no_mixing(fusion):
    x, partner, y, y_partner, _ = rows()
    net = MProbMix(network(), "1", fusion=fusion, features=8, variance=0.0 if fusion == "linear" else None)
    one = torch.ones(6, dtype=F64)
    mixed = net.nll(x, y, partner=partner, y_partner=y_partner, lam=one, n_samples=4, generator=generator(2))
    plain = net.nll(x, y, n_samples=4, generator=generator(2))
    torch.testing.assert_close(mixed, plain, rtol=1e-13, atol=1e-13)


def test_linear_fusion_takes_whole_rows_with_probability_lambda():
    net = MProbMix(Fixed(torch.ones(2, dtype=F64), 1.0), "encoder", variance=0.0, fusion="linear")
    i, j, _, lam = oracle_rows(1, "cpu")
    z = net(i, j, lam, n_samples=20_000, generator=generator())[0][:, 0]
    assert set(z.tolist()) == {1.0}, "both rows sum to one: coordinates come from one row together"
    net.module.w = torch.tensor([1.0, 0.0], dtype=F64)
    own = (net(i, j, lam, n_samples=20_000, generator=generator())[0] == 0.0).double().mean()
    assert float(own) == pytest.approx(0.3, abs=6 * math.sqrt(0.21 / 20_000))


# --- gradients, classes, types ---


def test_gradients_reach_every_parameter_and_agree_with_differences():
    x, partner, y, y_partner, lam = rows()
    net = MProbMix(network(), "0")

    def loss(*_):
        return net.nll(x, y, partner=partner, y_partner=y_partner, lam=lam, n_samples=3, generator=generator()).mean()

    params = tuple(net.parameters())
    assert len(params) == 8
    assert torch.autograd.gradcheck(loss, params)


def test_classes_by_number_and_the_mean_probability():
    x, partner, *_, lam = rows()
    ids = torch.tensor([0, 1, 2, 3, 0, 1])
    net = MProbMix(network(head=nn.Linear(8, 4)), "1", family="categorical", features=8)
    logits = net(x, n_samples=20, generator=generator())
    expected = -torch.log(logits.softmax(-1).mean(0)[torch.arange(6), ids])
    found = net.nll(x, ids, n_samples=20, generator=generator())
    torch.testing.assert_close(found, expected, rtol=1e-12, atol=1e-12)
    mixed = net(x, partner, lam, n_samples=20, generator=generator()).softmax(-1).mean(0).log()
    soft = lam[:, None] * torch.eye(4)[ids] + (1 - lam[:, None]) * torch.eye(4)[ids.flip(0)]
    found = net.nll(x, ids, partner=partner, y_partner=ids.flip(0), lam=lam, n_samples=20, generator=generator())
    torch.testing.assert_close(found, -(soft * mixed).sum(-1), rtol=1e-12, atol=1e-12)


def test_several_outputs_count_together():
    x, *_ = rows()
    y = torch.tensor(np.random.default_rng(3).normal(size=(6, 2)))
    net = MProbMix(network(head=MeanVariance(8, 2)), "1", features=8)
    mean, variance = net(x, n_samples=9, generator=generator())
    log_p = torch.distributions.Normal(mean, variance.sqrt()).log_prob(y).sum(-1)
    expected = math.log(9) - log_p.logsumexp(0)
    torch.testing.assert_close(net.nll(x, y, n_samples=9, generator=generator()), expected, rtol=1e-12, atol=1e-12)


def test_half_precision_and_compilation(device):
    x, partner, *_, lam = (z.to(device, torch.float32) for z in rows())
    net = MProbMix(network(dtype=torch.float32), "0").to(device)
    with torch.autocast(device.type, dtype=torch.bfloat16):
        mean, _ = net(x, partner, lam, n_samples=2, generator=generator(0, device))
    assert mean.shape == (2, 6)
    assert mean.isfinite().all()
    still = MProbMix(network(dtype=torch.float32), "0", variance=0.0).to(device)
    torch._dynamo.reset()
    compiled = torch.compile(still, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x, partner, lam)[0], still(x, partner, lam)[0])


def test_the_variance_head_may_see_the_input_and_may_be_given():
    x, *_ = rows()
    net = MProbMix(network(), "0", variance_from="input")
    assert tuple(net.variance.weight.shape) == (8, 3)
    net(x, generator=generator())
    own = MProbMix(network(), "1", variance=nn.Linear(8, 8)).double()
    own(x, generator=generator())
    assert "variance.weight" in own.state_dict()


def test_the_module_itself_and_copies_go_on():
    x, *_ = rows()
    net = network()
    before = net(x)[0]
    wrapped = MProbMix(net, "0", variance=1.0)
    wrapped(x, generator=generator())
    assert torch.equal(net(x)[0], before)
    twin = copy.deepcopy(wrapped)
    assert torch.equal(twin(x, generator=generator())[0], wrapped(x, generator=generator())[0])
    state = torch.get_rng_state()
    wrapped(x, generator=generator())
    assert torch.equal(state, torch.get_rng_state())


# --- what is refused ---


class Odd(nn.Module):
    """Runs a layer twice, another never, and one that returns a tuple."""

    def __init__(self):
        super().__init__()
        self.twice, self.never, self.pair = nn.Linear(3, 3), nn.Linear(3, 3), nn.LSTM(3, 3)

    def forward(self, x):
        return self.twice(self.twice(self.pair(x)[0]))


def test_layers_that_are_refused():
    with pytest.raises(OptionError, match=r"layer='encodr' is no part of Fixed; did you mean 'encoder'"):
        MProbMix(Fixed(torch.ones(2), 1.0), "encodr")
    with pytest.raises(OptionError, match="choose from '0', '1', '2'"):
        MProbMix(network(), "encoder")
    with pytest.raises(OptionError, match="give features="):
        MProbMix(network(), "1")
    odd, x = Odd(), torch.zeros(2, 3)
    with pytest.raises(InputError, match="ran twice"):
        MProbMix(odd, "twice")(x, generator=generator())
    with pytest.raises(InputError, match="did not run"):
        MProbMix(odd, "never")(x, generator=generator())
    with pytest.raises(InputError, match="returned tuple"):
        MProbMix(odd, "pair", variance=1.0)(x, generator=generator())
    with pytest.raises(InputError, match="give features= of the layer"):
        MProbMix(network(), "1", features=8, variance=nn.Linear(8, 1).double())(rows()[0], generator=generator())


class Skips(nn.Module):
    """A module with a connection around its encoder."""

    def __init__(self, join):
        super().__init__()
        self.encoder, self.join = nn.Linear(3, 3), join

    def forward(self, x):
        return self.join(self.encoder(x), x)


@pytest.mark.parametrize("join", [torch.add, lambda z, x: torch.cat([z, x], 1)], ids=["sum", "side by side"])
@pytest.mark.parametrize("n_samples", [1, 2, 3, 4])
@pytest.mark.parametrize("n", [1, 2, 3, 6])
def test_a_connection_around_the_layer_does_not_pass_silently(n, n_samples, join):
    x, partner, *_, lam = (z.float()[:n] for z in rows())
    net = MProbMix(Skips(join), "encoder", variance=1.0)
    with pytest.raises((InputError, RuntimeError), match=r"size|axis 0 is the batch"):
        net(x, partner, lam, n_samples=n_samples, generator=generator())


def test_two_draws_are_those_of_one_drawing():
    x, partner, *_, lam = rows()
    net, seen = MProbMix(network(), "1", variance=1.0), []
    net.module[2].register_forward_hook(lambda _m, given, _out: seen.append(given[0]))
    found = net(x, partner, lam, n_samples=2, generator=generator(5))
    noise = torch.randn(2, 6, 8, generator=generator(5), dtype=F64)
    mixed = lam[:, None] * net.module[:2](x) + (1 - lam[:, None]) * net.module[:2](partner)
    assert seen[0].shape == (13, 8)
    expected = net.module[2](mixed + noise)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
    assert net(x[:0], partner[:0], lam[:0], n_samples=2, generator=generator())[0].shape == (2, 0)


def test_calls_that_are_refused():
    x, partner, y, _, lam = rows()
    net = MProbMix(network(), "0")
    with pytest.raises(OptionError, match="give generator="):
        net(x)
    with pytest.raises(OptionError, match="n_samples=0"):
        net(x, n_samples=0, generator=generator())
    with pytest.raises(TypeError, match="n_samples"):
        net.nll(x, y, generator=generator())
    with pytest.raises(InputError, match="partner and lam go together"):
        net(x, partner, generator=generator())
    with pytest.raises(InputError, match="one partner a row"):
        net(x, partner[:2], lam, generator=generator())
    with pytest.raises(InputError, match="one weight a row"):
        net(x, partner, lam[:2], generator=generator())
    with pytest.raises(InputError, match="partner and y_partner go together"):
        net.nll(x, y, partner=partner, lam=lam, n_samples=1, generator=generator())
    with pytest.raises(InputError, match="reshape the labels"):
        net.nll(x, y[:, None], n_samples=1, generator=generator())


def test_options_that_are_refused():
    net = network()
    with pytest.raises(OptionError, match="did you mean 'log-linear'"):
        MProbMix(net, "0", fusion="loglinear")
    with pytest.raises(OptionError, match="variance_from='out'"):
        MProbMix(net, "0", variance_from="out")
    with pytest.raises(OptionError, match="variance=-1"):
        MProbMix(net, "0", variance=-1.0)
    with pytest.raises(OptionError, match="may have no density"):
        MProbMix(net, "0", law=EpBeta(delta=0.05))
    MProbMix(net, "0", law=EpBeta(delta=0.05), variance=1.0)
    MProbMix(net, "0", law=EpBeta(delta=0.05), fusion="none")


def test_a_weight_that_is_no_tensor():
    model = MProbMix(torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 2)), "0")
    with pytest.raises(InputError, match="lam has type float"):
        model(torch.zeros(4, 2), torch.zeros(4, 2), 0.5, generator=torch.Generator().manual_seed(0))
