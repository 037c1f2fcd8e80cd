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

from proxeny import opening, orders, snapshot
from proxeny.faults import Fault, FaultyError
from proxeny.verbs import options
from store import outbox, sessions
from store.models import OrderKind, OrderState
from store.session import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.models import Session

WAIT: Final = 9.5  # seconds: the whole verb takes at most ten
LOOK: Final = 0.1
NO_WAY: Final = "this access point takes no order to end a session: its family knows none, or its client is not declared any more"
NOBODY: Final = "no answer: nobody carried the order out; is the controller running?"


@click.command()
@click.argument("session", metavar="SESSION")
@options.as_json
@options.config
def command(session: str, config: Path | None, *, as_json: bool) -> None:
    """End a session at its access point: by id, or by an Acct-Session-Id that only one has. Exit 0 only on ACK."""
    database, seal = opening.store(options.load(config))
    chosen = choose(database, session)
    with transaction(database) as work:
        order = orders.for_session(work, OrderKind.DISCONNECT, chosen, snapshot.read(work, seal), datetime.now(UTC))
    done, outcome = wait(database, order.id, WAIT) if order is not None else (False, NO_WAY)
    if as_json:
        options.show({"session": chosen.id, "acct_session_id": chosen.acct_session_id, "done": done, "outcome": outcome})
    else:
        click.echo(outcome)
    raise SystemExit(0 if done else 1)


def choose(database: Engine, name: str) -> Session:
    """The one session meant; FaultyError where there is none, or more than one."""
    with reading(database) as work:
        found = sessions.named(work, name)
    if len(found) == 1:
        return found[0]
    if not found:
        raise FaultyError([Fault("kick", name, "there is no such session", "proxeny sessions lists those that are open")])
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
