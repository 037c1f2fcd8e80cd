"""One login as a person tells it: who, where, which home, what happened, what to do (decisions-portal, 25).

Pure: rows in, lines out. Never claims more than the rows show, and never shows a station or a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from portal import causes
from portal.messages.texts import Texts
from portal.reasons import Fixer
from proxeny.moments import iso
from store.models import LoginVerdict, SessionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from store.models import AuthEvent, Order, Session

SHORT: Final = 12  # characters of a hash: enough to tell two devices of a page apart
ENGLISH: Final = Texts("en")  # the command line speaks English
_VERDICTS: Final = {
    LoginVerdict.ACCEPT: "signed in",
    LoginVerdict.REJECT: "was refused by the home",
    LoginVerdict.REFUSED: "was refused here",
    LoginVerdict.NO_ANSWER: "got no answer",
    LoginVerdict.ABANDONED: "stopped midway",
}


def row(event: AuthEvent) -> dict[str, Any]:
    """Decision 26's fields, exactly."""
    return {
        "id": event.id,
        "at": iso(event.at),
        "client": event.client,
        "access_point": event.access_point or event.bssid or event.nas_identifier,
        "ssid": event.ssid,
        "site": event.site,
        "realm": event.realm,
        "station": bytes(event.station_hash).hex(),
        "home": event.home,
        "attempts": event.attempts,
        "verdict": event.verdict.value,
        "reason": event.reason,
        "round_trips": event.round_trips,
        "milliseconds": round(event.milliseconds),
        "session": event.session_id,
    }


def session_row(session: Session) -> dict[str, Any]:
    """A session without a login of its own, in the same fields."""
    return {
        "id": None,
        "at": iso(session.started_at),
        "client": session.client,
        "access_point": session.access_point or session.bssid or session.nas_identifier,
        "ssid": session.ssid,
        "site": session.site,
        "realm": session.realm,
        "station": bytes(session.station_hash).hex(),
        "home": session.home,
        "attempts": [],
        "verdict": None,
        "reason": "",
        "round_trips": 0,
        "milliseconds": 0,
        "session": session.id,
    }


def short(event: AuthEvent) -> str:
    """One line, for a list or a live view."""
    place = event.access_point or event.bssid or event.client
    why = f" ({event.reason})" if event.reason else ""
    home = f" by {event.home}" if event.home else ""
    whose = event.realm or ("a guest" if event.rule in causes.OURS else "(no realm)")
    return f"{_time(event)}  {event.verdict.value:<9}  {whose} at {place}{home}, {event.milliseconds:.0f} ms{why}"


def told(event: AuthEvent, session: Session | None, institutions: Mapping[str, str], orders: Iterable[Order] = ()) -> Iterator[str]:
    """The story; `institutions` by rule, `orders` to the NAS about the session."""
    house = institutions.get(event.rule) or event.realm or "the home institution"
    yield f"{_time(event)}  A device {'was sent to the portal' if led(event) else _VERDICTS[causes.ended(event.verdict, event.reason)]}."
    yield f"  who    {_who(event, house)}, device {bytes(event.station_hash).hex()[:SHORT] or 'unnamed'}"
    yield f"  where  {_where(event)}"
    yield f"  way    {_way(event)}"
    for line in _meaning(event, institutions):
        yield f"  {line}"
    if session is not None:
        yield f"  online {online(session)}"
    for order in orders:
        yield f"  order  {ordered(order)}"
    yield f"  id     {event.id}"


def led(event: AuthEvent) -> bool:
    """Whether the guest came to the portal's page: by our answer's redirect, or its gateway's own after a Reject (decision 0012, 5)."""
    return causes.led(event.verdict, event.reason, event.rule)


def _who(event: AuthEvent, house: str) -> str:
    return "a guest" if event.rule in causes.OURS else f"someone of {house} ({event.realm or 'no realm'})"


def _where(event: AuthEvent) -> str:
    point = event.access_point or (
        f"the undeclared access point {event.bssid}" if event.bssid else event.nas_identifier or "an unnamed place"
    )
    ssid = f", SSID {event.ssid}" if event.ssid else ""
    site = f", site {event.site}" if event.site else ""
    return f"{point}{ssid}{site} (client {event.client}, {event.source})"


def _way(event: AuthEvent) -> str:
    rule = f'rule "{event.rule}"' if event.rule else "no rule"
    if not event.attempts:
        known = f", known by {causes.OURS[event.rule]}" if event.rule in causes.OURS else ""
        return f"{rule}{known}; " + (f"decided here by the grant {event.grant_id}" if event.grant_id else "no home was asked")
    moved = " then ".join(event.attempts)
    trips = f"{event.round_trips} round trip{'' if event.round_trips == 1 else 's'}"
    ours = f", {event.own_milliseconds:.0f} of them ours" if event.own_milliseconds >= 1 else ""
    return f"{rule}, asked {moved}; {trips}, {event.milliseconds:.0f} ms{ours}"


def _meaning(event: AuthEvent, institutions: Mapping[str, str]) -> Iterator[str]:
    """What happened, who can mend it and what to do, in the words of the staff's pages."""
    said = causes.told(causes.facts(event, institutions), ENGLISH)
    until = " Until then its gateway shows it the portal's page, and nothing else." if led(event) else ""
    yield f"so     {said.cause}{until}"
    if said.todo:
        yield f"do     {said.todo}"
    if said.fixers != (Fixer.NOBODY,):
        yield f"by     {', '.join(said.who)}"


def online(session: Session) -> str:
    """The session in one line."""
    since = iso(session.started_at)
    state = {SessionStatus.OPEN: "still open", SessionStatus.ENDED: f"ended {iso(session.ended_at)}", SessionStatus.STALE: "no word since"}
    address = f", address {session.framed_ip}" if session.framed_ip else ""
    figures = f"{session.seconds} s, {session.input_octets} octets up, {session.output_octets} down"
    cause = f" ({session.terminate_cause})" if session.terminate_cause else ""
    return f"session {session.id} since {since}, {state[session.status]}{cause}: {figures}{address}"


def ordered(order: Order) -> str:
    """What the NAS was told, and what it said (RFC 5176)."""
    if order.settled_at is None:
        return f"{order.kind.value} since {iso(order.queued_at)}: not answered yet"
    return f"{order.kind.value} at {iso(order.settled_at)}: {order.outcome or order.state.value}"


def _time(event: AuthEvent) -> str:
    return iso(event.at).replace("T", " ")[:19] + " UTC"
