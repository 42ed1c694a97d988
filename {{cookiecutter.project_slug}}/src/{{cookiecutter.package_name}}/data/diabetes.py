"""Progression of diabetes, a number to predict, which ships inside scikit-learn.

Source: B. Efron, T. Hastie, I. Johnstone and R. Tibshirani, "Least Angle Regression", Annals of
Statistics 32, 2004, doi:10.1214/009053604000000067.
"""

import polars as pl
from sklearn.datasets import load_diabetes


def load() -> pl.DataFrame:
    """Load the measurements of 442 patients.

    Returns:
        442 rows; the ten columns of `references/diabetes.md` (float64), and `progression`, a
        measure of the disease one year later (25 to 346, float64).
    """
    diabetes = load_diabetes(scaled=False)
    names = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
    table = pl.DataFrame(diabetes.data, schema=names)
    return table.with_columns(pl.Series("progression", diabetes.target))
