"""When quotas are looked at: after accounting, when a grant changes, when a plan or a day does, when a grant's time is over.

Theory of operation. Accounting is looked at in its own transaction (`spent`), and its guests' grants are touched, so that
workers hear what was used. Whatever others change of a grant (a page extends it, a verb revokes it) comes by the grants'
feed. What concerns many sessions at once (a new plan, midnight, our own start) is walked through page by page, a page a
turn, so that no login waits long behind it. The ends of grants are swept by an index.

Never looks at sessions that have no grant, and never says anything to a NAS itself.
"""

from __future__ import annotations

import time
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from proxeny import orders, quotas, simulator, ways
from radius.nas.family import Bound
from store import grants, outbox, usage
from store.consumption import Consumption
from store.models import OrderKind
from store.session import reading, transaction

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session as Database

    from proxeny.network import Network
    from store.models import Grant
    from store.privacy import Privacy

LOOK: Final = 0.5  # seconds between looks at the feed
SWEEP: Final = 3.0  # seconds between looks for grants that ended
PAGE: Final = 200  # sessions of a walk, or changes of grants, in one transaction
BEHIND: Final = timedelta(days=1)  # grants that ended while no recorder ran


def _held(plan: Any) -> tuple[Any, ...]:
    """What of a plan open sessions are held to; its other keys are looked at when somebody signs in, or asks for more time."""
    return tuple(getattr(plan, key) for key in simulator.HELD if key != "session") if plan is not None else ()


class _Walk(NamedTuple):
    """Where a walk through the open sessions is."""

    plans: tuple[str, ...]  # only grants of these; () for all
    after: tuple[datetime, str] | None = None


class QuotaWatch:
    """The recorder's eye on guests."""

    def __init__(self) -> None:
        self.queued = 0
        self._network: Network | None = None
        self._plans: dict[str, Any] | None = None
        self._day: datetime | None = None
        self._number: int | None = None  # of the feed, read so far
        self._own: set[int] = set()  # numbers that we gave ourselves
        self._pending: list[int] = []
        self._walks: deque[_Walk] = deque([_Walk(())])
        self._swept = datetime.now(UTC) - BEHIND
        self._look_at = self._sweep_at = 0.0

    # With accounting

    def consumption(self) -> Consumption:
        """What a batch of accounting is to fill."""
        self._pending = []
        return Consumption(ways.zone(self._network) if self._network is not None else UTC)

    def spent(self, database: Database, subjects: Collection[str], now: datetime) -> None:
        """These used something: the last thing in the transaction that counted it."""
        if not subjects:
            return
        if self._network is not None:
            self.queued += len(quotas.consider(database, subjects, self._network, now))
        touched = grants.followers(database, subjects, now)
        grants.touch(database, touched)
        self._pending = [grant.changed for grant in touched]

    def committed(self) -> None:
        """That transaction is committed: its changes are no news to us."""
        if self._number is not None:
            self._own.update(self._pending)
        self._pending = []

    # With time

    def turn(self, database: Engine, network: Network | None, marks: Privacy) -> None:
        """Look at what is due."""
        if network is None or time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK
        now = datetime.now(UTC)
        self._notice(network, now)
        self._follow(database, network, marks, now)
        if time.monotonic() >= self._sweep_at:
            self._sweep_at = time.monotonic() + SWEEP
            self._sweep(database, network, marks, now)
        if self._walks:
            self._walk(database, network, now)

    def _notice(self, network: Network, now: datetime) -> None:
        """A plan that is another than it was, a day that is another than it was: walks to come."""
        day = usage.periods(now, ways.zone(network)).day[0]
        if self._day is not None and day != self._day:
            self._walks.append(_Walk(()))
        self._day = day
        if network is self._network:
            return
        plans = dict(network.rows["plan"])
        if self._plans is not None:
            changed = tuple(name for name, plan in sorted(self._plans.items()) if _held(plans.get(name)) != _held(plan))
            if changed:
                self._walks.append(_Walk(changed))
        self._network, self._plans = network, plans

    def _follow(self, database: Engine, network: Network, marks: Privacy, now: datetime) -> None:
        """What others changed of grants."""
        with reading(database) as session:
            if self._number is None:
                self._number = grants.newest(session)
            found = [(grant.id, grant.changed) for grant in grants.changed_since(session, self._number, PAGE)]
        if not found:
            return
        foreign = [name for name, number in found if number not in self._own]
        if foreign:
            with transaction(database) as session:
                changed = [grant for name in foreign if (grant := grants.of(session, name)) is not None]
                self.queued += len(quotas.consider(session, {grants.subject(grant) for grant in changed}, network, now, moved=True))
                for grant in changed:
                    if grant.revoked_at is not None and grant.why != grants.REPLACED:
                        self._end_without_session(session, grant, network, marks, now)
        self._number = found[-1][1]
        self._own = {number for number in self._own if number > self._number}
        if len(found) == PAGE:
            self._look_at = 0.0

    def _sweep(self, database: Engine, network: Network, marks: Privacy, now: datetime) -> None:
        """Grants whose time is over: at once, and after the grace of gateways that keep time by themselves."""
        with reading(database) as session:
            over = [grant.id for grant in grants.ending(session, self._swept, now)]
            over += [grant.id for grant in grants.ending(session, self._swept - quotas.GRACE, now - quotas.GRACE)]
        for start in range(0, len(over), PAGE):
            with transaction(database) as session:
                ended = [grant for name in over[start : start + PAGE] if (grant := grants.of(session, name)) is not None]
                self.queued += len(quotas.consider(session, {grants.subject(grant) for grant in ended}, network, now))
                for grant in ended:
                    family = orders.family(network, grant.client)
                    if family is not None and Bound.TIME not in family.holds and grants.live(session, grant.device_hash, now) is None:
                        self._end_without_session(session, grant, network, marks, now)
        self._swept = now

    def _end_without_session(self, database: Database, grant: Grant, network: Network, marks: Privacy, now: datetime) -> None:
        """Gateways that tell of no sessions are told whom they let in, once."""
        if grants.open_sessions(database, grant) or outbox.latest(database, grant.id, OrderKind.REVOKE) is not None:
            return
        why = {"why": grant.why or "the grant has ended"}
        if orders.for_grant(database, OrderKind.REVOKE, grant, network, marks, now, details=why) is not None:
            self.queued += 1

    def _walk(self, database: Engine, network: Network, now: datetime) -> None:
        """One page of the first walk."""
        walk = self._walks[0]
        with reading(database) as session:
            page = grants.open_after(session, walk.after, PAGE, walk.plans)
            subjects = {grants.subject(grant) for _, grant in page}
        if subjects:
            with transaction(database) as session:
                self.queued += len(quotas.consider(session, subjects, network, now, moved=bool(walk.plans)))
        if len(page) < PAGE:
            self._walks.popleft()
        else:
            self._walks[0] = walk._replace(after=(page[-1][0].started_at, page[-1][0].id))
            self._look_at = 0.0
