"""PNG and JPEG files, whatever they hold, as the bytes of images of one size."""

from __future__ import annotations

import warnings
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from .images import Shape

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST = 50_000_000  # pixels: more than cameras have, and less than what fills a memory
FORMATS = ("PNG", "JPEG")


class NoImage(ValueError):
    """A file is no image that can be used; the message says what it is: "truncated"."""


def decode(content: bytes, shape: Shape) -> bytes:
    """Decode, turn upright, resize and convert the content of a file, the same for every use of it.

    The picture is stretched to the size. It is turned as its EXIF data says; what is transparent
    becomes white; of several pictures in a JPEG file, the first one counts.

    Args:
        content: Of a PNG or JPEG file, in grey, RGB, CMYK or a palette, with 8 or 16 bits.
        shape: Height, width and channels.

    Returns:
        height · width · channels bytes, as `workbench.data.images` has them.

    Raises:
        NoImage: It is something else, broken, truncated, too large or animated.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError  # not where only arrays are read

    height, width, channels = shape
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of large images, and of faults that do not matter
            with Image.open(BytesIO(content), formats=FORMATS) as image:
                if image.width * image.height > LARGEST:
                    raise NoImage(f"larger than {LARGEST:,} pixels")
                if image.format == "PNG" and getattr(image, "is_animated", False):
                    raise NoImage("animated")
                image.load()
                upright = ImageOps.exif_transpose(image)
            picture = _convert(upright, "L" if channels == 1 else "RGB")
            if picture.size != (width, height):
                picture = picture.resize((width, height), Image.Resampling.BILINEAR)
    except NoImage:
        raise
    except Image.DecompressionBombError as error:
        raise NoImage(f"larger than {LARGEST:,} pixels") from error
    except UnidentifiedImageError as error:
        raise NoImage("no PNG or JPEG image") from error
    except Exception as error:  # of the decoder of whichever format
        truncated = "truncated" in str(error).lower()
        raise NoImage("truncated" if truncated else "broken") from error
    return picture.tobytes()


def _convert(image: Image, mode: str) -> Image:
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits: Pillow itself would cut off what is above 255
        wide = np.asarray(image).astype(np.uint32)
        image = Image.fromarray((wide // 257).astype(np.uint8))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    return image.convert(mode)
