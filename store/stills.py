"""Pictures as they come in: decoded, cut, made small, encoded anew as WebP without a word of what a camera wrote into them.

What strangers send is decoded in a process of its own (portal/picture_press.py): this file loads nothing but Pillow. Whatever is
no JPEG, PNG or WebP by its octets is refused, whatever it is called; what follows a picture in the same file is never kept.
Never keeps an octet as it was sent, never more pixels than a page shows, and never a moving picture (WCAG 2.2, 2.2.2).
"""

from __future__ import annotations

import hashlib
import io
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS: Final = ("JPEG", "PNG", "WEBP")
LONGEST: Final = 10_000_000  # octets of a picture that is sent to us
PIXELS: Final = 24_000_000  # of it: decoded it takes three or four octets each
PIXELS_JPEG: Final = 64_000_000  # of a JPEG, which is decoded at a fraction of its size: what the newest phones make
LEAST: Final = 32  # pixels of either side
WIDEST, HIGHEST = 960, 600  # pixels of what we keep: a phone's 480 points, twice as fine
WEIGHT: Final = 40_000  # octets of what we keep: a page with one stays below 100 KB
LOGO: Final = (320, 160)  # pixels: shown at half of it at most, twice as fine
LOGO_WEIGHT: Final = 10_000  # octets
PLAIN: Final = 6.0  # levels of 255 that grey has to differ by: below it there is nothing to see
_QUALITIES: Final = (82, 68, 54, 40)
_SMALLER: Final = 0.8


class Flaw(StrEnum):
    """Why a picture is not taken."""

    HEAVY = "it has more than 10 MB"
    PIXELS = "it has more than 24 million pixels"
    SMALL = "it has fewer than 32 pixels on a side"
    TINY = "it has fewer than 160 pixels on a side"
    PLAIN = "it is of one colour, or nearly"
    MOVES = "it moves"
    DRAWN = "it is an SVG, which may hold scripts"
    PAGE = "it is a document, no picture"
    HEIC = "it is a HEIC"
    OTHER = "it is a picture of another form"
    UNREADABLE = "it is no JPEG, PNG or WebP that can be read"
    SLOW = "it takes too long to read"
    BUSY = "others are being read"


class PictureError(Exception):
    """It is no picture that we take; the text says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


class Prepared(NamedTuple):
    """A picture as it will be kept."""

    sha: str
    octets: bytes
    width: int
    height: int


class Cut(StrEnum):
    """What shape of it is kept."""

    WHOLE = "whole"
    WIDE = "wide"  # 2:1
    PHOTO = "photo"  # 4:3
    SQUARE = "square"


SIZES: Final = {Cut.WIDE: (WIDEST, WIDEST // 2), Cut.PHOTO: (HIGHEST * 4 // 3, HIGHEST), Cut.SQUARE: (HIGHEST, HIGHEST)}


def prepared(
    octets: bytes, size: tuple[int, int] = (WIDEST, HIGHEST), weight: int = WEIGHT, cut: Cut = Cut.WHOLE, least: int = LEAST
) -> Prepared:
    """The picture within so many pixels and octets; the same picture is the same again. PictureError where we do not take it.

    A cut keeps its middle.
    """
    return _kept(_decoded(octets, least, SIZES.get(cut)), size, weight, cut)


def logo(octets: bytes) -> Prepared:
    """The same of a portal's logo. PictureError where we do not take it."""
    return prepared(octets, LOGO, LOGO_WEIGHT)


def plain(picture: Prepared) -> bool:
    """Whether it is of one colour, or nearly: nobody sees anything in it."""
    from PIL import Image, ImageStat  # noqa: PLC0415  whoever only serves pictures decodes none

    with Image.open(io.BytesIO(picture.octets), formats=("WEBP",)) as image:
        return max(ImageStat.Stat(image.convert("RGB")).stddev) < PLAIN


def _kept(image: Image, size: tuple[int, int], weight: int, cut: Cut) -> Prepared:
    if cut in SIZES:
        size = SIZES[cut]
        image = _middle(image, *size)
    image.info.clear()  # comments, positions, colour profiles: whatever a version of Pillow may write again
    image.thumbnail(size)
    made = _encoded(image, weight)
    while len(made) > weight:
        image = image.resize((max(1, int(image.width * _SMALLER)), max(1, int(image.height * _SMALLER))))
        made = _encoded(image, weight)
    return Prepared(hashlib.sha256(made).hexdigest(), made, image.width, image.height)


