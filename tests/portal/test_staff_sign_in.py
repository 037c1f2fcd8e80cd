"""The way into the staff app: first steps by a link, password and second factor, out and in again, and what all refuse."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from store import guesses
from store.models import AuditEntry, Role, Staff
from store.session import reading, transaction
from tests.portal.softkey import SoftKey, text
from tests.portal.staffroom import URL
from tests.portal.visitor import PASSWORD, Visitor

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


pytestmark = pytest.mark.usefixtures("light")


@pytest.fixture
def visitor(staffroom: Room) -> Visitor:
    return Visitor(staffroom)


def entries(room: Room, *, name: str = "ops") -> list[tuple[str, str, Any]]:
    with reading(room.database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.kind == "staff").order_by(AuditEntry.id)).all()
    return [(row.actor, row.action, row.fields.get("by", ["", ""])[1]) for row in rows if row.object == name]


def person(room: Room) -> Staff:
    with reading(room.database) as session:
        return session.scalars(select(Staff).where(Staff.name == "ops")).one()


def test_first_run_to_codes_of_an_app(visitor: Visitor) -> None:
    """A link, a password, an app: signed in, ten recovery codes seen once; then out, and in again with the app's next code."""
    done = visitor.with_app()
    assert (200, 10) == (done.status_code, len(set(visitor.codes)))
    assert 200 == visitor.get("/me").status_code
    assert not any(code in visitor.page for code in visitor.codes)
    visitor.leave()
    assert "/sign-in" == visitor.get("/me").location.partition("?")[0]
    visitor.room.later(seconds=60)
    assert "/sign-in/second" == visitor.sign_in().location
    visitor.get("/sign-in/second")
    assert "/" == visitor.post("/sign-in/second", code=visitor.otp()).location
    assert 200 == visitor.get("/me").status_code
    said = [("ops", "sign-in", "one-time codes"), ("ops", "sign-out", ""), ("ops", "sign-in", "password and one-time code")]
    assert said == [each for each in entries(visitor.room) if each[1] in ("sign-in", "sign-out")]


def test_first_run_to_a_passkey(visitor: Visitor) -> None:
    """The same with a passkey, which then is both proofs by itself: no name, no password."""
    assert (200, 10) == (visitor.with_passkey().status_code, len(visitor.codes))
    visitor.leave()
    visitor.get("/sign-in")
    options = visitor.options("/sign-in/challenge")
    assert (["required"], "staff.city.example") == ([options["userVerification"]], options["rpId"])
    answer = visitor.post("/sign-in/passkey", credential=visitor.key.show(options), next="/me")
    assert (303, "/me") == (answer.status_code, answer.location)
    assert 200 == visitor.get("/me").status_code
    assert ("ops", "sign-in", "passkey") == entries(visitor.room)[-1]


def test_a_passkey_after_the_password(visitor: Visitor) -> None:
    """As a second factor: asked for by its name, and nobody else's will do."""
    visitor.with_passkey()
    visitor.leave()
    assert "/sign-in/second?next=%2Fme" == visitor.sign_in(next="/me").location
    visitor.get("/sign-in/second?next=/me")
    options = visitor.options("/sign-in/second/challenge")
    assert [text(visitor.key.name)] == [each["id"] for each in options["allowCredentials"]]
    stranger = SoftKey(URL, "staff.city.example", handle=visitor.key.handle)
    assert 403 == visitor.post("/sign-in/second/passkey", credential=stranger.show(options)).status_code
    assert "/me" == visitor.post("/sign-in/second/passkey", credential=visitor.key.show(options), next="/me").location


def test_a_recovery_code_lets_in_once(visitor: Visitor) -> None:
    """Whoever lost the app gets in, and the page says how many codes are left."""
    visitor.with_app()
    visitor.leave()
    visitor.sign_in()
    visitor.get("/sign-in/second")
    assert "/" == visitor.post("/sign-in/second", code=visitor.codes[3].lower()).location
    visitor.get("/me")
    assert "9 codes are left." in visitor.page
    visitor.leave()
    visitor.sign_in()
    visitor.get("/sign-in/second")
    assert 403 == visitor.post("/sign-in/second", code=visitor.codes[3]).status_code


