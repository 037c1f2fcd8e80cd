"""Pictures as they come in: decoded, made small, encoded anew as WebP without a word of what a camera wrote into them.

Never keeps an octet as it was sent, never more pixels than a page shows, and never a moving picture (WCAG 2.2, 2.2.2).
"""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING, Final, NamedTuple

from store.models import Media
from store.session import insert

if TYPE_CHECKING:
    from datetime import datetime

    from PIL.Image import Image
    from sqlalchemy.orm import Session

FORMATS: Final = ("JPEG", "PNG", "WEBP")
LONGEST: Final = 10_000_000  # octets of a picture that is sent to us
PIXELS: Final = 24_000_000  # of it: decoded it takes three or four octets each
LEAST: Final = 32  # pixels of either side
WIDEST, HIGHEST = 960, 600  # pixels of what we keep: a phone's 480 points, twice as fine
WEIGHT: Final = 40_000  # octets of what we keep: a page with one stays below 100 KB
LOGO: Final = (320, 160)  # pixels: shown at half of it at most, twice as fine
LOGO_WEIGHT: Final = 10_000  # octets
_QUALITIES: Final = (82, 68, 54, 40)
_TOO_MANY: Final = f"it has more than {PIXELS // 1_000_000} million pixels"
_SMALLER: Final = 0.8


class PictureError(Exception):
    """It is no picture that we take; the text says why."""


class Prepared(NamedTuple):
    """A picture as it will be kept."""

    sha: str
    octets: bytes
    width: int
    height: int


def prepared(octets: bytes, size: tuple[int, int] = (WIDEST, HIGHEST), weight: int = WEIGHT) -> Prepared:
    """The picture within so many pixels and octets; the same picture is the same again. PictureError where we do not take it."""
    image = _decoded(octets)
    image.info.clear()  # comments, positions, colour profiles: whatever a version of Pillow may write again
    image.thumbnail(size)
    made = _encoded(image, weight)
    while len(made) > weight:
        image = image.resize((max(1, int(image.width * _SMALLER)), max(1, int(image.height * _SMALLER))))
        made = _encoded(image, weight)
    return Prepared(hashlib.sha256(made).hexdigest(), made, image.width, image.height)


def logo(octets: bytes) -> Prepared:
    """The same of a portal's logo. PictureError where we do not take it."""
    return prepared(octets, LOGO, LOGO_WEIGHT)


def keep_picture(session: Session, octets: bytes, now: datetime) -> str:
    """Its digest once it is kept; whoever sends the same twice has it once. PictureError where we do not take it."""
    return keep(session, prepared(octets), now)


def keep(session: Session, picture: Prepared, now: datetime) -> str:
    """The same of one that is prepared."""
    row = insert(session, Media).values(**picture._asdict(), created_at=now)
    session.execute(row.on_conflict_do_nothing())
    return picture.sha


def _decoded(octets: bytes) -> Image:
    """Upright, one frame, red, green and blue; what is transparent is white."""
    from PIL import Image, ImageOps, UnidentifiedImageError  # noqa: PLC0415  whoever only serves pictures decodes none

    if len(octets) > LONGEST:
        raise PictureError(f"it has more than {LONGEST // 1_000_000} MB")
    try:
        with Image.open(io.BytesIO(octets), formats=FORMATS) as image:
            if image.width * image.height > PIXELS:
                raise PictureError(_TOO_MANY)
            if min(image.size) < LEAST:
                raise PictureError(f"it has fewer than {LEAST} pixels on a side")
            if getattr(image, "n_frames", 1) > 1:
                raise PictureError("it moves")
            image.draft("RGB", (WIDEST * 2, HIGHEST * 2))  # a large JPEG is decoded at a fraction of its size
            upright = ImageOps.exif_transpose(image)
            if not upright.has_transparency_data:
                return upright.convert("RGB")
            ground = Image.new("RGBA", upright.size, "white")
            ground.alpha_composite(upright.convert("RGBA"))
            return ground.convert("RGB")
    except Image.DecompressionBombError as fault:  # far more, and told before we could count
        raise PictureError(_TOO_MANY) from fault
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as fault:
        raise PictureError("it is no JPEG, PNG or WebP that can be read") from fault


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
