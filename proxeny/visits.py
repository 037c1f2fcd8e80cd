"""Logins as visits: whose somebody is who was let in, by the newest network, for the counts of store/visitors.py.

A realm without an institution is counted by its own name; guests of the portal, who are at home here, by none. Who was counted today
is remembered, as most come back: of them only the login is counted, which spares the database their marks.

Never a name or a station that goes further than this memory, which the next day clears, and the hash that is made of it.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final

from proxeny import ways
from store import visitors
from store.models import LoginVerdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from sqlalchemy.orm import Session

    from proxeny.network import Network
    from store.privacy import Privacy
    from store.trace import Login

REMEMBERED: Final = 50_000  # visitors of today; some 12 MB


class Visits:
    """What is needed of the network, and who was counted."""

    def __init__(self) -> None:
        self._whose: dict[str, tuple[str, str]] = {}  # rule -> institution, country
        self._zone: tzinfo = UTC
        self._day: date | None = None
        self._known: set[tuple[str, str, bytes]] = set()  # institution, site, who: counted today, and committed
        self._new: set[tuple[str, str, bytes]] = set()

    def adopt(self, network: Network | None) -> None:
        """A new version of it."""
        if network is not None:
            self._whose = {realm.match: (realm.institution, realm.country) for realm in network.of("realm")}
            zone = ways.zone(network)
            if zone != self._zone:
                self._zone, self._day = zone, None

    def count(self, session: Session, logins: Iterable[Login], marks: Privacy) -> None:
        """In the transaction that writes them; `settle` once it is committed."""
        now = datetime.now(UTC)
        today = now.astimezone(self._zone).date()
        if today != self._day or len(self._known) > REMEMBERED:
            self._day, self._known = today, set()
        self._new = set()
        visitors.count(session, marks.seal, self._of(logins, today), self._zone, now)

    def settle(self) -> None:
        """What was counted last is in the database."""
        self._known |= self._new
        self._new = set()

    def _of(self, logins: Iterable[Login], today: date) -> Iterator[visitors.Visit]:
        for login in logins:
            if login.verdict != LoginVerdict.ACCEPT:
                continue
            institution, country = ("", "") if login.grant else self._whose.get(login.rule, ("", ""))
            if not (institution or login.grant):
                institution = login.realm or login.rule
            who = b"c" + login.cui if login.cui else b"s" + login.station.encode() if login.station else b""
            if who and login.at.astimezone(self._zone).date() == today:
                if (institution, login.site, who) in self._known:
                    who = b""  # only the login counts
                else:
                    self._new.add((institution, login.site, who))
            yield visitors.Visit(login.at, institution, country, who, login.site)
