"""PNG and JPEG files, whatever they hold, as the bytes of images of one size."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from .images import Shape

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

LARGEST = 50_000_000  # pixels: more than cameras have, and less than what fills a memory
FORMATS = ("PNG", "JPEG")


class NoImage(ValueError):
    """A file is not a usable image; the message is what is wrong with it, such as "truncated"."""


def decode(content: bytes, shape: Shape) -> bytes:
    """Decode, turn upright, resize and convert the content of a file, the same for every use of it.

    The picture is stretched to the size. It is turned as its EXIF data says; what is transparent
    becomes white; of several pictures in a JPEG file, the first one counts.

    Args:
        content: Bytes of a PNG or JPEG file, in grey, RGB, CMYK or a palette, with 8 or 16 bits.
        shape: Height, width and channels.

    Returns:
        height · width · channels bytes, as `workbench.data.images` has them.

    Raises:
        NoImage: It is something else, broken, truncated, too large or animated.
    """
    from PIL import Image, ImageOps  # not where only arrays are read

    height, width, channels = shape
    with _open(content) as image:
        if image.format == "PNG" and getattr(image, "is_animated", False):
            raise NoImage("animated")
        image.load()
        picture = _convert(ImageOps.exif_transpose(image), "L" if channels == 1 else "RGB")
        if picture.size != (width, height):
            picture = picture.resize((width, height), Image.Resampling.BILINEAR)
        return picture.tobytes()


def measure(content: bytes) -> int:
    """How many pixels the image in a file has, by its head.

    Raises:
        NoImage: As `decode`.
    """
    with _open(content) as image:
        return image.width * image.height


@contextmanager
def _open(content: bytes) -> Iterator[Picture]:
    """Open a file, without decoding it; whatever is wrong with it then is a `NoImage`."""
    from PIL import Image, UnidentifiedImageError  # not where only arrays are read

    too_large = f"larger than {LARGEST:,} pixels"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large images, and of faults that do not matter
            with Image.open(BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > LARGEST:
                    raise NoImage(too_large)
                yield image
    except NoImage:
        raise
    except Image.DecompressionBombError as error:
        raise NoImage(too_large) from error
    except UnidentifiedImageError as error:
        raise NoImage("no PNG or JPEG image") from error
    except Exception as error:  # of the decoder of whichever format
        truncated = "truncated" in str(error).lower()
        raise NoImage("truncated" if truncated else "broken") from error


def _convert(image: Picture, mode: str) -> Picture:
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits: Pillow itself would cut off what is above 255
        wide = np.asarray(image).astype(np.uint32)
        image = Image.fromarray((wide // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    return image.convert(mode)
