"""Orders of the outbox made into errands, and what became of them written back.

A session is named to its NAS in the dialect of its family (proxeny/ways.py); the order leaves from the address that the
session's last packet was sent to (decision 21). Orders that are somebody else's after all are handed over. Never keeps a
secret longer than the errand lives.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxeny import ways
from proxeny.courier import Errand, Result
from radius import dictionary
from radius.message import Attribute, Code
from radius.nas.family import Calls, Change, Poll, Refused
from store import leases, outbox
from store.models import Session, Via

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session as Database

    from proxeny.network import Client, Network
    from proxeny.network_view import NetworkView
    from store.models import Order
    from store.privacy import Privacy

_OTHERS: Final[dict[type, Via]] = {Calls: Via.HTTP, Poll: Via.POLL}


def claim(database: Database, view: NetworkView, privacy: Privacy) -> tuple[list[Errand], list[Result]]:
    """Take the orders that wait: those that can be carried out, and the results of those that cannot."""
    errands: list[Errand] = []
    results: list[Result] = []
    now = datetime.now(UTC)
    outbox.give_up(database, now)
    if view.network is None:
        return errands, results
    for order in outbox.claim(database, Via.RADIUS, now):
        made = _errand(database, order, view.network, privacy, now)
        if isinstance(made, Errand):
            errands.append(made)
        elif isinstance(made, Via):
            leases.hand_over(database, order.id, made)
        else:
            results.append(Result(order.id, done=False, text=made))
    return errands, results


def _errand(database: Database, order: Order, network: Network, privacy: Privacy, now: datetime) -> Errand | Via | str:
    """The errand, or who else carries it out, or why nobody can."""
    if order.session_id and database.get(Session, order.session_id) is None:
        return "the session is not known any more"
    client = ways.client(database, order, network)
    if isinstance(client, str):
        return client
    way = ways.way(database, order, client, network, privacy, now)
    if isinstance(way, Refused):
        return way.why
    if not isinstance(way, Change):
        return _OTHERS.get(type(way)) or "the guest's own browser must do this"
    secret = client.coa_secret or client.secret
    if secret is None:
        return f"the client {client.name} has no secret to sign orders with"
    places = _places(database, order, client, network, privacy)
    if places is None:
        return "nothing says which address the NAS listens at"
    address, local = places
    try:
        attributes = tuple(_attribute(name, value) for name, value in way.attributes)
    except ValueError as fault:
        return f"the order cannot be written: {fault}"
    code = Code.DISCONNECT_REQUEST if way.disconnect else Code.COA_REQUEST
    return Errand(order.id, (address, way.port or client.coa_port), local, code, attributes, secret)


def _attribute(name: str, value: str | int) -> Attribute:
    written = dictionary.load().written(name, value)
    return Attribute(written[0], written[2:])


def _places(database: Database, order: Order, client: Client, network: Network, privacy: Privacy) -> tuple[str, str] | None:
    """(the NAS's address, ours): where its accounting came from, else its question to us, else its only declared address."""
    session = database.get(Session, order.session_id) if order.session_id else None
    if session is not None:
        return session.source, session.local
    said = dict(ways.target(database, order, privacy).words)
    source, local = (said.get(name, "").partition(" ")[0] for name in ("source", "local"))
    address = source or ways.gateway(client, network).address
    return (address, local) if address else None


def settle(database: Database, results: Iterable[Result]) -> None:
    """Write the answers down."""
    now = datetime.now(UTC)
    for result in results:
        outbox.settle(database, result.order, done=result.done, outcome=result.text, now=now, error_cause=result.error_cause)
