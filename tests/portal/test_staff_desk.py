"""The guest desk: what finds a guest, how they stand in plain words, what can be done, and what is refused and why."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from portal.cases import card
from portal.doors import Doors
from store import audit, crockford, grants, guesses, messages, minting, usage
from store.models import AuditEntry, Grant, Guess, Message, MessageKind, Order, PrivacyRequest, Role, Settled, Way
from store.session import reading, transaction
from tests.portal.helped import ADDRESS, HOUR, STATION, asked, challenge, library, row, stay
from tests.portal.test_staff_sessions import Nas
from tests.portal.test_staff_trace import accounting, keep

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

DESK = Role.HELP_DESK
WHY = "Ticket 4711: asked by telephone"


@pytest.fixture
def here(staffroom: Room) -> Room:
    return library(staffroom)


def found(room: Room, typed: str) -> str:
    """Where the box leads to."""
    answer = room.post("/desk", DESK, q=typed)
    return answer.location or str(answer.status_code)


def told(room: Room, name: str, role: Role = DESK) -> str:
    """How the guest stands: the sentence of the page's first box."""
    page = room.page(f"/desk/{name}", role)
    box = re.search(r'id="stand">(.*?)</div>', page, re.DOTALL)
    assert box is not None
    return re.sub(r"<[^>]+>", " ", box[1])


def voucher(room: Room) -> tuple[str, str]:
    """(id, code) of a voucher that nobody has used."""
    with transaction(room.database) as session:
        made, _ = minting.one(session, room.privacy, minting.Wanted("Desk", "visitor", 1, room.time + timedelta(days=7)), room.time)
        return made.id, crockford.readable(room.privacy.opened(made.code, "voucher", made.id, "code").decode())


@pytest.mark.parametrize("typed", [ADDRESS, "  Guest-017@Example.ORG ", STATION, "02005e000041", "support", "support lower"])
def test_a_whole_mark_finds_the_guest(here: Room, typed: str) -> None:
    """Address, support number and device, however typed. What was typed is in no address, no log line and no audit entry."""
    mine = stay(here)
    number = mine.support.lower().replace("-", " ")
    said = {"support": mine.support, "support lower": number}.get(typed, typed)
    where = found(here, said)
    assert where in (f"/desk/{mine.id}", f"/desk/{mine.account_id}")
    page = here.page(where, DESK)
    assert ("gu…@example.org" in page, ADDRESS in page, STATION in page) == (True, False, False)
    assert said.strip() not in repr(here.lines)
    with reading(here.database) as session:
        assert 0 == session.query(AuditEntry).count()


@pytest.mark.parametrize(
    "typed", ["guest-017", "@example.org", "guest-01@example.org", "K7Q", "02-00-5E", "5E-00-00-41", "x" * 300, "\x07", "%"]
)
def test_a_part_finds_nobody(here: Room, typed: str) -> None:
    """A fragment, or noise: the page says that it takes the whole of it."""
    stay(here)
    answer = here.post("/desk", DESK, q=typed)
    assert (404, True) == (answer.status_code, "a part finds nothing" in answer.get_data(as_text=True))
    assert 422 == here.post("/desk", DESK, q="").status_code


def test_a_code_and_a_number_find_who_has_no_account(here: Room) -> None:
    """A voucher that nobody used; a mobile number to which a code was sent."""
    name, code = voucher(here)
    assert f"/desk/{name}" == found(here, code.lower())
    assert "A voucher that nobody has used" in told(here, name)
    sent = asked(here, "+14165550123", way=Way.SMS)
    assert f"/desk/{sent}" == found(here, "416 555-0123")
    assert "Waits for a code" in told(here, sent)


def test_a_used_code_finds_its_guest(here: Room) -> None:
    """And tells of which batch it is."""
    from store import vouchers

    _name, code = voucher(here)
    with transaction(here.database) as session:
        done = vouchers.redeem(session, here.privacy, crockford.normal(code), here.privacy.device(STATION), {"visitor": 7200}, here.time)
        assert isinstance(done, vouchers.Redeemed)
    assert f"/desk/{done.account}" == found(here, code)
    page = here.page(f"/desk/{done.account}", DESK)
    assert ("Desk" in page, code in page) == (True, False)


