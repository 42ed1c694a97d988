"""Images as bytes: to pixels, to lists, and back."""

import numpy as np
import polars as pl
from workbench.data.images import to_bytes, to_lists, to_pixels


def test_the_bytes_are_the_pixels_row_by_row() -> None:
    images = pl.Series([bytes(range(12)), None], dtype=pl.Binary)
    pixels = to_pixels(images, (2, 2, 3))
    assert pixels.dtype == np.uint8
    assert pixels[0].tolist() == [[[0, 1, 2], [3, 4, 5]], [[6, 7, 8], [9, 10, 11]]]
    assert (pixels[1] == 0).all()
    assert to_pixels(images.clear(), (2, 2, 3)).shape == (0, 2, 2, 3)


def test_lists_are_what_bytes_were_made_of() -> None:
    grey, colour = [[0, 1, 2], [253, 254, 255]], [[[0, 1, 2]], [[253, 254, 255]]]
    for lists, shape in ((grey, (2, 3, 1)), (colour, (2, 1, 3))):
        assert to_lists(to_bytes(lists), shape) == lists
    assert to_bytes([*grey[0], *grey[1]]) == to_bytes(grey)
