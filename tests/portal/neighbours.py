"""Two guests of one city: A, who tries everything with every token of A's own, and B, whose things nobody else may see or change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, select

from portal.capabilities import (
    Me,
    Round,
    Stay,
    Visit,
    open_stay,
    seal_account,
    seal_back,
    seal_mail,
    seal_round,
    seal_sponsor,
    seal_stay,
    seal_visit,
)
from portal.words import date
from store import belongings, challenges, grants
from store import models as m
from store.challenges import Asked, Wanted
from store.session import reading, transaction
from tests.portal.accounts import devices, me, sign_in
from tests.portal.mail import OTHER
from tests.portal.vouchers import station
from tests.portal.world import VISITOR
from tests.store import rows

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

LABEL = "The neighbours’ old telephone"
ROOM = "Local history room"
SESSION = "0NEIGHBOURLY0000"
WAYS = ("terms", "voucher", "email", "sms", "card", "sponsor", "oidc:city")
KINDS = ("visit", "stay", "back", "account", "mail", "sponsor", "round")


@dataclass
class Neighbours:
    """Both of them, and what tells that something of B's has moved or come out."""

    city: World
    guest: FlaskClient  # A's browser
    tokens: dict[str, str]  # A's, by kind
    ref: str  # A's own device, as A's forms call it
    marks: tuple[str, ...]  # no page of A's may hold one
    fields: dict[str, str]  # ids of B's, for forms

    def neighbour(self) -> list[tuple[Any, ...]]:
        """Every row of B's, as it stands."""
        with reading(self.city.database) as session:
            device = self.city.privacy.device(station(9))
            account = session.get_one(m.Device, device).account_id
            found: list[Any] = [session.get_one(m.Device, device), session.get_one(m.Account, account)]
            for table, mine in (
                (m.Grant, m.Grant.device_hash == device),
                (m.Session, m.Session.id == SESSION),
                (m.Consent, m.Consent.account_id == account),
                (m.GuestUsage, m.GuestUsage.subject == account),
                (m.Challenge, m.Challenge.device_hash == device),
                (m.Voucher, m.Voucher.account_id == account),
                (m.Order, m.Order.session_id == SESSION),
            ):
                found += session.scalars(select(table).where(mine))
            return [tuple(getattr(row, column.key) for column in inspect(type(row)).column_attrs) for row in found]


def move_in(city: World) -> Neighbours:
    """B signs in, names a device, uses the network, has a code under way; then A signs in."""
    theirs, stay, _ = sign_in(city, 9)
    path = me(theirs, stay)
    theirs.post(f"{devices(theirs, path)[0]}/name", data={"label": LABEL})
    device, now = city.privacy.device(station(9)), date(city.time)
    with transaction(city.database) as session:
        grant = grants.live(session, device, now)
        assert grant is not None
        whose = {"grant_id": grant.id, "station_hash": city.privacy.station(station(9))}
        session.add(rows.session(city.privacy.seal, SESSION, client="library-coova", access_point=ROOM, **whose))
        asked(city, session, device, now)
        account = grant.account_id or ""
        ref = belongings.ref(city.privacy, account, device)
        marks = (LABEL, ROOM, grant.id, account, grant.support, device.hex(), ref, SESSION)
        fields = {"device": ref, "name": ref, "account": account, "grant": grant.id, "session": SESSION, "support": grant.support}
    guest, own, _ = sign_in(city, 7)
    doors = {key: replace(door, ways=dict.fromkeys(WAYS, VISITOR)) for key, door in city.doors.by_key.items()}
    city.doors, city.house = replace(city.doors, by_key=doors), replace(city.house, sms_countries=("CA",))
    found = open_stay(city.tokens, own.removeprefix("/s/"), city.time)
    assert isinstance(found, Stay)
    with transaction(city.database) as session:
        mine = grants.live(session, city.privacy.device(station(7)), now)
        assert mine is not None
        assert mine.account_id is not None
        challenge = asked(city, session, city.privacy.device(station(7)), now)
        own_ref = belongings.ref(city.privacy, mine.account_id, city.privacy.device(station(7)))
        account = mine.account_id
    tokens = sealed(city, found.visit, found.grant, account, challenge, city.time)
    forms = {**fields, "address": station(9), "email": OTHER, "label": "x", "code": "123456", "answer": "yes", "phone": "+14165550124"}
    return Neighbours(city, guest, tokens, own_ref, marks, forms)


def sealed(city: World, visit: Visit, grant: str, account: str, challenge: str, now: float) -> dict[str, str]:
    """A token of each kind, as if sealed then."""
    tokens = city.tokens
    return {
        "visit": seal_visit(tokens, visit, now),
        "stay": seal_stay(tokens, Stay(grant, visit), now),
        "back": seal_back(tokens, Stay(grant, visit), now),
        "account": seal_account(tokens, Me(account, visit), now),
        "mail": seal_mail(tokens, challenge, now),
        "sponsor": seal_sponsor(tokens, challenge, now),
        "round": seal_round(tokens, Round(visit, "city", "x" * 22), now),
    }


def asked(city: World, session: Any, device: bytes, now: Any) -> str:
    """A code is under way to this device's guest."""
    address = f"guest-{device.hex()[:4]}@example.org"
    wanted = Wanted(m.Way.EMAIL, city.privacy.account(m.Way.EMAIL, address), address, device, client="library-coova")
    found = challenges.ask(session, city.privacy, lambda octets: b"\x01" * octets, wanted, now)
    assert isinstance(found, Asked)
    return found.challenge.id


__all__ = ["KINDS", "Neighbours", "move_in", "sealed"]
