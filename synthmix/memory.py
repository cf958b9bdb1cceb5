"""Memory for arrays that are read everywhere at once."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

_LARGE = 4 * 2**20  # bytes from which large pages pay


def roomy(shape: tuple[int, int], dtype: Any) -> NDArray[Any]:
    """Return an array of zeros in large pages of its own, where the system has them.

    Rows that are met in random order cost a look into the page table each; in pages of 4 KiB a table of a few
    megabytes has more pages than a processor remembers. Memory that was used before comes in the pages that it had.
    """
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    if size < _LARGE or not hasattr(mmap, "MADV_HUGEPAGE"):
        return np.zeros(shape, dtype)
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # shared memory rarely has large pages
    pages.madvise(mmap.MADV_HUGEPAGE)
    return np.frombuffer(pages, dtype).reshape(shape)
