"""A picture that a shop sends: made safe in a process of its own, kept for that shop, and why it was not taken, in words.

First `look` (it may take seconds: never inside a transaction), then `take` in the one that saves the form. Nobody but the shop and
whoever reviews it is shown the picture until it is approved (store/versions.py). Never says what another shop has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask_babel import lazy_gettext as later

from portal.picture_press import LOGOS, TINY
from portal.picture_press import press as pressed_apart
from store import pictures
from store.stills import LEAST, LONGEST, Cut, Flaw, PictureError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session
    from werkzeug.datastructures import FileStorage

    from store.models import Media
    from store.stills import Prepared

    Press = Callable[[bytes, str], Prepared]

CROPS: Final = {  # what a form offers; the first is chosen where nothing is said
    Cut.WIDE.value: later("Wide (2 to 1)"),
    Cut.PHOTO.value: later("Photo (4 to 3)"),
    Cut.SQUARE.value: later("Square"),
}
ACCEPT: Final = "image/jpeg,image/png,image/webp"  # of the field: a phone then gives a JPEG of whatever it keeps itself
_WHY: Final = {
    Flaw.HEAVY: later("This file has more than 10 MB. Send the photo in a smaller size; phones offer that when you share it."),
    Flaw.PIXELS: later("This picture has more than 24 million pixels. Save it smaller (2000 pixels wide is plenty) and send that."),
    Flaw.SMALL: later("This picture is too small: it would be blurred. Each side needs at least %(least)s pixels.", least=LEAST),
    Flaw.TINY: later("This picture is too small: it would be blurred. Each side needs at least %(least)s pixels.", least=TINY),
    Flaw.PLAIN: later("This picture is of one colour, or nearly: guests would see nothing in it. Choose one with light and dark in it."),
    Flaw.MOVES: later("This picture moves, which disturbs people who read. Send one that stands still."),
    Flaw.DRAWN: later("This is an SVG, which may hold scripts. Save it as PNG and send that."),
    Flaw.PAGE: later("This is a document, not a picture. Send a photo, or save the page as a picture (JPEG or PNG)."),
    Flaw.HEIC: later("This is a HEIC photo. Save or share it as JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)."),
    Flaw.OTHER: later("This is a picture of another kind. Save it as JPEG, PNG or WebP and send that."),
    Flaw.UNREADABLE: later("This file is damaged, or no picture. Send a JPEG, PNG or WebP; a new photo will do."),
    Flaw.SLOW: later("This picture takes too long to read. Take a screenshot of it, or save it anew, and send that."),
    Flaw.BUSY: later("Many pictures are being read just now. Try again in a minute; everything else that you typed is kept."),
}
HEAVIEST: Final = LONGEST  # octets; a form says before it is sent that it holds more
HEAVY: Final = _WHY[Flaw.HEAVY]


def look(octets: bytes, crop: str, press: Press = pressed_apart) -> Prepared:
    """The picture as it would be kept, cut to one of CROPS; PictureError where it is not taken. Seconds: hold no transaction."""
    return press(octets, crop if crop in CROPS or crop == LOGOS else Cut.WIDE.value)


def sent(file: FileStorage | None, crop: str, press: Press = pressed_apart) -> Prepared | str | None:
    """The same of a form's field: why it is not taken, for the form; None where no file was chosen. Its name is never looked at."""
    if file is None or not (octets := file.read()):
        return None if file is None or not file.filename else why(PictureError(Flaw.UNREADABLE))
    try:
        return look(octets, crop, press)
    except PictureError as fault:
        return why(fault)


def why(fault: PictureError) -> str:
    """In words for whoever runs a shop."""
    return str(_WHY[fault.flaw])


def take(session: Session, business_id: str, picture: Prepared, now: datetime) -> str:
    """Its digest, once it is this shop's."""
    return pictures.keep_for(session, business_id, picture, now)


def shown(session: Session, business_id: str, sha: str) -> Media | None:
    """A picture that this shop sent, published or not; another shop's is none."""
    return pictures.of_shop(session, business_id, sha)
