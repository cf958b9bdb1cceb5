"""Pairing rules: who meets whom."""

import numpy as np
import pytest
from scipy import stats

from synthmix import MixupSynthesizer, OptionError
from synthmix.pairing import Cyclic, Nearest, Pairing, Random, WithinClass, pairing_from_dict, resolve_pairing
from synthmix.weights import Rotation, Sphere

RULES = [Random(), Random("iid"), Cyclic(), Nearest(), Nearest(leaf=9, scheme="cyclic"), WithinClass(["a", "b"])]
RULES += [WithinClass(), WithinClass("a", Nearest(4))]


def plan(pairing, weights=None, n=60, rows=600, classes=None):
    table = np.random.default_rng(0).normal(size=(n, 2)).round(3)
    if classes is not None:
        table = np.column_stack([table, classes])
    synthesizer = MixupSynthesizer(weights or Sphere(3), pairing, "raw", random_state=4).fit(table)
    return synthesizer.plan(0, rows).parents


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_descriptions_lead_back(rule):
    assert pairing_from_dict(rule.to_dict()) == rule
    assert resolve_pairing(rule) is rule
    assert isinstance(rule, Pairing)


@pytest.mark.parametrize(("name", "rule"), [("random", Random()), ("cyclic", Cyclic()), ("nearest", Nearest())])
def test_short_names(name, rule):
    assert resolve_pairing(name) == rule


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Random("near"), "unknown scheme 'near'"),
        (lambda: Nearest(leaf=1), "leaf=1"),
        (lambda: Nearest(leaf=2.5), r"leaf=2\.5"),
        (lambda: Nearest(scheme="ring"), "unknown scheme 'ring'"),
        (lambda: WithinClass([]), "names no column"),
        (lambda: WithinClass(3), "columns=3"),
        (lambda: WithinClass("a", WithinClass("b")), "inside of a class"),
        (lambda: resolve_pairing("randm"), "did you mean 'random'"),
        (lambda: resolve_pairing(3), "pairing=3"),
        (lambda: pairing_from_dict({"name": "Magic"}), "unknown pairing 'Magic'"),
    ],
)
def test_bad_options(make, message):
    with pytest.raises(OptionError, match=message):
        make()


@pytest.mark.parametrize("rule", [Random(), Random("distinct"), Cyclic()], ids=repr)
def test_parents_differ_within_a_row(rule):
    parents = plan(rule)
    assert all(len(set(row)) == 3 for row in parents.tolist())
    assert any(len(set(row)) < 3 for row in plan(Random("iid"), rows=6000).tolist())


@pytest.mark.parametrize(("rule", "exactly"), [(Random(), True), (Cyclic(), True), (Random("distinct"), False)])
def test_each_row_is_first_parent_once_a_pass(rule, exactly):
    firsts = plan(rule).reshape(10, 60, 3)[:, :, 0]
    assert all(np.array_equal(np.sort(one), np.arange(60)) for one in firsts) == exactly


def test_a_cyclic_pass_uses_every_row_in_every_role():
    for one in plan(Cyclic()).reshape(10, 60, 3):
        assert all(np.array_equal(np.sort(one[:, role]), np.arange(60)) for role in range(3))
        assert all((one[:, role] != one[:, other]).all() for role, other in ((0, 1), (0, 2), (1, 2)))


def test_partners_are_uniform():
    # 60 rows, 60,000 synthetic rows: differences of second and first parent; false-alarm rate 1e-6 each.
    for rule in (Random(), Random("distinct"), Cyclic()):
        parents = plan(rule, rows=60_000)
        counts = np.bincount((parents[:, 1] - parents[:, 0]) % 60, minlength=60)
        assert counts[0] == 0
        assert stats.chisquare(counts[1:]).pvalue > 1e-6
    near = plan(Nearest(leaf=6), rows=60_000)
    counts = np.bincount((near[:, 1] - near[:, 0]) % 60, minlength=60)
    assert stats.chisquare(counts[1:]).pvalue < 1e-6


@pytest.mark.parametrize("inside", [Random(), Random("iid"), Cyclic(), Nearest(leaf=5)], ids=repr)
@pytest.mark.parametrize("weights", [Sphere(3), Rotation(4)], ids=repr)
def test_classes_do_not_meet(inside, weights):
    classes = np.arange(60) % 4
    parents = plan(WithinClass("x2", inside), weights, classes=classes)
    assert (classes[parents] == classes[parents[:, :1]]).all()
    assert not (classes[plan(inside, weights)] == classes[plan(inside, weights)[:, :1]]).all()


def test_groups_are_disjoint_and_cover_a_pass():
    parents = plan(Random(), Rotation(4), rows=60)
    groups = {frozenset(row) for row in parents.tolist()}
    assert len(groups) == 15
    assert sorted(row for group in groups for row in group) == list(range(60))
