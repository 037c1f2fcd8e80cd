"""The same calls give the same actions: a bug report is a journal and a seed (decisions, 23)."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
from pathlib import Path

from federation.realms import RealmRow
from radius.actions import Ask, Origin, Reply, Send
from radius.admission import ACCT
from radius.questions import Verdict
from radius.tables import Limits
from tests.radius.guests import DATE, Guests, grant
from tests.radius.journal import Line, Recording, play
from tests.radius.road import Road, accounting, answer, home, only

SEED = 7
HOMES = tuple(home(f"uni-{number}", number, status_server=number % 3 > 0) for number in range(1, 9))
REALMS = (
    RealmRow("uni-a.example", homes=("uni-1", "uni-2", "uni-3"), balance=True),
    RealmRow("uni-b.example", homes=("uni-4", "uni-5"), forward_accounting=True),
    RealmRow("*", homes=("uni-6", "uni-7", "uni-8")),
)
USERS = (b"ada@uni-a.example", b"bob@uni-b.example", b"eve@elsewhere.example", b"nobody")


def busy_hour(steps: int = 1500) -> tuple[Road, Recording]:
    """Logins in rounds, records, repetitions, homes that answer mostly, lie sometimes, and fall silent for a while."""
    chance = random.Random(3)
    road = Road(HOMES, REALMS, Limits(reject_burst=2.0, station_burst=20.0, conversations=40, duplicates=60))
    recording = Recording(road.engine.tables, SEED)
    road.engine = recording  # type: ignore[assignment]
    waiting: list[Send] = []
    asked, states = [road.ask()], [b"none"]
    for step in range(steps):
        origin = Origin(0, ("127.0.0.1", 40000 + chance.randrange(6)))
        what = chance.random()
        if what < 0.35:
            station = b"02-00-00-00-00-%02d" % chance.randrange(20)
            state = [(24, chance.choice(states))] * (chance.random() < 0.5)
            asked.append(road.ask((31, station), *state, user=chance.choice(USERS)))
            waiting += only(road.receive(asked[-1], origin), Send)
        elif what < 0.40:
            road.receive(chance.choice(asked[-20:]), origin)
        elif what < 0.45:
            octets = accounting(chance.randrange(256), [(1, chance.choice(USERS)), (40, b"\0\0\0\1"), (44, b"%d" % step)])
            actions = road.receive(octets, origin, ACCT)
            waiting += only(actions, Send)
            for ask in only(actions, Ask):
                road.engine.settled(ask.ticket, chance.random() < 0.9, road.now)
        elif what < 0.85 and waiting:
            out = waiting.pop(chance.randrange(len(waiting)))
            if step % 500 > 150 or out.link.address[0] > "127.0.1.5":
                state = b"%d" % step
                states = [*states[-10:], state]
                code = {4: 5, 12: 2}.get(out.octets[0], chance.choice((2, 3, 11, 11, 11, 52)))
                secret = {"secret": b"of nobody's"} if chance.random() < 0.1 else {}
                waiting += only(road.answered(out, answer(out.octets, code, [(24, state)], **secret)), Send)
        elif what < 0.86:
            road.engine.suspect(f"uni-{chance.randrange(1, 9)}", road.now)
        else:
            waiting += only(road.wait(chance.choice((0.01, 0.1, 1.0, 3.0))), Send)
    road.wait(120.0)
    return road, recording


def guests_hour(steps: int = 300) -> tuple[Guests, Recording]:
    """Stations known and strange, a porter that answers late or never, a clock that somebody sets."""
    chance = random.Random(4)
    road = Guests("cisco-cwa", Limits(asked=5, asked_seconds=2.0))
    recording = Recording(road.engine.tables, SEED)
    road.engine = recording  # type: ignore[assignment]
    recording.date(DATE - road.now)
    waiting: list[int] = []
    for step in range(steps):
        station = b"02-00-00-00-00-%02d" % chance.randrange(20)
        if step % 10 == 0:
            recording.granted([grant(b"02-00-00-00-00-%02d" % chance.randrange(20), ends_at=DATE + step)])
        if step % 100 == 99:
            recording.date(DATE + chance.randrange(1000) - road.now)
        asked = road.pap(b"t-0123456789abcdef", b"secret") if chance.random() < 0.2 else road.mac(user=station, station=station)
        waiting += [ask.ticket for ask in only(road.receive(asked), Ask)]
        if waiting and chance.random() < 0.5:
            verdict = Verdict(chance.random() < 0.5, "NO_GRANT", chance.choice((None, grant(station))), "")
            road.engine.settled(waiting.pop(), verdict, road.now)
        road.wait(chance.choice((0.01, 0.5)))
    road.wait(30.0)
    return road, recording


def digest() -> str:
    """Of all that was done, in order."""
    return hashlib.sha256(repr(busy_hour()[1].told).encode()).hexdigest()


def test_the_hour_was_busy() -> None:
    """The journal means something: all that the road knows to do was done in it."""
    road, recording = busy_hour()
    counts = road.engine.counts
    assert {"auth", "acct", "answer", "tick", "settled", "suspect"} == {line.kind for line in recording.lines}
    wanted = (
        "accept",
        "reject",
        "challenge",
        "refused",
        "no_answer",
        "abandoned",
        "moved",
        "resent",
        "home_changes",
        "probes",
        "accounting",
    )
    assert [] == [name for name in wanted if not counts[name]]
    dropped = ("LATE", "DUPLICATE_IN_FLIGHT", "DUPLICATE_ANSWERED", "BAD_RESPONSE_AUTHENTICATOR", "PROTOCOL_ERROR", "NOT_KEPT")
    assert [] == [name for name in dropped if not counts[name]]
    assert only(tuple(action for actions in recording.told for action in actions), Reply)


def test_a_journal_played_again_gives_the_same_actions() -> None:
    """Octet for octet, in the same order, with the same seed."""
    road, recording = busy_hour()
    assert recording.told == play(road.engine.tables, SEED, recording.lines)


def test_a_journal_survives_being_written_down() -> None:
    """As lines of JSON: what an operator can send in."""
    road, recording = busy_hour()
    text = [line.written() for line in recording.lines]
    assert recording.lines == [Line.read(line) for line in text]
    assert recording.told == play(road.engine.tables, SEED, map(Line.read, text))


def test_guests_are_replayed_too() -> None:
    """What the porter said, what it streamed and where the calendar stood are in the journal: the same actions, written down or not."""
    road, recording = guests_hour()
    counts = recording.engine.counts
    assert [] == [name for name in ("accept", "refused", "to_portal", "PORTER_SILENT", "PORTER_BUSY") if not counts[name]]
    text = [line.written() for line in recording.lines]
    assert recording.told == play(road.engine.tables, SEED, map(Line.read, text))


def test_nothing_depends_on_the_process() -> None:
    """Not on hash seeds, addresses in memory, nor on the order of a set: two processes, one digest."""
    root = Path(__file__).parent.parent.parent
    digests = {
        subprocess.run(
            [sys.executable, "-c", "from tests.radius.test_replay import digest; print(digest())"],
            cwd=root, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert 1 == len(digests)


def test_another_seed_is_another_hour() -> None:
    """Authenticators, salts and moments of probes come from entropy, and from nowhere else."""
    road, recording = busy_hour()
    first = next(index for index, actions in enumerate(recording.told) if only(actions, Send))
    lines = recording.lines[: first + 1]
    (one,), (other,) = (only(play(road.engine.tables, seed, lines)[-1], Send) for seed in (SEED, SEED + 1))
    assert one.octets[4:20] != other.octets[4:20]
    assert one.octets[38:-12] == other.octets[38:-12]