def test_no_code_counts_twice(visitor: Visitor) -> None:
    """Whoever saw it being typed cannot use it."""
    visitor.with_app()
    code = visitor.otp()
    other = Visitor(visitor.room)
    other.sign_in()
    other.get("/sign-in/second")
    assert 403 == other.post("/sign-in/second", code=code).status_code


def test_a_link_is_used_up_by_whoever_is_done_and_by_nobody_else(visitor: Visitor) -> None:
    """Mail programs look at links; somebody may begin twice; afterwards it opens nothing."""
    with transaction(visitor.room.database) as session:
        from store.staff import invite

        link = "/setup/" + invite(session, "ops", Role.AUDITOR, visitor.room.time)[1]
    for _ in range(3):
        assert 200 == visitor.get(link).status_code
    assert "/setup" == visitor.post(link, password=PASSWORD, again=PASSWORD).location
    visitor.get("/setup")
    visitor.read_key()
    assert 403 == visitor.post("/setup", code="000000").status_code
    assert 200 == visitor.get(link).status_code
    visitor.get("/setup")
    assert 200 == visitor.post("/setup", code=visitor.otp()).status_code
    visitor.get("/me")
    assert [404, 404] == [visitor.get(link).status_code, visitor.post(link, password=PASSWORD, again=PASSWORD).status_code]


def test_who_sets_up_anew_lost_what_they_had(visitor: Visitor) -> None:
    """A new link: another password and app; the old ones, the old codes and every other browser are worth nothing."""
    visitor.with_app()
    old = Visitor(visitor.room, codes=visitor.codes, secret=visitor.secret)
    with transaction(visitor.room.database) as session:
        from store.staff import link as renew
        from store.staff import named

        own = named(session, "ops")
        assert own is not None
        link = "/setup/" + renew(session, own, visitor.room.time)
    visitor.room.later(minutes=2)
    new = Visitor(visitor.room)
    new.get(link)
    new.post(link, password="another four words", again="another four words")
    new.get("/setup")
    new.read_key()
    assert new.secret != old.secret
    assert 200 == new.post("/setup", code=new.otp()).status_code
    assert 303 == visitor.get("/me").status_code
    assert 403 == old.sign_in().status_code
    assert 303 == old.sign_in("another four words").status_code
    old.get("/sign-in/second")
    visitor.room.later(minutes=2)
    assert [403, 403] == [old.post("/sign-in/second", code=each).status_code for each in (old.otp(), old.codes[0])]


def test_a_password_alone_opens_nothing(visitor: Visitor) -> None:
    """Between the steps of the way in no page is open, and whoever never set up a second factor needs the link again."""
    visitor.begin()
    assert "/setup" == visitor.get("/me").location
    other = Visitor(visitor.room)
    answer = other.sign_in()
    assert (403, True) == (answer.status_code, "never set up" in other.page)
    visitor.get("/setup")
    visitor.read_key()
    visitor.post("/setup", code=visitor.otp())
    other.sign_in()
    for path in ("/me", "/setup", "/prove"):
        assert "/sign-in/second" == other.get(path).location, path
    other.get("/sign-in/second")
    assert "/sign-in/second" == other.post("/setup/skip").location


def test_the_demo_may_do_without(visitor: Visitor) -> None:
    """A second factor may be skipped in the demo, and nowhere else."""
    visitor.begin()
    visitor.get("/setup")
    assert ("Skip: this" in visitor.page, 403) == (False, visitor.post("/setup/skip").status_code)
    from dataclasses import replace

    visitor.room.office = replace(visitor.room.office, demo=True)
    visitor.room._app = None
    again = Visitor(visitor.room)
    again.begin("desk")
    again.get("/setup")
    assert "Skip: this" in again.page
    assert "/" == again.post("/setup/skip").location
    again.leave()
    assert "/" == again.sign_in(name="desk").location


