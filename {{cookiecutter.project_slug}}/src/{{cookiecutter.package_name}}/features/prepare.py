"""Columns that are computed from others, row by row."""

import polars as pl


def prepare(table: pl.DataFrame) -> pl.DataFrame:
    """Add, change or leave out columns, before the preprocessing.

    Training, evaluation and the API call this function. Models use the columns of numbers, truth
    values and texts that it returns, and the image unchanged. They cannot use times, so derive from
    them what matters::

        return table.with_columns(
            month=pl.col("date").dt.month(),
            price_per_room=pl.col("price") / pl.col("rooms"),
        )

    Args:
        table: The columns of `configs/data/` that are not ignored, without the target. It may hold
            any rows in any order, so a row's result must not depend on other rows.
    """
    return table
