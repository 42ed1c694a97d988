"""Columns that are computed from others, row by row."""

import polars as pl


def prepare(table: pl.DataFrame) -> pl.DataFrame:
    """Add, change or leave out columns, before the preprocessing.

    Training, evaluation and the API call this function. What comes back as a number, a truth value
    or a text is used, and the image as it is; times are not, so take from them what matters::

        return table.with_columns(
            month=pl.col("date").dt.month(),
            price_per_room=pl.col("price") / pl.col("rooms"),
        )

    Args:
        table: The columns of `configs/data/` that are not ignored, without the target: any rows,
            in any order, so that a row's result must not depend on other rows.
    """
    return table
