"""What is compared: names and settings, as data. A setting is added by a line.

OURS are arguments of :class:`synthmix.MixupSynthesizer`; `weights` and `pairing` are written as their ``to_dict``
writes them. CONTROLS name a function of controls.py and its arguments, PEERS a program of peers/ and its arguments.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import dataclass
from typing import Any

Settings = dict[str, Any]


def rotation(k: int, leaf: int, **more: Any) -> Settings:
    """Return the settings of rotations of k rows in leaves of so many rows."""
    weights = {"law": "rotation", "k": k, "strength": more.pop("strength", 1.0)}
    return {"weights": weights, "pairing": {"name": "Nearest", "leaf": leaf, "scheme": "anchor"}, **more}


def chained(leaf: int | None, weights: Any = None, **more: Any) -> Settings:
    """Return the settings of chains whose leaves have at least so many rows, and which no target cuts or guides."""
    return {"weights": weights, "pairing": {"name": "Chained", "leaf": leaf, "strata": 1, "ranges": 1, **more}}


OURS: dict[str, Settings] = {
    "synthmix default": {},
    "rotation, default leaf": {"weights": "rotation", "pairing": "nearest"},
    "rotation K=3 leaf 3": rotation(3, 3),
    "rotation K=4 leaf 4": rotation(4, 4),
    "rotation K=8 leaf 8": rotation(8, 8),
    "rotation K=16 leaf 16": rotation(16, 16),
    "rotation K=8 leaf 8, scores": rotation(8, 8, discrete="scores"),
    "rotation K=3 leaf 8": rotation(3, 8),
    "rotation K=8 leaf 8, strength .5": rotation(8, 8, strength=0.5),
    "rotation K=5, random groups": {"pairing": "random"},
    "rotation K=8 leaf 8, raw": rotation(8, 8, encoding="raw", grid="source"),
    "sphere leaf 8": {"weights": "sphere", "pairing": {"name": "Nearest", "leaf": 8, "scheme": "anchor"}},
    "epbeta leaf 8": {"weights": "epbeta", "pairing": {"name": "Nearest", "leaf": 8, "scheme": "anchor"}},
    "synthmix, privacy .60": {"privacy": 0.6},
    "synthmix, privacy .56": {"privacy": 0.56},
    "synthmix, privacy .53": {"privacy": 0.53},
    "synthmix, table in one part": chained(None),
    "synthmix, four ranges": {"pairing": {"name": "Chained", "strata": 4}},
    "chained leaf 4": chained(4),
    "chained leaf 5": chained(5),
    "chained leaf 6": chained(6),
    "chained leaf 8": chained(8),
    "chained leaf 12": chained(12),
    "chained leaf 20": chained(20),
    "chained leaf 50": chained(50),
    "chained leaf 200": chained(200),
    "chained leaf 50, lines": chained(50, slopes=True),
    "chained leaf 200, lines": chained(200, slopes=True),
    "chained, one tree": chained(4, trees=1),
    "chained, no atoms": chained(4, atom=1.0),
    "chained, not restored": chained(4, restore=False),
    "chained, epbeta": chained(4, "epbeta"),
    "chained, reversed": chained(4, order="reversed"),
}
CONTROLS: dict[str, Settings] = {
    "second real sample": {"control": "second sample"},
    "row bootstrap": {"control": "bootstrap"},
    "independent columns": {"control": "independent"},
    "sequential trees": {"control": "trees", "min_leaf": 5},
    "sequential trees, leaf 20": {"control": "trees", "min_leaf": 20},
    "sequential trees, reversed": {"control": "trees", "min_leaf": 5, "reverse": True},
    "Gaussian copula": {"control": "copula"},
    "kernel density": {"control": "density"},
}
PEERS: dict[str, Settings] = {  # "gaps": it holds missing values itself
    "synthpop-py": {"program": "synthpop", "gaps": True},
    "SMOTE": {"program": "imblearn"},
    "SDV GaussianCopula": {"program": "sdv", "synthesizer": "GaussianCopulaSynthesizer", "gaps": True},
    "ARF": {"program": "arfpy"},
    "SDV TVAE": {"program": "sdv", "synthesizer": "TVAESynthesizer", "gaps": True},
    "SDV CTGAN": {"program": "sdv", "synthesizer": "CTGANSynthesizer", "gaps": True},
    "ForestDiffusion, light": {"program": "forest", "duplicate_K": 10, "n_t": 20},
    "ForestDiffusion": {"program": "forest"},
}
REFERENCES = ("second real sample", "row bootstrap")  # no synthesizers: what is ideal, and what a copy is
RIVAL = "sequential trees"  # whose privacy a default must not fall short of, see the decision
QUICK_TABLES = ("penguins", "concrete", "california_housing")
QUICK = ("synthmix default", "second real sample", "row bootstrap", "independent columns", "sequential trees",
         "synthpop-py", "SMOTE", "SDV GaussianCopula")  # fmt: skip


@dataclass(frozen=True)
class Method:
    """One way to make a synthetic table."""

    name: str
    family: str
    settings: Settings

    @property
    def digest(self) -> str:
        """Of what it is asked, not of its name; of our own settings with all defaults, which may change."""
        asked = with_defaults(self.settings) if self.family == "ours" else self.settings
        return hashlib.sha256(json.dumps([self.family, asked], sort_keys=True, default=str).encode()).hexdigest()[:8]


def with_defaults(settings: Settings) -> Settings:
    """Return all arguments of the synthesizer, objects as their ``to_dict`` writes them."""
    import synthmix
    from synthmix.errors import SynthmixError
    from synthmix.mixing.choices import rule_for
    from synthmix.pairing import pairing_from_dict

    asked: Settings = {**synthmix.MixupSynthesizer().get_params(), **settings}
    with contextlib.suppress(SynthmixError):
        given = asked["pairing"]
        pairing = pairing_from_dict(given) if isinstance(given, dict) else given
        law = None if isinstance(asked["weights"], dict) else asked["weights"]
        rule = rule_for(law, pairing, asked["encoding"], asked["discrete"], asked["dtype"])
        asked["pairing"] = rule.pairing.to_dict()
        if not isinstance(asked["weights"], dict):
            asked["weights"] = rule.law.to_dict()
    # As it was before there was a choice: results of then are results of now.
    if isinstance(asked["pairing"], dict):
        _leave_out_newer(asked["pairing"], asked["privacy"])
    if asked["privacy"] is None:
        del asked["privacy"]
    return asked


def _leave_out_newer(pairing: Settings, privacy: float | None) -> None:
    """Take out options of chains that say what older versions did.

    Where no privacy is asked for, the screen gives lines to no table of the benchmark.
    """
    if not pairing.get("slopes") and (privacy is None or pairing.get("leaf") is not None):
        pairing.pop("slopes", None)
    nothing_is_chosen = pairing.get("leaf") is not None or pairing.get("ranges") == 1 or pairing.get("start") != "row"
    if not pairing.get("ranged") and nothing_is_chosen:
        pairing.pop("ranged", None)
    for name in ("strata", "ranges"):
        if pairing.get(name) == 1:
            del pairing[name]


def methods() -> list[Method]:
    """Return everything, in the order in which it is run: cheap ones first."""
    families = {"control": CONTROLS, "ours": OURS, "peer": PEERS}
    return [Method(name, family, asked) for family, listed in families.items() for name, asked in listed.items()]
