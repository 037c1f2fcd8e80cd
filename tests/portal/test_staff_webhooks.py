"""The pages of webhooks: made with a secret that is shown once, told apart by state, tried, replayed, and never a way inside."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal import hook_message, hook_words
from portal.cases import webhooks as cases
from store import events, hooks
from store.events import EventKind
from store.models import AuditEntry, Delivery, DeliveryState, Event, Role, Webhook
from store.session import reading, transaction

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

URL = "https://hooks.city.example/in/a-token-in-the-path"
FORM = {"name": "City dashboard", "url": URL, "event": ["alert.opened", "voucher.redeemed"]}


def made(room: Room, **changes) -> Webhook:
    """One, as the form makes it."""
    answer = room.post("/webhooks/new", **{**FORM, **changes})
    assert 200 == answer.status_code, answer.get_data(as_text=True)[:2000]
    with reading(room.database) as session:
        return session.scalars(select(Webhook).order_by(Webhook.id.desc()).limit(1)).one()


def happened(room: Room, *names: str, kind: EventKind = EventKind.ALERT_OPENED) -> list[int]:
    """Events of ours; the deliveries' numbers."""
    with transaction(room.database) as session:
        for name in names:
            events.emit(session, kind, name, {"rule": "home-dead"}, room.time)
        return list(session.scalars(select(Delivery.id).order_by(Delivery.id)))


def settled(room: Room, number: int, *, status: int | None, why: str = "") -> None:
    """As if it had been tried just now."""
    with transaction(room.database) as session:
        taken = hooks.take(session, number, room.time)
        assert taken is not None
        if status == 200:
            hooks.delivered(session, taken, 200, 12, room.time)
        else:
            taken.delivery.tries = hooks.TRIES
            session.flush()
            hooks.failed(session, taken, status, 12, why, room.time, 0.0)


def test_a_new_webhook_shows_its_secret_once(staffroom: Room) -> None:
    """The page after the form has it; no later page, no row and no audit entry does."""
    answer = staffroom.post("/webhooks/new", **FORM).get_data(as_text=True)
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", answer)[0]
    with reading(staffroom.database) as session:
        (hook,) = session.scalars(select(Webhook))
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.kind == "webhook"))
    assert hook_message.shown(staffroom.privacy.opened(hook.secret, "webhook", hook.id, "secret")) == secret
    assert (hook.name, hook.url, hook.events) == ("City dashboard", URL, ["voucher.redeemed", "alert.opened"])
    assert entry.fields["secret"] == [None, "set"]
    assert secret[6:] not in staffroom.page(f"/webhooks/{hook.id}") + staffroom.page(f"/webhooks/{hook.id}/edit")


def test_of_an_address_others_see_the_host_alone(staffroom: Room) -> None:
    """Its path is often a password: neither the pages of whoever may only look nor the audit log have it."""
    hook = made(staffroom)
    for path in ("/webhooks", f"/webhooks/{hook.id}", "/audit"):
        shown = staffroom.page(path, Role.AUDITOR)
        assert "a-token-in-the-path" not in shown
    assert "https://hooks.city.example/…" in staffroom.page(f"/webhooks/{hook.id}", Role.AUDITOR)
    with reading(staffroom.database) as session:
        assert "a-token" not in str([entry.fields for entry in session.scalars(select(AuditEntry))])


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"name": ""}, "Give it a name"),
        ({"name": "x" * 81}, "Give it a name"),
        ({"url": ""}, "Write a whole address"),
        ({"url": "http://hooks.city.example/"}, "Only https"),
        ({"url": "https://127.0.0.1/"}, "an address that is not the internet’s"),
        ({"url": "https://inside.city.example/"}, "an address that is not the internet’s"),
        ({"url": "https://nobody.example/"}, "No address was found"),
        ({"url": "https://0x7f.1/"}, "in its own form"),
        ({"event": []}, "Choose at least one event"),
        ({"event": ["alert.opened", "nonsense"]}, "Choose at least one event"),
        ({"event": ["ping"]}, "Choose at least one event"),
    ],
)
def test_what_cannot_stand_is_said_at_its_field_and_nothing_is_made(staffroom: Room, typed: dict, words: str) -> None:
    """What was typed is still there."""
    answer = staffroom.post("/webhooks/new", **{**FORM, **typed})
    assert (422, True) == (answer.status_code, words in answer.get_data(as_text=True))
    with reading(staffroom.database) as session:
        assert [] == session.scalars(select(Webhook)).all()


