"""What a report is asked for, checked once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from synthmix.drift.joint.budget import Budget
from synthmix.drift.noise import Noise

Level = Literal["quick", "standard", "full"]
Null = Literal["resample", "floor"]
LEVELS: tuple[Level, ...] = ("quick", "standard", "full")
BUDGETS: dict[Level, Budget] = {"quick": Budget(), "standard": Budget(seconds=15.0), "full": Budget()}
NULLS: dict[str, Noise] = {"resample": "synthetic", "floor": "both"}


@dataclass(frozen=True)
class Settings:
    """Options of :func:`synthmix.drift_report` that every part needs."""

    level: Level
    noise: Noise
    alpha: float
    seed: int
    budget: Budget
    threads: int