@pytest.mark.parametrize(
    ("name", "password"),
    [("ops", "not the password"), ("OPS ", "x"), ("nobody", PASSWORD), ("", ""), ("é" * 300, "x" * 100_000)],
)
def test_who_is_refused_learns_nothing(visitor: Visitor, name: str, password: str) -> None:
    """The same status and the same words, whether the name is somebody's or not."""
    visitor.with_app()
    visitor.leave()
    answer = visitor.sign_in(password.encode("utf-8", "replace").decode(), name)
    assert (403, True) == (answer.status_code, "do not belong together" in visitor.page)
    assert "" == visitor.cookie()


def test_failures_are_audited_with_the_name_only_if_it_is_somebodys(visitor: Visitor) -> None:
    """People type their passwords into the wrong field."""
    visitor.with_app()
    visitor.leave()
    visitor.sign_in("wrong", "ops")
    visitor.sign_in("ops", "my secret password")
    assert ("somebody", "sign-in refused", "password") == entries(visitor.room)[-1]
    assert [("somebody", "sign-in refused", "password")] == entries(visitor.room, name="")
    with reading(visitor.room.database) as session:
        said = [str(row.__dict__) for row in session.scalars(select(AuditEntry))]
    assert not any("my secret" in each for each in said)
    assert not any("my secret" in str(line) for line in visitor.room.lines)


def test_guesses_wait_longer_and_longer_and_never_for_good(visitor: Visitor) -> None:
    """Five tries, then waits that grow to a quarter of an hour; the right password then gets in; a passkey is never kept waiting."""
    visitor.with_passkey()
    visitor.leave()
    assert [403] * 6 == [visitor.sign_in("wrong").status_code for _ in range(6)]
    answer = visitor.sign_in()
    assert (429, "15") == (answer.status_code, answer.headers["Retry-After"])
    visitor.get("/sign-in")
    credential = visitor.key.show(visitor.options("/sign-in/challenge"))
    assert 303 == visitor.post("/sign-in/passkey", credential=credential).status_code
    visitor.leave()
    for _ in range(12):
        visitor.room.later(minutes=15)
        assert 403 == visitor.sign_in("wrong").status_code
    assert 429 == visitor.sign_in().status_code
    visitor.room.later(seconds=guesses.STAFF[-1].total_seconds())
    assert "/sign-in/second" == visitor.sign_in().location


def test_a_stranger_keeps_nobody_waiting_where_they_were_signed_in_before(visitor: Visitor) -> None:
    """Whoever tries at a name all day waits themselves; its owner, in a browser of theirs, behind the same router, does not."""
    visitor.with_app()
    visitor.leave()
    stranger, other = Visitor(visitor.room), Visitor(visitor.room)
    assert [403] * 6 + [429] == [stranger.sign_in("wrong").status_code for _ in range(7)]
    other.begin("desk")
    other.get("/setup")
    other.read_key()
    other.post("/setup", code=other.otp())
    other.leave()
    marks = (
        "",
        ".",
        "0" * 32 + "." + "0" * 32,
        other.client.get_cookie("proxeny-staff-known", "staff.city.example").value,
        "\u2026.\u2026",
    )
    for mark in marks:
        stranger.client.set_cookie("proxeny-staff-known", mark, domain="staff.city.example")
        assert 429 == stranger.sign_in().status_code, mark
    assert 303 == visitor.sign_in().status_code
    visitor.get("/sign-in/second")
    visitor.room.later(minutes=1)
    assert "/" == visitor.post("/sign-in/second", code=visitor.otp()).location


def test_a_known_browser_guesses_no_more_than_others(visitor: Visitor) -> None:
    """Its mark opens nothing, and buys five tries of its own."""
    visitor.with_app()
    thief = Visitor(visitor.room)
    mark = visitor.client.get_cookie("proxeny-staff-known", "staff.city.example")
    assert mark is not None
    thief.client.set_cookie("proxeny-staff-known", mark.value, domain="staff.city.example")
    assert "/sign-in" == thief.get("/me").location.partition("?")[0]
    assert [403] * 6 + [429] == [thief.sign_in("wrong").status_code for _ in range(7)]


def test_names_that_nobody_has_are_counted_alike(visitor: Visitor) -> None:
    """Waiting tells nobody which names there are."""
    assert [403] * 6 + [429] == [visitor.sign_in("wrong", "nobody").status_code for _ in range(7)]


