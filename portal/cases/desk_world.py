"""What helping a guest needs beside the guest: the doors as guests meet them, how a message is written, who is asked to carry orders out.

One value, made by the composition root (`Desk.tools["guests"]`); the pages of the desk and of accounts take it, and so does the API.
Never a request, never a clock of our own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from portal.capabilities import seal_mail
from portal.cases import codes, devices
from radius.nas import FAMILIES
from store import audit, requests

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from portal.doors import Door, Doors, House
    from radius.nas.family import Family
    from radius.nas.plan import Plan
    from radius.nas.tokens import Tokens
    from store.models import Account, Grant, MessageKind, Order, OrderKind
    from store.models import Session as Accounting
    from store.privacy import Privacy


class Doer(Protocol):
    """Who does it, for the audit log: one of staff, or a program."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Helping:
    """The world of whoever helps guests."""

    privacy: Privacy
    doors: Doors
    plans: Mapping[str, Plan]  # every one, by name
    house: House
    tokens: Tokens
    entropy: Callable[[int], bytes]
    sends: frozenset[MessageKind]  # what somebody here sends
    order: Callable[[Session, OrderKind, Accounting | Grant, datetime], Order | None]  # queued; None where the gateway takes none
    within: timedelta = requests.WITHIN  # in which what somebody asks of their data is to be answered
    families: Mapping[str, Family] = field(default_factory=lambda: FAMILIES)

    @property
    def zone(self) -> str:
        """The operator's, at whose midnight days and months turn."""
        return self.doors.timezone

    @property
    def devices(self) -> devices.World:
        """The same for what a guest's own pages do with devices."""
        return devices.World(self.privacy, self.doors, self.families)

    def door(self, grant: Grant) -> Door | None:
        """Where a grant was given."""
        return self.doors.named(grant.client, grant.site)

    def writing(self, language: str, door: Door | None, now: datetime) -> codes.Desk:
        """As the guest's own page writes codes."""
        place = door.place if door is not None else ""

        def link(challenge: str) -> str:
            return f"{self.house.url}/m/{seal_mail(self.tokens, challenge, now.timestamp())}?lang={language}"

        return codes.Desk(self.privacy, self.entropy, link, self.house.url, place, next(iter(self.doors.ssids), ""), language)


def record(session: Session, world: Helping, who: Doer, action: str, about: Account | Grant | Any, now: datetime, **more: Any) -> None:
    """Write down in this transaction, after its other rows, what was done for a guest; erasing the account destroys what names it."""
    kind = type(about).__tablename__
    account = about.id if kind == "account" else getattr(about, "account_id", None) or ""
    act = audit.Act(who.name, action, kind, about.id, source=who.source, subject=account, **more)
    audit.record(session, world.privacy, act, now)
