"""What schemathesis cannot make up by itself: a PNG file in base64, of 8 by 8 grey pixels."""

import base64
import struct
import zlib

import schemathesis
from hypothesis import strategies


def encode(pixels):
    """The text of an image of 64 bytes."""
    rows = b"".join(b"\0" + pixels[start : start + 8] for start in range(0, 64, 8))
    head = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 0)
    parts = {b"IHDR": head, b"IDAT": zlib.compress(rows), b"IEND": b""}
    chunks = [
        struct.pack(">I", len(part)) + kind + part + struct.pack(">I", zlib.crc32(kind + part))
        for kind, part in parts.items()
    ]
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode()


schemathesis.openapi.format("png-or-jpeg", strategies.binary(min_size=64, max_size=64).map(encode))
