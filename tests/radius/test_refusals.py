"""Access-Rejects of our own: their words, and their pace."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from radius.actions import Drop, Reason, Record, Reply
from radius.duplicates import Duplicates
from radius.pool import Lane, Server
from radius.refusals import Refusals, said
from radius.tables import Limits
from radius.timers import Timers
from tests.radius.road import check_answer, exchange, home, only, reasons, replied, verdicts

if TYPE_CHECKING:
    from radius.actions import Actions
    from radius.exchange import Exchange
    from radius.watch import Later

LIMITS = Limits(reject_burst=1.0, rejects_waiting=2)


@dataclass(slots=True)
class Desk:
    """Refusals, and what they stand on."""

    limits: Limits = LIMITS
    timers: Later = field(default_factory=Timers)
    duplicates: Duplicates = field(default_factory=lambda: Duplicates(100, 5.0))
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    refusals: Refusals = field(init=False)

    def __post_init__(self) -> None:
        self.refusals = Refusals(self.limits, self.timers, self.duplicates, self.counts)

    def refuse(self, one: Exchange, reason: Reason = Reason.NO_ROUTE, now: float = 0.0) -> Actions:
        """A request in flight, refused."""
        self.duplicates.begin(one)
        return self.refusals.refuse(one, reason, now)

    def wait(self, now: float) -> Actions:
        """What was due until `now`."""
        return tuple(action for act, thing, mark in self.timers.due(now) for action in act(thing, mark, now))


def test_the_first_goes_at_once_with_its_reason() -> None:
    """Answered, recorded, counted, and kept for a repetition."""
    desk, one = Desk(), exchange(1, (33, b"below"))
    actions = desk.refuse(one)
    reject = check_answer(replied(actions), one.request.octets)
    assert (3, [Reason.NO_ROUTE.value.encode()], [b"below"]) == (reject.code, reject.values(18), reject.values(33))
    assert [("refused", "NO_ROUTE")] == verdicts(actions)
    assert {"NO_ROUTE": 1, "refused": 1} == desk.counts
    assert replied(actions) == one.reply
    assert one is desk.duplicates.find(one.key)


@pytest.mark.parametrize("reason", [Reason.HOME_SILENT, Reason.NO_HOME_ALIVE])
def test_a_silent_home_is_no_refusal_of_ours(reason: Reason) -> None:
    """The verdict says who was at fault."""
    assert [("no_answer", reason.name)] == verdicts(Desk().refuse(exchange(1), reason))


def test_those_beyond_the_burst_wait_a_second() -> None:
    """Recorded at once, sent later; meanwhile a repetition finds it in flight; another station is not held up."""
    desk, late = Desk(), exchange(2)
    desk.refuse(exchange(1))
    assert [Record] == [type(action) for action in desk.refuse(late)]
    assert (None, 1) == (late.reply, len(desk.refusals))
    other = exchange(3)
    other.conversation.station = b"02-00-00-00-00-02"
    replied(desk.refuse(other))
    assert () == desk.wait(0.9)
    check_answer(replied(desk.wait(1.0)), late.request.octets)
    assert late.over
    assert 1.0 == Limits().reject_delay


def test_without_a_station_the_pace_is_the_sender_s() -> None:
    """A port of the client stands in."""
    desk = Desk()
    for port, kinds in ((1, [Reply, Record]), (1, [Record]), (2, [Reply, Record])):
        one = exchange(1, port=port)
        one.conversation.station = b""
        assert kinds == [type(action) for action in desk.refuse(one)]


def test_one_superseded_while_it_waits_is_not_sent() -> None:
    """Nobody waits for it; and it makes room for another."""
    desk, late = Desk(), exchange(2)
    desk.refuse(exchange(1))
    desk.refuse(late)
    late.rest(0.5)
    assert () == desk.wait(1.0)
    for number in (3, 4):
        assert [Record] == [type(action) for action in desk.refuse(exchange(number))]


def test_beyond_the_table_they_are_dropped() -> None:
    """Counted as REJECT_LIMITED, recorded all the same, and the client may try again."""
    desk, last = Desk(), exchange(4)
    for number in (1, 2, 3):
        desk.refuse(exchange(number))
    actions = desk.refuse(last)
    assert [Record, Drop] == [type(action) for action in actions]
    assert ["REJECT_LIMITED"] == reasons(actions)
    assert desk.duplicates.find(last.key) is None


def test_no_slot_is_silence() -> None:
    """The client repeats its request, its login still open, and then there may be an identifier."""
    desk, one = Desk(), exchange(1)
    login = one.conversation
    login.busy = True
    assert ["NO_SLOT"] == reasons(desk.refuse(one, Reason.NO_SLOT))
    assert (None, False, False) == (desk.duplicates.find(one.key), login.busy, login.over)


def test_a_copy_of_an_accounting_record_is_lost_aloud() -> None:
    """Nobody is answered: the record itself is on our disk."""
    desk, one = Desk(), exchange(1)
    one.copy = True
    assert ["FORWARD_LOST"] == reasons(desk.refuse(one, Reason.HOME_SILENT))
    assert [] == verdicts(desk.refuse(one, Reason.HOME_SILENT))


def test_the_identifier_at_the_home_rests() -> None:
    """An answer may still come (RFC 5080, 2.2.2)."""
    desk, one, lane = Desk(), exchange(1), Lane(("127.0.1.1", 1812), None)
    one.server, one.lane = Server(home("uni-a-1", 1), lane, lane), lane
    one.slot = lane.take(one, 0.0)
    desk.refuse(one, Reason.HOME_SILENT, 15.0)
    assert ({}, [one.slot]) == (lane.pending, list(lane.late))


def test_new_limits_hold_from_now_on() -> None:
    """They come with the network."""
    desk = Desk()
    desk.refuse(exchange(1))
    desk.refusals.bound(Limits(reject_burst=1.0, reject_delay=3.0))
    replied(desk.refuse(exchange(2)))
    desk.refuse(exchange(3))
    assert () == desk.wait(2.9)
    assert [Reply] == [type(action) for action in desk.wait(3.0)]


@pytest.mark.parametrize(
    ("attributes", "words", "expected"),
    [
        ((), "No", b"\x12\4No"),
        ((), "", b""),
        ((), "ü" * 200, b"\x12\xfe" + "ü".encode() * 126),
        (((79, b""),), "No", b"\x4f\6\4\0\0\4"),
        (((79, b"\2\x2a\0\5\1"),), "No", b"\x4f\6\4\x2a\0\4"),
        (((79, b"\2\x2a\1\0" + bytes(249)), (79, bytes(3)), (33, b"p")), "No", b"\x4f\6\4\x2a\0\4\x21\3p"),
    ],
)
def test_words_or_eap_failure_never_both(attributes: tuple[tuple[int, bytes], ...], words: str, expected: bytes) -> None:
    """RFC 3579, 2.6.5: no Reply-Message beside EAP-Message; words cut to one attribute, at a letter's edge."""
    assert expected == said(exchange(1, *attributes).request, words)


def test_nothing_of_the_request_but_proxy_state_comes_back() -> None:
    """CVE-2024-3596: what a stranger chose is not repeated under our signature."""
    one = exchange(1, (31, b"02-00-00-00-00-01"), (33, b"p"))
    (reply,) = only(Desk().refuse(one), Reply)
    assert b"ada" not in reply.octets
    assert b"02-00" not in reply.octets
