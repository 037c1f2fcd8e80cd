"""Accounting that waits for the disk."""

from __future__ import annotations

from federation.realms import RealmRow
from radius.accounting import key
from radius.actions import Ask, Origin, Reply, Send
from radius.admission import ACCT
from radius.tables import Action
from radius.wire import parse
from tests.radius.road import ORIGIN, Road, accounting, answer, check_answer, only, reasons, replied

FORWARD = (RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True), RealmRow("no.example", action=Action.REJECT))


def record(identifier: int = 1, user: bytes = b"ada@uni-a.example", session: bytes = b"s1", *more: tuple[int, bytes]) -> bytes:
    """A Start."""
    return accounting(identifier, [(1, user), (40, b"\0\0\0\1"), (44, session), *more])


def asked(road: Road, octets: bytes, origin: Origin = ORIGIN) -> Ask:
    """The one Ask."""
    (ask,) = only(road.receive(octets, origin, ACCT), Ask)
    assert isinstance(ask, Ask)
    return ask


def test_the_disk_is_asked_before_anyone_is_answered() -> None:
    """Decisions, 1: the whole packet, its key, who sent it and where to."""
    road, octets = Road(), record()
    ask = asked(road, octets, Origin(0, ("127.0.0.1", 40000), ("127.0.0.9", 1813)))
    question = ask.question
    assert (key(parse(octets), "library"), "library", octets) == (question.key, question.client, question.octets)  # type: ignore[union-attr]
    assert ("127.0.0.1 40000", "127.0.0.9 1813") == (question.source, question.local)  # type: ignore[union-attr]
    assert 1 == road.engine.in_flight


def test_kept_is_answered_and_repeated_from_memory() -> None:
    """Proxy-State in order; a repetition gets the same octets and asks the disk nothing."""
    road, octets = Road(), record(1, b"ada@uni-a.example", b"s1", (33, b"a"), (33, b"b"))
    reply = replied(road.engine.settled(asked(road, octets).ticket, True, road.now))
    assert [(33, b"a"), (33, b"b")] == list(check_answer(reply, octets).attributes)
    assert (Reply(ORIGIN, reply),) == road.receive(octets, ORIGIN, ACCT)
    assert (1, 0) == (road.engine.counts["accounting"], road.engine.in_flight)


def test_not_kept_is_silence_and_the_next_try_is_new() -> None:
    """The NAS repeats; Status-Server on this port is silent too until something is kept again (decisions, 13)."""
    road, octets = Road(), record()
    assert ["NOT_KEPT"] == reasons(road.engine.settled(asked(road, octets).ticket, False, road.now))
    status = road.ask(user=None, code=12)
    assert () == road.receive(status, ORIGIN, ACCT)
    replied(road.engine.settled(asked(road, octets).ticket, True, road.now))
    assert 5 == replied(road.receive(road.ask(user=None, code=12), ORIGIN, ACCT))[0]


def test_a_ticket_is_settled_once() -> None:
    """Twice, or never given: nothing happens."""
    road = Road()
    ask = asked(road, record())
    road.engine.settled(ask.ticket, True, road.now)
    assert () == road.engine.settled(ask.ticket, True, road.now)
    assert () == road.engine.settled(999, True, road.now)


def test_a_superseded_record_is_kept_but_not_answered() -> None:
    """The client has moved on to a new packet under that identifier (RFC 5080, 2.2.2)."""
    road = Road()
    old, new = asked(road, record(1, session=b"old")), asked(road, record(1, session=b"new"))
    assert () == road.engine.settled(old.ticket, True, road.now)
    replied(road.engine.settled(new.ticket, True, road.now))


def test_only_where_the_realm_says_so_a_copy_goes_on() -> None:
    """eduroam says: do not. An identity that is none, a refused realm, an unknown one: kept all the same."""
    road = Road(realms=FORWARD)
    for number, user in enumerate((b"ada@uni-a.example", b"a@no.example", b"a@nowhere.example", b"a@@b", b"")):
        actions = road.receive(record(number, user), ORIGIN, ACCT)
        assert (1, number == 0) == (len(only(actions, Ask)), len(only(actions, Send)) == 1)
    assert [Ask] == [type(action) for action in Road().receive(record(), ORIGIN, ACCT)]


def test_a_client_that_is_no_socket_is_named_in_text() -> None:
    """The control socket, a TLS connection: whatever the listener calls it."""
    road = Road()
    (ask,) = road.engine.datagram(record(), Origin(7, "control"), ACCT, road.now, road.client)
    assert isinstance(ask, Ask)
    assert ("control", "") == (ask.question.source, ask.question.local)  # type: ignore[union-attr]


def test_accounting_goes_on_to_a_home_that_wants_it() -> None:
    """`accounting = "forward"`: a copy without Message-Authenticator and CUI question, signed for the home."""
    road = Road(realms=(RealmRow("uni-a.example", homes=("uni-a-1",), forward_accounting=True),))
    (out,) = only(road.receive(record(7), ORIGIN, ACCT), Send)
    assert (("127.0.1.1", 1813), 4) == (out.link.address, out.octets[0])
    assert [1, 40, 44, 126, 33] == [kind for kind, _ in parse(out.octets).attributes]
    assert () == road.answered(out, answer(out.octets, 5, signed=False))
