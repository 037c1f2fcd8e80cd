"""Orders that staff give: queued by the NAS's own family, as the command line's are. Never carried out here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proxeny import orders

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from proxeny.network import Network
    from store.models import Order, OrderKind, Session


def asking(network: Callable[[], Network | None]) -> Callable[[Database, OrderKind, Session, datetime], Order | None]:
    """What queues an order about a session; None where its NAS takes none of this kind, or the network is not read yet."""

    def ask(database: Database, kind: OrderKind, session: Session, now: datetime) -> Order | None:
        known = network()
        return orders.for_session(database, kind, session, known, now) if known is not None else None

    return ask


def takes(network: Callable[[], Network | None]) -> Callable[[OrderKind, str], bool]:
    """Whether the NAS of this client takes orders of this kind."""

    def take(kind: OrderKind, client: str) -> bool:
        known = network()
        family = orders.family(known, client) if known is not None else None
        return family is not None and orders.via(kind, family) is not None

    return take


def tools(network: Callable[[], Network | None]) -> dict[str, Callable[..., Any]]:
    """What the pages of sessions need."""
    return {"order": asking(network), "takes": takes(network)}
