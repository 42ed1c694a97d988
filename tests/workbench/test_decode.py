"""PNG and JPEG files of every sort as the bytes of an image."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from workbench.data import decode as module
from workbench.data.decode import NoImage, decode

GREY = np.arange(64, dtype=np.uint8).reshape(8, 8)
NOISE = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


def encode(image: Image.Image | np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """The content of a file."""
    content = BytesIO()
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    picture.save(content, kind, **options)
    return content.getvalue()


def test_pixels_stay_what_they_are() -> None:
    assert decode(encode(GREY), (8, 8, 1)) == GREY.tobytes()
    assert decode(encode(NOISE), (64, 64, 3)) == NOISE.tobytes()
    assert decode(encode(GREY), (8, 8, 3)) == np.repeat(GREY, 3).tobytes()


def test_it_is_resized_to_a_width_and_a_height() -> None:
    halves = np.zeros((10, 40), dtype=np.uint8)
    halves[:, 20:] = 200
    found = np.frombuffer(decode(encode(halves), (2, 4, 1)), dtype=np.uint8).reshape(2, 4)
    assert found[:, 0].tolist() == [0, 0]
    assert found[:, 3].tolist() == [200, 200]


RED = [255, 0, 0]
PALETTE = Image.new("P", (1, 1))
PALETTE.putpalette(RED * 256)


@pytest.mark.parametrize(
    ("content", "pixel"),
    [
        (encode(PALETTE), RED),
        (encode(PALETTE, transparency=0), [255, 255, 255]),
        (encode(Image.new("RGBA", (1, 1), (255, 0, 0, 0))), [255, 255, 255]),
        (encode(Image.new("RGBA", (1, 1), (255, 0, 0, 255))), RED),
        (encode(Image.new("LA", (1, 1), (0, 255))), [0, 0, 0]),
        (encode(Image.new("1", (1, 1), 1)), [255, 255, 255]),
        (encode(np.full((1, 1), 65535, dtype=np.uint16)), [255, 255, 255]),
        (encode(np.full((1, 1), 257 * 9, dtype=np.uint16)), [9, 9, 9]),
        (encode(Image.new("CMYK", (1, 1), (0, 255, 255, 0)), "JPEG", quality=100), RED),
    ],
    ids=["palette", "clear palette", "clear", "opaque", "grey and alpha", "bit", "16", "dark 16", "CMYK"],
)
def test_every_mode_becomes_colours(content: bytes, pixel: list[int]) -> None:
    assert np.abs(np.subtract(list(decode(content, (1, 1, 3))), pixel)).max() <= 2


def test_it_stands_as_the_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter
    content = encode(np.array([[0, 40, 80]], dtype=np.uint8), exif=exif)
    assert list(decode(content, (3, 1, 1))) == [0, 40, 80]


def test_of_several_pictures_of_a_camera_the_first_one_counts() -> None:
    first, other = Image.new("L", (8, 8), 9), Image.new("L", (8, 8), 200)
    content = encode(first, "MPO", save_all=True, append_images=[other])
    assert list(decode(content, (1, 1, 1))) == [9]


FRAMES = {"save_all": True, "append_images": [Image.new("L", (4, 4), 9)]}
BROKEN = bytearray(encode(NOISE))
BROKEN[200] ^= 255


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (encode(NOISE)[:5000], "truncated"),
        (encode(NOISE, "JPEG")[:1000], "truncated"),
        (bytes(BROKEN), "broken"),
        (b"", "no PNG or JPEG image"),
        (b"hello", "no PNG or JPEG image"),
        (encode(GREY, "GIF"), "no PNG or JPEG image"),
        (encode(Image.new("L", (4, 4)), **FRAMES), "animated"),
        (encode(Image.new("1", (8000, 8000))), "larger than 50,000,000 pixels"),
        (encode(Image.new("1", (15000, 15000))), "larger than 50,000,000 pixels"),
    ],
    ids=["truncated", "truncated JPEG", "broken", "empty", "text", "GIF", "animated", "huge", "bomb"],
)
def test_what_is_no_image_is_named(content: bytes, reason: str) -> None:
    with pytest.raises(NoImage, match=f"^{reason}$"):
        decode(content, (8, 8, 1))


def test_a_large_image_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST", 64)
    assert decode(encode(GREY), (8, 8, 1)) == GREY.tobytes()
    with pytest.raises(NoImage):
        decode(encode(np.zeros((8, 9), dtype=np.uint8)), (8, 8, 1))
