"""Orders of the outbox made into errands, and what became of them written back.

A session is named to its NAS by all that its records said of it; the order leaves from the address that the session's
last packet was sent to (decision 21). Never keeps a secret longer than the errand lives.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxeny.courier import Errand, Result
from radius import coa
from radius.message import Code
from store import outbox
from store.models import OrderKind, Session, Via

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session as Database

    from proxeny.network_view import NetworkView
    from store.models import Order
    from store.privacy import Privacy

ENDS: Final = frozenset({OrderKind.DISCONNECT, OrderKind.REVOKE})


def claim(database: Database, view: NetworkView, privacy: Privacy) -> tuple[list[Errand], list[Result]]:
    """Take the orders that wait: those that can be carried out, and the results of those that cannot."""
    errands: list[Errand] = []
    results: list[Result] = []
    now = datetime.now(UTC)
    outbox.give_up(database, now)
    for order in outbox.claim(database, Via.RADIUS, now):
        made = _errand(database, order, view, privacy)
        if isinstance(made, Errand):
            errands.append(made)
        else:
            results.append(Result(order.id, done=False, text=made))
    return errands, results


def _errand(database: Database, order: Order, view: NetworkView, privacy: Privacy) -> Errand | str:
    """The errand, or why there can be none."""
    session = database.get(Session, order.session_id)
    if session is None:
        return "the session is not known any more"
    client = view.client(session.client)
    if client is None:
        return f"the client {session.client} is not in the network any more"
    if order.kind not in ENDS:
        return f"this version does not carry out {order.kind}"
    attributes = coa.disconnect(
        acct_session_id=session.acct_session_id,
        station=privacy.opened(session.station_sealed, "session", session.id, "station_sealed").decode(),
        user_name=privacy.opened(session.user_sealed, "session", session.id, "user_sealed"),
        nas_identifier=session.nas_identifier,
        nas_address=session.nas_address,
    )
    secret = client.coa_secret or client.secret
    address = (session.source, client.coa_port)
    return Errand(order.id, address, session.local, Code.DISCONNECT_REQUEST, tuple(attributes), secret)


def settle(database: Database, results: Iterable[Result]) -> None:
    """Write the answers down."""
    now = datetime.now(UTC)
    for result in results:
        outbox.settle(database, result.order, done=result.done, outcome=result.text, now=now, error_cause=result.error_cause)
