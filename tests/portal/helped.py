"""Guests for the tests of the help desk: a library whose gateway has a sign-in page, codes that were sent, stays, accounts."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.cases import codes
from store import accounts, challenges, grants
from store.models import Account, Challenge, Client, Grant, MessageKind, Portal, Way
from store.session import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

ADDRESS, STATION = "guest-017@example.org", "02-00-5E-00-00-41"


def library(room: Room, *kinds: MessageKind) -> Room:
    """Its gateway leads to a sign-in page; messages of these kinds are sent."""
    with transaction(room.database) as session:
        session.get_one(Client, "library-wlc").key = "libraryentrance0"
        session.get_one(Client, "library-wlc").nas = "coova"
        session.get_one(Portal, "library").ways = ["terms", "email", "sms", "voucher"]
    world = replace(room.desk.tools["guests"](), sends=frozenset(kinds or (MessageKind.MAIL, MessageKind.SMS)))
    world = replace(world, house=replace(world.house, sms_countries=("CA",)))
    room.tools["guests"] = lambda: world
    return room


def asked(room: Room, address: str = ADDRESS, *, way: Way = Way.EMAIL, station: str = STATION, grant: str = "", **changes: Any) -> str:
    """The id of a code that was sent to this address for this device."""
    with transaction(room.database) as session:
        wanted = codes.wanted(
            room.privacy, way, address, room.privacy.device(station), grant=grant, client="library-wlc", portal="library", plan="visitor",
            language="en",
        )  # fmt: skip
        made = challenges.ask(session, room.privacy, os.urandom, wanted, room.time)
        assert isinstance(made, challenges.Asked)
        for name, value in changes.items():
            setattr(made.challenge, name, value)
        return made.challenge.id


def stay(room: Room, address: str = ADDRESS, *, station: str = STATION, provisional: bool = False, way: Way = Way.EMAIL) -> Grant:
    """A stay of two hours; of an account, where an address is given and it is not provisional."""
    with transaction(room.database) as session:
        account = account_of(session, room, address, way) if address and not provisional else None
        return grants.admit(
            session, device=room.privacy.device(station), plan="visitor", seconds=600 if provisional else 7200, portal="library", way=way,
            terms="", language="en", client="library-wlc", access_point="lib-1", ssid="City Wi-Fi", site="central-library",
            account=account.id if account is not None else None, provisional=provisional, now=room.time,
        )  # fmt: skip


def account_of(session: Session, room: Room, address: str = ADDRESS, way: Way = Way.EMAIL) -> Account:
    """The account of this address."""
    return accounts.known(session, room.privacy, way, address, room.time, "en", address)


def row(room: Room, model: Any, name: Any) -> Any:
    """A row as it is now."""
    with reading(room.database) as session:
        return session.get_one(model, name)


def challenge(room: Room, name: str) -> Challenge:
    """A code as it stands."""
    found: Challenge = row(room, Challenge, name)
    return found


HOUR = timedelta(hours=1)