def _middle(image: Image, across: int, down: int) -> Image:
    """The largest part of this shape around its middle."""
    width, height = min(image.width, image.height * across // down), min(image.height, image.width * down // across)
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + max(1, width), top + max(1, height)))


def _decoded(octets: bytes, least: int, shape: tuple[int, int] | None) -> Image:
    """Upright, one frame, red, green and blue; what is transparent is white. Of a shape that is kept no more than it has."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415  whoever only serves pictures decodes none

    if len(octets) > LONGEST:
        raise PictureError(Flaw.HEAVY)
    try:
        with Image.open(io.BytesIO(octets), formats=FORMATS) as image:
            _measure(image, least)
            image.draft("RGB", (WIDEST * 2, HIGHEST * 2))  # a large JPEG is decoded at a fraction of its size
            turned = image.getexif().get(_TURNED)  # before it is made small: that forgets it
            upright = _light(image, shape[::-1] if shape is not None and turned in _LYING else shape)
            if turned is not None:
                upright.getexif()[_TURNED] = turned
                ImageOps.exif_transpose(upright, in_place=True)
            return upright
    except Image.DecompressionBombError as fault:  # far more, and told before we could count
        raise PictureError(Flaw.PIXELS) from fault
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, OverflowError, MemoryError) as fault:
        raise PictureError(_named(octets)) from fault


_TURNED: Final = 0x0112  # how the camera was held (Exif)
_LYING: Final = (5, 6, 7, 8)


def _measure(image: Image, least: int) -> None:
    """PictureError where it is too large, too small, or moves: told by its head, before anything is decoded."""
    if image.width * image.height > (PIXELS if image.format in {"PNG", "WEBP"} else PIXELS_JPEG):
        raise PictureError(Flaw.PIXELS)
    if min(image.size) < least:
        raise PictureError(Flaw.SMALL if min(image.size) < LEAST else Flaw.TINY)
    # A JPEG with others behind it ("MPO") is how phones keep depth and light beside a photo: the first is the photo
    if image.format != "MPO" and getattr(image, "n_frames", 1) > 1:
        raise PictureError(Flaw.MOVES)


def _light(image: Image, shape: tuple[int, int] | None) -> Image:
    """In red, green and blue, at most twice as large as what is kept; over white."""
    from PIL import Image as Images  # noqa: PLC0415  see above

    if shape is not None:  # first: what is long would be made small by its length, of which nothing is kept
        image = _middle(image, *shape)
    if image.mode.startswith("I"):  # sixteen bits of grey, which `convert` would cut off at 255
        image.load()
        image = image.point(lambda level: level * (1 / 256)).convert("L")
    if not image.has_transparency_data:
        if image.mode not in {"RGB", "L"}:
            image = image.convert("RGB")
        image.thumbnail((WIDEST * 2, HIGHEST * 2))
        return image.convert("RGB")
    image = image.convert("RGBA")
    image.thumbnail((WIDEST * 2, HIGHEST * 2))
    ground = Images.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return ground.convert("RGB")


def _encoded(image: Image, weight: int) -> bytes:
    """The best of these qualities that is light enough, else the least."""
    made = b""
    for quality in _QUALITIES:
        out = io.BytesIO()
        image.save(out, "WEBP", quality=quality, method=4)
        made = out.getvalue()
        if len(made) <= weight:
            break
    return made


_BEGIN: Final = {  # how files of other forms begin: to say in words what was sent, never to take it
    b"GIF8": Flaw.OTHER,
    b"BM": Flaw.OTHER,
    b"II*\0": Flaw.OTHER,
    b"MM\0*": Flaw.OTHER,
    b"%PDF": Flaw.PAGE,
    b"PK\3\4": Flaw.PAGE,
    b"{\\rtf": Flaw.PAGE,
}
_HEIC: Final = (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif")
_HEAD: Final = 4_096  # octets that are looked through for what it is


def _named(octets: bytes) -> Flaw:
    """What it is that is none of ours."""
    head = octets[:_HEAD].lstrip().lower()
    if b"<svg" in head:
        return Flaw.DRAWN
    if head.startswith(b"<"):
        return Flaw.PAGE
    if octets[4:12] in _HEIC:
        return Flaw.HEIC
    return next((flaw for begin, flaw in _BEGIN.items() if octets.startswith(begin)), Flaw.UNREADABLE)
