"""The UCI handwritten digits, which ship inside scikit-learn.

Source: E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
Repository, 1998, doi:10.24432/C50P49. scikit-learn holds its test part: 1,797 images.
"""

import numpy as np
import polars as pl
from sklearn.datasets import load_digits


def load() -> pl.DataFrame:
    """Load the images.

    Returns:
        1,797 rows; columns `image` (8×8 pixels of a byte each, row by row: 0 where nothing is
        inked, 255 where all of 16 sub-pixels are) and `label` (the digit, 0 to 9, int64).
    """
    digits = load_digits()
    pixels = np.round(digits.images * (255 / 16)).astype(np.uint8)
    return pl.DataFrame(
        {
            "image": pl.Series([image.tobytes() for image in pixels], dtype=pl.Binary),
            "label": pl.Series(digits.target, dtype=pl.Int64),
        }
    )
