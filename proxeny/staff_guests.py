"""What the help desk needs of the controller's own: the guests' doors, the settings of their pages, and who carries orders out.

Made anew where network or settings are. Never carries an order out, and never sends a message.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.cases.desk_world import Helping
from portal.doors import House
from proxeny import doors, orders, portal_doors, snapshot, web
from radius.nas.tokens import Tokens
from store import requests
from store.models import Grant, MessageKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.models import Order, OrderKind, Session
    from store.privacy import Privacy


def helping(settings: Settings, network: Network, marks: Privacy) -> Helping:
    """Everything, of these settings and this network."""

    def order(database: Database, kind: OrderKind, about: Session | Grant, now: datetime) -> Order | None:
        if isinstance(about, Grant):
            return orders.for_grant(database, kind, about, network, marks, now)
        return orders.for_session(database, kind, about, network, now)

    sends = {MessageKind.MAIL} if settings.mail is not None else set()
    return Helping(
        privacy=marks,
        plans={row.name: doors.plan(row) for row in network.of("plan")},
        doors=portal_doors.of(snapshot.with_settings(network, settings)),
        house=web.house(settings)
        if settings.guest is not None
        else House(kept={kind: age.days for kind, age in settings.retention.kept.items()}),
        tokens=Tokens(network.visit_key, os.urandom),
        entropy=os.urandom,
        sends=frozenset(sends | ({MessageKind.SMS} if settings.sms is not None else set())),
        order=order,
        within=timedelta(seconds=settings.privacy.answer_within) if settings.privacy is not None else requests.WITHIN,
    )


def tools(settings: Callable[[], Settings], network: Callable[[], Network | None], marks: Privacy) -> dict[str, Callable[..., Any]]:
    """`guests`: the newest; None while the network is not read yet."""
    made: list[tuple[Settings, Network, Helping]] = []

    def guests() -> Helping | None:
        said, known = settings(), network()
        if known is None:
            return None
        if not made or made[-1][0] is not said or made[-1][1] is not known:
            made[:] = [(said, known, helping(said, known, marks))]
        return made[-1][2]

    return {"guests": guests}
