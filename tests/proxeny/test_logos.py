"""A portal's logo: a picture beside the network file becomes a small one in the store; what is none is named."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from store import adverts
from store.session import engine, reading
from store.stills import LOGO, LOGO_WEIGHT
from tests.proxeny.installation import NETWORK, make

if TYPE_CHECKING:
    from pathlib import Path

    from tests.proxeny.installation import Installation

PORTAL = '\n[[plan]]\nname = "visitor"\n[[portal]]\nname = "city"\nplan = "visitor"\nlogo = "{}"\n'


@pytest.fixture
def here(tmp_path: Path) -> Installation:
    return make(tmp_path)


def drawn(kind: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.effect_noise((1200, 900), 90).convert("RGB").save(out, kind)
    return out.getvalue()


def test_a_picture_is_kept_small(here: Installation, tmp_path: Path) -> None:
    """Within its pixels and octets, named by digest in an export; the same file again changes nothing, nor does the export."""
    (tmp_path / "sign.png").write_bytes(drawn())
    assert 0 == here.apply(NETWORK + PORTAL.format("sign.png")).exit_code
    assert "No difference" in here.apply(NETWORK + PORTAL.format("sign.png")).output
    exported = here.run("export").output
    sha = exported.partition('logo = "')[2].partition('"')[0]
    assert 64 == len(sha)
    database = engine(f"sqlite:///{tmp_path}/var/proxeny.db")
    with reading(database) as session:
        kept = adverts.picture(session, sha)
    database.dispose()
    assert kept is not None
    assert len(kept.octets) <= LOGO_WEIGHT
    assert kept.width <= LOGO[0]
    assert kept.height <= LOGO[1]
    assert "No difference" in here.apply(NETWORK + PORTAL.format(sha)).output


@pytest.mark.parametrize(
    ("name", "octets", "said"),
    [
        ("none.png", None, "cannot be read"),
        ("sign.svg", b"<svg/>", "is not taken"),
        ("sign.gif", drawn("GIF"), "is not taken"),
    ],
)
def test_what_is_no_picture_is_named(here: Installation, tmp_path: Path, name: str, octets: bytes | None, said: str) -> None:
    """By the file's name, and nothing is applied."""
    if octets is not None:
        (tmp_path / name).write_bytes(octets)
    done = here.apply(NETWORK + PORTAL.format(name))
    assert 1 == done.exit_code
    assert said in done.output