def test_an_address_that_tries_many_names_waits(visitor: Visitor) -> None:
    """One password for everybody: twenty tries are free, as an office behind one router may need them."""
    seen = [visitor.sign_in("Winter is coming", f"name{number}").status_code for number in range(22)]
    assert [403] * 21 + [429] == seen


def test_six_digits_are_not_guessed(visitor: Visitor) -> None:
    """Whoever has the password gets five tries, too, however often they sign in anew."""
    visitor.with_app()
    visitor.leave()
    seen = []
    for _ in range(7):
        visitor.sign_in()
        visitor.get("/sign-in/second")
        seen.append(visitor.post("/sign-in/second", code="000000").status_code)
    assert [403] * 6 + [429] == seen


def test_every_step_has_another_cookie(visitor: Visitor) -> None:
    """A cookie that was planted, or seen before, is worth nothing after the next step (ASVS 7.2.4)."""
    visitor.client.set_cookie("proxeny-staff", "planted" * 6, domain="staff.city.example")
    seen = ["planted" * 6]
    visitor.begin()
    seen.append(visitor.cookie())
    visitor.get("/setup")
    visitor.read_key()
    visitor.post("/setup", code=visitor.otp())
    seen.append(visitor.cookie())
    visitor.room.later(minutes=11)
    assert "/prove?next=%2Fme%2Fpassword" == visitor.get("/me/password").location
    visitor.get("/prove?next=/me/password")
    assert "/me/password" == visitor.post("/prove", password=PASSWORD, next="/me/password").location
    seen.append(visitor.cookie())
    assert 200 == visitor.get("/me/password").status_code
    assert 4 == len(set(seen))
    for old in seen[:-1]:
        thief = Visitor(visitor.room)
        thief.client.set_cookie("proxeny-staff", old, domain="staff.city.example")
        assert "/sign-in" == thief.get("/me").location.partition("?")[0]


def test_a_proof_prolongs_no_session(visitor: Visitor) -> None:
    """However often it is given: after twelve hours they sign in anew."""
    visitor.with_app()
    for _ in range(24):
        visitor.room.later(minutes=29)
        visitor.get("/prove")
        visitor.post("/prove", password=PASSWORD)
    assert 200 == visitor.get("/me").status_code
    visitor.room.later(minutes=29)
    assert 303 == visitor.get("/me").status_code


@pytest.mark.parametrize("role", [Role.BUSINESS_OWNER, Role.VENUE_STAFF])
def test_a_role_without_anything_here_does_not_come_in(visitor: Visitor, role: Role) -> None:
    """They are told what everybody is told."""
    visitor.with_app()
    visitor.leave()
    with transaction(visitor.room.database) as session:
        session.get_one(Staff, person(visitor.room).id).role = role
    assert 403 == visitor.sign_in().status_code


def test_the_disabled_are_out_at_once(visitor: Visitor) -> None:
    """By password, by passkey, and in the browser that they have open."""
    visitor.with_passkey()
    own = person(visitor.room).id
    with transaction(visitor.room.database) as session:
        from store.staff import disable

        disable(session, session.get_one(Staff, own), visitor.room.time)
    assert 303 == visitor.get("/me").status_code
    assert 403 == visitor.sign_in().status_code
    visitor.get("/sign-in")
    credential = visitor.key.show(visitor.options("/sign-in/challenge"))
    assert 403 == visitor.post("/sign-in/passkey", credential=credential).status_code


@pytest.mark.parametrize("onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nb: c"])
def test_next_leads_nowhere_else(visitor: Visitor, onward: str) -> None:
    """Signing in sends nobody to another site."""
    visitor.with_passkey()
    visitor.leave()
    visitor.get("/sign-in")
    credential = visitor.key.show(visitor.options("/sign-in/challenge"))
    assert "/" == visitor.post("/sign-in/passkey", credential=credential, next=onward).location


def test_a_setup_is_over_after_ten_minutes(visitor: Visitor) -> None:
    """A browser left alone between the steps is nobody's."""
    visitor.begin()
    visitor.room.later(seconds=timedelta(minutes=10).total_seconds())
    assert "/sign-in" == visitor.get("/setup").location.partition("?")[0]
