"""The page about drift beside other programs is made of what was kept, and of nothing else."""

import copy

from benchmarks.drift.pages import peers_page


def times(*wall):
    return {"wall_s": list(wall), "cpu_s": [value / 2 for value in wall]}


VERSIONS = {"versions": dict.fromkeys(("sdmetrics", "hyppo", "prdc", "scipy"), "9.9")}
FOUND = {
    "machine": {
        "processor": "a processor",
        "usable_cores": 2,
        "date": "2030-01-02T03:04:05",
        "load_average": [0.25, 1.0, 1.0],
        "versions": {"synthmix": "1.2.3"},
    },
    "load_at_end": [7.5, 1.0, 1.0],
    "agreement": {
        "SDMetrics": {"KSComplement": 1e-16},
        "hyppo": {"energy, mean": 0.011, "energy, largest": 0.04, "mmd, mean": 0.012, "mmd, largest": 0.05},
    },
    "reports": {
        "a table": {"quick": times(1.0), "standard": times(4.0, 6.0, 8.0), "SDMetrics QualityReport": times(9)}
    },
    "columns": {"a table": {"synthmix": times(2.0), "scipy": times(1.0), "largest gap of KS": 2e-16}},
    "permutations": {"fused test, five statistics": times(0.5), "hyppo energy": times(50.0)},
    "neighbours": {"synthmix": times(0.1), "prdc": times(1.0) | VERSIONS, "largest gap": 0.0},
}


def test_times_are_medians_and_ratios_of_them():
    text = peers_page(FOUND)
    assert "| standard | 6 | 3 | 1 |" in text
    assert "| SDMetrics QualityReport | 9 | 4.5 | 1.5 |" in text
    assert "| hyppo energy | 50 | 25 | 100 |" in text
    assert "synthmix 1.2.3; sdmetrics 9.9, hyppo 9.9" in text
    assert "load average was 0.2 at the start and 7.5 at the end" in text


def test_a_gap_is_shown_as_it_is():
    worse = copy.deepcopy(FOUND)
    worse["neighbours"]["largest gap"] = 0.25
    assert "coverage | 2.5e-01 |" in peers_page(worse)
    assert "coverage | 0.0e+00 |" in peers_page(FOUND)
