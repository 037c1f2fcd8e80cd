"""Open logins by their State: resumed, held at their home, abandoned, bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from radius.conversations import Conversations
from tests.radius.road import talk

if TYPE_CHECKING:
    from radius.exchange import Conversation


@pytest.fixture
def table() -> Conversations:
    """Three at most, a minute each."""
    return Conversations(3, 60.0)


def opened(table: Conversations, state: bytes, now: float = 0.0) -> Conversation:
    """A login that has been challenged."""
    made = talk(now)
    made.held = "uni-a-2"
    assert [] == table.challenged(made, "library", state, now)
    return made


def test_state_resumes_its_login(table: Conversations) -> None:
    """By client and State: each round finds the login that it continues."""
    login = opened(table, b"s1")
    assert login is table.resume("library", b"s1", login.user_name)
    table.challenged(login, "library", b"s2", 1.0)
    assert table.resume("library", b"s1", login.user_name) is None
    assert login is table.resume("library", b"s2", login.user_name)


def test_only_that_client_and_that_identity(table: Conversations) -> None:
    """Another client's State is none of ours; a second User-Name is another login (CVE-2012-4741)."""
    login = opened(table, b"s1")
    assert table.resume("bakery", b"s1", login.user_name) is None
    assert table.resume("library", b"s1", b"eve@uni-a.example") is None
    assert table.resume("library", b"", login.user_name) is None
    assert "" == table.holder("library", b"s1", b"eve@uni-a.example")


def test_a_round_in_flight_is_not_resumed_twice_but_its_home_is_known(table: Conversations) -> None:
    """The same State under another identifier goes to the home that issued it (decisions, 7)."""
    login = opened(table, b"s1")
    table.resume("library", b"s1", login.user_name)
    assert table.resume("library", b"s1", login.user_name) is None
    assert "uni-a-2" == table.holder("library", b"s1", login.user_name)
    assert "" == table.holder("library", b"s9", login.user_name)


def test_a_login_told_is_not_resumed(table: Conversations) -> None:
    """Accepted, rejected, refused: over; what comes with its State is a login of its own, at the same home."""
    login = opened(table, b"s1")
    login.login("accept", "", 1.0)
    assert table.resume("library", b"s1", login.user_name) is None
    assert "uni-a-2" == table.holder("library", b"s1", login.user_name)


def test_a_login_left_alone_is_abandoned_once(table: Conversations) -> None:
    """After its minute, not before; one whose round is in flight, or that is over, is not."""
    alone, busy, over = (opened(table, state) for state in (b"a", b"b", b"c"))
    table.resume("library", b"b", busy.user_name)
    over.login("reject", "", 1.0)
    assert 60.0 == table.next()
    assert [] == list(table.abandoned(59.9))
    assert [alone] == list(table.abandoned(60.0))
    assert [] == list(table.abandoned(1000.0))
    assert (0, None) == (len(table), table.next())


def test_a_later_round_starts_the_minute_anew(table: Conversations) -> None:
    """The minute is that of the latest Challenge."""
    login = opened(table, b"a")
    table.resume("library", b"a", login.user_name)
    table.challenged(login, "library", b"b", 50.0)
    assert [] == list(table.abandoned(60.0))
    assert [login] == list(table.abandoned(110.0))


def test_beyond_its_bound_the_oldest_gives_way(table: Conversations) -> None:
    """And is told, so that no login is silently lost."""
    oldest = opened(table, b"1")
    opened(table, b"2")
    opened(table, b"3")
    assert [oldest] == table.challenged(talk(), "library", b"4", 1.0)
    assert 3 == len(table)


def test_a_home_that_repeats_one_state_fills_nothing(table: Conversations) -> None:
    """RFC 2865, 5.24 lets a Challenge have no State at all: the queue is bounded, and each login is told once."""
    logins, gone = [talk() for _ in range(100)], []
    for login in logins:
        gone += table.challenged(login, "library", b"", 0.0)
    assert (1, 6) == (len(table), len(table._opened))
    gone += table.abandoned(60.0)
    assert logins == gone


def test_one_long_login_leaves_a_bounded_trail(table: Conversations) -> None:
    """A thousand rounds: one entry, and no more than twice the bound in the queue."""
    login = talk()
    for number in range(1000):
        assert [] == table.challenged(login, "library", b"%d" % number, 0.0)
    assert (1, True) == (len(table), len(table._opened) <= 6)


def test_a_new_bound_holds_from_now_on(table: Conversations) -> None:
    """Limits come with the network."""
    first = opened(table, b"1")
    table.bound(1, 5.0)
    assert [first] == table.challenged(talk(), "library", b"2", 0.0)
