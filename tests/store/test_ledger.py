"""The ledger: whatever order, repetition or loss accounting arrives with, sessions and sums equal what was said."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select

from store.entries import Entry, Kind
from store.ledger import record_accounting
from store.matching import Inferred
from store.models import (
    AccountingKey,
    OddRecord,
    Session,
    SessionAddress,
    SessionHop,
    SessionStatus,
    UnknownAccessPoint,
    UsageHour,
)
from store.privacy import Privacy
from store.sealed import Where
from store.session import reading, transaction
from tests.store.rows import NOW

STATION = "02-00-00-00-00-01"


@pytest.fixture
def privacy(seal) -> Privacy:
    return Privacy(seal, b"t" * 32, b"d" * 32, b"a" * 32)


def entry(kind: Kind = Kind.START, at: float = 0.0, **changes) -> Entry:
    """One record, `at` seconds after NOW; its key is made of everything it says."""
    fields = {
        "client": "library-wlc", "source": "192.0.2.1", "local": "192.0.2.9", "received_at": NOW + timedelta(seconds=at), "told": True,
        "acct_session_id": "5F-01", "nas_identifier": "ap", "station": STATION, "user_name": b"anonymous@uni-a.example",
        "bssid": "AA-BB-CC-DD-EE-01", "ssid": "eduroam", "access_point": "lib-1", "site": "central-library",
    } | changes  # fmt: skip
    at = NOW + timedelta(seconds=at)
    key = sha256(repr((kind, at, sorted((k, v) for k, v in fields.items() if k != "received_at"))).encode()).digest()
    return Entry(**({"key": key} | fields), kind=kind, at=at)


def start(at: float = 0.0, **changes) -> Entry:
    return entry(Kind.START, at, **changes)


def interim(at: float, seconds: int | None, down: int = 0, up: int = 0, **changes) -> Entry:
    return entry(Kind.INTERIM, at, seconds=seconds, input_octets=up, output_octets=down, **changes)


def stop(at: float, seconds: int | None, down: int = 0, up: int = 0, **changes) -> Entry:
    changes = {"terminate_cause": "User-Request"} | changes
    return entry(Kind.STOP, at, seconds=seconds, input_octets=up, output_octets=down, **changes)


def told(database, privacy, *entries: Entry, one_by_one: bool = True) -> list[Session]:
    """Record, then every session in order of start."""
    for some in [[each] for each in entries] if one_by_one else [entries]:
        with transaction(database) as session:
            record_accounting(session, some, privacy)
    return sessions(database)


def sessions(database) -> list[Session]:
    with reading(database) as session:
        return list(session.scalars(select(Session).order_by(Session.started_at)))


def short(each: Session) -> tuple:
    return (each.status.value, (each.started_at - NOW).total_seconds(), each.seconds, each.input_octets, each.output_octets)


def test_a_session_from_start_to_stop(database, privacy, seal):
    """Start, Interim, Stop make one session with the last totals; station and name are sealed, the hash finds them."""
    (one,) = told(
        database,
        privacy,
        start(addresses=("198.51.100.7",)),
        interim(300, 300, down=2**33, up=10, addresses=("198.51.100.7", "2001:db8::7")),
        stop(400, 400, down=2**33 + 5, up=20, class_=b"class", cui=b"cui"),
    )
    assert short(one) == ("ended", 0.0, 400, 20, 2**33 + 5)
    assert (one.ended_at, one.terminate_cause, one.updates, one.framed_ip) == (
        NOW + timedelta(seconds=400),
        "User-Request",
        3,
        "198.51.100.7",
    )
    assert (one.realm, one.access_point, one.ssid, one.site, one.local) == (
        "uni-a.example",
        "lib-1",
        "eduroam",
        "central-library",
        "192.0.2.9",
    )
    assert seal.open(one.station_sealed, Where("session", one.id, "station_sealed")) == STATION.encode()
    assert seal.open(one.user_sealed, Where("session", one.id, "user_sealed")) == b"anonymous@uni-a.example"
    assert seal.open(one.class_, Where("session", one.id, "class")) == b"class"
    assert seal.open(one.cui, Where("session", one.id, "cui")) == b"cui"
    assert one.station_hash == privacy.station(STATION)
    with reading(database) as session:
        held = {row.address: (row.first_at, row.last_at) for row in session.scalars(select(SessionAddress))}
    assert held == {
        "198.51.100.7": (NOW, NOW + timedelta(seconds=300)),
        "2001:db8::7": (NOW + timedelta(seconds=300), NOW + timedelta(seconds=300)),
    }


def test_the_same_octets_again_count_once(database, privacy):
    """A duplicate changes nothing, within a batch and across batches (reliability, 94)."""
    record = interim(60, 60, down=100)
    told(database, privacy, start(), record, record, record)
    (one,) = told(database, privacy, record, record, one_by_one=False)
    assert (one.updates, one.output_octets) == (2, 100)
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(AccountingKey)) == 2


def test_stop_before_start(database, privacy):
    """A Stop that overtakes its Start leaves one ended session that began when the Start says (reliability, 95)."""
    (one,) = told(database, privacy, stop(100, 99, down=7), start(0))
    assert short(one) == ("ended", 0.0, 99, 0, 7)


def test_stop_before_start_by_arrival_only(database, privacy):
    """The same where nobody told the time: a Start that arrives just after its Stop opens nothing new."""
    (one,) = told(database, privacy, stop(100, 100, told=False), start(100.2, told=False))
    assert one.status is SessionStatus.ENDED


def test_smaller_counters_never_lower_a_total(database, privacy):
    """An Interim with smaller counters leaves the totals and marks the session as doubtful (reliability, 97)."""
    (one,) = told(database, privacy, start(), interim(60, 60, down=1000, up=50), interim(120, 120, down=400, up=60))
    assert short(one) == ("open", 0.0, 120, 60, 1000)
    assert one.quarantined == "its counters went down"


def test_a_late_interim_is_no_doubt(database, privacy):
    """An Interim that arrives late, with its own smaller figures, is no reason for doubt."""
    (one,) = told(database, privacy, start(), interim(120, 120, down=900), interim(60, 60, down=400))
    assert (one.output_octets, one.quarantined) == (900, "")


def test_stop_without_session_time(database, privacy):
    """A Stop without Acct-Session-Time: the session lasted from Start to Stop (reliability, 98)."""
    (one,) = told(database, privacy, start(), stop(75, None))
    assert (one.seconds, one.status) == (75, SessionStatus.ENDED)


def test_same_id_after_a_reboot_is_a_new_session(database, privacy):
    """The id again with a later Start: the old session ends by inference, the new one counts from nothing (reliability, 101)."""
    first, second = told(database, privacy, start(), interim(300, 300, down=500), start(3_600), interim(3_660, 60, down=9))
    assert short(first) == ("ended", 0.0, 300, 0, 500)
    assert (first.terminate_cause, first.ended_at) == (Inferred.REUSED, NOW + timedelta(seconds=300))
    assert short(second) == ("open", 3_600.0, 60, 0, 9)


def test_a_start_for_a_closed_session_opens_a_new_one(database, privacy):
    """Start, Stop and a later Start of the same id, within seconds and with no time told: two sessions (decisions, 15)."""
    first, second = told(
        database,
        privacy,
        start(0, told=False),
        stop(0.2, 100, down=5, told=False),
        start(0.4, told=False),
        interim(0.6, 300, down=2, told=False),
    )
    assert [first.status.value, second.status.value] == ["ended", "open"]
    assert [first.output_octets, second.output_octets] == [5, 2]


def test_late_word_of_an_older_session_finds_it(database, privacy):
    """What arrives after the id was used again still goes to the session it tells of."""
    first, second = told(
        database, privacy, start(1_000), interim(1_060, 60, down=3), interim(300, 300, down=70), start(0), stop(500, 500, down=90)
    )
    assert short(first) == ("ended", 0.0, 500, 0, 90)
    assert short(second) == ("open", 1_000.0, 60, 0, 3)


def test_on_closes_only_what_ran_before_at_that_nas(database, privacy):
    """Accounting-On ends the sessions of its client, source and NAS-Identifier begun before it, no other (reliability, 102)."""
    told(
        database, privacy,
        start(0, acct_session_id="old"), start(0, acct_session_id="other-nas", nas_identifier="ap-2"),
        start(0, acct_session_id="other-source", source="192.0.2.2"), start(0, acct_session_id="other-client", client="district"),
        start(0, acct_session_id="other-radio", bssid="AA-BB-CC-DD-EE-02"), start(20, acct_session_id="later"),
        entry(Kind.ON, 10, acct_session_id="x", station="", user_name=b""),
    )  # fmt: skip
    by_id = {each.acct_session_id: (each.status.value, each.terminate_cause) for each in sessions(database)}
    expected = dict.fromkeys(("other-nas", "other-source", "other-client", "other-radio", "later"), ("open", ""))
    assert by_id == expected | {"old": ("ended", "NAS restarted")}
    told(database, privacy, entry(Kind.OFF, 30, bssid="", ssid=""))
    assert {each.acct_session_id for each in sessions(database) if each.status is SessionStatus.OPEN} == {
        "other-nas",
        "other-source",
        "other-client",
    }


def test_life_after_a_restart_refutes_it(database, privacy):
    """An Interim later than the On that closed its session: the session goes on."""
    (one,) = told(database, privacy, start(), entry(Kind.ON, 10), interim(60, 60, down=4))
    assert short(one) == ("open", 0.0, 60, 0, 4)


def test_unknown_status_is_kept_as_it_came(database, privacy, seal):
    """Acct-Status-Type 99, or no Acct-Session-Id: stored sealed, no session made (reliability, 103)."""
    told(database, privacy, entry(Kind.OTHER, octets=b"\x04raw"), start(acct_session_id="", octets=b"\x04nameless"))
    assert sessions(database) == []
    with reading(database) as session:
        odd = {row.why: seal.open(row.octets, Where("odd_record", row.id, "octets")) for row in session.scalars(select(OddRecord))}
    assert odd == {"an unknown Acct-Status-Type": b"\x04raw", "no Acct-Session-Id": b"\x04nameless"}


def test_roaming_adds_hops(database, privacy):
    """The same id at another access point moves the session; where it was and where it is are hops, with their times."""
    (one,) = told(
        database,
        privacy,
        start(),
        interim(60, 60, bssid="AA-BB-CC-DD-EE-02", access_point="lib-2"),
        stop(90, 90, bssid="AA-BB-CC-DD-EE-03", access_point=""),
    )
    assert (one.access_point, one.bssid) == ("", "AA-BB-CC-DD-EE-03")
    with reading(database) as session:
        hops = [((hop.at - NOW).total_seconds(), hop.access_point) for hop in session.scalars(select(SessionHop).order_by(SessionHop.at))]
    assert hops == [(0.0, "lib-1"), (60.0, "lib-2"), (90.0, "")]


def test_unknown_access_points_are_listed_and_bounded(database, privacy, monkeypatch):
    """An access point nobody declared is listed for adoption, with its sightings; the list keeps its bound, oldest out first."""
    monkeypatch.setattr("store.sums.MOST_UNKNOWN", 3)
    for number in range(5):
        told(database, privacy, start(number, acct_session_id=str(number), access_point="", bssid=f"AA-BB-CC-00-00-0{number}"))
    told(database, privacy, interim(9, 5, acct_session_id="4", access_point="", bssid="AA-BB-CC-00-00-04", ssid="city"))
    with reading(database) as session:
        listed = {row.bssid[-2:]: (row.sightings, row.ssid) for row in session.scalars(select(UnknownAccessPoint))}
    assert listed == {"02": (1, "eduroam"), "03": (1, "eduroam"), "04": (2, "city")}


# The generator's ledger ---------------------------------------------------------------------------------------------


@dataclass
class Truth:
    """What really happened in one session, as far as its delivered records say."""

    input_octets: int = 0
    output_octets: int = 0
    seconds: int = 0
    stopped: bool = False
    records: set = field(default_factory=set)


def generated(chance: random.Random, count: int, *, lost: float) -> tuple[list[Entry], dict[tuple, Truth]]:
    """Sessions of many access points, ids used again after reboots; the records that were delivered, and the truth in them."""
    delivered, truth = [], defaultdict(Truth)
    clocks: Counter = Counter()
    for number in range(count):
        name = chance.randrange(count // 3)  # each id serves about three sessions, one after another
        marks = {
            "acct_session_id": f"{name:06x}", "station": f"02-00-00-00-{name >> 8 & 255:02X}-{name & 255:02X}",
            "source": f"192.0.2.{name % 5}", "nas_identifier": f"ap-{name % 7}", "bssid": f"AA-BB-CC-DD-EE-{name % 7:02X}",
            "access_point": f"lib-{name % 7}",
        }  # fmt: skip
        begun = clocks[name] + chance.randrange(7, 5_000)
        records, up, down, age = [start(begun, **marks)], 0, 0, 0
        for _ in range(chance.randrange(4)):
            age, up, down = age + chance.randrange(60, 700), up + chance.randrange(2**31), down + chance.randrange(2**34)
            records.append(interim(begun + age, age, down, up, **marks))
        age, up, down = age + chance.randrange(20, 700), up + chance.randrange(2**31), down + chance.randrange(2**34)
        records.append(stop(begun + age, age, down, up, **marks))
        clocks[name] = begun + age
        for record in records:
            if chance.random() >= lost:
                seen = truth[name, begun]
                seen.input_octets = max(seen.input_octets, record.input_octets or 0)
                seen.output_octets = max(seen.output_octets, record.output_octets or 0)
                seen.seconds = max(seen.seconds, record.seconds or 0)
                seen.stopped |= record.kind is Kind.STOP
                seen.records.add(record.key)
                delivered.append(record)
        del number
    return delivered, dict(truth)


def compare(database, truth: dict[tuple, Truth]) -> None:
    expected = {
        (f"{name:06x}", float(begun)): (seen.seconds, seen.input_octets, seen.output_octets, len(seen.records), seen.stopped)
        for (name, begun), seen in truth.items()
    }
    actual = {
        (each.acct_session_id, (each.started_at - NOW).total_seconds()): (
            each.seconds, each.input_octets, each.output_octets, each.updates, each.terminate_cause == "User-Request",
        )
        for each in sessions(database)
    }  # fmt: skip
    assert actual == expected
    with reading(database) as session:
        sums = session.execute(
            select(
                func.sum(UsageHour.sessions),
                func.sum(UsageHour.seconds),
                func.sum(UsageHour.input_octets),
                func.sum(UsageHour.output_octets),
            )
        ).one()
    assert tuple(map(int, sums)) == (
        len(truth), *(sum(getattr(seen, name) for seen in truth.values()) for name in ("seconds", "input_octets", "output_octets")),
    )  # fmt: skip


@pytest.mark.parametrize(("seed", "lost", "near"), [(1, 0.0, 0), (2, 0.0, 50), (3, 0.15, 0), (4, 0.0, 10**9), (5, 0.3, 10**9)])
def test_any_stream_equals_the_generators_ledger(database, privacy, seed, lost, near):
    """Shuffled (nearby or wholly), duplicated and lost records: every session's totals and the sums equal the truth exactly."""
    chance = random.Random(seed)
    records, truth = generated(chance, 900, lost=lost)
    records += [replace(each, received_at=each.received_at + timedelta(seconds=9)) for each in chance.sample(records, len(records) // 4)]
    records = [each for _, each in sorted(enumerate(records), key=lambda pair: pair[0] + chance.uniform(0, near))]
    for at in range(0, len(records), 500):
        with transaction(database) as session:
            record_accounting(session, records[at : at + 500], privacy)
    compare(database, truth)


def test_two_recorders_at_once_count_once(database, privacy):
    """Two controllers on one database (reliability, 38): both offer every record, each is counted once."""
    records, truth = generated(random.Random(6), 150, lost=0.0)
    faults = []

    def offer(order: list[Entry]) -> None:
        for at in range(0, len(order), 40):
            for _ in range(20):  # as the recorder does: a deadlock or a conflict is tried again, the keys make that harmless
                try:
                    with transaction(database) as session:
                        record_accounting(session, order[at : at + 40], privacy)
                    break
                except Exception as fault:  # noqa: BLE001
                    last = fault
            else:
                faults.append(last)

    threads = [threading.Thread(target=offer, args=(order,)) for order in (records, records[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    compare(database, truth)


def test_a_failed_batch_leaves_nothing(database, privacy):
    """A batch whose transaction fails has left no key behind: offered again, it counts in full."""

    def cut_short() -> None:
        with transaction(database) as session:
            record_accounting(session, [start(), interim(60, 60, down=5)], privacy)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        cut_short()
    (one,) = told(database, privacy, start(), interim(60, 60, down=5))
    assert (one.updates, one.output_octets) == (2, 5)


def test_times_are_utc_on_both_databases(database, privacy):
    """What comes back is the moment that went in."""
    (one,) = told(database, privacy, start())
    assert one.started_at == NOW
    assert isinstance(one.started_at, datetime)