@pytest.mark.parametrize(
    ("why", "says"),
    [("signed out", "Signed out by the guest"), ("denied", "said that it was not them"), ("ended by staff", "staff ended it")],
)
def test_an_end_says_whose_it_was(here: Room, why: str, says: str) -> None:
    """The guest's own, somebody else's at the address, or ours."""
    mine = stay(here)
    with transaction(here.database) as session:
        grants.revoke(session, session.get_one(Grant, mine.id), why, here.time)
    assert says in told(here, mine.id)


def test_how_a_stay_stands(here: Room) -> None:
    """Online until; today's data used up; over; never a word of more than is so."""
    mine = stay(here)
    assert "Online until 12:00" in told(here, mine.id).replace("\u202f", " ")
    with transaction(here.database) as session:
        session.get_one(Grant, mine.id).ends_at = here.time
    assert "Ended: the time is over" in told(here, mine.id)
    with transaction(here.database) as session:
        usage.spend(session, [(mine.account_id, here.time, 60, 10**9)], ZoneInfo("America/Toronto"))
    assert "Today’s data is used up" in told(here, mine.id)
    assert 409 == here.post(f"/desk/{mine.id}/extend", DESK).status_code


def test_a_plan_that_is_gone_allows_nothing(here: Room) -> None:
    """And the page says that it is the plan."""
    mine = stay(here)
    with transaction(here.database) as session:
        session.get_one(Grant, mine.id).plan = "gone"
    assert "The plan gone is not offered any more" in told(here, mine.id)
    assert 409 == here.post(f"/desk/{mine.id}/extend", DESK).status_code


def test_another_code_within_the_limits(here: Room) -> None:
    """Queued as the guest's own page would; not twice within half a minute, not more than three of one code."""
    sent = asked(here)
    answer = here.post(f"/desk/{sent}/resend", DESK)
    assert (429, True) == (answer.status_code, "One was sent a moment ago" in answer.get_data(as_text=True))
    here.later(seconds=31)
    assert "Another code is on its way" in here.page(here.post(f"/desk/{sent}/resend", DESK).location, DESK)
    with reading(here.database) as session:
        (queued,) = session.query(Message).filter_by(state="queued")
        assert (MessageKind.MAIL, "code", sent) == (queued.kind, queued.purpose, queued.challenge_id)
        (entry,) = session.query(AuditEntry)
        assert ("resend", "challenge", sent, {"sent": [1, 2], "way": [None, "email"]}) == (
            entry.action, entry.kind, entry.object, entry.fields
        )  # fmt: skip
    here.later(seconds=31)
    assert 303 == here.post(f"/desk/{sent}/resend", DESK).status_code
    here.later(seconds=31)
    assert 429 == here.post(f"/desk/{sent}/resend", DESK).status_code


def test_no_more_messages_than_a_day_has(here: Room) -> None:
    """Five to an address, whoever asks for them: the page says from when there may be another."""
    with transaction(here.database) as session:
        for _ in range(4):
            name = guesses.named(here.privacy, "sent address", here.privacy.account(Way.EMAIL, ADDRESS))
            guesses.taken(session, name, here.time, most=5, window=timedelta(days=1))
    sent = asked(here)
    here.later(minutes=1)
    answer = here.post(f"/desk/{sent}/resend", DESK)
    assert (429, True) == (answer.status_code, "so that nobody is flooded" in answer.get_data(as_text=True))
    with reading(here.database) as session:
        assert 0 == session.query(Message).count()


def test_why_no_code_is_sent(here: Room) -> None:
    """Answered, denied, or none: each says so, and queues nothing."""
    sent = asked(here, settled_at=here.time, outcome=Settled.CONFIRMED)
    here.later(minutes=1)
    for name, says in (
        (sent, "was typed already"),
        (stay(here, "", station="02-00-5E-00-00-42", way=Way.TERMS).id, "No code is waited for"),
    ):
        answer = here.post(f"/desk/{name}/resend", DESK)
        assert (409, True) == (answer.status_code, says in answer.get_data(as_text=True)), says


def test_without_a_mail_server_nothing_is_queued(staffroom: Room) -> None:
    """A message that nobody would send is not promised."""
    here = library(staffroom, MessageKind.SMS)
    sent = asked(here)
    here.later(minutes=1)
    answer = here.post(f"/desk/{sent}/resend", DESK)
    assert (409, True) == (answer.status_code, "Nobody here sends such messages" in answer.get_data(as_text=True))


