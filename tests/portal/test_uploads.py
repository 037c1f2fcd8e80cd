"""Whatever is sent as a picture is refused in words, or made safe: in a process with bounds of time and memory, and without its files."""

from __future__ import annotations

import hashlib
import io
import resource
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from flask import g
from PIL import Image
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from portal import languages, picture_press
from portal.cases import pictures
from portal.picture_press import LOGOS, press, pressed
from store.models import AuditEntry, Campaign, Media, Picture
from store.session import reading
from store.stills import HIGHEST, LOGO_WEIGHT, WEIGHT, WIDEST, Cut, Flaw, PictureError, Prepared
from tests.portal.shoproom import A
from tests.portal.shops import painted
from tests.portal.uploads import CANARY, HEAVY, REFUSED, SAFE, drawn, saved, scans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.portal.shoproom import ShopRoom


def asked(name: str, octets: bytes, cut: Cut) -> Prepared:
    """Of a process where it may take much, or has a way of its own; in this one where it costs nothing: it does the same."""
    return (press if name in HEAVY else pressed)(octets, cut.value)


@pytest.mark.parametrize("name", SAFE)
def test_what_is_made_safe(name: str) -> None:
    """One still WebP of our own making, small in octets and pixels, without a word of what was in the file besides."""
    picture = asked(name, SAFE[name](), Cut.PHOTO)
    kept = Image.open(io.BytesIO(picture.octets))
    assert ("WEBP", "RGB", 1) == (kept.format, kept.mode, getattr(kept, "n_frames", 1))
    assert hashlib.sha256(picture.octets).hexdigest() == picture.sha
    assert kept.size == (picture.width, picture.height)
    assert len(picture.octets) <= WEIGHT
    assert (kept.width <= WIDEST, kept.height <= HIGHEST) == (True, True)
    assert ({}, set()) == (dict(kept.getexif()), {"exif", "icc_profile", "xmp"} & set(kept.info))
    assert CANARY[:6] not in picture.octets


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name: str) -> None:
    """With its reason, of which there is a sentence for whoever runs a shop."""
    make, flaw = REFUSED[name]
    with pytest.raises(PictureError) as told:
        asked(name, make(), Cut.WIDE)
    assert flaw == told.value.flaw.name


@pytest.mark.parametrize("bound", [{"SECONDS": 1}, {"MEMORY": 100 << 20}], ids=["time", "memory"])
def test_the_process_ends_at_its_bounds(monkeypatch: pytest.MonkeyPatch, bound: dict[str, int]) -> None:
    """A file of some kilobytes that takes minutes, or a picture that takes more memory than there is: too slow, and nobody else notices."""
    for key, value in bound.items():
        monkeypatch.setattr(picture_press, key, value)
    sent = scans() if "SECONDS" in bound else saved(drawn("RGB", (5_000, 4_000)), "PNG")
    with pytest.raises(PictureError) as told:
        press(sent, Cut.WIDE.value)
    assert told.value.flaw in {Flaw.SLOW, Flaw.UNREADABLE}
    monkeypatch.undo()
    assert (960, 480) == press(painted(), Cut.WIDE.value)[2:]


def test_the_clock_ends_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little it does meanwhile."""
    monkeypatch.setattr(picture_press, "PATIENCE", 0.0)
    with pytest.raises(PictureError, match="too long"):
        press(painted(), Cut.WIDE.value)


def test_nobody_waits_behind_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes when the room is full is told so at once."""
    monkeypatch.setattr(picture_press, "_room", threading.BoundedSemaphore(1))
    with picture_press._room, pytest.raises(PictureError) as told:
        press(painted(), Cut.WIDE.value)
    assert Flaw.BUSY is told.value.flaw
    assert (960, 480) == press(painted(), Cut.WIDE.value)[2:]


@pytest.mark.parametrize(
    ("cut", "size"),
    [("wide", (800, 400)), ("photo", (800, 600)), ("square", (600, 600)), (LOGOS, (160, 160))],
)
def test_a_picture_is_cut_around_its_middle(cut: str, size: tuple[int, int]) -> None:
    """To one of three shapes; a logo is only made small."""
    image = Image.new("RGB", (800, 800), "white")
    image.paste("black", (300, 300, 500, 500))
    picture = press(saved(image, "PNG"), cut)
    kept = Image.open(io.BytesIO(picture.octets)).convert("L")
    assert (size, True) == ((picture.width, picture.height), len(picture.octets) <= (LOGO_WEIGHT if cut == LOGOS else WEIGHT))
    centre, corner = kept.getpixel((size[0] // 2, size[1] // 2)), kept.getpixel((1, 1))
    assert (True, True) == (centre < 30, corner > 225)


def test_grey_of_sixteen_bits_is_grey() -> None:
    """Not white, as it is where its levels are cut off."""
    picture = press(saved(drawn("I;16").point(lambda level: level * 256), "PNG"), Cut.PHOTO.value)
    kept = Image.open(io.BytesIO(picture.octets)).convert("L")
    assert 100 < kept.getpixel((160, 120)) < 156


def test_every_flaw_has_its_words(shoproom: ShopRoom) -> None:
    """A sentence that says what to do, in both languages."""
    for language in languages.LANGUAGES:
        with shoproom.app.test_request_context():
            g.locale = languages.locale(language, "CA")
            said = [pictures.why(PictureError(flaw)) for flaw in Flaw]
        assert [] == [each for each in said if len(each) < 40 or not each.endswith((".", ")."))]


@contextmanager
def room_for(octets: int) -> Iterator[None]:
    """No file may be longer meanwhile: as on a full disk, a write fails, and SQLite says that the disk fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_without_room_nothing_is_half_kept(shoproom: ShopRoom) -> None:
    """Neither for what is sent nor for what would be kept: 503, in words that say what to do, and no row; with room it works."""
    photo = FileStorage(io.BytesIO(saved(Image.effect_noise((1_200, 900), 90), "PNG")), "a.png")
    advert = {"token": shoproom.token(), "title.en": "Bread"}
    upload, answers = encode_multipart({"token": advert["token"], "picture": photo}), []

    def both() -> list[int]:
        for path, (boundary, body) in ((f"/shops/{A}/media", upload), (f"/shops/{A}/adverts/new", encode_multipart(advert))):
            kind = f"multipart/form-data; boundary={boundary}"
            answers.append(shoproom.client().post(path, data=body, content_type=kind, base_url=shoproom.office.url))
        return [answer.status_code for answer in answers[-2:]]

    with room_for(1 << 14):
        assert [503, 503] == both()
    assert {("5", True)} == {(each.headers["Retry-After"], "all that you typed goes with it" in each.text) for each in answers}
    assert ["File too large", "disk I/O error"] == [line["why"] for line in shoproom.lines[-2:]]
    with reading(shoproom.database) as session:
        assert [0] * 4 == [session.scalar(select(func.count()).select_from(kind)) for kind in (Media, Picture, Campaign, AuditEntry)]
    assert [200, 303] == both()
