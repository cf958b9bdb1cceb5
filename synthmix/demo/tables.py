"""The real tables of the demo."""

from __future__ import annotations

from importlib import resources
from typing import Any

from synthmix.io import read_table


def rand_health_insurance() -> Any:
    """Return the RAND Health Insurance Experiment table that statsmodels carries.

    Returns
    -------
    pandas.DataFrame, shape (20190, 10)
        Doctor visits, insurance plan and health of persons; numbers without missing values, many point masses.
        Public domain; see ``statsmodels.datasets.randhie``.
    """
    from statsmodels.datasets import randhie

    return randhie.load_pandas().data


def fair_survey() -> Any:
    """Return the survey of married women that statsmodels carries.

    Returns
    -------
    pandas.DataFrame, shape (6366, 9)
        Marriage, age, children, education and affairs of the women who answered; numbers of few levels but the last.
        Fair (1978), Journal of Political Economy 86:45-61; see ``statsmodels.datasets.fair``.
    """
    from statsmodels.datasets import fair

    return fair.load_pandas().data


def palmer_penguins() -> Any:
    """Return the Palmer penguins: a small mixed-type table with missing values.

    Returns
    -------
    pandas.DataFrame, shape (344, 7)
        Species, island and sex as categories, four measurements in mm and g.
        Horst, Hill and Gorman (2020), doi:10.5281/zenodo.3960218, CC0.
    """
    with resources.as_file(resources.files("synthmix") / "data" / "penguins.csv") as path:
        table = read_table(path)
    return table.astype({"species": "category", "island": "category", "sex": "category"})
