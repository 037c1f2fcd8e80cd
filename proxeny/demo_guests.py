"""Weeks of a city's guests in a second: accounts, devices, stays with their sessions, what they used, agreed to and were sent, vouchers.

For the demo, for pictures of the pages, and for measuring them at the amounts of a large city. The same seed makes the same
past. Never in a network that is not the sample city's, or a test's own, and never anybody who exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import insert, select

from proxeny.demo_sums import SiteSums, Visitors
from store import crockford, vouchers
from store.ids import new_id, new_ids
from store.models import (
    AccessPoint,
    Account,
    Client,
    Consent,
    Device,
    Grant,
    GuestUsage,
    Message,
    MessageKind,
    MessageState,
    Operator,
    Period,
    Plan,
    Portal,
    SessionStatus,
    VisitorCount,
    Voucher,
    VoucherBatch,
    Way,
)
from store.models import Session as Accounting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from store.models import Base
    from store.privacy import Privacy

SLICE: Final = 5_000  # rows of one statement
WAYS: Final = ((Way.EMAIL, 60), (Way.SMS, 15), (Way.SPONSOR, 5), (Way.VOUCHER, 20))
BATCHES: Final = (("Jazz on the lakeshore", 400), ("Library open day", 120), ("Arena, visiting teams", 60))
_LETTERS: Final = "2345679ACDEFGHJKMNPQRTVWXY"  # of support numbers (store/grants.py)


@dataclass(frozen=True, slots=True)
class Guests:
    """How many of them."""

    accounts: int = 260
    days: int = 84
    online: int = 24  # stays that are not over
    batches: tuple[tuple[str, int], ...] = BATCHES


class _Place(NamedTuple):
    access_point: str
    site: str
    client: str


class _Past(NamedTuple):
    """What is drawn from."""

    dice: Random
    privacy: Privacy
    places: Sequence[_Place]
    portal: Portal
    plans: dict[str, Plan]
    now: datetime


def write(session: Session, privacy: Privacy, amounts: Guests, now: datetime, seed: int = 2) -> None:
    """All of it, in the caller's transaction; nothing where no portal lets guests in."""
    portal = session.scalar(select(Portal).order_by(Portal.name).limit(1))
    stands = select(AccessPoint, Client.nas).join(Client, Client.name == AccessPoint.client)
    found = [(_Place(row.name, row.site or "", row.client or ""), nas) for row, nas in session.execute(stands)]
    places = [place for place, nas in found if nas != "generic"] or [place for place, _nas in found]
    if portal is None or not places:
        return
    plans = {plan.name: plan for plan in session.scalars(select(Plan))}
    past = _Past(Random(seed), privacy, places, portal, plans, now)  # noqa: S311  a past, not a secret
    codes = [_batch(session, past, *each) for each in amounts.batches]
    sites = SiteSums(session)
    visitors = Visitors(ZoneInfo(session.scalar(select(Operator.timezone)) or "UTC"))
    free = iter([voucher for batch in codes[:2] for voucher in batch])
    for begin in range(0, amounts.accounts, SLICE):
        rows: dict[type[Base], list[dict[str, Any]]] = {
            kind: [] for kind in (Account, Device, Grant, Accounting, GuestUsage, Consent, Message)
        }
        used: list[dict[str, Any]] = []
        for number in range(begin, min(begin + SLICE, amounts.accounts)):
            _guest(past, amounts, number, rows, used, free)
        for each in rows[Accounting]:
            sites.add(each, roaming=False)
            sites.came(each["started_at"], each["site"], each["station_hash"])
            visitors.count(each["started_at"], "", "", each["station_hash"])
        for kind, some in rows.items():
            if some:
                session.connection().execute(insert(kind), some)  # no objects are made
        for each in used:
            session.connection().execute(Voucher.__table__.update().where(Voucher.id == each.pop("id")), each)  # type: ignore[attr-defined]  # it is a table
    sites.write(past.now)
    if counted := list(visitors.rows(past.now)):
        session.connection().execute(insert(VisitorCount), counted)


