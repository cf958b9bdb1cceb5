"""Figures that the papers print, to stand beside ours. Numbers are "mean, plus or minus" as printed."""

from __future__ import annotations

# El-Laham et al. (UAI 2025): NLL in raw units on 20 published splits; what the +- is, is not said.
TABLES: dict[str, dict[str, str]] = {
    "energy": {
        "ERM": "1.24±1.37", "Mix": "1.14±1.00", "LocMix": "1.08±1.18", "M-Mix": "1.25±1.52", "ProbMix": ".77±.32",
        "LocProbMix": ".82±.52", "M-ProbMix": ".74±.42", "LocM-ProbMix": ".93±.65",
    },
    "yacht": {
        "ERM": ".44±.94", "Mix": "1.70±.63", "LocMix": ".78±.38", "M-Mix": ".49±.66", "ProbMix": "1.39±.42",
        "LocProbMix": "1.45±.88", "M-ProbMix": ".27±.36", "LocM-ProbMix": ".26±.25",
    },
    "concrete": {
        "ERM": "4.50±2.72", "Mix": "3.71±.64", "LocMix": "3.75±.77", "M-Mix": "3.81±.95", "ProbMix": "3.50±.58",
        "LocProbMix": "3.67±.71", "M-ProbMix": "3.35±.48", "LocM-ProbMix": "3.37±.47",
    },
    "red wine": {
        "ERM": "1.96±2.08", "Mix": "1.84±1.19", "LocMix": "1.70±1.43", "M-Mix": "1.87±2.18", "ProbMix": "1.50±.57",
        "LocProbMix": "1.37±.32", "M-ProbMix": "1.26±.24", "LocM-ProbMix": "1.15±.18",
    },
}  # fmt: skip

# The same paper, toy regression: OOD NLL, 10 runs, by a. Its ERM is the row a = 1e-32 of Mix.
TOY: dict[float, dict[str, str]] = {
    0.1: {
        "Mix": "258.9±51.1", "LocMix": "202.1±41.7", "M-Mix": "148.5±29.9", "ProbMix": "173.1±27.3",
        "LocProbMix": "258.4±52.7", "M-ProbMix": "25.9±6.0", "LocM-ProbMix": "32.8±8.1",
        "M-ProbMix, linear pool": "12.3",
    },
    0.5: {
        "ERM": "87.1±10.5", "Mix": "306.0±38.9", "LocMix": "219.1±57.7", "M-Mix": "136.4±23.8", "ProbMix": "313.6±59.6",
        "LocProbMix": "176.2±55.0", "M-ProbMix": "47.7±12.2", "LocM-ProbMix": "16.9±3.0", "latent noise": "29.5±6.5",
        "M-ProbMix, linear pool": "6.1",
    },
    1.0: {
        "Mix": "310.3±52.3", "LocMix": "256.7±85.0", "M-Mix": "134.1±34.0", "ProbMix": "370.1±54.3",
        "LocProbMix": "117.4±18.6", "M-ProbMix": "37.1±13.4", "LocM-ProbMix": "23.8±5.6",
        "M-ProbMix, linear pool": "7.8",
    },
}  # fmt: skip

# Zou et al. (UAI 2023): test error in percent, mean and sd of 5, for the tables that are at hand.
MIXUPE: dict[str, dict[str, str]] = {
    "abalone": {"ERM": "35.05±.61", "mixup, tuned": "35.07±.69", "MixupE, tuned": "34.91±.70"},
    "iris": {"ERM": "9.06±7.01", "mixup, tuned": "8.14±6.48", "MixupE, tuned": "7.29±6.95"},
}
