"""Autoencoders: reproducible, frozen after fit, deaf to global random state, and doing their work."""

from __future__ import annotations

import numpy as np
import pytest

from synthmix.errors import InputError, NotFittedError, OptionError

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from synthmix.torch import MMDVAE, linear_autoencoder  # noqa: E402 - after torch is known to be there
from synthmix.torch.latent.objective import Objective  # noqa: E402

SMALL = {"latent": 2, "hidden": (16,), "epochs": 3, "batch_size": 32}


def rows(n=200, d=6, device="cpu"):
    generator = torch.Generator().manual_seed(5)
    hidden = torch.randn(n, 2, generator=generator)
    x = hidden @ torch.randn(2, d, generator=generator) + 0.1 * torch.randn(n, d, generator=generator)
    return (x / x.std(0)).to(device)


def weights(vae):
    return [p for module in (vae.encoder_, vae.decoder_) for p in module.parameters()]


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(device):
    x = rows(device=device)
    first, again = (MMDVAE(**SMALL).fit(x, random_state=7) for _ in range(2))
    other = MMDVAE(**SMALL).fit(x, random_state=8)
    assert all(torch.equal(a, b) for a, b in zip(weights(first), weights(again), strict=True))
    assert not any(torch.equal(a, b) for a, b in zip(weights(first), weights(other), strict=True))


def test_global_random_state_is_neither_read_nor_written():
    x, found = rows(), []
    for seed in (0, 1):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        found.append(weights(MMDVAE(**SMALL).fit(x)))
        assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_what_the_caller_does_to_arithmetic_does_not_reach_training(device):
    x = rows(device=device)
    network = nn.Linear(6, 4).to(device), nn.Linear(2, 6).to(device)
    for own in (None, network):
        expected = weights(MMDVAE(**SMALL, network=own).fit(x))
        for around in (torch.autocast(device.type, dtype=torch.bfloat16), torch.inference_mode(), torch.no_grad()):
            with around:
                found = MMDVAE(**SMALL, network=own).fit(x), MMDVAE(**SMALL, network=own).fit(x * 1.0)
            assert all(torch.equal(a, b) for a, b in zip(weights(found[0]), expected, strict=True))
            assert not any(p.is_inference() or p.requires_grad for vae in found for p in weights(vae))


@pytest.mark.parametrize("epochs", [1, 30])  # weights that are huge, and weights that are not finite
def test_training_that_diverged_is_refused(epochs):
    vae = MMDVAE(**{**SMALL, "epochs": epochs, "batch_size": 200}, lr=1e30)
    with pytest.raises(InputError, match=r"training diverged.*lower lr.*unit variance"):
        vae.fit(rows())
    with pytest.raises(NotFittedError):
        vae.decode(torch.zeros(1, 2))


def test_it_is_frozen_after_fit():
    x = rows()
    encoder = nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.Linear(8, 4))
    vae = MMDVAE(**SMALL, network=(encoder, nn.Linear(2, 6))).fit(x)
    assert all(not p.requires_grad and p.grad is None for p in weights(vae))
    assert not vae.encoder_.training
    before = {name: value.clone() for name, value in vae.encoder_.state_dict().items()}
    given = x[:8].clone().requires_grad_()
    vae.decode(vae.encode(given)[0]).sum().backward()
    assert given.grad is not None  # inputs may ask for gradients, the network may not
    assert all(p.grad is None for p in weights(vae))
    for name, value in vae.encoder_.state_dict().items():
        assert torch.equal(value, before[name]), name  # no running statistic moves
    assert encoder[1].training  # the user's own modules are left alone
    assert not torch.equal(encoder[0].weight, vae.encoder_[0].weight)


@pytest.mark.parametrize("regulariser", ["mmd", "kl"])
def test_it_learns_to_reconstruct(regulariser):
    x = rows(400)
    vae = MMDVAE(2, (32,), regulariser=regulariser, epochs=60, batch_size=50, lr=3e-3).fit(x)
    mean, variance = vae.encode(x)
    error = (vae.decode(mean) - x).square().mean()
    assert error < 0.25  # of a variance of 1: two directions carry nearly everything
    assert mean.shape == variance.shape == (400, 2)
    assert (variance > 0).all()


def test_kl_is_the_divergence_of_gaussians():
    mean, variance = torch.tensor([[0.3, -1.0]]), torch.tensor([[0.5, 2.0]])
    found = Objective("kl", 1.0, 2.0, None).penalty(mean, mean, variance, torch.Generator())
    posterior, prior = torch.distributions.Normal(mean, variance.sqrt()), torch.distributions.Normal(0.0, 1.0)
    assert float(found) == pytest.approx(2.0 * float(torch.distributions.kl_divergence(posterior, prior).sum()))


def test_images_keep_their_shape_and_may_bring_a_network(device):
    x = rows(64, 32, device).reshape(64, 2, 4, 4)
    own = (
        nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(48, 6)),
        nn.Sequential(nn.Linear(3, 32), nn.Unflatten(1, (2, 4, 4))),
    )
    for network in (None, own):
        vae = MMDVAE(3, (8,), epochs=1, network=network).fit(x)
        mean, _ = vae.encode(x[:5])
        assert mean.shape == (5, 3)
        assert vae.decode(mean).shape == (5, 2, 4, 4)
        assert vae.decode(mean).device == x.device


def test_linear_autoencoder_is_principal_components():
    x = rows(50, 6).double() + 3.0
    centred = (x - x.mean(0)).numpy()
    left, values, right = np.linalg.svd(centred, full_matrices=False)
    pca = linear_autoencoder(x, 2)
    best = (left[:, :2] * values[:2]) @ right[:2] + x.mean(0).numpy()
    np.testing.assert_allclose(pca.decode(pca.encode(x)[0]).numpy(), best, atol=1e-12)
    torch.testing.assert_close(pca.directions.T @ pca.directions, torch.eye(2, dtype=torch.float64))
    few = linear_autoencoder(x[:3])  # more components than rows
    torch.testing.assert_close(few.decode(few.encode(x)[0]), x, atol=1e-12, rtol=0)


def test_wrong_arguments_are_refused():
    x = rows()
    with pytest.raises(NotFittedError, match="call fit"):
        MMDVAE().encode(x)
    for options, text in [
        ({"latent": 0}, "latent=0"),
        ({"hidden": (0,)}, "hidden="),
        ({"lr": 0.0}, "lr=0.0"),
        ({"regulariser": "mdm"}, "did you mean 'mmd'"),
        ({"kernel_width": -1.0}, "kernel_width=-1.0"),
        ({"mmd_weight": -1.0}, "mmd_weight=-1.0"),
        ({"network": (nn.Linear(6, 3), nn.Linear(2, 6))}, "encoder gives"),
        ({"network": (nn.Linear(6, 4), nn.Linear(2, 5))}, "decoder gives"),
    ]:
        with pytest.raises(OptionError, match=text):
            MMDVAE(**{**SMALL, **options}).fit(x)
    with pytest.raises(InputError, match="floating-point rows"):
        MMDVAE().fit(x.long())
    with pytest.raises(InputError, match="not finite"):
        MMDVAE().fit(x / 0)
    vae = MMDVAE(**SMALL).fit(x)
    with pytest.raises(InputError, match="rows of shape"):
        vae.encode(x[:, :3])
    with pytest.raises(InputError, match=r"\(rows, 2\)"):
        vae.decode(x)
    with pytest.raises(OptionError, match="1 to 6 components"):
        linear_autoencoder(x, 7)
