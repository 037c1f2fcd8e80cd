"""Messages: queued once, taken by one, put off, settled, and then forgotten."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from store import messages
from store.messages import Content
from store.models import Message, MessageKind, MessageState
from store.privacy import Privacy, privacy
from store.session import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

NOW = datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)
TO = "guest-017@example.org"
WORDS = Content("Your code is 482 913.", "Your code", "<p>482 913</p>")


@pytest.fixture
def marks(database: Engine, seal: Seal) -> Privacy:
    with transaction(database) as session:
        return privacy(session, seal, NOW)


def queued(
    database: Engine,
    marks: Privacy,
    *,
    to: str = TO,
    key: str | None = None,
    kind: MessageKind = MessageKind.MAIL,
    now: datetime = NOW,
    challenge: str = "",
) -> int:
    with transaction(database) as session:
        row = messages.queue(
            session,
            marks,
            kind,
            to,
            WORDS,
            purpose="code",
            language="en",
            expires_at=now + timedelta(minutes=15),
            now=now,
            key=key,
            challenge=challenge,
        )
        return row.id


def taken(database: Engine, marks: Privacy, message: int, now: datetime = NOW) -> messages.Letter | None:
    with transaction(database) as session:
        return messages.take(session, marks, message, now)


def row(database: Engine, message: int) -> Message:
    with reading(database) as session:
        return session.get_one(Message, message)


def found(database: Engine, now: datetime = NOW, *kinds: MessageKind) -> list[int]:
    with reading(database) as session:
        return [each.message for each in messages.waiting(session, kinds or tuple(MessageKind), now)]


def test_what_is_queued_is_taken_whole(database: Engine, marks: Privacy) -> None:
    """The one who takes it reads what was queued, and what lies in the database is sealed."""
    message = queued(database, marks)
    kept = row(database, message)
    assert kept.to
    assert kept.content
    assert (False, False) == (TO.encode() in kept.to, b"482" in kept.content)
    assert messages.Letter(message, MessageKind.MAIL, "code", "en", TO, WORDS, 1, NOW) == taken(database, marks, message)


def test_a_key_is_queued_once(database: Engine, marks: Privacy) -> None:
    """The second time the first one is the answer, sent or not; without a key each is another."""
    first = queued(database, marks, key="challenge-1")
    assert first == queued(database, marks, key="challenge-1", to="guest-018@example.org")
    assert first != queued(database, marks)
    assert first != queued(database, marks)
    with transaction(database) as session:
        messages.settle(session, first, sent=True, outcome="250", now=NOW)
    assert first == queued(database, marks, key="challenge-1")
    assert MessageState.SENT is row(database, first).state


def test_two_who_queue_one_key_at_once_send_it_once(database: Engine, marks: Privacy) -> None:
    """Eight threads, one row."""
    got: list[int] = []
    line = threading.Barrier(8)

    def put() -> None:
        line.wait()
        got.append(queued(database, marks, key="challenge-1"))

    threads = [threading.Thread(target=put) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (8, 1) == (len(got), len(set(got)))
    assert [got[0]] == found(database)


def test_one_of_many_has_it(database: Engine, marks: Privacy) -> None:
    """Eight threads at one message: one gets it, and nobody else finds it until the lease ends."""
    message = queued(database, marks)
    got: list[messages.Letter] = []
    line = threading.Barrier(8)

    def take() -> None:
        line.wait()
        if (letter := taken(database, marks, message)) is not None:
            got.append(letter)

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [1] == [letter.tries for letter in got]
    assert ([], [message]) == (found(database), found(database, NOW + messages.LEASE + timedelta(seconds=1)))


def test_only_the_kinds_that_somebody_sends(database: Engine, marks: Privacy) -> None:
    """Without [sms] no SMS is found; the oldest comes first."""
    mail, text, again = queued(database, marks), queued(database, marks, kind=MessageKind.SMS, to="+14165550123"), queued(database, marks)
    assert [mail, text, again] == found(database)
    assert [mail, again] == found(database, NOW, MessageKind.MAIL)


def test_a_try_is_put_off_longer_each_time(database: Engine, marks: Privacy) -> None:
    """2 s, 4 s, 8 s, and a minute at most; nobody takes it before."""
    message, now, waited = queued(database, marks), NOW, []
    for _ in range(7):
        letter = taken(database, marks, message, now)
        assert letter is not None
        with transaction(database) as session:
            assert messages.put_off(session, letter, "451 later", now)
        until = row(database, message).leased_until
        assert until is not None
        waited.append((until - now).total_seconds())
        assert [] == found(database, until)
        now = until + timedelta(milliseconds=1)
    assert [2, 4, 8, 16, 32, 60, 60] == waited
    assert "451 later" == row(database, message).outcome


def test_who_was_too_slow_puts_nothing_off(database: Engine, marks: Privacy) -> None:
    """Whoever took it over meanwhile keeps it; but that it was sent is true whoever says so."""
    message = queued(database, marks)
    slow = taken(database, marks, message)
    later = NOW + messages.LEASE + timedelta(seconds=1)
    assert slow is not None
    assert taken(database, marks, message, later) is not None
    with transaction(database) as session:
        assert not messages.put_off(session, slow, "too late", later)
        assert messages.settle(session, message, sent=True, outcome="250 OK", now=later)
        assert not messages.settle(session, message, sent=False, outcome="550", now=later)


@pytest.mark.parametrize(("sent", "state"), [(True, MessageState.SENT), (False, MessageState.FAILED)])
def test_what_is_settled_is_forgotten(database: Engine, marks: Privacy, sent: bool, state: MessageState) -> None:
    """The words and the address go; the answer, and the hash that is counted by, stay."""
    message = queued(database, marks)
    taken(database, marks, message)
    with transaction(database) as session:
        messages.settle(session, message, sent=sent, outcome="said so", now=SOON)
    kept = row(database, message)
    assert (state, None, None, "said so", SOON) == (kept.state, kept.to, kept.content, kept.outcome, kept.settled_at)
    assert messages.hashed(marks, MessageKind.MAIL, TO) == kept.to_hash
    assert [] == found(database, NOW)


def test_what_is_too_old_is_not_sent(database: Engine, marks: Privacy) -> None:
    """It expires and is forgotten; one that somebody is sending is left to them until their lease ends."""
    old, held = queued(database, marks), queued(database, marks)
    just = SOON - timedelta(seconds=1)
    assert taken(database, marks, held, just) is not None
    assert [] == found(database, SOON)
    with transaction(database) as session:
        assert [old] == messages.give_up(session, SOON)
        assert [] == messages.give_up(session, SOON)
        assert [held] == messages.give_up(session, just + messages.LEASE + timedelta(seconds=1))
    kept = row(database, old)
    assert (MessageState.EXPIRED, None, None) == (kept.state, kept.to, kept.content)


def test_what_was_tried_too_often_is_given_up(database: Engine, marks: Privacy) -> None:
    """However late it expires."""
    message = queued(database, marks)
    with transaction(database) as session:
        session.get_one(Message, message).tries = messages.TRIES
    assert [] == found(database)
    with transaction(database) as session:
        assert [message] == messages.give_up(session, NOW)


def test_what_a_newer_one_replaced_is_withdrawn(database: Engine, marks: Privacy) -> None:
    """Unless somebody is sending it already."""
    one, two, other = (queued(database, marks, challenge=name) for name in ("c1", "c1", "c2"))
    taken(database, marks, two)
    with transaction(database) as session:
        assert [one] == messages.withdraw(session, "c1", NOW)
    assert [other] == found(database)


def test_a_days_sum_is_counted_up_to_its_cap(database: Engine, marks: Privacy) -> None:
    """What was sent, of one kind; no further than anybody asks."""
    rows = [queued(database, marks, kind=MessageKind.SMS, to=f"+1416555010{number}") for number in range(6)]
    with transaction(database) as session:
        for each in rows:
            messages.settle(session, each, sent=each != rows[-1], outcome="", now=NOW)
    with reading(database) as session:
        assert (5, 3, 0, 0) == (
            messages.sent_of(session, MessageKind.SMS, NOW - messages.DAY, 100),
            messages.sent_of(session, MessageKind.SMS, NOW - messages.DAY, 3),
            messages.sent_of(session, MessageKind.SMS, NOW + messages.DAY, 100),
            messages.sent_of(session, MessageKind.MAIL, NOW - messages.DAY, 100),
        )


def test_one_kind_that_waits_hides_no_other(database: Engine, marks: Privacy) -> None:
    """However many SMS wait for a gateway that is dead, the mail behind them is found."""
    for number in range(70):
        queued(database, marks, kind=MessageKind.SMS, to=f"+141655501{number:02}")
    mail = queued(database, marks)
    with reading(database) as session:
        assert mail in [each.message for each in messages.waiting(session, tuple(MessageKind), NOW)]
