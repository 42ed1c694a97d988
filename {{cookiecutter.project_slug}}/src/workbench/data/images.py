"""Images as bytes: pixels row by row, the channels of a pixel together, a byte for each number."""

from collections.abc import Iterable, Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

Shape = Sequence[int]  # height, width, channels


def to_pixels(images: Iterable[bytes | None], shape: Shape) -> NDArray[np.uint8]:
    """The pixels [n, height, width, channels] of images; one that is missing is black."""
    black = bytes(prod(shape))
    pixels = np.frombuffer(b"".join(image or black for image in images), dtype=np.uint8)
    return pixels.reshape(-1, *shape)


def to_lists(image: bytes, shape: Shape) -> Any:
    """The pixels as JSON has them: lists of the rows, of numbers or of [red, green, blue]."""
    height, width, channels = shape
    rows = np.frombuffer(image, dtype=np.uint8)
    return rows.reshape((height, width) if channels == 1 else shape).tolist()


def to_bytes(lists: Any) -> bytes:
    """The bytes of an image whose pixels are numbers from 0 to 255 in lists, nested or flat."""
    return np.array(lists, dtype=np.uint8).tobytes()
