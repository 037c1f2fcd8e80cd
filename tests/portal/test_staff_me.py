"""/me and /prove: one's own sign-in changed after a fresh proof only, each change in the audit log, nobody else's ever touched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin import doorway
from store.models import AuditEntry, Passkey, Source, Staff, StaffSession
from store.session import reading, transaction
from tests.portal.softkey import SoftKey, text
from tests.portal.staffroom import URL
from tests.portal.visitor import PASSWORD, Visitor

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

pytestmark = pytest.mark.usefixtures("light")
FRESH = ("/me/password", "/me/app", "/me/passkey", "/me/codes")
OTHER = "another four random words"


@pytest.fixture
def visitor(staffroom: Room) -> Visitor:
    made = Visitor(staffroom)
    made.with_app()
    made.get("/me")
    return made


def changes(room: Room) -> list[str]:
    with reading(room.database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.action == "change").order_by(AuditEntry.id))
        return [name for row in rows for name in row.fields][3:]  # the first are of setting up


def add_passkey(visitor: Visitor, key: SoftKey, label: str = "Phone") -> int:
    visitor.get("/me/passkey")
    return visitor.post("/me/passkey", credential=key.make(visitor.options("/me/passkey/challenge")), label=label).status_code


def names(visitor: Visitor) -> list[str]:
    visitor.get("/me")
    return re.findall(r"Passkey: ([^<]+)<", visitor.page)


@pytest.mark.parametrize("path", FRESH)
def test_what_makes_a_way_in_asks_for_a_fresh_proof(visitor: Visitor, path: str) -> None:
    """Ten minutes after the last, both the form and what it sends; afterwards they are where they wanted to be."""
    visitor.room.later(seconds=601)
    assert "/prove?next=" in visitor.get(path).location
    assert "/prove?next=" in visitor.post(path).location
    visitor.get(f"/prove?next={path}")
    assert path == visitor.post("/prove", code=visitor.otp(), next=path).location
    assert 200 == visitor.get(path).status_code


def test_the_three_proofs(visitor: Visitor) -> None:
    """Password, one-time code, passkey; and none of them wrong."""
    key = visitor.key
    assert 303 == add_passkey(visitor, key)
    visitor.room.later(minutes=2)
    visitor.get("/prove?next=/me")
    wrong: list[dict[str, Any]] = [{}, {"password": ""}, {"password": PASSWORD + "x"}, {"code": "000000"}, {"code": visitor.codes[0]}]
    assert [422] * 5 == [visitor.post("/prove", **form).status_code for form in wrong]
    options = visitor.options("/prove/challenge")
    assert [text(key.name)] == [each["id"] for each in options["allowCredentials"]]
    assert 303 == visitor.post("/prove/passkey", credential=key.show(options), next="/me").status_code
    for form in ({"password": PASSWORD}, {"code": visitor.otp()}):
        visitor.get("/prove")
        assert 303 == visitor.post("/prove", **form).status_code
    visitor.get("/prove")
    assert (422, 422) == (visitor.post("/prove", code=visitor.otp()).status_code, visitor.post("/prove/passkey", credential="").status_code)


def test_a_stolen_browser_does_not_guess(visitor: Visitor) -> None:
    """Tries at /prove are counted with those at the sign-in page."""
    visitor.get("/prove")
    assert [422] * 6 + [429] == [visitor.post("/prove", password="wrong").status_code for _ in range(7)]


def test_a_new_password_signs_out_everywhere_else(visitor: Visitor) -> None:
    """The old one is worth nothing, nor is any cookie but this browser's new one."""
    other = Visitor(visitor.room, secret=visitor.secret)
    visitor.room.later(minutes=1)
    other.sign_in()
    other.get("/sign-in/second")
    other.post("/sign-in/second", code=other.otp())
    before = visitor.cookie()
    for again, why in (("x", "not the same"), ("short", "shorter")):
        visitor.get("/me/password")
        assert 422 == visitor.post("/me/password", password="short", again=again).status_code
        assert why in visitor.page
    visitor.get("/me/password")
    assert 303 == visitor.post("/me/password", password=OTHER, again=OTHER).status_code
    assert (200, 303) == (visitor.get("/me").status_code, other.get("/me").status_code)
    thief = Visitor(visitor.room)
    thief.client.set_cookie("proxeny-staff", before, domain="staff.city.example")
    assert 303 == thief.get("/me").status_code
    assert (403, 303) == (other.sign_in().status_code, other.sign_in(OTHER).status_code)
    assert ["password"] == changes(visitor.room)


def test_another_app(visitor: Visitor) -> None:
    """Offered anew each time, taken by a code of its own; the old one counts until then, and not afterwards."""
    old, first = visitor.secret, visitor.secret
    visitor.room.later(minutes=1)
    visitor.get("/me/app")
    visitor.read_key()
    assert first != visitor.secret
    assert 422 == visitor.post("/me/app", code="000000").status_code
    visitor.get("/me/app")
    assert 303 == visitor.post("/me/app", code=visitor.otp()).status_code
    new = visitor.secret
    visitor.room.later(minutes=1)
    visitor.secret = old
    visitor.get("/prove")
    assert 422 == visitor.post("/prove", code=visitor.otp()).status_code
    visitor.secret = new
    assert 303 == visitor.post("/prove", code=visitor.otp()).status_code
    visitor.get("/me/app")
    visitor.read_key()
    assert visitor.secret not in (old, new)


