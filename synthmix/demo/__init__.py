"""Two real tables, their synthetic versions, certificates and a comparison figure. Needs no download."""

from __future__ import annotations

from synthmix.demo.run import run_demo

__all__ = ["run_demo"]
