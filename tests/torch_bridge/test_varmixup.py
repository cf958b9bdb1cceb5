"""VarMixup by exact autoencoders: equal to mixup, to mixup of reconstructions, and reconstructing what meets itself."""

from __future__ import annotations

import pytest

from synthmix.errors import InputError

torch = pytest.importorskip("torch")

from synthmix.torch import (  # noqa: E402 - after torch is known to be there
    MMDVAE,
    linear_autoencoder,
    mixup_reconstructions,
    var_mixup,
)


@pytest.fixture(scope="module")
def batch():
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(300, 5, generator=generator, dtype=torch.float64)
    y = torch.nn.functional.one_hot(torch.arange(300) % 3).double()
    partner = torch.randperm(300, generator=generator)
    return x, x[partner], y, y[partner], torch.rand(300, generator=generator, dtype=torch.float64)


@pytest.fixture(scope="module")
def vae(batch):
    return MMDVAE(3, (16,), epochs=5, batch_size=50).fit(batch[0])


def test_with_a_full_linear_autoencoder_it_is_mixup(batch):
    x_i, x_j, y_i, y_j, lam = batch
    x, y = var_mixup(linear_autoencoder(x_i), *batch)
    weight = lam[:, None]
    torch.testing.assert_close(x, weight * x_i + (1 - weight) * x_j, atol=1e-12, rtol=0)
    assert torch.equal(y, weight * y_i + (1 - weight) * y_j)
    assert (x - ((1 - weight) * x_i + weight * x_j)).abs().max() > 0.1  # lam belongs to the row itself


def test_with_an_affine_decoder_it_is_mixup_of_reconstructions(batch):
    pca = linear_autoencoder(batch[0], 2)
    x, y = var_mixup(pca, *batch)
    control, labels = mixup_reconstructions(pca, *batch)
    torch.testing.assert_close(x, control, atol=1e-12, rtol=0)
    assert torch.equal(y, labels)


def test_with_a_network_it_is_neither(batch, vae):
    x, _ = var_mixup(vae, *batch)
    control, _ = mixup_reconstructions(vae, *batch)
    assert (x - control).abs().max() > 1e-3


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_a_row_that_meets_itself_is_reconstructed(batch, vae, lam):
    x, _, y, _, _ = batch
    found, labels = var_mixup(vae, x, x, y, y, lam)
    torch.testing.assert_close(found, vae.decode(vae.encode(x)[0]), atol=1e-12, rtol=0)
    torch.testing.assert_close(labels, y)
    assert (found - x).abs().max() > 0.1  # not the row itself


def test_the_ends_are_reconstructions_of_either_row(batch, vae):
    x_i, x_j, y_i, y_j, _ = batch
    for lam, own, label in ((1.0, x_i, y_i), (0.0, x_j, y_j)):
        found, labels = var_mixup(vae, x_i, x_j, y_i, y_j, lam)
        torch.testing.assert_close(found, vae.decode(vae.encode(own)[0]), atol=1e-12, rtol=0)
        assert torch.equal(labels, label)


def test_the_clean_half_follows(batch, vae):
    x, y = var_mixup(vae, *batch, include_clean=True)
    mixed, labels = var_mixup(vae, *batch)
    assert torch.equal(x, torch.cat([mixed, batch[0]]))
    assert torch.equal(y, torch.cat([labels, batch[2]]))
    control, _ = mixup_reconstructions(vae, *batch, include_clean=True)
    assert torch.equal(control[300:], batch[0])


def test_other_fusions_draw(batch, vae):
    found = [
        var_mixup(vae, *batch, fusion="log-linear", generator=torch.Generator().manual_seed(seed))[0]
        for seed in (0, 0, 1)
    ]
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_training_on_it_does_not_reach_the_autoencoder_nor_change_the_batch(batch, vae):
    before = [tensor.clone() for tensor in batch]
    model = torch.nn.Linear(5, 3, dtype=torch.float64)
    x, y = var_mixup(vae, *batch)
    torch.nn.functional.cross_entropy(model(x), y).backward()
    assert model.weight.grad is not None
    assert not x.requires_grad
    assert all(p.grad is None for p in (*vae.encoder_.parameters(), *vae.decoder_.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(batch, before, strict=True))


def test_wrong_batches_are_refused(batch, vae):
    x_i, x_j, y_i, y_j, lam = batch
    with pytest.raises(InputError, match="class ids"):
        var_mixup(vae, x_i, x_j, y_i.argmax(1), y_j.argmax(1), lam)
    with pytest.raises(InputError, match="must have one shape"):
        var_mixup(vae, x_i, x_j[:3], y_i, y_j, lam)
    with pytest.raises(InputError, match="300 rows"):
        mixup_reconstructions(vae, x_i, x_j, y_i[:3], y_j[:3], lam)
