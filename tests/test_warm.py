"""One call compiles every kernel that the package calls."""

import ast
import importlib
from pathlib import Path

import synthmix
from synthmix.kernels.compile import kernel

PACKAGE = Path(synthmix.__file__).parent


def called_from_outside():
    """Return the kernels that other parts of the package import; those call the rest."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "kernels":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("synthmix.kernels."):
                values = vars(importlib.import_module(node.module))
                found |= {alias.name: values[alias.name] for alias in node.names}
    return {name: value for name, value in found.items() if hasattr(value, "signatures")}


def test_every_kernel_is_compiled():
    assert synthmix.warmup() > 0.0
    kernels = called_from_outside()
    assert len(kernels) > 25
    assert {name for name, value in kernels.items() if not value.signatures} == set()


def test_both_precisions_of_the_kernels_that_mix_are_compiled():
    synthmix.warmup()
    kernels = called_from_outside()
    for name in ("mix_two_points", "mix_several", "mix_usual_groups", "mix_any_groups"):
        outputs = {str(signature[-1].dtype) for signature in kernels[name].signatures}
        assert outputs == {"float32", "float64"}, name


def test_the_check_sees_a_kernel_that_nobody_calls():
    @kernel
    def forgotten(x):
        return x

    assert not forgotten.signatures
    assert forgotten(1) == 1
    assert forgotten.signatures