def _batch(session: Session, past: _Past, name: str, count: int) -> list[str]:
    """The ids of its vouchers; one in thirty was taken back."""
    made = past.now - timedelta(days=past.dice.randrange(8, 50))
    plan = past.portal.plans.get("voucher", past.portal.plan)
    batch = VoucherBatch(name=name, plan=plan, devices=2, created_at=made, expires_at=past.now + timedelta(days=60))
    batch.wanted, batch.whole_at, batch.made_by = count, made, "ops@city.example"
    session.add(batch)
    session.flush()
    ids = new_ids(count)
    rows: list[dict[str, Any]] = [
        {
            "id": own,
            "batch_id": batch.id,
            "code_hash": vouchers.hashed(past.privacy, code),
            "code": past.privacy.seal.close(code.encode(), vouchers.where(own)),
            "revoked_at": made + timedelta(days=2) if number % 30 == 29 else None,
        }
        for number, (own, code) in enumerate((own, crockford.fresh()) for own in ids)
    ]
    for at in range(0, count, SLICE):
        session.connection().execute(insert(Voucher), rows[at : at + SLICE])
    return [each["id"] for each in rows if each["revoked_at"] is None]


def _guest(
    past: _Past,
    amounts: Guests,
    number: int,
    rows: dict[type[Base], list[dict[str, Any]]],
    used: list[dict[str, Any]],
    free: Iterator[str],
) -> None:
    """One guest with all that is theirs."""
    dice, now = past.dice, past.now
    way = dice.choices([each for each, _ in WAYS], [often for _, often in WAYS])[0]
    voucher = next(free, "") if way is Way.VOUCHER else ""
    way = Way.EMAIL if way is Way.VOUCHER and not voucher else way
    online = number < amounts.online
    last = now - timedelta(minutes=dice.randrange(4, 55)) if online else now - timedelta(minutes=dice.randrange(180, amounts.days * 1_440))
    account, language = new_id(), dice.choice(("en", "en", "fr"))
    contact = f"+1555{number:07}" if way is Way.SMS else f"…{_tail(dice)}" if way is Way.VOUCHER else f"guest-{1_000 + number}@example.org"
    identity = past.privacy.account(way, voucher or contact)
    since = min(last, now - timedelta(days=dice.randrange(amounts.days)))
    rows[Account].append(
        {
            "id": account,
            "way": way,
            "identity_hash": identity,
            "contact": past.privacy.sealed(contact.encode(), "account", account, "contact"),
            "language": language,
            "created_at": since,
            "last_seen": last,
        }
    )
    consent = {"account_id": account, "purpose": "terms", "digest": "", "language": language, "portal": past.portal.name}
    rows[Consent].append({"id": new_id(), **consent, "given_at": since, "withdrawn_at": None})
    ends = now
    for device in range(dice.choice((1, 1, 1, 2))):
        ends = _device(past, rows, account, way, number * 4 + device, since, last, stays=online and device == 0)
    if voucher:
        used.append({"id": voucher, "account_id": account, "used_at": since, "ends_at": ends})
    elif way in (Way.EMAIL, Way.SMS):
        rows[Message].append(_message(past, way, identity, language, since))


