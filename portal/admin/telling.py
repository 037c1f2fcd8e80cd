"""A login as a timeline: portal, RADIUS, home, accounting, orders, each line with its time; and a line of a list.

Words only: rows in, text out. Never a station, an address of a mail, or more than the rows show.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import flask_babel
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_babel import ngettext

from portal import causes, words
from portal.admin.answers import KINDS, answer
from store.models import LoginVerdict, MessageKind, MessageState, OrderKind, OrderState, SessionStatus, Settled, Way

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from portal.cases.finding import Story
    from portal.causes import Facts, Told
    from store.models import AuthEvent, Challenge, Grant, Message, Session

_HEX: Final = "[0-9A-Fa-f]"
_STATION: Final = re.compile(  # as any NAS spells one; the end of a UUID is none
    rf"(?<!{_HEX})(?<!-{_HEX}{{4}}-{_HEX}{{4}}-{_HEX}{{4}}-)"
    rf"(?:{_HEX}{{2}}(?P<by>[-:.])(?:{_HEX}{{2}}(?P=by)){{4}}{_HEX}{{2}}|(?<!{_HEX}{{8}}-){_HEX}{{4}}(?P<of>[-:.]){_HEX}{{4}}(?P=of){_HEX}{{4}}"
    rf"|{_HEX}{{6}}[-:.]?{_HEX}{{6}})(?!{_HEX})"
)
SHORT: Final = 12  # characters of a hash: enough to tell two devices of a page apart
TONES: Final = {
    LoginVerdict.ACCEPT: "good",
    LoginVerdict.REJECT: "bad",
    LoginVerdict.REFUSED: "bad",
    LoginVerdict.NO_ANSWER: "bad",
    LoginVerdict.ABANDONED: "warn",
}
WAYS: Final = {
    Way.TERMS: later("by accepting the terms"),
    Way.VOUCHER: later("with an access code"),
    Way.EMAIL: later("by e-mail"),
    Way.SMS: later("by text message"),
    Way.CARD: later("with a library card"),
    Way.SPONSOR: later("vouched for by a sponsor"),
    Way.OIDC: later("with an account elsewhere"),
}
_SETTLED: Final = {
    Settled.CONFIRMED: later("confirmed"),
    Settled.DENIED: later("denied by whoever was asked"),
    Settled.REPLACED: later("replaced by a newer one"),
}
SENT: Final = {
    MessageState.QUEUED: later("waits to be sent"),
    MessageState.CLAIMED: later("is being sent"),
    MessageState.SENT: later("sent"),
    MessageState.FAILED: later("was not sent"),
    MessageState.EXPIRED: later("was not sent in time"),
}
_STATES: Final = {
    "alive": later("answers"),
    "reviving": later("answers again"),
    "zombie": later("is silent"),
    "dead": later("does not answer"),
}


class Step(NamedTuple):
    """One line of the timeline."""

    at: datetime
    part: str  # portal, RADIUS, home, session, order: in the reader's language
    title: str
    more: tuple[str, ...] = ()
    tone: str = ""


class Headline(NamedTuple):
    """How a login ended, for the top of its page and for a line of a list."""

    tone: str
    title: str
    told: Told


def headline(event: AuthEvent, institutions: Mapping[str, str], count: int = 0) -> Headline:
    """`count`: packets of its client that were dropped for the same reason in the last hour."""
    return _headline(causes.facts(event, institutions), count)


def _headline(of: Facts, count: int) -> Headline:
    tone = (
        "" if of.verdict is None else "quiet" if causes.led(of.verdict, of.reason, of.rule) else TONES[causes.ended(of.verdict, of.reason)]
    )
    told = causes.told(causes.counted(of, count), flask_babel)
    return Headline(tone, causes.headline(of, flask_babel), told)


def standing(story: Story, now: datetime) -> Headline | None:
    """Of a stay of which no login is known, as with gateways that speak no RADIUS: whether the guest may be online, or why not."""
    grant = story.grant
    if grant is None:
        return None
    if grant.revoked_at is not None or grant.ends_at <= now:
        told = causes.told(causes.Facts(reason="GRANT_SPENT_ENDED", client=grant.client), flask_babel)
        if grant.revoked_at is not None:
            told = told._replace(cause=_("The stay was ended: %(why)s", why=grant.why or _("nobody said why")))
        return Headline("quiet", _("Ended"), told)
    asked = [order for order in story.orders if order.kind is OrderKind.GRANT]
    if asked and asked[-1].state is OrderState.FAILED:
        said = answer(asked[-1])
        cause = _("The gateway was asked to let the guest in: %(answer)s.", answer=said.said)
        who = causes.told(causes.Facts(reason="BAD_CODE"), flask_babel)
        return Headline("bad", _("Not let in"), who._replace(cause=cause, todo=said.meaning))
    running = causes.told(causes.Facts(LoginVerdict.ACCEPT, rule="(mac)"), flask_babel)
    return Headline("good", _("Signed in"), running._replace(cause=_("The guest signed in at the portal, and the stay goes on.")))


def dropped(reason: str, client: str, count: int) -> Told:
    """Of packets that never became a login."""
    return causes.told(causes.Facts(reason=reason, client=client, count=count), flask_babel)


def device(station_hash: bytes) -> str:
    """A station as everybody sees it."""
    return str(_("device %(hash)s", hash=bytes(station_hash).hex()[:SHORT]) if station_hash else _("an unnamed device"))


def unnamed(number: str) -> str:
    """A gateway's own number of a session, which with many makes holds the station: that part is masked."""
    return _STATION.sub("…", number)


