"""The preview of a portal: the guests' own page, inert, in a frame of ours alone; and the pictures that may become a logo."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from portal.admin.desk import counted
from portal.guest import preview as guests
from proxeny.web import Guests
from store import portal_versions as rows
from store.models import Grant, Media
from store.session import reading
from tests.portal.looking import looking
from tests.portal.portals import AT, form, live, publish, save, seen
from tests.portal.staffroom import URL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Route

    from tests.portal.staffroom import Room

PIXEL = (240, 120)


def drawn(kind: str, size: tuple[int, int] = PIXEL, **more: object) -> bytes:
    out = io.BytesIO()
    Image.linear_gradient("L").resize(size).convert("RGB").save(out, kind, **more)
    return out.getvalue()


def moving() -> bytes:
    out = io.BytesIO()
    frames = [Image.new("RGB", PIXEL, colour) for colour in ("red", "green")]
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    return out.getvalue()


def shot() -> bytes:
    """A photograph that says where it was taken."""
    told = Image.Exif()
    told[0x010E] = "CANARY-PLACE"
    return drawn("JPEG", exif=told)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG, which may hold scripts"),
        (drawn("GIF"), "a picture of another kind"),
        (lambda: drawn("PNG", (8_000, 8_000)), "24 million pixels"),  # drawn when its turn comes: every process collects it
        (moving(), "This picture moves"),
        (b"%PDF-1.7", "This is a document"),
        (drawn("PNG")[:200], "This file is damaged"),
        (drawn("PNG", (8, 8)), "at least 32 pixels"),
    ],
    ids=["svg", "gif", "bomb", "moving", "pdf", "half", "tiny"],
)
def test_what_is_no_logo_is_refused_in_words(staffroom: Room, octets: bytes | Callable[[], bytes], words: str) -> None:
    """Whatever its name and its type say; nothing is kept."""
    answer = save(staffroom, logo=(io.BytesIO(octets() if callable(octets) else octets), "logo.png", "image/png"))
    assert (422, True) == (answer.status_code, words in answer.get_data(as_text=True))
    with reading(staffroom.database) as session:
        assert (None, []) == (session.query(Media).first(), list(rows.history(session, "library")))


@pytest.mark.parametrize(
    "octets", [shot(), drawn("PNG") + b"<script>alert(1)</script>", drawn("WEBP")], ids=["camera", "two in one", "webp"]
)
def test_a_logo_is_made_anew(staffroom: Room, octets: bytes) -> None:
    """Small, WebP, without a word of what was in it besides; the editor shows it, and it stays until it is taken out."""
    assert 303 == save(staffroom, logo=(io.BytesIO(octets), "x.jpg", "image/jpeg")).status_code
    with reading(staffroom.database) as session:
        kept, sha = session.query(Media).one(), rows.newest(session, "library").fields["logo"]
    assert (kept.sha, b"RIFF", True) == (sha, kept.octets[:4], len(kept.octets) <= 10_000)
    assert (b"CANARY" in kept.octets, b"script" in kept.octets) == (False, False)
    answer = staffroom.get(f"/media/{sha}.webp")
    assert (200, "image/webp", kept.octets) == (answer.status_code, answer.mimetype, answer.data)
    save(staffroom, logo_kept=sha)
    save(staffroom, logo_kept=sha, logo_gone="on")
    save(staffroom, logo_kept="f" * 64)
    with reading(staffroom.database) as session:
        assert ["", "", sha, sha] == [row.fields.get("logo", "") for row in rows.history(session, "library")]


def test_a_preview_is_the_guests_page_of_what_is_typed(staffroom: Room) -> None:
    """Unsaved words in the language that was asked for; no row is written, and no draft."""
    typed = form(**{"welcome.fr": "Entrez\nIci on lit."}, show_language="fr", scheme="dark", site="central-library")
    text = staffroom.post(f"{AT}/preview", **typed, logo=(io.BytesIO(drawn("PNG")), "logo.png")).get_data(as_text=True)
    assert ("Entrez</h1>" in text, "Ici on lit." in text, 'lang="fr-CA"' in text, "color-scheme:dark" in text) == (True,) * 4
    shown = re.search(r'src="(/media/[0-9a-f]{64}\.webp)"', text)
    assert 200 == staffroom.get(shown[1]).status_code
    with reading(staffroom.database) as session:
        assert (None, None, []) == (session.query(Grant).first(), session.query(Media).first(), list(rows.history(session, "library")))


@pytest.mark.parametrize("sight", guests.SIGHTS)
def test_a_preview_is_inert_and_ours_alone(staffroom: Room, sight: str) -> None:
    """No link leads anywhere, no form may be sent, only our own pages may frame it, and its style is allowed by its hash."""
    save(staffroom, **{"way.voucher": "2", "privacy.en": "Never what you borrow."})
    answer = staffroom.get(f"{AT}/preview?sight={sight}")
    text, policy = answer.get_data(as_text=True), answer.headers["Content-Security-Policy"]
    assert {"#", "#content"} >= set(re.findall(r'(?:href|action)="([^"]*)"', text))
    assert {"form-action 'none'", "frame-ancestors 'self'", "default-src 'none'"} <= {each.strip() for each in policy.split(";")}
    assert ("SAMEORIGIN", True) == (answer.headers["X-Frame-Options"], "style-src 'sha256-" in policy)
    assert ("Never what you borrow." in text) == (sight == "privacy")
    assert "frame-src 'self'" in staffroom.get(AT).headers["Content-Security-Policy"]
    assert "frame-src" not in staffroom.get("/portals").headers["Content-Security-Policy"]


@pytest.mark.parametrize("said", ["sight=nothing", "version=99", "version=x"])
def test_a_preview_of_nothing_is_not_found(staffroom: Room, said: str) -> None:
    """A page, or a version, that there is not."""
    assert 404 == staffroom.get(f"{AT}/preview?{said}").status_code


def test_a_preview_of_what_cannot_stand_says_why(staffroom: Room) -> None:
    """In the frame, where the page would be."""
    answer = staffroom.post(f"{AT}/preview", **form(accent="#ffcc00"))
    assert (422, True) == (answer.status_code, "too light" in answer.get_data(as_text=True))
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]


def test_a_preview_costs_the_database_little(staffroom: Room) -> None:
    """The network is read once; then a few statements, whatever is shown."""
    staffroom.page(f"{AT}/preview")
    with counted(staffroom.database) as asked:
        staffroom.page(f"{AT}/preview?site=central-library")
    assert 12 >= len(asked)


def test_guests_see_what_was_published_at_their_apps_next_look(staffroom: Room) -> None:
    """The guests' own app, over the same database: before publishing the old words, one look after it the new."""
    settings = staffroom.desk.tools["settings"]()
    pages = Guests(settings.model_copy(update={"database": settings.database.model_copy(update={"url": str(staffroom.database.url)})}))
    pages.look()
    save(staffroom, **{"terms.en": "Be kind to the books."})
    pages.look()
    words = [next(iter(pages._doors.by_key.values())).words.terms]
    publish(staffroom)
    pages.look()
    words.append(next(iter(pages._doors.by_key.values())).words.terms)
    assert [{}, {"en": "Be kind to the books."}] == words
    assert {"en": "Be kind to the books."} == live(staffroom).terms


