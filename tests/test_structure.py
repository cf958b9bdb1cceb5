"""Rules of the source that a reader would otherwise have to check by eye; each is known to find a wrong file."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "synthmix").rglob("*.py"))

# A part may import parts of lower rank, and itself. Imports point one way: cli, demo -> synthesizer -> certificate
# -> mixing -> table -> weights, pairing -> kernels; io stands aside and knows only errors.
RANKS = {
    "errors": 0,
    "random_state": 1,
    "estimator": 1,
    "memory": 1,
    "shown": 1,
    "warn": 1,
    "arguments": 1,
    "io": 1,
    "kernels": 2,
    "model_file": 2,
    "report": 2,  # pages and pictures of results; computes nothing
    "families": 3,
    "weights": 3,
    "pairing": 3,
    "table": 4,
    "mixing": 5,
    "drift": 5,
    "certificate": 6,
    "synthesizer": 7,
    "inference": 8,
    "collapse": 8,
    "loading": 8,
    "warm": 8,
    "scale": 8,
    "resample": 8,
    "torch": 8,
    "audit": 9,
    "dask": 9,  # the name of synthmix.scale.dask
    "synthmix": 9,  # the public names
    "demo": 10,
    "cli": 11,
}

# Optional or slow libraries are imported inside functions, except in the files that are about them.
HOMES = {
    "torch": ("synthmix/torch/",),
    "ot": (),
    "dask": ("synthmix/scale/",),
    "distributed": ("synthmix/scale/",),
    "sklearn": (),
    "polars": ("synthmix/table/frame_polars.py",),
    "matplotlib": ("synthmix/demo/", "synthmix/report/"),
    "statsmodels": ("synthmix/demo/",),
}

# Files that write machine code instead of leaving it to the compiler.
GENERATORS = tuple(f"synthmix/kernels/{name}.py" for name in ("intrinsics", "quantiles", "unrolled"))

MAX_FUNCTION_LINES = 40
MAX_MODULE_LINES = 400
# File, or file::function, and the reason why it may be longer.
LONG: dict[str, str] = {}

UNSAFE_MODULES = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib"}
RANDOM_CLASSES = {"Generator", "RandomState", "BitGenerator", "SeedSequence", "PCG64", "Philox"}

Rule = Callable[[ast.Module, PurePosixPath], Iterator[str]]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def part_of(path: PurePosixPath) -> str:
    return path.parts[1].removesuffix(".py")


def imported(node: ast.AST) -> list[str]:
    """Return the dotted names that an import statement asks for."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module is not None:
        if node.module == "synthmix":
            return [f"synthmix.{alias.name}" for alias in node.names]
        return [node.module]
    return []