def test_five_wrong_codes_block_until_somebody_helps(here: Room) -> None:
    """State first; another code replaces the dead one; unblocked, the same can be typed again, and what messages are counted by stays."""
    sent = asked(here, tries=5)
    here.later(minutes=1)
    assert "Blocked after wrong codes" in told(here, sent)
    counters = [guesses.named(here.privacy, "code device", here.privacy.device(STATION))]
    counters.append(guesses.named(here.privacy, "voucher device", here.privacy.device(STATION), b"192.0.2.1"))
    with transaction(here.database) as session:
        for name in counters:
            guesses.tried(session, name, here.time)
    assert "Unblocked" in here.page(here.post(f"/desk/{sent}/unblock", DESK).location, DESK)
    assert 0 == challenge(here, sent).tries
    with reading(here.database) as session:
        left = {each.name.rpartition(" ")[0] for each in session.query(Guess)}
        assert ({"sent device", "sent address"}, "unblock") == (left, session.query(AuditEntry).one().action)
    assert "Waits for a code" in told(here, sent)
    answer = here.post(f"/desk/{sent}/unblock", DESK)
    assert (409, True) == (answer.status_code, "nothing to lift" in answer.get_data(as_text=True))


def test_a_dead_code_is_replaced(here: Room) -> None:
    """Another challenge of the same address and device; the page of the old one tells of the new."""
    sent = asked(here, tries=5)
    here.later(minutes=1)
    assert 303 == here.post(f"/desk/{sent}/resend", DESK).status_code
    assert "Waits for a code" in told(here, sent)
    with reading(here.database) as session:
        assert [sent] != [each.challenge_id for each in session.query(Message)]


def test_who_types_vouchers_wrongly_is_seen_to_wait(here: Room) -> None:
    """By the device, wherever the tries came from."""
    mine = stay(here, "", way=Way.TERMS)
    with transaction(here.database) as session:
        grants.revoke(session, session.get_one(Grant, mine.id), "signed out", here.time)
        name = guesses.named(here.privacy, "voucher device", here.privacy.device(STATION), b"192.0.2.1")
        guesses.tried(session, name, here.time, free=0)
    assert "Blocked after wrong codes" in told(here, mine.id)
    assert 303 == here.post(f"/desk/{mine.id}/unblock", DESK).status_code
    assert "Signed out by the guest" in told(here, mine.id)


def test_a_card_that_was_mistyped_can_be_tried_again(here: Room) -> None:
    """By its number, which is in no address and no log."""
    with transaction(here.database) as session:
        for number in range(card.TRIES):
            card.counted(session, here.privacy, f"{number}".encode(), "21-2345 6789", here.time)
    page = here.post("/desk", DESK, q="212345 6789").get_data(as_text=True)
    assert "As a library card: too many wrong PINs" in page
    assert "can be tried again at once" in here.post("/desk/card", DESK, q="2123456789").get_data(as_text=True)
    assert 409 == here.post("/desk/card", DESK, q="2123456789").status_code
    with reading(here.database) as session:
        assert "6789" not in repr([(each.object, each.fields, each.reason) for each in session.query(AuditEntry)])


def test_an_hour_more(here: Room) -> None:
    """The stay ends an hour later, its gateway is asked, and whoever follows grants hears of it."""
    mine = stay(here)
    asked_of: list[Any] = []
    here.tools["guests"] = _orders(here, asked_of)
    assert "The stay lasts until 1:00" in here.page(here.post(f"/desk/{mine.id}/extend", DESK).location, DESK).replace("\u202f", " ")
    later = row(here, Grant, mine.id)
    assert (mine.ends_at + HOUR, True) == (later.ends_at, later.changed > mine.changed)
    assert [("limit", mine.id)] == asked_of
    with reading(here.database) as session:
        entry = session.query(AuditEntry).one()
        assert ("extend", "account", mine.account_id) == (entry.action, entry.kind, entry.object)
    assert "given more time" in here.page(f"/desk/{mine.id}", DESK)


def _orders(here: Room, into: list[Any]) -> Any:
    world = here.tools["guests"]()

    def order(_session: Any, kind: Any, about: Any, _now: Any) -> Order | None:
        into.append((kind.value, about.id))
        return None

    made = replace(world, order=order)
    return lambda: made


def test_a_guest_whose_address_is_not_proven_gets_no_hour(here: Room) -> None:
    """Another code, or a voucher: the page says which."""
    mine = stay(here, provisional=True)
    asked(here, grant=mine.id)
    assert "Provisional until" in told(here, mine.id)
    answer = here.post(f"/desk/{mine.id}/extend", DESK)
    assert (409, True) == (answer.status_code, "has yet to type the code" in answer.get_data(as_text=True))
    assert 'action="/desk' + f'/{mine.id}/extend"' not in here.page(f"/desk/{mine.id}", DESK)