@pytest.mark.peer("chromium")
def test_a_browser_shows_the_preview_in_its_frame_and_presses_nothing(staffroom: Room, tmp_path: Path) -> None:
    """Under the policies as they are: the frame has its style, shows what is typed and not saved, and its button does nothing."""
    base = seen(staffroom)
    with looking(tmp_path, staffroom, bypass_csp=False, java_script_enabled=False) as looks:
        asked = []

        def answer(route: Route) -> None:
            request = route.request
            asked.append((request.method, request.url.removeprefix(URL)))
            said = staffroom.client().open(
                request.url.removeprefix(URL), method=request.method, base_url=URL, data=request.post_data_buffer,
                headers={name: value for name, value in request.headers.items() if name in ("content-type", "origin", "accept-language")},
            )  # fmt: skip
            headers = {name: value for name, value in said.headers.items() if name.lower() != "set-cookie"}
            route.fulfill(status=said.status_code, headers=headers, body=said.data)

        tab = looks.tab
        tab.route("**/*", answer)
        tab.goto(URL + AT)
        tab.locator("#welcome-en").fill("Typed just now\nand not saved.")
        tab.get_by_role("button", name="Show").click()
        inner = tab.frame_locator("iframe")
        inner.get_by_role("heading", name="Typed just now").wait_for()
        button = inner.get_by_role("button", name="Connect")
        ground = button.evaluate("each => getComputedStyle(each).backgroundColor")
        before = len(asked)
        button.click()
        assert ("rgb(12, 107, 98)", before) == (ground, len(asked))
    with reading(staffroom.database) as session:
        assert [] == list(rows.history(session, "library"))
    assert base == seen(staffroom)