def at_module_level(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs on import: everything but the bodies of functions and of ``if TYPE_CHECKING``."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        yield child
        yield from at_module_level(child)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


# --- the rules: each yields what is wrong ---


def imports_point_one_way(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    part = part_of(path)
    if part == "__init__":
        return  # what it loads is measured below, in a process of its own
    if part not in RANKS:
        yield f"{path}: the part {part!r} has no rank; add it to RANKS"
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level > 0:
            yield f"{path}:{node.lineno}: relative import; write the full name"
        for name in imported(node):
            words = name.split(".")
            if words[0] != "synthmix":
                continue
            other = words[1] if len(words) > 1 and words[1] in RANKS else "synthmix"
            if other != part and RANKS[other] >= RANKS[part]:
                yield f"{path}: {part} imports {other}, which stands above it or beside it"


def optional_libraries_stay_inside_functions(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    for node in at_module_level(tree):
        for name in imported(node):
            library = name.split(".")[0]
            if library in HOMES and not str(path).startswith(HOMES[library] or "nowhere"):
                yield f"{path}: imports {library} at module level"


def numba_stays_in_one_file(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    """Compile options are in one file; the files that generate instructions may use what generates them."""
    if str(path) == "synthmix/kernels/compile.py":
        return
    for node in ast.walk(tree):
        for name in imported(node):
            if name.split(".")[0] not in ("numba", "llvmlite"):
                continue
            if str(path) not in GENERATORS or name in ("numba", "numba.core.decorators"):
                yield f"{path}: imports {name}; use synthmix.kernels.compile"
    if part_of(path) != "kernels":
        for function in functions(tree):
            if any("kernel" in ast.unparse(decorator) for decorator in function.decorator_list):
                yield f"{path}: {function.name} is compiled outside synthmix/kernels"


def no_global_random_state(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    for node in ast.walk(tree):
        if any(name == "random" or name.startswith("numpy.random") for name in imported(node)):
            yield f"{path}: imports a module that holds global random state"
        if not isinstance(node, ast.Attribute) or node.attr in RANDOM_CLASSES:
            continue
        if ast.unparse(node.value) in ("np.random", "numpy.random"):
            yield f"{path}:{node.lineno}: np.random.{node.attr}; draws are counter based"


def nothing_unpickles_or_evaluates(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    for node in ast.walk(tree):
        for name in imported(node):
            if name.split(".")[0] in UNSAFE_MODULES:
                yield f"{path}: imports {name}"
        if isinstance(node, ast.Attribute) and node.attr in ("read_pickle", "to_pickle"):
            yield f"{path}:{node.lineno}: {node.attr}"
        if isinstance(node, ast.keyword) and node.arg == "allow_pickle" and ast.unparse(node.value) != "False":
            yield f"{path}:{node.value.lineno}: allow_pickle={ast.unparse(node.value)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("eval", "exec"):
            yield f"{path}:{node.lineno}: {node.func.id}"


def files_and_functions_are_short(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    length = max((node.end_lineno or 0 for node in tree.body), default=0)
    if length > MAX_MODULE_LINES and str(path) not in LONG:
        yield f"{path}: {length} lines; split it, or give a reason in LONG"
    for function in functions(tree):
        lines = body_lines(function)
        if lines > MAX_FUNCTION_LINES and f"{path}::{function.name}" not in LONG:
            yield f"{path}::{function.name}: a body of {lines} lines; split it, or give a reason in LONG"


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def public_things_have_docstrings(tree: ast.Module, path: PurePosixPath) -> Iterator[str]:
    if ast.get_docstring(tree) is None:
        yield f"{path}: no module docstring"
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    scopes: list[ast.Module | ast.ClassDef] = [tree, *classes]
    for scope in scopes:
        for node in scope.body:
            if not isinstance(node, ast.FunctionDef | ast.ClassDef) or node.name.startswith("_"):
                continue
            if ast.get_docstring(node) is None:
                yield f"{path}:{node.lineno}: {node.name} has no docstring"


RULES: list[Rule] = [
    imports_point_one_way,
    optional_libraries_stay_inside_functions,
    numba_stays_in_one_file,
    no_global_random_state,
    nothing_unpickles_or_evaluates,
    files_and_functions_are_short,
    public_things_have_docstrings,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps(rule: Rule) -> None:
    assert SOURCES
    found = [finding for path in SOURCES for finding in rule(tree_of(path), PurePosixPath(path.relative_to(ROOT)))]
    assert not found, "\n".join(found)


WRONG: list[tuple[Rule, str, str]] = [
    (imports_point_one_way, "synthmix/kernels/mix.py", "from synthmix.weights import Beta"),
    (imports_point_one_way, "synthmix/weights/beta.py", "from synthmix.pairing.random import Random"),
    (imports_point_one_way, "synthmix/table/schema.py", "def f():\n    from synthmix.mixing import plan"),
    (imports_point_one_way, "synthmix/certificate/moments.py", "from synthmix import synthesize"),
    (imports_point_one_way, "synthmix/mixing/plan.py", "import synthmix"),
    (imports_point_one_way, "synthmix/io/read.py", "import synthmix.table.schema"),
    (imports_point_one_way, "synthmix/mixing/plan.py", "from ..cli import main"),
    (imports_point_one_way, "synthmix/unheard_of/file.py", ""),
    (optional_libraries_stay_inside_functions, "synthmix/table/schema.py", "import polars as pl"),
    (optional_libraries_stay_inside_functions, "synthmix/synthesizer.py", "from sklearn.base import clone"),
    (
        optional_libraries_stay_inside_functions,
        "synthmix/synthesizer.py",
        "try:\n    import torch\nexcept E:\n    pass",
    ),
    (optional_libraries_stay_inside_functions, "synthmix/certificate/print.py", "import matplotlib.pyplot as plt"),
    (optional_libraries_stay_inside_functions, "synthmix/io/read.py", "class A:\n    import dask.dataframe"),
    (numba_stays_in_one_file, "synthmix/table/schema.py", "def f():\n    import numba"),
    (numba_stays_in_one_file, "synthmix/kernels/mix.py", "from numba import njit"),
    (numba_stays_in_one_file, "synthmix/kernels/intrinsics.py", "import numba"),
    (numba_stays_in_one_file, "synthmix/kernels/mix.py", "from llvmlite import ir"),
    (numba_stays_in_one_file, "synthmix/mixing/plan.py", "from numba.extending import intrinsic"),
    (numba_stays_in_one_file, "synthmix/table/schema.py", "@kernel\ndef f(x):\n    return x"),
    (no_global_random_state, "synthmix/mixing/plan.py", "x = np.random.normal(size=3)"),
    (no_global_random_state, "synthmix/mixing/plan.py", "np.random.seed(1)"),
    (no_global_random_state, "synthmix/mixing/plan.py", "rng = np.random.default_rng()"),
    (no_global_random_state, "synthmix/mixing/plan.py", "from numpy.random import normal"),
    (no_global_random_state, "synthmix/mixing/plan.py", "import random"),
    (nothing_unpickles_or_evaluates, "synthmix/model_file.py", "def f():\n    import pickle"),
    (nothing_unpickles_or_evaluates, "synthmix/model_file.py", "from joblib import load"),
    (nothing_unpickles_or_evaluates, "synthmix/model_file.py", "x = np.load(path, allow_pickle=True)"),
    (nothing_unpickles_or_evaluates, "synthmix/model_file.py", "x = pd.read_pickle(path)"),
    (nothing_unpickles_or_evaluates, "synthmix/model_file.py", "x = eval(text)"),
    (files_and_functions_are_short, "synthmix/io/read.py", "def f():\n" + "    x = 1\n" * 41),
    (
        files_and_functions_are_short,
        "synthmix/io/read.py",
        "class A:\n    async def f(self):\n" + "        x = 1\n" * 41,
    ),
    (files_and_functions_are_short, "synthmix/io/read.py", "x = 1\n" * 401),
    (public_things_have_docstrings, "synthmix/io/read.py", "x = 1"),
    (public_things_have_docstrings, "synthmix/io/read.py", '"""M."""\ndef f():\n    return 1'),
    (public_things_have_docstrings, "synthmix/io/read.py", '"""M."""\nclass A:\n    x = 1'),
    (
        public_things_have_docstrings,
        "synthmix/io/read.py",
        '"""M."""\nclass A:\n    """A."""\n    def f(self):\n        pass',
    ),
]


@pytest.mark.parametrize(
    ("rule", "path", "source"), WRONG, ids=[f"{rule.__name__}-{number}" for number, (rule, _, _) in enumerate(WRONG)]
)
def test_a_wrong_file_is_found(rule: Rule, path: str, source: str) -> None:
    assert list(rule(ast.parse(source), PurePosixPath(path)))


RIGHT = '''"""A module."""
from __future__ import annotations
import math
import numpy as np
from synthmix.errors import InputError
from synthmix.kernels.philox import uniform
if TYPE_CHECKING:
    import torch
def f(rng: np.random.Generator) -> float:
    """Do.

    Much said.
    """
    import sklearn
    return np.load("x", allow_pickle=False)
class _Hidden:
    def f(self): ...
'''


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_right_file_passes(rule: Rule) -> None:
    assert list(rule(ast.parse(RIGHT), PurePosixPath("synthmix/weights/beta.py"))) == []


def test_a_docstring_is_not_counted_as_body() -> None:
    tree = ast.parse('def f():\n    """Say.\n' + "\n" * 60 + '    """\n    return 1\n')
    assert body_lines(next(functions(tree))) == 1


def test_every_allowed_length_is_still_needed() -> None:
    for entry, reason in LONG.items():
        path, _, name = entry.partition("::")
        tree = tree_of(ROOT / path)
        lengths = [body_lines(function) for function in functions(tree) if function.name == name]
        too_long = max(lengths, default=0) > MAX_FUNCTION_LINES if name else len(tree.body) > 0
        assert too_long, f"{entry} is short now; take it out of LONG"
        assert reason


# --- what `import synthmix` costs ---

HEAVY = {
    "numpy",
    "numba",
    "pandas",
    "scipy",
    "sklearn",
    "torch",
    "dask",
    "polars",
    "pyarrow",
    "matplotlib",
    "statsmodels",
}
LOADED = "; import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"


def loaded_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", statement + LOADED], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "statement", ["import synthmix", "import synthmix.errors", "import synthmix.io", "import synthmix.cli"]
)
def test_import_loads_nothing_heavy(statement: str) -> None:
    assert loaded_by(statement) & HEAVY == set()


def test_the_import_check_sees_what_is_loaded() -> None:
    assert {"numpy", "pandas"} <= loaded_by("import synthmix; import pandas") & HEAVY


def test_import_is_quick() -> None:
    clock = "import time; t = time.perf_counter(); import synthmix; print(time.perf_counter() - t)"
    seconds = [
        float(
            subprocess.run([sys.executable, "-c", clock], capture_output=True, text=True, check=True, cwd=ROOT).stdout
        )
        for _ in range(3)
    ]
    assert min(seconds) < 0.3
