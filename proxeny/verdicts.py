"""What the porter answers: from the store's grants and tokens, and from the city's directory. Called in its threads.

Each question is one transaction at most. A database that is locked or gone is PORTER_SILENT, a directory that cannot be
asked DIRECTORY_UNAVAILABLE: refusals with a reason, never an exception to whoever asked. Words for guests do not tell an
unknown name from a wrong password. Never decides what remains of a plan, and never logs what was asked.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from proxeny.feed import told
from radius.actions import Reason
from radius.questions import ByStation, ByToken, Question, Verdict
from store import grants, holders
from store.holders import Holder
from store.keys import ACCOUNT, identity_hash, named
from store.models import Way
from store.refusal import Refusal
from store.session import Glance, reading, transaction

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from proxeny.network import Network, Plan, Portal, Site
    from radius.grants import LiveGrant
    from radius.questions import ByDirectory
    from store.directory import Directory, Person
    from store.models import Grant
    from store.sealed import Seal

_BAD: Final = {
    grants.Bad.UNKNOWN: Reason.TOKEN_UNKNOWN,
    grants.Bad.EXPIRED: Reason.TOKEN_EXPIRED,
    grants.Bad.USED: Reason.TOKEN_USED,
    grants.Bad.FOREIGN: Reason.TOKEN_FOREIGN,
}


class Verdicts:
    """One network, one database and perhaps a directory; made anew when one of them changes."""

    def __init__(
        self, database: Engine, seal: Seal, network: Network, zone: tzinfo, directory: Directory | None, glance: Glance | None = None
    ) -> None:
        self._database, self._seal = database, seal
        self._glance = glance or Glance(database)
        self._zone = zone
        self._directory = directory
        self._plans: dict[str, Plan] = {plan.name: plan for plan in network.of("plan")}
        self._portals: dict[str, Portal] = {portal.name: portal for portal in network.of("portal")}
        self._sites: dict[str, Site] = {site.id: site for site in network.of("site")}

    def of(self, question: Question) -> Verdict:
        """The answer; may take as long as the database or the directory does."""
        if isinstance(question, ByStation):
            return self.stations((question,))[0]
        if isinstance(question, ByToken):
            return self._token(question)
        return self._user(question)

    def stations(self, questions: Sequence[ByStation]) -> list[Verdict]:
        """The answers to many, by one statement where none of them has a grant: a flood of strangers costs little."""
        now, rows = datetime.now(UTC), self._glance.rows
        found = holders.of_devices(rows, list({question.device for question in questions}), now)
        if not found:
            return [_NOBODY] * len(questions)
        live = {grant.device: self._unless_elsewhere(grant) for grant in told(rows, list(found.values()), now, self._zone)}
        return [live.get(question.device, _NOBODY) for question in questions]

    def _token(self, question: ByToken) -> Verdict:
        with reading(self._database) as session:
            if not grants.issued(session, question.name):
                return refused(Reason.TOKEN_UNKNOWN)
        now = datetime.now(UTC)
        with transaction(self._database) as session:
            redeemed = grants.redeem(session, self._seal, question.name, question.client, question.device, now)
            if isinstance(redeemed, grants.Bad):
                return refused(_BAD[redeemed])
            grant, secret = redeemed
            if not proves(question, secret):
                session.rollback()  # whoever knows no more than the name does not use the token up
                return refused(Reason.TOKEN_WRONG)
            return self._granted(session, grant, now)

    def _granted(self, session: Session, grant: Grant, now: datetime) -> Verdict:
        """The grant as it is in this transaction, unless its account has as many sessions as it may elsewhere."""
        held = Holder(bytes(grant.device_hash), grant.id, grant.plan, grant.ends_at, grant.revoked_at, grant.account_id, grant.changed)
        live = told(session.connection().execute, [held], now, self._zone)[0]
        return self._elsewhere(session, live) if self._counted(live) else Verdict(True, grant=live)

    def _unless_elsewhere(self, live: LiveGrant) -> Verdict:
        """The same, where nothing is under way."""
        if not self._counted(live):
            return Verdict(True, grant=live)
        with reading(self._database) as session:
            return self._elsewhere(session, live)

    def _counted(self, live: LiveGrant) -> bool:
        plan = self._plans.get(live.plan)
        return plan is not None and plan.simultaneous is not None and bool(live.account)

    def _elsewhere(self, session: Session, live: LiveGrant) -> Verdict:
        most = self._plans[live.plan].simultaneous
        others = grants.open_sessions(session, live.account, live.device)
        if most is not None and len({each.station_hash or each.id for each in others}) >= most:  # a roamed device may have left one open
            return Verdict(False, Reason.TOO_MANY_SESSIONS.name, live)
        return Verdict(True, grant=live)

    # The directory

    def _user(self, question: ByDirectory) -> Verdict:
        if self._directory is None:
            return refused(Reason.LOCAL_UNAVAILABLE)
        portal = self._portal(question.site)
        plan = self._plan(portal)
        if plan is None:
            return refused(Reason.PLAN_GONE)
        if not question.device:
            return refused(Reason.NO_STATION)
        person = self._directory.verify(question.user, question.password)
        if isinstance(person, Refusal):
            return refused(_refusal(person))
        return self._admit(question, person, plan, portal)

    def _portal(self, site: str) -> str:
        """The name of the site's portal, else of the only one there is, else ""."""
        place = self._sites.get(site)
        if place is not None and place.portal:
            return place.portal
        return next(iter(self._portals)) if len(self._portals) == 1 else ""

    def _plan(self, portal: str) -> Plan | None:
        """What a portal gives to those who have a card."""
        row = self._portals.get(portal)
        return self._plans.get(row.plans.get(Way.CARD.value, row.plan)) if row is not None else None

    def _admit(self, question: ByDirectory, person: Person, plan: Plan, portal: str) -> Verdict:
        now = datetime.now(UTC)
        with transaction(self._database) as session:
            key = named(session, self._seal, ACCOUNT, now)
            account = grants.account(session, Way.CARD, identity_hash(key, Way.CARD, person.key), now)
            if not grants.room(session, account.id, question.device, plan.devices, now):
                session.rollback()
                return refused(Reason.TOO_MANY_DEVICES)
            grant = grants.admit(
                session, device=question.device, plan=plan.name, seconds=plan.session, portal=portal, way=Way.CARD, terms="", language="",
                client=question.client, access_point="", ssid="", site=question.site, account=account.id, provisional=False, now=now,
            )  # fmt: skip
            verdict = self._granted(session, grant, now)
            if question.trial:
                session.rollback()  # the device does not exist: it takes no place of the account's, and its grant has no name
                return verdict._replace(grant=verdict.grant and verdict.grant._replace(id=""))
            return verdict


def refused(reason: Reason) -> Verdict:
    """No, and why."""
    return Verdict(False, reason.name)


_NOBODY: Final = refused(Reason.NO_GRANT)


def _refusal(why: Refusal) -> Reason:
    """Staff read in /readyz and the log what the directory said; a guest learns no more than this."""
    if why is Refusal.BUSY:
        return Reason.DIRECTORY_BUSY
    return Reason.DIRECTORY_UNAVAILABLE if why.ours else Reason.DIRECTORY_WRONG


def proves(question: ByToken, secret: bytes) -> bool:
    """Whether the password is the token's: PAP in clear, CHAP by its digest (RFC 2865, 5.3)."""
    if not question.chap:
        return hmac.compare_digest(question.password, secret)
    if len(question.chap) != 17:
        return False
    digest = hashlib.md5(question.chap[:1] + secret + question.challenge, usedforsecurity=False).digest()
    return hmac.compare_digest(question.chap[1:], digest)