def place(row: AuthEvent | Session | Grant) -> str:
    """Where: access point, SSID, site, as far as they are known."""
    name = row.access_point or getattr(row, "bssid", "") or getattr(row, "nas_identifier", "") or _("an unnamed place")
    return ", ".join([name, *([row.ssid] if row.ssid else []), *([row.site] if row.site else [])])


def steps(story: Story) -> list[Step]:
    """Oldest first."""
    found = [*_portal(story), *_login(story), *_online(story), *_orders(story)]
    return sorted(found, key=lambda step: step.at)


def _portal(story: Story) -> Iterator[Step]:
    part = _("Portal")
    if (grant := story.grant) is not None:
        yield Step(grant.starts_at, part, _("A guest signed in %(way)s", way=WAYS[grant.way]), tuple(_granted(grant)), "good")
        if grant.revoked_at is not None:
            yield Step(grant.revoked_at, part, _("The stay was ended: %(why)s", why=grant.why or _("nobody said why")), (), "warn")
    for challenge in story.challenges:
        yield _challenge(challenge, part)
    for message in story.messages:
        yield _message(message)


def _granted(grant: Grant) -> Iterator[str]:
    yield _("at %(place)s, through %(client)s", place=place(grant), client=grant.client or _("no gateway that we know"))
    until = _("Plan %(plan)s, until %(until)s UTC", plan=grant.plan, until=grant.ends_at.strftime("%Y-%m-%d %H:%M"))
    yield until + (_(" (provisional: the proof is still to come)") if grant.provisional else "")
    if grant.support:
        yield _("Support number %(number)s", number=grant.support)


def _challenge(challenge: Challenge, part: str) -> Step:
    asked = _("A sponsor was asked") if challenge.way is Way.SPONSOR else _("A code was asked for %(way)s", way=WAYS[challenge.way])
    more = [ngettext("%(num)s wrong code was typed", "%(num)s wrong codes were typed", challenge.tries)] if challenge.tries else []
    if challenge.outcome is not None:
        more.append(str(_SETTLED[challenge.outcome]))
    tone = "good" if challenge.outcome is Settled.CONFIRMED else "bad" if challenge.outcome is Settled.DENIED else ""
    return Step(challenge.created_at, part, asked, tuple(more), tone)


