"""Watch chains of generations: evidence that is valid at any time, and tests with chains as units."""

from synthmix.collapse.monitor.alarms import ALARMS, alarms, e_paths
from synthmix.collapse.monitor.contrast import Contrast, changes, contrast, sign_flip
from synthmix.collapse.monitor.evalues import GROWTH, SHRINK, e_bh, e_process, region_log_e

__all__ = [
    "ALARMS",
    "GROWTH",
    "SHRINK",
    "Contrast",
    "alarms",
    "changes",
    "contrast",
    "e_bh",
    "e_paths",
    "e_process",
    "region_log_e",
    "sign_flip",
]
