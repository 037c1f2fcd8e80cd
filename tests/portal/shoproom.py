"""The business app for tests, in this process: two shops that know nothing of each other, an owner and venue staff of each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from portal.admin.desk import Office
from portal.permissions import OF_SHOPS
from portal.shops_app import business_app
from store.models import (
    Business,
    BusinessPlace,
    Campaign,
    CampaignPlace,
    CampaignState,
    Creative,
    CreativeState,
    Membership,
    PlaceKind,
    Role,
    Staff,
    Step,
)
from store.session import transaction
from tests.portal.shops import BAKERY, BREAD
from tests.portal.staffroom import Room, room

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

URL = "http://shops.city.example"
_SPARE: list[Flask] = []
CAFE = {"slug": "green-cafe", "name": "Green Café", "address": "3 Market Square", "link": "https://cafe.example/"}


class Person(StrEnum):
    """Who may sign in; the value is their name, and their address."""

    OWNER_A = "owner@millers-oven.example"
    VENUE_A = "till@millers-oven.example"
    OWNER_B = "owner@green-cafe.example"
    VENUE_B = "till@green-cafe.example"

    @property
    def shop(self) -> str:
        """Its slug."""
        return A if self.value.endswith("millers-oven.example") else B


A, B = "millers-oven", "green-cafe"
ROLES = {Person.OWNER_A: Role.BUSINESS_OWNER, Person.VENUE_A: Role.VENUE_STAFF}
ROLES |= {Person.OWNER_B: Role.BUSINESS_OWNER, Person.VENUE_B: Role.VENUE_STAFF}


def office(**more: Any) -> Office:
    """As the settings would have it."""
    said = {"staff_url": "http://staff.city.example", "guest_url": "http://wifi.city.example", "mails": True}
    return Office(URL, roles=OF_SHOPS, cookie="proxeny-business", second=False, **{**said, **more})


@dataclass
class ShopRoom(Room):
    """A business app and what stands behind it. Wherever a Room takes a role, this takes a Person too."""

    office: Office = field(default_factory=office)
    shops: dict[str, str] = field(default_factory=dict)  # slug -> Business.id
    people: dict[Person, str] = field(default_factory=dict)  # -> Staff.id

    @property
    def _spare(self) -> list[Flask]:
        return _SPARE

    def _made(self) -> Flask:
        return business_app(self.desk)

    def client(self, role: Any = Person.OWNER_A) -> FlaskClient:
        """A browser where this person is signed in; a step: an owner on the way in; None: where nobody is."""
        if role is None:
            return super().client(None)
        if role not in self._clients:
            who, step = (Person.OWNER_A, role) if isinstance(role, Step) else (role, Step.WHOLE)
            self._clients[role] = self._signed_in(self.people[who], step)
        return self._clients[role]

    def get(self, path: str, role: Any = Person.OWNER_A, language: str = "en", **headers: str) -> Any:
        return super().get(path, role, language, **headers)

    def page(self, path: str, role: Any = Person.OWNER_A, language: str = "en") -> str:
        return super().page(path, role, language)

    def post(self, path: str, role: Any = Person.OWNER_A, /, **form: Any) -> Any:
        return self.posted(path, role, form)

    def token(self, role: Any = Person.OWNER_A) -> str:
        return super().token(role)

    def advert(
        self,
        shop: str = A,
        state: CampaignState = CampaignState.LIVE,
        version: CreativeState = CreativeState.APPROVED,
        name: str = "bread",
        id: str = "",  # noqa: A002  as the row calls it
        **creative: Any,
    ) -> str:
        """A campaign of this shop, shown at its place, with one version; the campaign's id."""
        with transaction(self.database) as session:
            row = Campaign(business_id=self.shops[shop], name=name, state=state, created_at=self.time, **({"id": id} if id else {}))
            session.add(row)
            session.flush()
            session.add(CampaignPlace(campaign_id=row.id, kind=PlaceKind.SITE, name="central-library"))
            session.add(Creative(campaign_id=row.id, state=version, **{**BREAD, "created_at": self.time, **creative}))
            return row.id

    def suspend(self, shop: str = A, why: str = "Prices were wrong") -> None:
        """By the city."""
        with transaction(self.database) as session:
            row = session.get_one(Business, self.shops[shop])
            row.suspended_at, row.suspended_why = self.time, why


def shoproom(folder: Path, shaped: Path) -> ShopRoom:
    """Over the network of tests/store/rows.py."""
    return furnished(room(folder, shaped))


def furnished(city: Room) -> ShopRoom:
    """The shops, in a city that is there already: both apps then stand on one database."""
    made = ShopRoom(city.folder, city.database, city.privacy, city.time)
    with transaction(made.database) as session:
        for fields in (BAKERY, CAFE):
            row = Business(**fields, created_at=made.time)
            session.add(row)
            session.flush()
            made.shops[row.slug] = row.id
            session.add(BusinessPlace(business_id=row.id, kind=PlaceKind.SITE, name="central-library"))
        for person in Person:
            staff = Staff(name=person.value, email=person.value, role=ROLES[person], created_at=made.time)
            session.add(staff)
            session.flush()
            made.people[person] = staff.id
            session.add(Membership(staff_id=staff.id, business_id=made.shops[person.shop], created_at=made.time))
    return made