def _device(
    past: _Past, rows: dict[type[Base], list[dict[str, Any]]], account: str, way: Way, number: int, since: datetime, last: datetime,
    *, stays: bool,
) -> datetime:  # fmt: skip
    """One device with some stays, the last of them at `last`; until when that lasts."""
    dice, privacy = past.dice, past.privacy
    station = f"02-00-5E-{0x80 | number >> 16 & 127:02X}-{number >> 8 & 255:02X}-{number & 255:02X}"
    name = privacy.device(station)
    rows[Device].append({"hash": name, "account_id": account, "label": None, "added_at": None, "first_seen": since, "last_seen": last})
    plan = past.plans[past.portal.plans.get(way.value, past.portal.plan)]
    lasts = timedelta(seconds=plan.session or 7_200)
    begins = [since + (last - since) * dice.random() for _ in range(dice.randrange(4))]
    octets = 0
    for at in [*(each for each in sorted(begins) if each < last - lasts), last]:
        place, grant = dice.choice(past.places), new_id()
        goes_on = stays and at is last
        rows[Grant].append(
            {
                "id": grant, "device_hash": name, "account_id": account, "plan": plan.name, "portal": past.portal.name, "way": way,
                "provisional": False, "terms": "", "language": "en", "client": place.client, "access_point": place.access_point,
                "ssid": "City Wi-Fi", "site": place.site, "starts_at": at, "ends_at": at + lasts, "extensions": 0,
                "revoked_at": None, "why": "", "support": _support(dice), "changed": 0,
            }
        )  # fmt: skip
        octets = int(dice.lognormvariate(18.0, 1.3))
        until = past.now if goes_on else min(at + timedelta(minutes=dice.randrange(3, 110)), past.now)
        rows[Accounting].append(_session(privacy, station, grant, place, at, until, octets, goes_on=goes_on))
    if stays:
        day = past.now.replace(hour=5, minute=0, second=0, microsecond=0)
        day = day if day <= past.now else day - timedelta(days=1)
        row = {"subject": account, "period": Period.DAY, "begins_at": day, "ends_at": day + timedelta(days=1)}
        rows[GuestUsage].append({**row, "seconds": round((past.now - last).total_seconds()), "octets": octets})
    return last + lasts


def _session(
    privacy: Privacy, station: str, grant: str, place: _Place, at: datetime, until: datetime, octets: int, *, goes_on: bool
) -> dict[str, Any]:
    name = new_id()
    return {
        "id": name,
        "client": place.client,
        "source": "127.0.0.1",
        "nas_identifier": place.access_point,
        "acct_session_id": name[-10:].upper(),
        "multi_session_id": "",
        "station_hash": privacy.station(station),
        "station_sealed": privacy.sealed(station.encode(), "session", name, "station_sealed"),
        "user_hash": b"",
        "grant_id": grant,
        "access_point": place.access_point,
        "ssid": "City Wi-Fi",
        "site": place.site,
        "framed_ip": "10.20.0.7",
        "started_at": at,
        "start_seen": True,
        "heard_at": at,
        "updated_at": until,
        "ended_at": None if goes_on else until,
        "status": SessionStatus.OPEN if goes_on else SessionStatus.ENDED,
        "terminate_cause": "" if goes_on else "User-Request",
        "seconds": round((until - at).total_seconds()),
        "input_octets": octets // 8,
        "output_octets": octets,
        "updates": 3,
    }


def _message(past: _Past, way: Way, identity: bytes, language: str, at: datetime) -> dict[str, Any]:
    """The code that was sent; one in twenty did not arrive."""
    failed = past.dice.randrange(20) == 0
    return {
        "kind": MessageKind.MAIL if way is Way.EMAIL else MessageKind.SMS,
        "purpose": "code",
        "language": language,
        "to": None,
        "to_hash": identity,
        "content": None,
        "challenge_id": "",
        "key": None,
        "state": MessageState.FAILED if failed else MessageState.SENT,
        "queued_at": at,
        "expires_at": at + timedelta(minutes=15),
        "leased_until": None,
        "tries": 3 if failed else 1,
        "settled_at": at + timedelta(seconds=3),
        "outcome": "550 no such mailbox" if failed else "250 taken",
    }


def _tail(dice: Random) -> str:
    return "".join(dice.choice(_LETTERS) for _ in range(4))


def _support(dice: Random) -> str:
    letters = "".join(dice.choice(_LETTERS) for _ in range(6))
    return f"{letters[:3]}-{letters[3:]}"
