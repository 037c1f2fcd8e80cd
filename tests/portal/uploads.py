"""Pictures that somebody might send to do harm, or without knowing better: each by its name, made when it is asked for."""

from __future__ import annotations

import io
import struct
import zlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from tests.portal.shops import painted

if TYPE_CHECKING:
    from collections.abc import Callable

CANARY: Final = b"CANARY-43.6532N-79.3832W"
FRAMES: Final = 100_000
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_DOT: Final = zlib.compress(b"\0\0")


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """Of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def head(width: int, height: int, depth: int = 1, colour: int = 0) -> bytes:
    """A PNG's."""
    return _PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))


def saved(image: Image.Image, kind: str, **more: Any) -> bytes:
    """In this form."""
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def drawn(mode: str = "RGB", size: tuple[int, int] = (320, 240)) -> Image.Image:
    """Something to see, in any mode."""
    return Image.linear_gradient("L").resize(size).convert(mode)


@lru_cache(maxsize=1)
def packed() -> bytes:
    """512 MB of nothing."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()


def bloated(kind: bytes, before: bytes) -> bytes:
    """A picture with a chunk that unpacks to 512 MB."""
    whole = saved(drawn(), "PNG")
    return whole[:33] + chunk(kind, before + packed()) + whole[33:]


def overfull() -> bytes:
    """A small picture whose lines unpack to 512 MB."""
    return head(200, 200, 8) + chunk(b"IDAT", packed()) + chunk(b"IEND")


def moving_gif() -> bytes:
    """As many frames as a figure of six digits has."""
    screen = b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    frame = b"!\xf9\x04\0\x01\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0"
    return screen + frame * FRAMES + b";"


def moving_png() -> bytes:
    """The same, as APNG."""
    control = struct.pack(">IIIIHHBB", 200, 200, 0, 0, 1, 10, 0, 0)
    lines = zlib.compress(bytes(200 * 26))
    frames = (
        chunk(b"fcTL", struct.pack(">I", 2 * each + 1) + control) + chunk(b"fdAT", struct.pack(">I", 2 * each + 2) + _DOT)
        for each in range(FRAMES)
    )
    first = chunk(b"acTL", struct.pack(">II", FRAMES + 1, 0)) + chunk(b"fcTL", struct.pack(">I", 0) + control) + chunk(b"IDAT", lines)
    return head(200, 200) + first + b"".join(frames) + chunk(b"IEND")


def moving_webp() -> bytes:
    """The same, as WebP."""
    still = saved(Image.new("RGB", (2, 2)), "WEBP", lossless=True)[12:]
    size = (199).to_bytes(3, "little") * 2
    data = bytes(6) + (1).to_bytes(3, "little") * 2 + (100).to_bytes(3, "little") + b"\0" + still
    frames = (b"ANMF" + struct.pack("<I", len(data)) + data) * FRAMES
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size + b"ANIM" + struct.pack("<I", 6) + bytes(6) + frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def scans(size: tuple[int, int] = (6_000, 6_000), times: int = 3_000) -> bytes:
    """A progressive JPEG whose last refinement comes again and again: each time the whole picture is gone through."""
    whole = saved(Image.new("L", size, 90), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:-2] + whole[last:-2] * times + b"\xff\xd9"


def marked(kind: str) -> bytes:
    """With what a camera or a program writes: where it was taken, by whom, with what."""
    exif = Image.Exif()
    exif[0x010F] = CANARY.decode()
    exif[0x8825] = {1: "N", 2: (43.0, 39.0, 11.5), 3: "W", 4: (79.0, 22.0, 59.5), 29: CANARY.decode()}
    said: dict[str, Any] = {"exif": exif, "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + CANARY}
    if kind == "PNG":
        said["pnginfo"] = PngInfo()
        said["pnginfo"].add_text("Comment", CANARY.decode())
        said["pnginfo"].add_itxt("XML:com.adobe.xmp", CANARY.decode(), zip=True)
    elif kind == "JPEG":
        said["comment"] = CANARY
        said["xmp"] = b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    else:
        said["xmp"] = b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    return saved(drawn(), kind, **said)


def circling() -> bytes:
    """Exif whose directory names itself as the next one."""
    tiff = b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + struct.pack("<HHII", 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    return saved(drawn(), "JPEG", exif=b"Exif\0\0" + tiff)


def many(marker: bytes, count: int) -> bytes:
    """A JPEG with this segment so often."""
    whole = saved(drawn(), "JPEG")
    return whole[:2] + marker * count + whole[2:]


def beside(kind: str) -> bytes:
    """Two pictures in one file, as phones keep depth beside a photo."""
    return saved(drawn(), kind, save_all=True, append_images=[drawn("RGB", (160, 120))])


# What is made safe: a picture as we keep it comes of it
SAFE: Final[dict[str, Callable[[], bytes]]] = {
    "place in a JPEG": lambda: marked("JPEG"),
    "place in a PNG": lambda: marked("PNG"),
    "place in a WebP": lambda: marked("WEBP"),
    "Exif in a circle": circling,
    "page behind a JPEG": lambda: painted(kind="JPEG") + b"<html><script>alert('" + CANARY + b"')</script>",
    "program within a JPEG": lambda: painted(kind="JPEG", comment=b"*/=1;alert('" + CANARY + b"')/*"),
    "archive behind a PNG": lambda: painted() + b"PK\x03\x04" + CANARY,
    "document behind a WebP": lambda: painted(kind="WEBP") + b"%PDF-1.7\n" + CANARY,
    "segments without end": lambda: many(b"\xff\xfe\0\x02", 1_000_000),
    "large segments": lambda: many(b"\xff\xef\xff\xff" + bytes(65_533), 140),
    "texts without end": lambda: (whole := saved(drawn(), "PNG"))[:33] + chunk(b"tEXt", b"a\0b") * 100_000 + whole[33:],
    "inks (CMYK)": lambda: saved(drawn("CMYK"), "JPEG"),
    "sixteen bits": lambda: saved(drawn("I;16").point(lambda level: level * 256), "PNG"),
    "one bit": lambda: saved(drawn("1"), "PNG"),
    "palette with a hole": lambda: saved(drawn("P"), "PNG", transparency=0),
    "grey that one sees through": lambda: saved(drawn("LA"), "PNG"),
    "profile that is none": lambda: saved(drawn(), "JPEG", icc_profile=CANARY * 9_000),
    "photo with depth": lambda: beside("MPO"),
    "largest PNG": lambda: saved(drawn("RGBA", (6_000, 4_000)), "PNG", compress_level=1),
    "largest JPEG": lambda: saved(drawn("RGB", (8_160, 6_120)), "JPEG"),
    "very long": lambda: saved(drawn("RGB", (12_000, 160)), "PNG"),
}
# What is not: the name of the flaw
REFUSED: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "50,000 by 50,000": (lambda: head(50_000, 50_000) + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND"), "PIXELS"),
    "no end of pixels": (lambda: head(2**31 - 1, 2**31 - 1) + chunk(b"IDAT", _DOT) + chunk(b"IEND"), "PIXELS"),
    "largest sides of a JPEG": (lambda: sized(saved(drawn(), "JPEG"), 65_535, 65_535), "PIXELS"),
    "no pixels": (lambda: head(0, 0) + chunk(b"IDAT", _DOT) + chunk(b"IEND"), "UNREADABLE"),
    "sides below nothing": (lambda: head(2**32 - 1, 2**32 - 5) + chunk(b"IDAT", _DOT) + chunk(b"IEND"), "PIXELS"),
    "no height": (lambda: sized(saved(drawn(), "JPEG"), 0, 320), "UNREADABLE"),
    "lines that unpack to 512 MB": (overfull, "PLAIN"),
    "one colour": (lambda: saved(Image.new("RGB", (800, 800), "#ecb765"), "JPEG"), "PLAIN"),
    "white on nothing": (lambda: saved(Image.new("LA", (800, 800), (255, 0)), "PNG"), "PLAIN"),
    "stamp": (lambda: saved(drawn("RGB", (159, 900)), "JPEG"), "TINY"),
    "dot": (lambda: saved(drawn("RGB", (1, 1)), "PNG"), "SMALL"),
    "text that unpacks to 512 MB": (lambda: bloated(b"zTXt", b"a\0\0"), "UNREADABLE"),
    "profile that unpacks to 512 MB": (lambda: bloated(b"iCCP", b"a\0\0"), "UNREADABLE"),
    "100,000 frames (GIF)": (moving_gif, "OTHER"),
    "100,000 frames (APNG)": (moving_png, "MOVES"),
    "100,000 frames (WebP)": (moving_webp, "MOVES"),
    "SVG": (lambda: b"\xef\xbb\xbf<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "DRAWN"),
    "page": (lambda: b"<!doctype html><script>alert(1)</script>", "PAGE"),
    "PDF": (lambda: b"%PDF-1.7\n" + painted(kind="JPEG"), "PAGE"),
    "archive": (lambda: b"PK\x03\x04" + bytes(500), "PAGE"),
    "PostScript": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(/etc/passwd) (r) file", "UNREADABLE"),
    "HEIC": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500), "HEIC"),
    "AVIF": (lambda: b"\0\0\0\x20ftypavif" + bytes(500), "HEIC"),
    "GIF": (lambda: saved(drawn("P"), "GIF"), "OTHER"),
    "TIFF": (lambda: saved(drawn(), "TIFF"), "OTHER"),
    "BMP": (lambda: saved(drawn(), "BMP"), "OTHER"),
    "icon": (lambda: saved(drawn(), "ICO"), "UNREADABLE"),
    "JPEG 2000": (lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(500), "UNREADABLE"),
    "film": (lambda: b"\0\0\0\x20ftypisom" + bytes(500), "UNREADABLE"),
    "program": (lambda: b"\x7fELF" + bytes(500), "UNREADABLE"),
    "nothing": (lambda: b"", "UNREADABLE"),
    "NULs": (lambda: bytes(5_000), "UNREADABLE"),
    "half a JPEG": (lambda: (whole := painted(kind="JPEG", noise=40))[: len(whole) // 2], "UNREADABLE"),
    "half a PNG": (lambda: (whole := painted(noise=40))[: len(whole) // 2], "UNREADABLE"),
    "half a WebP": (lambda: (whole := painted(kind="WEBP", noise=40))[: len(whole) // 2], "UNREADABLE"),
    "head alone": (lambda: head(300, 300), "UNREADABLE"),
    "11 MB": (lambda: painted() + bytes(11_000_000), "HEAVY"),
}

# What would take much, or is a way out, where nothing bounded it
HEAVY: Final = {
    *(name for name in (*SAFE, *REFUSED) if "512 MB" in name or "frames" in name or "without end" in name or "largest" in name),
    *(
        "large segments",
        "Exif in a circle",
        "profile that is none",
        "very long",
        "50,000 by 50,000",
        "no end of pixels",
        "PostScript",
        "11 MB",
    ),
    *("place in a JPEG", "page", "half a WebP"),  # and some that are not: the answers come through
}


def sized(jpeg: bytes, height: int, width: int) -> bytes:
    """With these sides in its head."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]
