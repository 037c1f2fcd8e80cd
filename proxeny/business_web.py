"""The composition root of the business app: a WSGI application built from settings and the database.

It follows database, network and settings as every audience's does (proxeny/audience.py). Never asks the running controller
anything, and never changes the network: what a page could ask for of that is not here.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from portal.admin.desk import Desk, Office
from portal.admin.help import Help
from portal.permissions import OF_SHOPS
from portal.shops_app import business_app
from proxeny import shop_preview
from proxeny.audience import Audience
from proxeny.mail_text import address
from store.staff_sessions import Limits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from portal.admin.desk import Actor, Edit, Made, Wrong
    from proxeny.audience import Pages
    from proxeny.network import Network
    from proxeny.parts_business import Business
    from proxeny.parts_messages import Mail
    from proxeny.settings import Settings
    from store.privacy import Privacy

PATIENCE: Final = 3  # seconds that a page waits for a locked database
_AWAY: Final = (
    b"<!doctype html><html lang=en><meta charset=utf-8><title>City Wi-Fi for shops</title>"
    b"<h1>We cannot reach our records just now</h1><p>Try again in a minute."
)


class Shops(Audience):
    """The business app."""

    name, patience, away = "business", PATIENCE, _AWAY

    def _made(self, network: Network, marks: Privacy) -> Pages:  # noqa: ARG002  the desk asks for the newest
        return business_app(self._desk(marks))

    def _desk(self, marks: Privacy) -> Desk:
        return Desk(
            office=office(self.settings),
            database=self._database,
            privacy=marks,
            now=partial(datetime.now, UTC),
            entropy=os.urandom,
            said=self._said,
            change=_unchanged,
            entry=lambda _session, _section, _name: None,
            status=dict,
            zone=self._zone,
            tools=shop_preview.tools(lambda: self.settings, self._database, marks),
        )

    def _zone(self) -> str:
        operator = self._network.operator if self._network is not None else None
        return operator.timezone if operator is not None else "UTC"


def _unchanged(session: Session, edits: Sequence[Edit], actor: Actor, *, dry: bool = False) -> Made | list[Wrong]:
    raise NotImplementedError("no page of a shop changes the network")


def office(settings: Settings) -> Office:
    """What the settings say to the pages."""
    shops = settings.business
    if shops is None:
        raise ValueError("[business] is not in the settings")
    return Office(
        url=shops.origin,
        hosts=shops.names,
        trusted_proxies=shops.trusted_proxies,
        limits=Limits(timedelta(seconds=shops.idle), timedelta(seconds=shops.absolute)),
        demo=bool(os.environ.get("PROXENY_DEMO")) and (shops.listen.host, urlsplit(shops.origin).hostname) == ("127.0.0.1", "localhost"),
        guest_url=settings.guest.origin if settings.guest is not None else "",
        staff_url=settings.staff.origin if settings.staff is not None else "",
        mails=settings.mail is not None,
        roles=OF_SHOPS,
        cookie="proxeny-business",
        second=False,
        review=timedelta(seconds=shops.review),
        help=_help(shops, settings.mail),
        api_rate=0,
    )


def _help(shops: Business, mail: Mail | None) -> Help:
    """Where nothing else is said, who gets the answers to our mails."""
    replies = address(mail.reply_to) if mail is not None and mail.reply_to else ""
    return Help(shops.help_name or "", shops.help_mail or replies, shops.help_phone or "")
