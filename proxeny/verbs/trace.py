"""`proxeny trace MAC|USER|SESSION|NUMBER`: the logins of one device, one identity or one session, each told as a story.

A full MAC, an exact user name or a session: what is stored are keyed hashes, so no fragment can be found. A guest is also
found by the support number of its page, or its grant. With an IP address and --at it says who held it then. Never shows a
station or a name.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Any, Final

import click
from sqlalchemy import select

from portal import causes
from proxeny import guest_stays, guest_story, moments, opening, snapshot, story
from proxeny.verbs import options
from radius.text import mac
from store import outbox, trace
from store.models import Realm
from store.privacy import Privacy, privacy
from store.session import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session as Database

    from proxeny.guest_story import Stay
    from store.models import AuthEvent, Session

LOOK: Final = 0.3  # seconds between looks of --follow
LATE: Final = timedelta(seconds=30)  # a recorder that was held up may write so much later
RECENT: Final = timedelta(hours=1)  # of dropped packets
_NOTHING: Final = (
    "Nothing of this is in the trace. A full MAC, an exact user name, a session or a guest's support number finds it; never a fragment.\n"
    "The number of a page that told of a trouble before anybody had signed in stands in the log alone, as `number`."
)


@click.command()
@click.argument("what", metavar="MAC|USER|SESSION|NUMBER|IP", required=False, default="")
@click.option("--at", metavar="TIME", help="With an IP address: who held it then (ISO 8601; UTC unless it has a zone).")
@click.option("--follow", is_flag=True, help="Go on as logins arrive, until Ctrl-C.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Logins told, the newest first.")
@options.as_json
@options.config
def command(what: str, at: str | None, limit: int, config: Path | None, *, follow: bool, as_json: bool) -> None:
    """One login's story: by full MAC, exact user name, session, a guest's support number, or IP address and time.

    Exit 1 where nothing is found.
    """
    if not what and not follow:
        raise click.UsageError("say whose login: a full MAC, an exact user name, a session, a support number, or an IP address with --at")
    when = _time(at) if at else None
    database, seal = opening.store(options.load(config))
    with reading(database) as work:
        marks = privacy(work, seal, datetime.now(UTC))
        network = snapshot.read(work, seal)
    if follow:
        _follow(database, what, marks, as_json=as_json)
    with reading(database) as work:
        events, sessions = find(work, what, when, marks, limit)
        stays = guest_stays.found(work, what, network, marks, datetime.now(UTC), limit)
        events = guest_stays.logins(events, stays, limit)
        if as_json:
            lonely = [story.session_row(each) for each in sessions]
            options.show([story.row(event) for event in events] + lonely + [guest_story.row(stay) for stay in stays])
        else:
            _tell(work, events, sessions, stays, what)
    raise SystemExit(0 if events or sessions or stays else 1)


def _time(text: str) -> datetime:
    try:
        return moments.read(text)
    except ValueError:
        raise click.UsageError(f"--at {text}: write it as 2026-03-08T07:00:00Z") from None


def find(work: Database, what: str, when: datetime | None, marks: Privacy, limit: int) -> tuple[list[AuthEvent], list[Session]]:
    """The logins, and the sessions found that no login is known of."""
    if _is_address(what):
        held = trace.holders(work, str(ip_address(what)), when or datetime.now(UTC))
        events = trace.of_sessions(work, held, most=limit) if held else []
        known = {event.session_id for event in events} | {event.id for event in events}
        return events, [session for session in held if session.id not in known and session.login not in known]
    if station := mac(what.encode()):
        return trace.by_station(work, station, marks, limit), []
    if "@" in what:
        return trace.by_user(work, what, marks, limit), []
    return trace.by_session(work, what, limit) or trace.by_user(work, what, marks, limit), []


def _is_address(what: str) -> bool:
    try:
        ip_address(what)
    except ValueError:
        return False
    return True


def _tell(work: Database, events: list[AuthEvent], sessions: list[Session], stays: list[Stay], what: str) -> None:
    for stay in stays:
        for line in guest_story.told(stay, datetime.now(UTC)):
            click.echo(line)
        click.echo()
    told = {session.id for stay in stays for session in stay.sessions}
    known = {name: session for name, session in trace.sessions_of(work, events).items() if name not in told}
    houses = institutions(work)
    orders = outbox.of_sessions(work, list(known))
    for event in events:
        about = [order for order in orders if order.session_id == event.session_id]
        for line in story.told(event, known.get(event.session_id or ""), houses, about):
            click.echo(line)
        click.echo()
    for session in sessions:
        click.echo(f"No login of this version is known for {story.online(session)}")
    if _is_address(what):
        if not events and not sessions:
            click.echo(f"No session is known that had {what} then. --at says when; the NAS must send Framed-IP-Address.", err=True)
        _knocks(work, str(ip_address(what)))
    elif not events and not sessions and not stays:
        click.echo(_NOTHING, err=True)
        _knocks(work, "")


def _knocks(work: Database, source: str) -> None:
    """Packets that were dropped before they could become a login: often why nothing is found."""
    for who, client, reason, count in trace.dropped(work, datetime.now(UTC) - RECENT, source=source)[:10]:
        said = causes.told(causes.Facts(reason=reason, client=client), story.ENGLISH)
        click.echo(
            f"{count} packet{'' if count == 1 else 's'} from {who or 'various addresses'} in the last hour: {said.cause} {said.todo}",
            err=not source,
        )


def institutions(work: Database) -> dict[str, str]:
    """Names of institutions by the rule that leads to them."""
    return {match: name for match, name in work.execute(select(Realm.match, Realm.institution)) if name}


def _follow(database: Engine, what: str, marks: Privacy, *, as_json: bool) -> None:
    """Each login as it is written, of everyone or of whom was asked for; Ctrl-C ends it."""
    began, seen = datetime.now(UTC) - timedelta(seconds=1), dict[str, datetime]()
    try:
        while True:
            horizon = max(began, datetime.now(UTC) - LATE)
            with reading(database) as work:
                fresh = [event for event in trace.newer(work, (horizon, ""), most=1000) if event.id not in seen]
            for event in fresh:
                seen[event.id] = event.at
                if not what or wanted(event, what, marks):
                    click.echo(json.dumps(story.row(event)) if as_json else story.short(event))
            seen = {name: moment for name, moment in seen.items() if moment >= horizon}
            time.sleep(LOOK)
    except (KeyboardInterrupt, BrokenPipeError):
        raise SystemExit(0) from None


def wanted(event: AuthEvent, what: str, marks: Privacy) -> bool:
    """Whether this login is of the device, the identity or the session asked for."""
    if station := mac(what.encode()):
        return bytes(event.station_hash) == marks.station(station)
    names: set[Any] = {event.id, event.session_id, event.acct_session_id}
    return what in names or bytes(event.user_hash) == marks.user(what.encode())
