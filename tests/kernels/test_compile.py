"""Helpers have no wrapper for Python: there their plain twin runs."""

import os
import subprocess
import sys

from synthmix.kernels.compile import inlined, kernel


@inlined
def twice(x):
    """Return two of it."""
    return 2 * x


@kernel
def four_times(x):
    return twice(twice(x))


def test_a_helper_runs_from_a_kernel_and_from_python():
    assert four_times(3) == four_times.py_func(3) == 12
    compiled = len(twice.overloads)  # once for the kernel, or never where the cache holds that
    assert compiled <= 1
    assert twice("a") == "aa"  # nothing is compiled for what Python hands it
    assert len(twice.overloads) == compiled
    assert twice.__name__ == "twice"


def test_kernels_are_plain_functions_where_numba_compiles_nothing():
    code = "from synthmix.kernels import grow; print(type(grow._sum_node).__name__, type(grow.split_small).__name__)"
    plain = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=plain, check=True)
    assert ran.stdout.split() == ["function", "function"]
