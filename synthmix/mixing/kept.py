"""Keep what was made for the last passes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """What belongs to a pass, for as many passes as were asked for last; safe to use from several threads.

    Parameters
    ----------
    passes : int
    """

    def __init__(self, passes: int) -> None:
        self._passes, self._lock = passes, threading.Lock()
        self._found: OrderedDict[int, Made] = OrderedDict()

    def get(self, number: int, make: Callable[[], Made]) -> Made:
        """Return what belongs to pass `number`, made where it is not kept."""
        found = self.find(number)
        if found is None:  # outside of the lock: it takes its time, and other threads make other passes
            found = make()
            self.put(number, found)
        return found

    def find(self, number: int) -> Made | None:
        """Return what belongs to pass `number`, None where it is not kept."""
        with self._lock:
            if number in self._found:
                self._found.move_to_end(number)
            return self._found.get(number)

    def put(self, number: int, found: Made) -> None:
        """Keep what belongs to pass `number`."""
        with self._lock:
            self._found[number] = found
            self._found.move_to_end(number)
            while len(self._found) > self._passes:
                self._found.popitem(last=False)
