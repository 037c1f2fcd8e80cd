"""The composition root of the staff app: a WSGI application built from settings and the database.

It follows database, network and settings as every audience's does (proxeny/audience.py); and asks the running controller, over its
control socket, what only that knows: homes' health, the processes. Never waits for the controller in a request.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from portal.admin.desk import Desk, Office
from portal.desks import staff_app
from proxeny import (
    control,
    shop_preview,
    staff_central,
    staff_certificates,
    staff_gateways,
    staff_guests,
    staff_house,
    staff_network,
    staff_open_data,
    staff_orders,
    staff_plans,
    staff_portals,
    staff_privacy,
    staff_webhooks,
)
from proxeny.audience import Audience
from proxeny.edits import Edits
from proxeny.faults import FaultyError
from proxeny.parts_business import REVIEW
from store.staff_sessions import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxeny.audience import Pages
    from proxeny.network import Network
    from proxeny.settings import Settings
    from store.privacy import Privacy

PATIENCE: Final = 3  # seconds that a page waits for a locked database
_AWAY: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>Proxeny</title><h1>The database does not answer</h1><p>Try again in a minute."
)


class Desks(Audience):
    """The staff app."""

    name, patience, away = "staff", PATIENCE, _AWAY

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._status: Mapping[str, Any] = {}

    def look(self) -> None:
        """With what the controller says, which needs no database."""
        super().look()
        self._status = self._asked()

    def _made(self, network: Network, marks: Privacy) -> Pages:  # noqa: ARG002  the desk asks for the newest
        return staff_app(self._desk(marks))

    def _asked(self) -> Mapping[str, Any]:
        """What the controller says of itself; nothing where none runs on this data_dir."""
        try:
            return {
                **control.ask(self.settings.data_dir, {"verb": "status"}, patience=2.0),
                "homes": control.ask(self.settings.data_dir, {"verb": "homes"}, patience=2.0).get("workers", []),
                "at": datetime.now(UTC),
            }
        except (FaultyError, ValueError):
            return {}

    def _desk(self, marks: Privacy) -> Desk:
        edits = Edits(lambda: self.settings, marks, partial(datetime.now, UTC))
        return Desk(
            office=office(self.settings),
            database=self._database,
            privacy=marks,
            now=partial(datetime.now, UTC),
            entropy=os.urandom,
            said=self._said,
            change=edits.change,
            entry=edits.entry,
            status=lambda: self._status,
            zone=self._zone,
            tools={
                **tools(self),
                **staff_central.tools(self.settings),
                **staff_gateways.tools(lambda: self.settings, marks.seal),
                **staff_network.tools(self.settings.data_dir, marks.seal),
                **staff_portals.tools(lambda: self.settings, self._database, marks),
                **shop_preview.tools(lambda: self.settings, self._database, marks),
                **staff_guests.tools(lambda: self.settings, lambda: self._network, marks),
            },
        )

    def _zone(self) -> str:
        operator = self._network.operator if self._network is not None else None
        return operator.timezone if operator is not None else "UTC"


def tools(desks: Desks) -> dict[str, Callable[..., Any]]:
    """What single pages need of us, by name."""
    return {
        "settings": lambda: desks.settings,
        **staff_house.tools(lambda: desks.settings, desks.database),
        **staff_open_data.tools(lambda: desks.settings),
        **staff_orders.tools(lambda: desks.network),
        **staff_privacy.tools(lambda: desks.settings),
        **staff_plans.tools(lambda: desks.network),
        **staff_certificates.tools(lambda: desks.settings),
        **staff_webhooks.tools(lambda: desks.settings),
    }


def office(settings: Settings) -> Office:
    """What the settings say to the pages."""
    staff = settings.staff
    if staff is None:
        raise ValueError("[staff] is not in the settings")
    return Office(
        url=staff.origin,
        hosts=staff.names,
        trusted_proxies=staff.trusted_proxies,
        limits=Limits(timedelta(seconds=staff.idle), timedelta(seconds=staff.absolute)),
        demo=bool(os.environ.get("PROXENY_DEMO")) and (staff.listen.host, urlsplit(staff.origin).hostname) == ("127.0.0.1", "localhost"),
        api_rate=settings.api.rate if settings.api.enabled else 0,
        api_places=max(1, staff.threads // 2),
        guest_url=settings.guest.origin if settings.guest is not None else "",
        business_url=settings.business.origin if settings.business is not None else "",
        mails=settings.mail is not None,
        review=timedelta(seconds=settings.business.review if settings.business is not None else REVIEW),
        tiles=settings.map.tiles if settings.map is not None else "",
        attribution=settings.map.attribution if settings.map is not None else "",
    )
