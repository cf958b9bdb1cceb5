"""The command line: parse, call one public function, print. No statistics here."""

from __future__ import annotations

from synthmix.cli.app import main

__all__ = ["main"]
