"""A guest's story, by grant: when and where it signed in, under which plan, what was used of it, how it stands now.

Pure: rows in, lines out. Never claims more than the rows show, and never shows a station or an identity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from proxeny import story
from proxeny.amounts import duration, size
from proxeny.moments import iso
from radius.nas.plan import Remaining, Spent, Usage
from store.models import SessionStatus, Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from radius.nas.plan import Plan
    from store.models import AuthEvent, Grant, Order, Session

_WAYS: Final = {
    Way.TERMS: "by accepting the terms",
    Way.VOUCHER: "with a code",
    Way.EMAIL: "by e-mail",
    Way.SMS: "by text message",
    Way.CARD: "with a library card",
    Way.SPONSOR: "vouched for by a sponsor",
    Way.OIDC: "with an account elsewhere",
}
_AGAIN: Final = {
    Spent.ENDED: "The guest signs in again at the portal.",
    Spent.DAY_TIME: "It begins anew at midnight; a larger plan allows more.",
    Spent.DAY_DATA: "It begins anew at midnight; a larger plan allows more.",
    Spent.MONTH_DATA: "It begins anew with the month; a larger plan allows more.",
}


@dataclass(frozen=True, slots=True)
class Stay:
    """One grant, and all that is known of it."""

    grant: Grant
    plan: Plan | None
    used: Usage = field(default_factory=Usage)
    left: Remaining = field(default_factory=Remaining)
    sessions: Sequence[Session] = ()
    orders: Sequence[Order] = ()  # about the grant, those about its sessions too
    logins: Sequence[AuthEvent] = ()
    access_point: str = ""  # as it is declared; "" where nobody knows it by name


def row(stay: Stay) -> dict[str, Any]:
    """A grant in the fields of a login (story.row), and its own behind them."""
    grant = stay.grant
    return {
        "id": None,
        "at": iso(grant.starts_at),
        "client": grant.client,
        "access_point": stay.access_point or grant.access_point,
        "ssid": grant.ssid,
        "site": grant.site,
        "realm": "",
        "station": "",
        "home": "",
        "attempts": [],
        "verdict": None,
        "reason": "",
        "round_trips": 0,
        "milliseconds": 0,
        "session": stay.sessions[-1].id if stay.sessions else None,
        "grant": grant.id,
        "support": grant.support,
        "plan": grant.plan,
        "way": grant.way.value,
        "ends_at": iso(grant.ends_at),
        "revoked_at": iso(grant.revoked_at),
        "why": grant.why,
        "spent": stay.left.spent.name if stay.left.spent else "",
    }


def told(stay: Stay, now: datetime) -> Iterator[str]:
    """The story."""
    grant = stay.grant
    portal = f" at the portal {grant.portal}" if grant.portal else ""
    yield f"{_minute(grant.starts_at)}  A guest signed in{portal} {_WAYS[grant.way]}, and got the number {grant.support or '(none)'}."
    yield f"  where  {_where(grant, stay.access_point or grant.access_point)}"
    yield f"  plan   {_plan(stay, now)}"
    for number, line in enumerate(_standing(stay, now)):
        yield f"  {'so' if not number else 'do':<6} {line}"
    for session in stay.sessions:
        yield f"  online {story.online(session)}"
    for order in stay.orders:
        yield f"  order  {story.ordered(order)}"
    yield f"  id     {grant.id}"


def _where(grant: Grant, access_point: str) -> str:
    ssid = f", SSID {grant.ssid}" if grant.ssid else ""
    site = f", site {grant.site}" if grant.site else ""
    return f"{access_point or 'an unnamed place'}{ssid}{site} (client {grant.client})"


def _plan(stay: Stay, now: datetime) -> str:
    grant, used = stay.grant, stay.used
    times = f", extended {grant.extensions} time{'' if grant.extensions == 1 else 's'}" if grant.extensions else ""
    until = f"{grant.plan}{', provisional' if grant.provisional else ''}, until {_minute(grant.ends_at)}{times}"
    today = f"used today {duration(used.day_seconds)} and {size(used.day_octets)}, this month {size(used.month_octets)}"
    if stay.plan is None or stay.left.spent or grant.revoked_at is not None or grant.ends_at <= now:
        return f"{until}; {today}"
    left = [duration(stay.left.seconds)] if stay.left.seconds is not None else []
    left += [size(stay.left.octets)] if stay.left.octets is not None else []
    return f"{until}; {today}; left {' and '.join(left) or 'without limit'}"


def _standing(stay: Stay, now: datetime) -> Iterator[str]:
    """How it is with the guest now; then, where something can be done, what."""
    grant, open_ = stay.grant, [each for each in stay.sessions if each.status is SessionStatus.OPEN]
    if grant.revoked_at is not None or grant.ends_at <= now:
        ended = grant.revoked_at is not None and f"Ended at {_minute(grant.revoked_at)}: {grant.why or 'nobody said why'}."
        yield (ended or Spent.ENDED.value) + (" The gateway tells of an open session all the same." if open_ else "")
        yield "See below what the gateway answered to the orders." if open_ else _AGAIN[Spent.ENDED]
    elif stay.plan is None:
        yield f"The plan {grant.plan} is not declared any more, and so allows nothing."
        yield "Declare the [[plan]] again, or have the guest sign in anew."
    elif stay.left.spent is not None:
        yield stay.left.spent.value
        yield _AGAIN[stay.left.spent]
    elif open_:
        yield f"Online: {len(open_)} session{'' if len(open_) == 1 else 's'} open."
    else:
        yield "May be online; no session is open, as far as the gateway has told."
        yield "Some gateways tell of no sessions. Else: is the device still in the place, and does the gateway send accounting?"


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
