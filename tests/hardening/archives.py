"""Check the archives of a release: ``python tests/hardening/archives.py dist``; `make wheel` does."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_BYTES = 4_000_000
_STRANGE = re.compile(r"\.(pyc|nbi|nbc|so|whl|gz)$|(^|/)(\.venv[^/]*|__pycache__|_build|build|dist|\.hypothesis)/")


def wrong_with(held: Iterable[str], size: int, tracked: Iterable[str]) -> Iterator[str]:
    """Yield what is wrong with an sdist that holds these names: all tracked files but CI belong there, no products."""
    names = {name.partition("/")[2] for name in held}
    yield from (f"{name} is missing" for name in sorted(tracked) if name not in names and not name.startswith(".ci/"))
    yield from (f"{name} does not belong there" for name in sorted(names) if _STRANGE.search(name))
    if size > MOST_BYTES:
        yield f"it has {size} bytes, more than {MOST_BYTES}"


def main(folder: Path) -> int:
    """Print what is wrong with the newest sdist of a folder; return 1 where something is."""
    path = max(folder.glob("*.tar.gz"), key=lambda one: one.stat().st_mtime)
    said = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    with tarfile.open(path) as archive:
        held = archive.getnames()
    wrong = list(wrong_with(held, path.stat().st_size, filter(None, said.stdout.split("\0"))))
    sys.stdout.write("\n  ".join([f"{path.name}: {len(held)} files, {path.stat().st_size} bytes", *wrong]) + "\n")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
