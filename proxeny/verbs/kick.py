"""`proxeny kick SESSION`: ask the session's NAS to end it, and say what it answered (decision 27).

The order goes through the outbox, so that it is on record; whoever the NAS's family leaves it to carries it out: the
running controller by RADIUS or by HTTP, or the gateway that polls. Never leaves an order behind that could be carried
out after this verb has given up.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  click calls the function with it
from typing import TYPE_CHECKING, Final

import click

from proxeny import deeds, opening, orders, snapshot
from proxeny.faults import Fault, FaultyError
from proxeny.verbs import options
from store import grants, outbox, sessions
from store.models import Grant, OrderKind, OrderState
from store.privacy import privacy
from store.session import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session as Database

    from proxeny.network import Network
    from store.models import Session
    from store.sealed import Seal

WAIT: Final = 9.5  # seconds: the whole verb takes at most ten
LOOK: Final = 0.1
KICKED: Final = "ended by staff"
NO_WAY: Final = "this access point takes no order to end a session: its family knows none, or its client is not declared any more"
NO_SESSION: Final = "the guest's grant is ended; no session of it is known, so there is none to end: is the device online at all?"
NOBODY: Final = "no answer: nobody carried the order out; is the controller running?"


@click.command()
@click.argument("name", metavar="SESSION")
@options.as_json
@options.config
def command(name: str, config: Path | None, *, as_json: bool) -> None:
    """End a session at its access point; a guest has to sign in again. Exit 0 only on ACK.

    SESSION is its id, an Acct-Session-Id that only one has, or a guest's support number or grant.
    """
    database, seal = opening.store(options.load(config))
    with reading(database) as work:
        network = snapshot.read(work, seal)
        chosen = choose(work, name)
    with transaction(database) as work:
        queued = _end_guest(work, chosen, network, seal) if isinstance(chosen, Grant) else _end(work, chosen, network)
        deeds.told(work, seal, "disconnect", "grant" if isinstance(chosen, Grant) else "session", chosen.id)
        nothing = NO_SESSION if isinstance(chosen, Grant) and not grants.open_sessions(work, chosen) else NO_WAY
    outcomes = [wait(database, order, WAIT / len(queued)) for order in queued] or [(False, nothing)]
    done, outcome = all(done for done, _ in outcomes), "; ".join(dict.fromkeys(text for _, text in outcomes))
    if as_json:
        whom = {"grant": chosen.id} if isinstance(chosen, Grant) else {"session": chosen.id, "acct_session_id": chosen.acct_session_id}
        options.show({**whom, "done": done, "outcome": outcome})
    else:
        click.echo(outcome)
    raise SystemExit(0 if done else 1)


def _end(work: Database, session: Session, network: Network) -> list[int]:
    """An order about this session; and, where it is a guest's, the end of the grant, or the next request would be accepted."""
    now = datetime.now(UTC)
    order = orders.for_session(work, OrderKind.DISCONNECT, session, network, now)
    if session.grant_id and (grant := grants.of(work, session.grant_id)) is not None:
        grants.revoke(work, grant, KICKED, now)
    return [order.id] if order is not None else []


def _end_guest(work: Database, grant: Grant, network: Network, seal: Seal) -> list[int]:
    """Orders about every open session of a guest; where none is known, for the gateway that let the guest in."""
    now = datetime.now(UTC)
    running = grants.open_sessions(work, grant)
    queued = [orders.for_session(work, OrderKind.DISCONNECT, each, network, now) for each in running]
    if not running:
        queued = [orders.for_grant(work, OrderKind.REVOKE, grant, network, privacy(work, seal, now), now)]
    grants.revoke(work, grants.of(work, grant.id) or grant, KICKED, now)
    return [order.id for order in queued if order is not None]


def choose(work: Database, name: str) -> Session | Grant:
    """The one session or guest meant; FaultyError where there is none, or more than one."""
    found: list[Session] | list[Grant] = sessions.named(work, name) or grants.named(work, name, datetime.now(UTC))
    if len(found) == 1:
        return found[0]
    if not found and grants.told_of(work, name):
        raise FaultyError([Fault("kick", name, "this guest's grant has ended already", f"proxeny trace {name} tells how")])
    if not found:
        raise FaultyError(
            [Fault("kick", name, "there is no such session, support number or grant", "proxeny sessions lists those that are open")]
        )
    ids = ", ".join(each.id for each in found[:10])
    raise FaultyError([Fault("kick", name, f"{len(found)} sessions have this Acct-Session-Id", f"Name one by its id: {ids}")])


def wait(database: Engine, order: int, seconds: float) -> tuple[bool, str]:
    """(whether the NAS agreed, what it answered)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with reading(database) as work:
            row = outbox.find(work, order)
        if row is None:
            return False, NOBODY
        if row.state in (OrderState.DONE, OrderState.FAILED):
            return row.state is OrderState.DONE, row.outcome
        time.sleep(LOOK)
    with transaction(database) as work:
        if outbox.settle(work, order, done=False, outcome=NOBODY, now=datetime.now(UTC)):
            return False, NOBODY
        row = outbox.find(work, order)  # settled in this very moment
    return (row.state is OrderState.DONE, row.outcome) if row else (False, NOBODY)
