"""Manifold mixup: the right state is mixed, once, and nothing stays behind."""

from __future__ import annotations

import pytest

from synthmix.errors import InputError, OptionError

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402

from synthmix.torch import ManifoldMixup, draw_mixing, mix_rows  # noqa: E402


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 5)
        self.block = nn.Sequential(nn.Tanh(), nn.Linear(5, 4))
        self.last = nn.Linear(4, 2)
        self.spare = nn.Linear(2, 2)
        with torch.no_grad():
            for number, parameter in enumerate(self.parameters()):
                made = torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
                parameter.copy_(made)

    def forward(self, x):
        return self.last(self.block(self.first(x)))


def setting(device, n=6):
    g = torch.Generator(device).manual_seed(1)
    x = torch.randn(n, 3, generator=torch.Generator().manual_seed(2)).to(device)
    return Net().to(device), x, draw_mixing(x, None, "uniform", generator=g)


def hooks(model):
    return sum(len(module._forward_hooks) + len(module._forward_pre_hooks) for module in model.modules())


def by_hand(net, x, mixing, layer):
    """The forward pass written out, mixed by hand."""

    def mixed(state, here):
        if here != layer:
            return state
        lam = mixing.lam[:, None]
        return lam * state + (1 - lam) * state[mixing.partner]

    state = mixed(x, "input")
    state = mixed(net.first(state), "first")
    state = mixed(torch.tanh(state), "block.0")
    state = mixed(mixed(net.block[1](state), "block.1"), "block")
    return mixed(net.last(state), "last")


@pytest.mark.parametrize("layer", ["input", "first", "block.0", "block.1", "block", "last"])
def test_the_state_of_the_layer_is_mixed(layer, device):
    net, x, mixing = setting(device)
    net.requires_grad_(requires_grad=False)
    with ManifoldMixup(net, [layer]).mixing(mixing, layer=layer) as name:
        found = net(x)
    assert name == layer
    torch.testing.assert_close(found, by_hand(net, x, mixing, layer))
    assert float((found - net(x)).abs().max()) > 1e-2  # the control: something was mixed, and now no longer is
    assert hooks(net) == 0
    if layer in ("input", "first"):  # behind the nonlinear layer, mixing its output is mixing the result
        assert float((found - mix_rows(net(x), mixing)).abs().max()) > 1e-3
    if layer == "input":
        torch.testing.assert_close(found, net(mix_rows(x, mixing)))


def test_gradients_flow_through_both_parents(device):
    net, x, mixing = setting(device)
    with ManifoldMixup(net, ["first"]).mixing(mixing, layer="first"):
        found = torch.autograd.grad(net(x).sum(), list(net.first.parameters()))
    expected = torch.autograd.grad(by_hand(net, x, mixing, "first").sum(), list(net.first.parameters()))
    torch.testing.assert_close(found, expected)


def test_layers_are_chosen_at_random_from_the_generator(device):
    net, x, mixing = setting(device)
    manifold, g = ManifoldMixup(net, ["input", "first", "block"]), torch.Generator().manual_seed(3)
    counts = {"input": 0, "first": 0, "block": 0}
    for _ in range(300):
        counts[manifold.choose(g)] += 1
    assert all(abs(count - 100) < 6 * (300 * 2 / 9) ** 0.5 for count in counts.values())
    with manifold.mixing(mixing, generator=torch.Generator().manual_seed(3)) as name:
        found = net(x)
    torch.testing.assert_close(found, by_hand(net, x, mixing, name))
    with pytest.raises(OptionError, match="manual_seed"), manifold.mixing(mixing):
        pass


def test_hooks_go_away_when_the_pass_fails(device):
    net, x, mixing = setting(device)
    manifold = ManifoldMixup(net, ["first"])
    with pytest.raises(ZeroDivisionError), manifold.mixing(mixing, layer="first"):
        net(x)
        raise ZeroDivisionError
    assert hooks(net) == 0
    with pytest.raises(RuntimeError), manifold.mixing(mixing, layer="first"):
        net(x[:, :2])
    assert hooks(net) == 0
    with pytest.raises(InputError, match="x has 5 rows and the batch 6"), manifold.mixing(mixing, layer="first"):
        net(x[:5])
    assert hooks(net) == 0
    torch.testing.assert_close(net(x), by_hand(net, x, mixing, None))


def test_silence_is_an_error(device):
    net, x, mixing = setting(device)
    manifold = ManifoldMixup(net, ["first", "spare"])
    with pytest.raises(InputError, match="'spare' never ran"), manifold.mixing(mixing, layer="spare"):
        net(x)
    with pytest.raises(InputError, match="ran twice"), manifold.mixing(mixing, layer="first"):
        net(net.first.weight.new_zeros(6, 3))
        net(x)
    assert hooks(net) == 0


def test_inputs_by_name_and_outputs_with_parts(device):
    class Parts(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Identity()

        def forward(self, x, code):
            return self.inner({"x": x, "pair": (2 * x, code)})

    _, x, mixing = setting(device)
    code, net = torch.arange(6, device=device), Parts()
    manifold = ManifoldMixup(net, ["input", "inner"])
    expected = mix_rows({"x": x, "pair": (2 * x, code)}, mixing)
    for layer in ("input", "inner"):
        with manifold.mixing(mixing, layer=layer):
            found = net(x, code=code)
        torch.testing.assert_close(found, expected)


def test_names_are_checked():
    net = Net()
    with pytest.raises(OptionError, match="did you mean 'first'"):
        ManifoldMixup(net, ["frst"])
    with pytest.raises(OptionError, match="did you mean 'first'"), ManifoldMixup(net).mixing(None, layer="frst"):
        pass
    with pytest.raises(OptionError, match="is empty"):
        ManifoldMixup(net, [])
    ambiguous = nn.ModuleDict({"input": nn.Identity()})
    with pytest.raises(OptionError, match="rename it"):
        ManifoldMixup(ambiguous, ["input"])