def _message(message: Message) -> Step:
    kind = _("Mail") if message.kind is MessageKind.MAIL else _("Text message")
    failed = message.state in (MessageState.FAILED, MessageState.EXPIRED)
    title = _("%(what)s: %(how)s", what=f"{kind} ({message.purpose})", how=SENT[message.state])
    more = (_("its server said: %(words)s", words=message.outcome),) if message.outcome else ()
    return Step(message.settled_at or message.queued_at, _("Message"), title, more, "bad" if failed else "")


def _login(story: Story) -> Iterator[Step]:
    event = story.login
    if event is None:
        return
    where = _("at %(place)s, through %(client)s", place=place(event), client=f"{event.client} ({event.source})")
    whose = event.realm or (_("a guest") if event.rule in causes.OURS else _("no realm"))
    yield Step(
        event.began_at,
        "RADIUS",
        _("%(who)s asked to be let in (%(whose)s)", who=device(event.station_hash).capitalize(), whose=whose),
        (where,),
    )
    for change in story.changes:
        state = {
            "up": _("answers"),
            "alive": _("answers"),
            "reviving": _("answers again"),
            "zombie": _("is silent"),
            "dead": _("does not answer"),
        }.get(change.state, change.state)
        title = _("Home %(home)s: %(state)s", home=change.home, state=state)
        yield Step(change.at, _("Home"), title, (change.why,) if change.why else (), "bad" if change.state == "dead" else "")
    yield Step(
        event.at,
        _("Home") if event.attempts else _("Verdict"),
        causes.headline(causes.facts(event, story.institutions), flask_babel),
        tuple(_way(event)),
        TONES[causes.ended(event.verdict, event.reason)],
    )


def _way(event: AuthEvent) -> Iterator[str]:
    if event.rule in causes.OURS:
        yield _("Decided here: a guest is known %(how)s", how=_(causes.OURS[event.rule]))
    elif event.rule:
        yield _("Rule “%(rule)s”", rule=event.rule)
    if event.attempts:
        yield _("Homes asked: %(homes)s", homes=", ".join(event.attempts))
        trips = ngettext("%(num)s round trip", "%(num)s round trips", event.round_trips)
        yield _(
            "%(trips)s in %(total)s ms, %(ours)s of them ours",
            trips=trips,
            total=round(event.milliseconds),
            ours=round(event.own_milliseconds),
        )
    elif event.rule not in causes.OURS:
        yield _("No home was asked")


def _online(story: Story) -> Iterator[Step]:
    session = story.session
    if session is None:
        return
    part = _("Accounting")
    where = _("at %(place)s, through %(client)s", place=place(session), client=session.client)
    yield Step(session.started_at, part, _("Online"), (where, _("Session %(id)s", id=session.id)), "good")
    for hop in story.hops[1:]:
        yield Step(hop.at, part, _("Moved to %(place)s", place=hop.access_point or hop.bssid), (hop.ssid,) if hop.ssid else ())
    for held in story.addresses:
        yield Step(held.first_at, part, _("Address %(address)s", address=held.address))
    if session.ended_at is not None:
        yield Step(session.ended_at, part, _("Offline"), tuple(_figures(session)))
    elif session.status is SessionStatus.STALE:
        yield Step(session.updated_at, part, _("The last word of it"), tuple(_figures(session)), "warn")


def _figures(session: Session) -> Iterator[str]:
    yield _(
        "%(time)s; %(up)s up, %(down)s down",
        time=words.time_left(session.seconds),
        up=words.amount(session.input_octets),
        down=words.amount(session.output_octets),
    )
    if session.terminate_cause:
        yield session.terminate_cause


def _orders(story: Story) -> Iterator[Step]:
    for order in story.orders:
        said = answer(order)
        more = tuple(line for line in (said.meaning, order.details.get("why", "")) if line)
        yield Step(
            order.settled_at or order.queued_at, _("Order"), _("%(what)s: %(how)s", what=KINDS[order.kind], how=said.said), more, said.tone
        )
