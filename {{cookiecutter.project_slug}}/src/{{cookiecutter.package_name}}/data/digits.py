"""The UCI handwritten digits, which ship inside scikit-learn.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, doi:10.24432/C50P49. scikit-learn holds its test part: 1,797 images.
"""

import polars as pl
from sklearn.datasets import load_digits


def load() -> pl.DataFrame:
    """Load the images.

    Returns:
        1,797 rows; columns `pixel_0_0` to `pixel_7_7` (rows, then columns of the image; how many of
        16 sub-pixels are inked, int64) and `label` (the digit, 0 to 9, int64).
    """
    digits = load_digits()
    names = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]
    return pl.DataFrame(digits.data.astype("int64"), schema=names).with_columns(
        pl.Series("label", digits.target, dtype=pl.Int64)
    )