def test_the_last_second_factor_cannot_be_removed(visitor: Visitor) -> None:
    """An app, or a passkey: whichever it is."""
    assert 409 == visitor.post("/me/app/remove").status_code
    add_passkey(visitor, visitor.key)
    visitor.get("/me")
    assert 303 == visitor.post("/me/app/remove").status_code
    name = text(visitor.key.name)
    visitor.get("/me")
    assert "Remove this passkey?" not in visitor.page
    assert 409 == visitor.post(f"/me/passkeys/{name}/remove").status_code
    assert ["Phone"] == names(visitor)
    assert ["passkey", "one-time codes"] == changes(visitor.room)


def test_passkeys_are_added_renamed_and_removed(visitor: Visitor) -> None:
    """Each once; by the name that their owner gives, whatever it holds."""
    second = SoftKey(URL, "staff.city.example")
    assert [303, 303] == [add_passkey(visitor, visitor.key), add_passkey(visitor, second, "<script>")]
    assert 422 == add_passkey(visitor, second)
    visitor.get("/me")
    assert 303 == visitor.post(f"/me/passkeys/{text(second.name)}/rename", label="Key on my ring" + "!" * 100).status_code
    assert ["Phone", "Key on my ring" + "!" * 46] == sorted(names(visitor), reverse=True)
    assert 303 == visitor.post(f"/me/passkeys/{text(second.name)}/remove").status_code
    assert ["Phone"] == names(visitor)
    assert ["passkey"] * 4 == changes(visitor.room)


def test_nobody_elses(visitor: Visitor, staffroom: Room) -> None:
    """Another's passkey and browser are not found, whichever way they are named."""
    other = Visitor(staffroom)
    other.begin("desk")
    other.get("/setup")
    other.post("/setup/passkey", credential=other.key.make(other.options("/setup/challenge")))
    with reading(staffroom.database) as session:
        theirs = session.scalars(select(StaffSession.id).join(Staff).where(Staff.name == "desk")).one()
    add_passkey(visitor, visitor.key)
    visitor.get("/me")
    name = text(other.key.name)
    paths = [f"/me/passkeys/{name}/rename", f"/me/passkeys/{name}/remove", f"/me/browsers/{theirs}/end", "/me/passkeys/é/remove"]
    assert [404] * 4 == [visitor.post(path, label="mine").status_code for path in paths]
    assert 200 == other.get("/me").status_code
    with reading(staffroom.database) as session:
        assert "mine" not in session.scalars(select(Passkey.label)).all()


def test_new_recovery_codes_void_the_old(visitor: Visitor) -> None:
    """They are shown once, and the page after it says ten."""
    old = visitor.codes
    visitor.get("/me/codes")
    assert 200 == visitor.post("/me/codes").status_code
    assert (10, set()) == (len(visitor.codes), set(visitor.codes) & set(old))
    new = visitor.codes
    visitor.get("/me")
    assert (True, False) == ("10 codes are left." in visitor.page, new[0] in visitor.page)
    other = Visitor(visitor.room)
    other.sign_in()
    other.get("/sign-in/second")
    assert [403, 303] == [other.post("/sign-in/second", code=each[0]).status_code for each in (old, new)]


def test_browsers_are_listed_and_signed_out(visitor: Visitor) -> None:
    """One of them, then all of them, this one too."""
    other = Visitor(visitor.room, secret=visitor.secret)
    other.client.environ_base["HTTP_USER_AGENT"] = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
    visitor.room.later(minutes=1)
    other.sign_in()
    other.get("/sign-in/second")
    other.post("/sign-in/second", code=other.otp())
    visitor.get("/me")
    assert "Firefox · Linux" in visitor.page
    (theirs,) = [each for each in re.findall(r"/me/browsers/(\w{16})/end", visitor.page) if each != _own(visitor)]
    assert 303 == visitor.post(f"/me/browsers/{theirs}/end").status_code
    assert (303, 200) == (other.get("/me").status_code, visitor.get("/me").status_code)
    assert "/sign-in" == visitor.post("/me/browsers/end").location
    assert ("", 303) == (visitor.cookie(), visitor.get("/me").status_code)


def test_the_language_is_theirs_wherever_they_sign_in(visitor: Visitor) -> None:
    """And what is none is refused."""
    assert 303 == visitor.post("/me/language", language="fr").status_code
    assert 'lang="fr"' in visitor.get("/me").get_data(as_text=True)
    assert 400 == visitor.post("/me/language", language="xx").status_code
    assert 303 == visitor.post("/me/language", language="").status_code
    assert 'lang="en"' in visitor.get("/me").get_data(as_text=True)


def test_a_password_kept_elsewhere_is_not_changed_here(visitor: Visitor) -> None:
    """Whoever the directory vouches for is told where theirs is."""
    with transaction(visitor.room.database) as session:
        session.scalars(select(Staff).where(Staff.name == "ops")).one().source = Source.DIRECTORY
    visitor.get("/me")
    assert "directory or identity provider" in visitor.page
    assert [404, 404] == [visitor.get("/me/password").status_code, visitor.post("/me/password", password=OTHER, again=OTHER).status_code]


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel) AppleWebKit/537.36 Chrome/150.0 Mobile Safari/537.36", "Chrome · Android"),
        ("<script>", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_is_known_again(agent: str, said: str) -> None:
    """By its kind and system; nothing that it says of itself is shown."""
    assert said == doorway.browser(agent)


def _own(visitor: Visitor) -> str:
    from store.staff_sessions import digest

    with reading(visitor.room.database) as session:
        return session.get_one(StaffSession, digest(visitor.cookie())).id
