"""store.clients_heard and store.ap_seen: what gateways and an access point were heard to say lately; on both databases."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from store import ap_seen, clients_heard, trace
from store import models as m
from store.clients_heard import Heard, Rotation, Stranger
from store.session import reading, transaction
from tests.store import rows

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

NOW = rows.NOW + timedelta(days=1)
MINUTE = NOW.replace(second=0, microsecond=0)


def login(age: float, client: str = "library-wlc", **more: Any) -> m.AuthEvent:
    at = NOW - timedelta(seconds=age)
    return m.AuthEvent(began_at=at, at=at, client=client, source="192.0.2.1", **{"verdict": m.LoginVerdict.ACCEPT} | more)


def dropped(reason: str, count: int, client: str = "library-wlc", minutes: int = 0, source: str = "192.0.2.1") -> m.DropMinute:
    return m.DropMinute(minute=MINUTE - timedelta(minutes=minutes), source=source, client=client, reason=reason, count=count)


def test_what_was_heard_of_gateways(database: Engine, seal: Seal) -> None:
    """The last word of a day, logins and drops of an hour, open sessions; packets under the previous secret are no drops."""
    with transaction(database) as session:
        session.add_all([login(120), login(60, verdict=m.LoginVerdict.REJECT), login(7_200), login(200_000, "old"), login(30, "other")])
        session.add_all(
            [dropped("BAD_AUTHENTICATOR", 3), dropped("CLIENT_LIMITED", 2, minutes=70), dropped("PREVIOUS_SECRET", 5, minutes=9)]
        )
        session.add(rows.session(seal, updated_at=NOW - timedelta(seconds=20)))
        session.add(rows.session(seal, "0123456789abcde0", client="ahead", updated_at=NOW + timedelta(days=3)))
    with reading(database) as session:
        found = clients_heard.heard(session, ["library-wlc", "old", "ahead"], NOW)
        told = trace.dropped(session, NOW - timedelta(hours=2), client="library-wlc")
    assert ["BAD_AUTHENTICATOR", "CLIENT_LIMITED"] == [reason for _source, _client, reason, _count in told]
    signed = NOW - timedelta(seconds=20)
    assert Heard(signed, signed, 2, 1, Counter(BAD_AUTHENTICATOR=3), 1, 5, MINUTE - timedelta(minutes=9)) == found["library-wlc"]
    assert (3, 3, False) == (found["library-wlc"].dropped, found["library-wlc"].unsigned, found["library-wlc"].lags)
    assert Heard() == found["old"]
    assert NOW == found["ahead"].at, "its own clock is ahead, ours counts"


def test_who_knocks(database: Engine) -> None:
    """Addresses that are no gateway's, the most packets first, within the hour."""
    with transaction(database) as session:
        for source, count, minutes in (("192.0.2.7", 2, 1), ("192.0.2.7", 3, 0), ("192.0.2.8", 9, 0), ("192.0.2.9", 99, 90), ("", 50, 0)):
            session.add(dropped("UNKNOWN_CLIENT", count, "", minutes, source))
    with reading(database) as session:
        found = clients_heard.strangers(session, NOW, 5)
    assert [Stranger("192.0.2.8", 9, MINUTE), Stranger("192.0.2.7", 5, MINUTE)] == found


@pytest.mark.parametrize(
    ("previous", "signed", "expected"),
    [
        (None, None, ""),
        (None, 5, ""),  # seconds after the change: the workers may not have it yet
        (None, 11, "new"),
        (60, None, "previous"),
        (60, 119, "previous"),  # within that very minute
        (60, 120, "new"),
    ],
)
def test_which_secret_is_used(previous: float | None, signed: float | None, expected: str) -> None:
    """By the last minute with a packet under the previous one, and the last that was signed by either."""

    def at(seconds: float | None) -> datetime | None:
        return NOW + timedelta(seconds=seconds) if seconds is not None else None

    assert expected == Rotation(NOW, at(previous), 1).uses(at(signed))


def test_a_rotation_is_counted_since_the_change(database: Engine) -> None:
    """The newest audit entry that set the secret; what was counted before belongs to an earlier one."""
    with transaction(database) as session:
        for number, (minutes, fields) in enumerate(
            ((50, {"secret": [None, "set"]}), (30, {"secret": [None, "set"]}), (5, {"rate": [1, 2]}))
        ):
            at = NOW - timedelta(minutes=minutes)
            act = m.AuditEntry(id=number + 1, at=at, actor="a", source="", action="change", kind="client", object="library-wlc")
            act.fields, act.previous, act.digest = fields, b"", b""
            session.add(act)
        session.add_all([dropped("PREVIOUS_SECRET", 7, minutes=40), dropped("PREVIOUS_SECRET", 2, minutes=20)])
    with reading(database) as session:
        found = clients_heard.rotation(session, "library-wlc", NOW)
        nobody = clients_heard.rotation(session, "nobody", NOW)
    assert Rotation(NOW - timedelta(minutes=30), MINUTE - timedelta(minutes=20), 2) == found
    assert Rotation(NOW - timedelta(days=1), None, 0) == nobody


def test_what_was_seen_of_an_access_point(database: Engine, seal: Seal) -> None:
    """Logins and records of its gateway since then, drops by reason, strangers, the unknown; of another gateway nothing."""
    since = NOW - timedelta(seconds=60)
    with transaction(database) as session:
        session.add_all([login(30, access_point="lib-1", ssid="City Wi-Fi"), login(90, access_point="lib-1"), login(10, "other")])
        session.add(rows.session(seal, access_point="lib-1", updated_at=NOW - timedelta(seconds=5)))
        session.add_all([dropped("BAD_AUTHENTICATOR", 3), dropped("BAD_AUTHENTICATOR", 9, "other"), dropped("UNKNOWN_CLIENT", 4, "")])
        session.add(m.UnknownAccessPoint(client="library-wlc", bssid="AA-BB-CC-00-00-09", first_seen=NOW, last_seen=NOW))
        session.add(m.OddRecord(at=NOW, client="library-wlc", source="192.0.2.1", why="status 99", octets=b"sealed"))
    with reading(database) as session:
        found = ap_seen.seen(session, "lib-1", "library-wlc", since)
        anywhere = ap_seen.seen(session, "lib-1", None, since)
    assert [("lib-1", "City Wi-Fi", True)] == [(each.access_point, each.ssid, each.accepted) for each in found.logins]
    assert (1, Counter(BAD_AUTHENTICATOR=3), [("192.0.2.1", 4)]) == (len(found.records), found.drops, found.strangers)
    assert ([("AA-BB-CC-00-00-09", "")], 1, None, ("127.0.0.1", "")) == (found.unknown, found.odd, found.order, found.way)
    assert (len(found.words), found.drops) == (len(anywhere.words), anywhere.drops)