def test_two_of_one_name_and_more_than_there_may_be_are_refused(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Capitals make no other name."""
    hook = made(staffroom)
    assert "Another webhook has this name" in staffroom.post("/webhooks/new", **{**FORM, "name": "CITY Dashboard"}).get_data(as_text=True)
    assert 303 == staffroom.post(f"/webhooks/{hook.id}/edit", **{**FORM, "name": "CITY Dashboard"}).status_code
    monkeypatch.setattr(cases, "MOST", 1)
    assert "as many webhooks as there may be" in staffroom.post("/webhooks/new", **{**FORM, "name": "Other"}).get_data(as_text=True)


def test_a_new_secret_signs_beside_the_one_before_for_a_day(staffroom: Room) -> None:
    """Then alone."""
    hook = made(staffroom)
    answer = staffroom.post(f"/webhooks/{hook.id}/rotate").get_data(as_text=True)
    with reading(staffroom.database) as session:
        now = session.get_one(Webhook, hook.id)
    both = hook_message.secrets(staffroom.privacy, now, staffroom.time)
    assert hook_message.shown(both[0]) in answer
    assert both[1] == staffroom.privacy.opened(hook.secret, "webhook", hook.id, "secret")
    assert [both[0]] == hook_message.secrets(staffroom.privacy, now, staffroom.time + timedelta(hours=24))


def test_a_test_goes_to_its_page_and_a_paused_webhook_gets_none(staffroom: Room) -> None:
    """A ping, whatever the webhook asked for."""
    hook = made(staffroom)
    answer = staffroom.post(f"/webhooks/{hook.id}/test")
    with reading(staffroom.database) as session:
        (row,) = session.scalars(select(Delivery))
        assert "ping" == session.get_one(Event, row.event_id).kind
    assert answer.location.startswith(f"/webhooks/{hook.id}/deliveries/{row.id}?")
    assert "It goes out within seconds" in staffroom.page(f"/webhooks/{hook.id}/deliveries/{row.id}")
    staffroom.post(f"/webhooks/{hook.id}/pause")
    staffroom.post(f"/webhooks/{hook.id}/test")
    with reading(staffroom.database) as session:
        assert 1 == len(session.scalars(select(Delivery)).all())


def test_a_delivery_shows_what_was_sent_and_its_signature_holds(staffroom: Room) -> None:
    """The body octet for octet, the headers of the last try, and no secret."""
    hook = made(staffroom)
    (number,) = happened(staffroom, "06h0nobody000001")
    settled(staffroom, number, status=200)
    shown = staffroom.page(f"/webhooks/{hook.id}/deliveries/{number}")
    with reading(staffroom.database) as session:
        event = session.scalars(select(Event)).one()
    secret = staffroom.privacy.opened(hook.secret, "webhook", hook.id, "secret")
    expected = hook_message.headers(event, hook_message.body(event), staffroom.time, [secret])
    assert all(value.replace("+", "&#43;") in shown or value in shown for value in expected.values())
    assert hook_message.shown(secret) not in shown


def test_what_failed_is_replayed_once(staffroom: Room) -> None:
    """One by its own button; all of a week by another, but those that were told since."""
    hook = made(staffroom)
    first, second, third = happened(staffroom, "a", "b", "c")
    settled(staffroom, first, status=500, why="500")
    settled(staffroom, second, status=None, why="no answer in time")
    settled(staffroom, third, status=200)
    assert "no answer in time" in staffroom.page(f"/webhooks/{hook.id}/deliveries/{second}")
    answer = staffroom.post(f"/webhooks/{hook.id}/deliveries/{first}/replay")
    again = int(re.search(r"/deliveries/(\d+)\?", answer.location)[1])
    settled(staffroom, again, status=200)
    for _ in range(2):
        staffroom.post(f"/webhooks/{hook.id}/replay")
    with reading(staffroom.database) as session:
        rows = session.execute(
            select(Delivery.replay_of, Delivery.state).where(Delivery.replay_of.is_not(None)).order_by(Delivery.id)
        ).all()
    assert [tuple(row) for row in rows] == [(first, DeliveryState.DELIVERED), (second, DeliveryState.QUEUED)]


def test_one_that_was_stopped_says_why_and_is_resumed(staffroom: Room) -> None:
    """By a 410 at once."""
    hook = made(staffroom)
    (number,) = happened(staffroom, "a")
    settled(staffroom, number, status=410, why="410: it is gone for good")
    assert "answered 410" in staffroom.page(f"/webhooks/{hook.id}")
    assert "stopped" in staffroom.page("/webhooks")
    staffroom.post(f"/webhooks/{hook.id}/resume")
    with reading(staffroom.database) as session:
        row = session.get_one(Webhook, hook.id)
    assert (None, "", None) == (row.paused_at, row.why, row.failing_since)


def test_a_webhook_that_is_removed_takes_its_deliveries_along(staffroom: Room) -> None:
    """After a page that says how many wait."""
    hook = made(staffroom)
    happened(staffroom, "a", "b")
    assert "2 events wait for it" in staffroom.page(f"/webhooks/{hook.id}/remove")
    assert 303 == staffroom.post(f"/webhooks/{hook.id}/remove").status_code
    with reading(staffroom.database) as session:
        assert [] == session.scalars(select(Delivery)).all()
    assert 404 == staffroom.get(f"/webhooks/{hook.id}").status_code


def test_nothing_of_another_webhook_is_found_under_ones_name(staffroom: Room) -> None:
    """Nor by a number that nobody has, or no database could hold."""
    first, second = made(staffroom), made(staffroom, name="Other")
    number = happened(staffroom, "a")[0]
    with reading(staffroom.database) as session:
        mine, other = (first, second) if session.get_one(Delivery, number).webhook_id == first.id else (second, first)
    assert 200 == staffroom.get(f"/webhooks/{mine.id}/deliveries/{number}").status_code
    for path in (f"/webhooks/{other.id}/deliveries/{number}", f"/webhooks/{mine.id}/deliveries/{2**63}", "/webhooks/06h0nobody000009"):
        assert 404 == staffroom.get(path).status_code, path


@pytest.mark.parametrize("path", ["/webhooks/new", "/webhooks/{}/edit", "/webhooks/{}/rotate", "/webhooks/{}/remove"])
def test_what_is_dangerous_asks_who_is_there(staffroom: Room, path: str) -> None:
    """A proof that is older than minutes is not enough."""
    hook = made(staffroom)
    staffroom.time += timedelta(minutes=11)
    assert staffroom.post(path.format(hook.id), **FORM).location.startswith("/prove")


def test_every_event_has_words_and_an_example(staffroom: Room) -> None:
    """The form offers each but the ping."""
    assert list(EventKind) == list(hook_words.TITLES) == list(hook_words.EXAMPLES)
    shown = staffroom.page("/webhooks/new")
    assert [] == [kind for kind in EventKind if (f'value="{kind.value}"' in shown) != (kind is not EventKind.PING)]