def test_signed_out_with_the_gateways_answer(here: Room) -> None:
    """The stay has ended, the open session's gateway was asked, and what it said is on the page."""
    mine = stay(here)
    keep(here, accounting(here, grant_id=mine.id, realm=""))
    with Nas(here, "ACK") as nas:
        where = here.post(f"/desk/{mine.id}/sign-out", DESK).location
    page = here.page(where, DESK)
    assert (["revoke"], True) == (nas.kinds, "End the stay: ACK" in page)
    assert "ended by staff" == row(here, Grant, mine.id).why
    answer = here.post(f"/desk/{mine.id}/sign-out", DESK)
    assert (409, True) == (answer.status_code, "signs in anew" in answer.get_data(as_text=True))


def test_a_gateway_without_orders_is_not_said_to_have_heard(here: Room) -> None:
    """One that can be told of nothing during a session: the page says so, and promises no more."""
    world = _orders(here, [])()
    here.tools["guests"] = lambda: replace(world, doors=Doors())
    mine = stay(here)
    keep(here, accounting(here, grant_id=mine.id, realm=""))
    said = here.page(here.post(f"/desk/{mine.id}/extend", DESK).location, DESK)
    assert "Its gateway cannot be told meanwhile" in said
    assert "takes no such order" in here.page(here.post(f"/desk/{mine.id}/sign-out", DESK).location, DESK)


def test_an_address_is_revealed_for_a_reason_in_one_browser(here: Room) -> None:
    """For a quarter of an hour; the log has who and why, and the address under the account's own key."""
    mine = stay(here)
    assert 422 == here.post(f"/desk/{mine.id}/reveal", DESK, reason="no").status_code
    assert 303 == here.post(f"/desk/{mine.id}/reveal", DESK, reason=WHY).status_code
    assert ADDRESS in here.page(f"/desk/{mine.id}", DESK)
    assert ADDRESS not in here.page(f"/desk/{mine.id}", Role.CITY_ADMIN)
    with reading(here.database) as session:
        entry = session.query(AuditEntry).one()
        assert (WHY, mine.account_id, {"contact": ADDRESS}) == (entry.reason, entry.subject, audit.opened(session, here.privacy, entry))
        assert ADDRESS not in repr((entry.fields, entry.object))
    here.later(minutes=16)
    assert ADDRESS not in here.page(f"/desk/{mine.id}", DESK)


def test_a_privacy_request_is_taken_down(here: Room) -> None:
    """For an account without more ado; for whoever has none only with an address. Never a word of it in the log."""
    mine, other = stay(here), stay(here, "", station="02-00-5E-00-00-42", way=Way.TERMS)
    assert "It is to be answered by" in here.page(here.post(f"/desk/{mine.id}/request", DESK, kind="erase").location, DESK)
    assert "One request about their data is open" in here.page(f"/desk/{mine.id}", DESK)
    assert 422 == here.post(f"/desk/{other.id}/request", DESK, kind="access").status_code
    assert 303 == here.post(f"/desk/{other.id}/request", DESK, kind="access", contact="1 Main Street").status_code
    assert 400 == here.post(f"/desk/{other.id}/request", DESK, kind="everything").status_code
    with reading(here.database) as session:
        assert {mine.account_id, ""} == {each.account_id for each in session.query(PrivacyRequest)}
        assert "Main Street" not in repr([(each.fields, each.reason) for each in session.query(AuditEntry)])


def test_who_only_looks_gets_no_button(here: Room) -> None:
    """An auditor sees how the guest stands, and nothing that would change it."""
    mine = stay(here)
    page = here.page(f"/desk/{mine.id}", Role.AUDITOR)
    assert [] == [deed for deed in ("resend", "extend", "sign-out", "unblock", "request") if f"/desk/{mine.id}/{deed}" in page]
    assert 404 == here.get("/desk/06h0nobody000001", DESK).status_code


def test_a_message_under_way_is_one(here: Room) -> None:
    """What was queued before and is not sent yet is taken back: the newest code alone arrives."""
    sent = asked(here)
    here.later(seconds=31)
    here.post(f"/desk/{sent}/resend", DESK)
    here.later(seconds=31)
    here.post(f"/desk/{sent}/resend", DESK)
    with reading(here.database) as session:
        assert 1 == len(messages.waiting(session, (MessageKind.MAIL,), here.time))
