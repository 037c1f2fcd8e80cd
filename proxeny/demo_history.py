"""Weeks of a city's past in a few seconds: logins, sessions, visitors and hours, as they would have been recorded.

For the demo, for pictures of the pages, and for measuring them at the amounts of a large city. The same seed makes the same
past. Never in a network that is not the sample city's, or a test's own.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from proxeny.demo_sums import SiteSums, Visitors
from store.ids import new_id
from store.models import (
    AccessPoint,
    AuthEvent,
    HomeChange,
    LoginVerdict,
    Operator,
    Realm,
    SessionHop,
    SessionStatus,
    UsageHour,
    VisitorCount,
)
from store.models import Session as Accounting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from store.models import Base
    from store.privacy import Privacy

SLICE: Final = 10_000  # rows of one statement
HOURS: Final = (1, 1, 1, 1, 1, 2, 5, 14, 26, 34, 38, 42, 48, 46, 42, 40, 40, 44, 42, 34, 24, 14, 6, 2)  # how busy each is
_ENDINGS: Final = (  # verdict, reason, how often in a thousand, round trips
    (LoginVerdict.ACCEPT, "", 938, 9),
    (LoginVerdict.REJECT, "", 31, 9),
    (LoginVerdict.ABANDONED, "", 11, 4),
    (LoginVerdict.REJECT, "CERTIFICATE_DISTRUSTED", 7, 4),
    (LoginVerdict.NO_ANSWER, "HOME_SILENT", 6, 1),
    (LoginVerdict.REFUSED, "NO_ROUTE", 4, 1),
    (LoginVerdict.REFUSED, "JUNK_REALM", 3, 1),
)


@dataclass(frozen=True, slots=True)
class Amounts:
    """How much of it."""

    logins: int = 6_000
    days: int = 84
    online: int = 40  # sessions that are open now
    recent: int = 0  # of the logins, so many within the last hour
    sessions: int | None = None  # of the accepted logins, so many have one; None: all


class _Realm(NamedTuple):
    match: str
    home: str
    institution: str
    country: str


class _Place(NamedTuple):
    name: str
    site: str
    client: str


def write(session: Session, privacy: Privacy, amounts: Amounts, now: datetime, seed: int = 1) -> None:
    """All of it, in the caller's transaction."""
    dice = Random(seed)  # noqa: S311  a past, not a secret
    stands = session.execute(select(AccessPoint.name, AccessPoint.site, AccessPoint.client))
    places = [_Place(name, site, client) for name, site, client in stands if site and client]
    rows = session.scalars(select(Realm).order_by(Realm.position))
    realms = [_Realm(row.match, row.homes[0], row.institution, row.country) for row in rows if row.homes and not row.match.startswith("~")]
    if not places or not realms:
        return
    weights = list(accumulate(3.0 / (1 + place) for place in range(len(realms))))
    zone = ZoneInfo(session.scalar(select(Operator.timezone)) or "UTC")
    logins = _logins(dice, privacy, places, realms, weights, amounts, now)
    kept = amounts.logins if amounts.sessions is None else amounts.sessions
    hours: dict[tuple[datetime, str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    whose = {realm.match: (realm.institution or realm.match, realm.country) for realm in realms}
    visitors, sites = Visitors(zone), SiteSums(session)
    for some in _slices(logins):
        sessions = []
        for login in some:
            if login["verdict"] is not LoginVerdict.ACCEPT:
                continue
            visitors.count(login["at"], *whose[login["rule"]], login["station_hash"])
            sites.came(login["at"], login["site"], whose[login["rule"]][0].encode() + login["station_hash"])
            if kept > 0:
                kept -= 1
                sessions.append(_session(dice, privacy, login, now))
        _open(sessions, amounts.online, now)
        for each in sessions:
            _sum(hours, each)
            sites.add(each, roaming=True)
        _insert(session, AuthEvent, some)
        _insert(session, Accounting, sessions)
        _insert(session, SessionHop, [_hop(each) for each in sessions])
    _insert(session, UsageHour, [_hour(key, sums) for key, sums in hours.items()])
    sites.write(now)
    _insert(session, VisitorCount, list(visitors.rows(now)))
    _insert(session, HomeChange, list(_changes(dice, sorted({realm.home for realm in realms[:20]}), amounts, now)))


def _hop(session: dict[str, Any]) -> dict[str, Any]:
    return {"session_id": session["id"], "at": session["started_at"], "access_point": session["access_point"], "ssid": session["ssid"]}


def _slices(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == SLICE:
            yield some
            some = []
    yield some


def _insert(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    for at in range(0, len(rows), SLICE):
        session.connection().execute(insert(table), rows[at : at + SLICE])  # no objects are made


def _logins(
    dice: Random,
    privacy: Privacy,
    places: Sequence[_Place],
    realms: Sequence[_Realm],
    weights: list[float],
    amounts: Amounts,
    now: datetime,
) -> Iterator[dict[str, Any]]:
    """From the newest to the oldest, so that the newest are those that are online."""
    often = [each[2] for each in _ENDINGS]
    people = max(amounts.logins // 12, 30)
    for ago in _agos(dice, amounts):
        at = _busy(dice, now - ago - timedelta(seconds=20), now)
        realm = dice.choices(realms, cum_weights=weights)[0]
        verdict, reason, _often, round_trips = dice.choices(_ENDINGS, often)[0]
        who = dice.randrange(people)
        milliseconds = 15_000.0 if verdict is LoginVerdict.NO_ANSWER else dice.lognormvariate(5.0, 0.5)
        yield {
            "id": new_id(),
            "began_at": at - timedelta(milliseconds=milliseconds),
            "at": at,
            **_where(dice.choice(places)),
            **_to(realm, refused=verdict is LoginVerdict.REFUSED, junk=reason == "JUNK_REALM"),
            "user_hash": privacy.user(f"guest-{who:03}@{realm.match}".encode()),
            "station_hash": privacy.station(f"02-00-5E-{who >> 16 & 255:02X}-{who >> 8 & 255:02X}-{who & 255:02X}"),
            "verdict": verdict,
            "reason": reason,
            "round_trips": round_trips,
            "milliseconds": round(milliseconds, 1),
            "own_milliseconds": round(dice.uniform(0.4, 2.5), 2),
            "eap": True,
            "session_id": None,
            "acct_session_id": f"{dice.getrandbits(64):016X}",
        }


def _where(place: _Place) -> dict[str, Any]:
    of_the_radio = {"nas_identifier": place.name, "access_point": place.name, "site": place.site, "ssid": "eduroam"}
    return {"client": place.client, "source": "127.0.0.1", **of_the_radio}


def _to(realm: _Realm, *, refused: bool, junk: bool) -> dict[str, Any]:
    if refused:
        return {"realm": "gmail.com" if junk else "uni-x.example", "rule": "", "home": "", "attempts": []}
    return {"realm": realm.match.removeprefix("*."), "rule": realm.match, "home": realm.home, "attempts": [realm.home]}


def _agos(dice: Random, amounts: Amounts) -> Iterator[timedelta]:
    """How long each login is ago, the newest first."""
    yield from sorted(timedelta(seconds=dice.uniform(0, 3600)) for _ in range(amounts.recent))
    step = timedelta(days=amounts.days) / amounts.logins
    yield from (step * number for number in range(amounts.logins - amounts.recent))


def _busy(dice: Random, at: datetime, now: datetime) -> datetime:
    """Somewhere on the same day, as busy as its hours are; never later than now."""
    if now - at < timedelta(hours=24):
        return at
    hour = dice.choices(range(24), HOURS)[0]
    return at.replace(hour=(hour + 5) % 24, minute=dice.randrange(60), second=dice.randrange(60))


def _session(dice: Random, privacy: Privacy, login: dict[str, Any], now: datetime) -> dict[str, Any]:
    seconds = min(int(dice.lognormvariate(7.6, 0.9)) + 60, int((now - login["at"]).total_seconds()) or 1)
    name = login["session_id"] = new_id()
    ends = login["at"] + timedelta(seconds=seconds)
    down = int(dice.lognormvariate(17.5, 1.4))
    return {
        "id": name,
        "client": login["client"],
        "source": login["source"],
        "nas_identifier": login["nas_identifier"],
        "acct_session_id": login["acct_session_id"],
        "multi_session_id": "",
        "station_hash": login["station_hash"],
        "station_sealed": privacy.sealed(b"02-00-5E-00-00-01", "session", name, "station_sealed"),
        "user_hash": login["user_hash"],
        "realm": login["realm"],
        "home": login["home"],
        "login": login["id"],
        "access_point": login["access_point"],
        "ssid": login["ssid"],
        "site": login["site"],
        "framed_ip": f"10.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}",
        "started_at": login["at"],
        "start_seen": True,
        "heard_at": login["at"],
        "updated_at": ends,
        "ended_at": ends,
        "status": SessionStatus.ENDED,
        "terminate_cause": dice.choice(("User-Request", "Idle-Timeout", "Lost-Carrier")),
        "seconds": seconds,
        "input_octets": down // dice.randrange(4, 12),
        "output_octets": down,
        "updates": 3,
    }


def _open(sessions: list[dict[str, Any]], online: int, now: datetime) -> None:
    """The newest are still there."""
    for each in sessions:
        if now - each["started_at"] > timedelta(hours=3) or online <= 0:
            return
        online -= 1
        each |= {"status": SessionStatus.OPEN, "ended_at": None, "updated_at": now, "terminate_cause": ""}
        each["seconds"] = int((now - each["started_at"]).total_seconds())


def _sum(hours: dict[tuple[datetime, str, str, str], list[int]], each: dict[str, Any]) -> None:
    begun = each["started_at"].replace(minute=0, second=0, microsecond=0)
    sums = hours[begun, each["site"], each["access_point"], each["ssid"]]
    for at, value in enumerate((1, min(each["seconds"], 3600), each["input_octets"], each["output_octets"])):
        sums[at] += value


def _hour(key: tuple[datetime, str, str, str], sums: list[int]) -> dict[str, Any]:
    hour, site, access_point, ssid = key
    counts = dict(zip(("sessions", "seconds", "input_octets", "output_octets"), sums, strict=True))
    return {"hour": hour, "site": site, "access_point": access_point, "ssid": ssid, **counts}


def _changes(dice: Random, homes: Sequence[str], amounts: Amounts, now: datetime) -> Iterator[dict[str, Any]]:
    """Now and then a home was away for some minutes."""
    for home in homes:
        for _ in range(min(amounts.days // 14, 8)):
            at = now - timedelta(hours=dice.uniform(3, amounts.days * 24))
            yield {"at": at, "home": home, "state": "dead", "why": "3 probes missed"}
            yield {"at": at + timedelta(minutes=dice.uniform(2, 30)), "home": home, "state": "alive", "why": "answered 3 probes"}
