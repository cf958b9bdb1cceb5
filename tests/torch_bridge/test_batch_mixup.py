"""Mixup of a batch against naive loops; what it refuses; what it leaves alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import roots_jacobi

from synthmix.errors import InputError, OptionError
from synthmix.weights import Beta, Custom, EpBeta, Sphere

torch = pytest.importorskip("torch")

from synthmix.torch import LawOnDevice, Mixing, draw_mixing, mix_labels, mix_rows, mixup_batch  # noqa: E402


def source(device, seed=0):
    return torch.Generator(device).manual_seed(seed)


def table(device, n=7, seed=1, dtype=torch.float64):
    made = torch.randn(n, 3, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return made.to(device, dtype)


def naive(x, lam, partner):
    """Row by row, in float64, from the definition."""
    rows = [lam[i] * x[i] + (1 - lam[i]) * x[partner[i]] for i in range(len(x))]
    return np.array(rows)


@pytest.mark.parametrize("pairing", ["random", "permutation", "roll", "flip", "within_class"])
@pytest.mark.parametrize("per", ["row", "batch"])
@pytest.mark.parametrize("n", [1, 2, 7])
def test_against_a_loop(pairing, per, n, device):
    x, ids, w = table(device, n), torch.arange(n, device=device) % 3, table(device, n, 2)[:, 0].abs()
    y = {"class": ids, "value": x[:, 0] * 2, "rows": torch.arange(n, device=device)}
    before = x.clone()
    choice = pairing if pairing != "within_class" else lambda x, y, g: named(x, y["class"], g)
    mixed = mixup_batch(
        {"a": x, "b": [x[:, 1], ids]},
        y,
        "beta:0.7",
        pairing=choice,
        per=per,
        num_classes={"class": 3},
        labels={"rows": "donor"},
        sample_weight=w,
        generator=source(device),
    )
    lam, partner = mixed.lam.cpu().numpy(), mixed.partner.cpu().numpy()
    np.testing.assert_allclose(mixed.x["a"].cpu(), naive(x.cpu().numpy(), lam, partner), rtol=1e-14, atol=1e-15)
    np.testing.assert_allclose(mixed.x["b"][0].cpu(), naive(x[:, 1].cpu().numpy(), lam, partner), atol=1e-15)
    donor = np.where(lam >= 0.5, np.arange(n), partner)
    np.testing.assert_array_equal(mixed.x["b"][1].cpu(), ids.cpu().numpy()[donor])
    np.testing.assert_array_equal(mixed.y["rows"].cpu(), donor)
    np.testing.assert_allclose(mixed.y["class"].cpu(), naive(np.eye(3)[ids.cpu().numpy()], lam, partner), atol=1e-15)
    np.testing.assert_allclose(mixed.y["value"].cpu(), naive(2 * x[:, 0].cpu().numpy(), lam, partner), atol=1e-15)
    np.testing.assert_allclose(mixed.sample_weight.cpu(), naive(w.cpu().numpy(), lam, partner), atol=1e-15)
    assert torch.equal(x, before)
    assert (len(set(lam)) == 1) == (per == "batch" or n == 1)


def named(x, y, generator):
    return draw_mixing(x, y, "uniform", pairing="within_class", generator=generator).partner


def test_partners_by_name():
    x = table("cpu", 6)
    assert draw_mixing(x, None, 1, pairing="roll", generator=source("cpu")).partner.tolist() == [5, 0, 1, 2, 3, 4]
    assert draw_mixing(x, None, 1, pairing="flip", generator=source("cpu")).partner.tolist() == [5, 4, 3, 2, 1, 0]
    found = draw_mixing(x, None, 1, pairing="permutation", generator=source("cpu")).partner
    assert sorted(found.tolist()) == [0, 1, 2, 3, 4, 5]
    rolled = draw_mixing(x, None, Sphere(3), pairing="roll", generator=source("cpu")).partner
    assert rolled.tolist() == [[5, 0, 1, 2, 3, 4], [4, 5, 0, 1, 2, 3]]


@pytest.mark.parametrize("pooled", [False, True])
def test_random_partners_are_any_other_row_equally_often(pooled, device):
    x, rows = table(device, 5), torch.arange(5, device=device)
    counts, g = torch.zeros(5, 5), source(device)
    options = {"pool": (x,), "rows": rows} if pooled else {}
    for _ in range(600):
        partner = draw_mixing(x, None, 1, generator=g, **options).partner
        counts[torch.arange(5), partner.cpu()] += 1
    assert bool((counts.diagonal() == 0).all())
    others = counts[~torch.eye(5, dtype=torch.bool)]
    assert float((others - 150).abs().max()) < 6 * (600 * 0.25 * 0.75) ** 0.5


def test_partners_of_the_class_are_any_other_row_of_it_equally_often(device):
    ids = torch.tensor([2, 0, 2, 1, 2, 0, 2], device=device)
    x, g, counts = table(device, 7), source(device), torch.zeros(7, 7)
    for _ in range(600):
        partner = draw_mixing(x, ids, 1, pairing="within_class", generator=g).partner
        counts[torch.arange(7), partner.cpu()] += 1
    same = (ids[:, None] == ids).cpu()
    assert float(counts[~same].sum()) == 0.0
    assert float(counts[3, 3]) == 600  # alone in its class
    assert counts[1, 5] == counts[5, 1] == 600
    twos = counts[ids.cpu() == 2][:, ids.cpu() == 2]
    assert bool((twos.diagonal() == 0).all())
    assert float((twos[~torch.eye(4, dtype=torch.bool)] - 200).abs().max()) < 6 * (600 * 2 / 9) ** 0.5


def test_partners_from_the_whole_table(device):
    pool_x, pool_y = table(device, 50), torch.arange(50, device=device) % 4
    at = torch.tensor([3, 20, 44], device=device)
    g = source(device)
    mixed = mixup_batch(pool_x[at], pool_y[at], "uniform", pool=(pool_x, pool_y), rows=at, num_classes=4, generator=g)
    lam, partner = mixed.lam[:, None], mixed.partner
    torch.testing.assert_close(mixed.x, lam * pool_x[at] + (1 - lam) * pool_x[partner])
    assert mixed.y.shape == (3, 4)
    for known in (None, at):
        found = mixup_batch(
            pool_x[at], pool_y[at], "uniform", pool=(pool_x, pool_y), rows=known, pairing="within_class",
            num_classes=4, generator=g,
        )  # fmt: skip
        assert torch.equal(pool_y[found.partner], pool_y[at])
        assert known is None or not bool((found.partner == at).any())
        assert torch.equal(found.y, torch.nn.functional.one_hot(pool_y[at], 4).double())


def test_a_class_that_the_pool_lacks_is_loud():
    x = table("cpu", 3)
    with pytest.raises(IndexError):
        mixup_batch(
            x, torch.tensor([0, 1, 2]), 1, pool=(x, torch.tensor([0, 1, 1])), pairing="within_class",
            num_classes=3, generator=source("cpu"),
        )  # fmt: skip


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_dtypes(dtype, device):
    x = table(device, 9, dtype=dtype)
    mixed = mixup_batch(x, x[:, :1], "uniform", generator=source(device))
    assert mixed.x.dtype == mixed.y.dtype == dtype
    assert mixed.lam.dtype == (torch.float64 if dtype == torch.float64 else torch.float32)
    exact = naive(x.double().cpu().numpy(), mixed.lam.double().cpu().numpy(), mixed.partner.cpu().numpy())
    # One rounding to the dtype, on top of float32 arithmetic.
    tolerance = torch.finfo(dtype).eps * 0.51 + (4e-16 if dtype == torch.float64 else 4e-7)
    np.testing.assert_allclose(mixed.x.double().cpu(), exact, rtol=tolerance, atol=4e-7)


def test_a_weight_of_one_copies_bit_for_bit(device):
    x = torch.tensor([[-0.0, 1e-40, 3.3], [float("nan"), float("inf"), 1.0]], device=device)
    for lam, first in ((1.0, 0), (0.0, 1)):
        mixing = Mixing(*(torch.tensor([value], device=device) for value in (lam, 1, 1 - int(lam))))
        found = mix_rows(x[:1], mixing, pool=x)
        assert torch.equal(found.view(torch.int32), x[[first]].view(torch.int32))
    weights = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], device=device)
    partner = torch.tensor([[1, 0], [0, 0]], device=device)
    y = torch.tensor([[-0.0, 5.0], [7.0, float("inf")]], device=device)
    found = mix_rows(y, Mixing(weights, partner, weights.argmax(0)))
    assert torch.equal(found.view(torch.int32), y[[1, 0]].view(torch.int32))


@pytest.mark.parametrize("law", ["none", 0, 1e-30])
def test_no_mixing_and_plain_copying(law, device):
    x, y = table(device, 20), torch.arange(20, device=device)
    mixed = mixup_batch(x, y, law, num_classes=20, generator=source(device))
    origin = torch.where(mixed.lam == 1.0, y, mixed.partner)
    assert torch.equal(mixed.x, x[origin])
    assert torch.equal(mixed.y.argmax(1), origin)
    assert torch.equal(origin, y) == (law != 1e-30)


def test_no_mixing_needs_no_generator():
    x = table("cpu", 3)
    assert torch.equal(mixup_batch(x, None, 0).x, x)
    assert torch.equal(mixup_batch(x, None, 0, pool=(table("cpu", 2),)).x, x)
    assert mixup_batch(x, None, 0).y is None


def test_more_parents(device):
    x, ids = table(device, 6), torch.arange(6, device=device)
    law = Custom(weights=[[0.5, 0.3, 0.2], [0.1, 0.1, 0.8]])
    mixed = mixup_batch({"x": x, "id": ids}, x[:, 0], law, generator=source(device))
    assert mixed.lam.shape == (3, 6)
    assert mixed.partner.shape == (2, 6)
    assert not bool((mixed.partner == ids).any())
    parents = torch.cat([ids[None], mixed.partner])
    expected = torch.einsum("kb,kbd->bd", mixed.lam, x[parents])
    torch.testing.assert_close(mixed.x["x"], expected, rtol=1e-14, atol=1e-15)
    torch.testing.assert_close(mixed.y, expected[:, 0], rtol=1e-14, atol=1e-15)
    assert torch.equal(mixed.x["id"], parents.gather(0, mixed.lam.argmax(0)[None])[0])


@pytest.mark.parametrize("law", [Beta(1.0), EpBeta(0.05, 0.3), Custom(weights=[[0.5, 0.3, 0.2]])], ids=repr)
def test_squared_donors_come_as_often_as_they_should(law, device):
    n = 60_000
    x = torch.zeros(n, device=device)
    mixing = draw_mixing(x, None, law, donor="squared", generator=source(device, 4))
    w = mixing.lam if mixing.lam.ndim == 2 else torch.stack([mixing.lam, 1 - mixing.lam])
    chance = (w**2 / (w**2).sum(0)).double()
    for j in range(len(w)):
        taken = (mixing.donor == j).double()
        assert abs(float((taken - chance[j]).mean())) < 6 * 0.5 / n**0.5
        assert abs(float(((taken - chance[j]) * w[0]).mean())) < 6 * 0.5 / n**0.5
    largest = draw_mixing(x, None, law, generator=source(device, 4))
    assert bool((largest.donor != mixing.donor).any())  # the other rule is another one


def test_a_clean_half(device):
    x, ids = table(device, 5), torch.arange(5, device=device)
    w = torch.ones(5, dtype=torch.float64, device=device)
    g = source(device)
    mixed = mixup_batch(x, ids, 1, num_classes=5, sample_weight=w, include_clean=True, generator=g)
    plain = mixup_batch(x, ids, 1, num_classes=5, sample_weight=w, generator=source(device))
    assert torch.equal(mixed.x, torch.cat([plain.x, x]))
    assert torch.equal(mixed.y, torch.cat([plain.y, torch.eye(5, dtype=torch.float64, device=device)]))
    assert torch.equal(mixed.lam[5:], torch.ones_like(mixed.lam[5:]))
    assert torch.equal(mixed.partner[5:], ids)
    assert mixed.sample_weight.shape == (10,)
    pooled = mixup_batch(x, None, 1, pool=(x,), include_clean=True, generator=g)
    assert bool((pooled.partner[5:] == -1).all())
    three = mixup_batch(x, x[:, 0], "dirichlet:3", include_clean=True, generator=g)
    assert three.lam.shape == (3, 10)
    assert torch.equal(three.lam[:, 5:].sum(1), torch.tensor([5.0, 0.0, 0.0], dtype=torch.float64, device=device))


def test_labels_are_never_guessed():
    x, ids = table("cpu", 4), torch.arange(4)
    g = source("cpu")
    with pytest.raises(OptionError, match="num_classes=C for class ids, labels='values'"):
        mixup_batch(x, ids, 1, generator=g)
    counts = mixup_batch(x, ids, 1, labels="values", generator=g)
    torch.testing.assert_close(counts.y, counts.lam * ids + (1 - counts.lam) * counts.partner)
    several = mixup_batch(x, ids > 1, 1, generator=g)  # yes or no is 0 or 1
    assert several.y.dtype == torch.float64
    with pytest.raises(OptionError, match="one-hot labels are labels='values'"):
        mixup_batch(x, x, 1, labels="classes", num_classes=3, generator=g)
    with pytest.raises(OptionError, match="did you mean 'values'"):
        mixup_batch(x, ids, 1, labels="value", generator=g)
    with pytest.raises(OptionError, match="can be dicts only"):
        mixup_batch(x, ids, 1, labels={"a": "values"}, generator=g)
    with pytest.raises(RuntimeError):  # an id that does not exist is not a row of zeros
        mixup_batch(x, ids, 1, num_classes=3, generator=g)


@pytest.mark.parametrize("law", [EpBeta(), Sphere(3)], ids=repr)
def test_signed_weights_never_reach_class_labels_silently(law):
    x, ids = table("cpu", 6), torch.tensor([0, 0, 1, 1, 0, 1])
    g = source("cpu")
    for y in (ids, torch.nn.functional.one_hot(ids).double()):
        with pytest.raises(OptionError, match="unbounded below"):
            mixup_batch(x, y, law, num_classes=2, generator=g)
    with pytest.raises(OptionError, match="sample weights negative"):
        mixup_batch(x, ids, law, labels="donor", sample_weight=torch.ones(6), generator=g)
    inside = mixup_batch(x, ids, law, num_classes=2, pairing="within_class", generator=g)
    assert torch.equal(inside.y, torch.nn.functional.one_hot(ids).double())
    donors = mixup_batch(x, ids, law, labels="donor", generator=g)
    assert donors.y.dtype == torch.int64
    values = mixup_batch(x, x[:, 0], law, labels="values", generator=g)
    torch.testing.assert_close(values.y, values.x[:, 0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"pairing": "randm"}, "did you mean 'random'"),
        ({"per": "rows"}, "did you mean 'row'"),
        ({"donor": "square"}, "did you mean 'squared'"),
        ({"rows": torch.arange(4)}, "give pool="),
        ({"pool": (torch.zeros(9, 3),), "pairing": "roll"}, "pairs rows of the batch"),
        ({"pairing": "flip", "law": Sphere(3)}, "gives one partner"),
        ({"pairing": "within_class"}, "needs class ids"),
        ({"generator": None}, "torch.Generator"),
    ],
    ids=str,
)
def test_options_that_do_not_fit(options, words):
    given = {"law": 1, "generator": source("cpu"), **options}
    x = torch.zeros(4, 3)
    with pytest.raises(OptionError, match=words):
        mixup_batch(x, None, given.pop("law"), **given)


@pytest.mark.parametrize(
    ("x", "y", "options", "words"),
    [
        (torch.zeros(4, 3), torch.zeros(5), {}, "y has 5 rows and the batch 4"),
        ({"a": torch.zeros(4), "b": [torch.zeros(3)]}, None, {}, r"x\['b'\]\[0\] has 3 rows"),
        (torch.zeros(()), None, {}, "is a scalar"),
        ({}, None, {}, "holds no tensor"),
        (np.zeros((4, 3)), None, {}, "type ndarray"),
        (torch.zeros(4, dtype=torch.complex64), None, {}, "view_as_real"),
        (torch.zeros(4), torch.zeros(4, device="meta"), {}, "y is on meta"),
        (torch.zeros(4), (torch.zeros(4),), {}, "a tensor or a dict"),
        (torch.zeros(4), torch.zeros(4), {"pool": (torch.zeros(9),)}, "pool has no labels"),
        (torch.zeros(4), None, {"pool": (torch.zeros(9, 2),)}, "make them alike"),
        ({"a": torch.zeros(4)}, None, {"pool": ({"b": torch.zeros(9)},)}, "other entries"),
        (torch.zeros(4), None, {"pairing": lambda *_: torch.zeros(3, dtype=torch.int64)}, r"shape \(4,\)"),
        (torch.zeros(4), None, {"pairing": lambda *_: [0, 1, 2, 3]}, "gave list"),
        (torch.zeros(4), None, {"sample_weight": torch.ones(3)}, "sample_weight has 3 rows"),
        (
            torch.zeros(4),
            None,
            {"sample_weight": torch.ones(4), "pool": (torch.zeros(9),)},
            "pool has no sample weights",
        ),
    ],
)  # fmt: skip
def test_batches_that_do_not_fit(x, y, options, words):
    with pytest.raises(InputError, match=words):
        mixup_batch(x, y, 1, generator=source("cpu"), **options)


def test_one_seed_gives_one_batch_and_the_global_state_is_left_alone(device):
    x = table(device)
    before = torch.get_rng_state()
    first, again, other = (mixup_batch(x, None, 1, generator=source(device, seed)).x for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("backend", "law"), [("eager", "uniform"), ("aot_eager", Sphere(3))])
def test_mixing_compiles_into_one_graph(backend, law, device):
    x = {"a": table(device), "b": torch.arange(7, device=device)}
    y = {"a": torch.arange(7, device=device) % 3, "b": table(device)[:, 0]}
    mixing = draw_mixing(x, y, law, generator=source(device))

    def step(x, y, mixing):
        return mix_rows(x, mixing), mix_labels(y, mixing, num_classes={"a": 3})

    found = torch.compile(step, fullgraph=True, backend=backend)(x, y, mixing)
    expected = step(x, y, mixing)
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


def test_autocast_leaves_the_arithmetic_alone(device):
    x = table(device, dtype=torch.float32)
    plain = mixup_batch(x, None, 1, generator=source(device)).x
    with torch.autocast(device.type, dtype=torch.bfloat16):
        assert torch.equal(mixup_batch(x, None, 1, generator=source(device)).x, plain)


def test_nothing_waits_for_the_device(device, waiting_refused):
    # A tensor on the meta device has no values: whatever looks at one fails.
    x = {"a": torch.zeros(4, 3, device="meta"), "b": torch.zeros(4, dtype=torch.int64, device="meta")}
    mixing = Mixing(*(torch.zeros(4, dtype=d, device="meta") for d in (torch.float32, torch.int64, torch.int64)))
    assert mix_rows(x, mixing)["a"].shape == (4, 3)
    assert mix_labels(x["b"], mixing, num_classes=5).shape == (4, 5)
    with pytest.raises(RuntimeError):
        bool(mixing.lam[0] > 0)  # the control
    if device.type != "cuda":
        return
    x, law, g = table(device), LawOnDevice(1, device), source(device)
    y = torch.arange(7, device=device) % 2
    mixup_batch(x, y, law, num_classes=2, pairing="within_class", generator=g)
    with waiting_refused():
        mixup_batch(x, y, law, num_classes=2, pairing="within_class", generator=g, pool=(x, y))
        mixup_batch(x, y, law, num_classes=2, donor="squared", generator=g)
    with pytest.raises(RuntimeError, match="synchronizing"), waiting_refused():
        bool(x[0, 0] > 0)  # the control


# --- what mixup does in expectation ---


def beta_nodes(a, b, count=40):
    """Return nodes and weights that integrate against Beta(a, b)."""
    nodes, weights = roots_jacobi(count, b - 1, a - 1)
    return (nodes + 1) / 2, weights / weights.sum()


def all_pairs(n):
    i, j = torch.meshgrid(torch.arange(n), torch.arange(n), indexing="ij")
    return i.flatten(), j.flatten()


def mixed_pairs(x, y, lams):
    """Mix every ordered pair of rows with every lam."""
    i, j = all_pairs(len(x))
    lam = torch.as_tensor(lams)
    i, j, lam = i.repeat(len(lam)), j.repeat(len(lam)), lam.repeat_interleave(len(i))
    mixing = Mixing(lam, j, torch.zeros_like(j))
    return mix_rows(x[i], mixing, pool=x), mix_labels(y[i], mixing, labels="values", pool=y), i


@pytest.mark.parametrize("shape", [(0.2, 0.2), (1, 1), (2, 2), (2, 0.7)])
def test_the_one_sided_form_of_mixup(shape):  # papers 1.4
    a, b = shape
    x = table("cpu", 6)
    y = torch.nn.functional.one_hot(torch.arange(6) % 4, 4).double()
    first, second, third = (table("cpu", n, seed)[:, :m] for n, m, seed in ((5, 3, 3), (4, 3, 4), (4, 2, 5)))

    def mean_loss(alpha, beta, own_label):
        lams, weights = beta_nodes(alpha, beta)
        mixed_x, mixed_y, i = mixed_pairs(x, y, lams)
        hidden = torch.tanh(mixed_x @ first.T)
        logits = hidden[:, :3] @ second.T + hidden[:, 3:] @ third.T
        target = y[i] if own_label else mixed_y
        loss = torch.nn.functional.cross_entropy(logits, target, reduction="none")
        return float(loss.view(len(lams), -1).mean(1) @ torch.as_tensor(weights))

    mixup = mean_loss(a, b, own_label=False)
    share = a / (a + b)
    one_sided = share * mean_loss(a + 1, b, own_label=True) + (1 - share) * mean_loss(b + 1, a, own_label=True)
    assert mixup == pytest.approx(one_sided, abs=1e-12)
    assert abs(mixup - mean_loss(a, b, own_label=True)) > 1e-3  # without the tilted law it is something else


@pytest.mark.parametrize("a", [0.2, 1.0, 2.0])
def test_label_mixing_has_the_least_squares_solution(a):  # papers 1.2
    x, noise = table("cpu", 12), table("cpu", 12, 9)[:, 0]
    y = x @ torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64) + noise + 3.0
    design = torch.cat([x, torch.ones(12, 1, dtype=torch.float64)], 1)
    theta = torch.tensor([0.3, 0.1, -1.0, 0.7], dtype=torch.float64)
    lams, weights = beta_nodes(a, a)
    mixed_x, mixed_y, _ = mixed_pairs(design, y, lams)
    w = torch.as_tensor(weights).repeat_interleave(144) / 144
    gram, moment = mixed_x.T @ (w[:, None] * mixed_x), mixed_x.T @ (w * mixed_y)
    square = float(w @ (mixed_y - mixed_x @ theta).square())
    torch.testing.assert_close(torch.linalg.solve(gram, moment), torch.linalg.lstsq(design, y).solution)
    residual, c = y - design @ theta, (a + 1) / (2 * a + 1)
    assert square == pytest.approx(c * float(residual.var(correction=0)) + float(residual.mean()) ** 2, rel=1e-12)
