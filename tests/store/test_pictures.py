"""store.pictures: what comes in is decoded, made small and encoded anew; what is no still picture is refused."""

from __future__ import annotations

import hashlib
import io
import random
import shutil
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from store.models import Media
from store.pictures import keep_picture
from store.session import engine, reading, transaction
from store.stills import HIGHEST, LONGEST, WEIGHT, WIDEST, PictureError
from tests.portal.shops import painted
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine


@pytest.fixture
def database(tmp_path: Path, shaped: Path) -> Iterator[Engine]:
    """SQLite alone: what is proven here is done before the database is asked."""
    shutil.copy(shaped, tmp_path / "proxeny.db")
    made = engine(f"sqlite:///{tmp_path}/proxeny.db")
    yield made
    made.dispose()


def kept(database: Engine, octets: bytes) -> Media:
    with transaction(database) as session:
        sha = keep_picture(session, octets, NOW)
    with reading(database) as session:
        found = session.get(Media, sha)
    assert found is not None
    return found


def looked_at(media: Media) -> Image.Image:
    return Image.open(io.BytesIO(media.octets), formats=("WEBP",))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_forms_come_in_and_one_is_kept(database: Engine, kind: str) -> None:
    """As WebP, named by its digest, with its size."""
    media = kept(database, painted((600, 400), kind))
    assert hashlib.sha256(media.octets).hexdigest() == media.sha
    assert ((600, 400), "WEBP") == (looked_at(media).size, looked_at(media).format)
    assert (600, 400) == (media.width, media.height)


@pytest.mark.parametrize("size", [(4_000, 3_000), (960, 600), (300, 5_000)])
def test_the_heaviest_is_light(database: Engine, size: tuple[int, int]) -> None:
    """Nothing but noise, which nothing compresses: within the weight and the size of a page, its shape kept."""
    media = kept(database, painted(size, "JPEG", noise=250))
    assert len(media.octets) <= WEIGHT
    assert media.width <= WIDEST
    assert media.height <= HIGHEST
    assert size[0] / size[1] == pytest.approx(media.width / media.height, rel=0.05)


def test_what_a_camera_wrote_is_gone(database: Engine) -> None:
    """Place, maker, comments, profile; and it stands upright as the camera meant."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x8825] = 6, "canary-maker", {1: "N", 2: (43.0, 35.0, 18.0)}
    media = kept(database, painted((480, 320), "JPEG", exif=exif, comment=b"canary-comment", icc_profile=b"canary-profile" * 20))
    assert (320, 480) == looked_at(media).size
    assert b"canary" not in media.octets
    assert {} == dict(looked_at(media).getexif())
    assert set() == {"icc_profile", "exif", "xmp"} & set(looked_at(media).info)


def test_what_is_transparent_is_white(database: Engine) -> None:
    """Not black, whatever colour hides behind."""
    out = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(out, "PNG")
    assert (255, 255, 255) == looked_at(kept(database, out.getvalue())).convert("RGB").getpixel((50, 50))


def test_the_same_twice_is_one(database: Engine) -> None:
    """One row."""
    assert kept(database, painted()).sha == kept(database, painted()).sha


def moving() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", (64, 64), colour) for colour in ("red", "blue")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:], duration=100)
    return out.getvalue()


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("P", (64, 64)).save(out, "GIF")
    return out.getvalue()


def bomb() -> bytes:
    out = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (b"", "can be read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "an SVG"),
        (gif(), "another form"),
        (painted()[:500], "can be read"),
        (moving(), "it moves"),
        (bomb, "million pixels"),  # drawn when its turn comes: every process collects it
        (painted((64, 8)), "fewer than 32"),
        (b"\0" * (LONGEST + 1), "more than 10 MB"),
    ],
    ids=["nothing", "svg", "gif", "cut off", "moving", "bomb", "thin", "long"],
)
def test_what_is_refused(database: Engine, octets: bytes | Callable[[], bytes], why: str) -> None:
    """With its reason, and nothing is kept."""
    with pytest.raises(PictureError, match=why), transaction(database) as session:
        keep_picture(session, octets() if callable(octets) else octets, NOW)
    with reading(database) as session:
        assert 0 == session.query(Media).count()


def test_octets_of_strangers(database: Engine) -> None:
    """A thousand spoiled pictures: each is kept or refused, and nothing else is raised."""
    chance = random.Random(8)
    whole = [painted((80, 60), kind) for kind in ("PNG", "JPEG", "WEBP")]
    for number in range(1_000):
        octets = bytearray(whole[number % 3])
        for _ in range(chance.randint(1, 12)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        with transaction(database) as session:
            try:
                keep_picture(session, bytes(octets[: chance.randint(20, len(octets)) if number % 5 == 0 else None]), NOW)
            except PictureError:
                continue
