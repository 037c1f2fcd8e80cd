"""Orders that a controller's API carries out: from the row to a conversation, and its outcome back into the row.

What an order means is looked up when it is carried out (proxeny/ways.py). A family may say that it is RADIUS after all; then
the recorder gets the order. Never writes a secret or a station into an outcome of its own, and never carries out what it
has not taken.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from proxeny import calling, ways
from proxeny.job_queue import NAME, WORKERS
from proxeny.lines import Carried, Waiting, moment
from radius.nas.family import Calls, Change, Refused
from store import leases, outbox
from store.models import Via
from store.session import transaction

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session as Database

    from proxeny.lines import Tools
    from proxeny.network import Network
    from proxeny.settings import Settings
    from radius.nas.family import Outcome
    from store.privacy import Privacy

FIRST: Final = timedelta(seconds=1)  # until a second try, then twice as long each time
LONGEST: Final = timedelta(seconds=60)


class Errand(NamedTuple):
    """One order, ready to be carried out."""

    order: int
    client: str
    tries: int
    calls: Calls
    ca: str  # the authority to trust, "" for the system's


def take(database: Database, order: int, network: Network, marks: Privacy, now: datetime) -> Errand | None:
    """The order as an errand; None where another has it, or where there is nothing to carry out: then that is written down."""
    row = leases.take(database, order, Via.HTTP, now)
    if row is None:
        return None
    client = ways.client(database, row, network)
    if isinstance(client, str):
        outbox.settle(database, order, done=False, outcome=client, now=now)
        return None
    way = ways.way(database, row, client, network, marks, now)
    if isinstance(way, Calls):
        return Errand(order, client.name, row.tries, way, str(client.options.get("api_ca", "")))
    if isinstance(way, Change):
        leases.hand_over(database, order, Via.RADIUS)
    else:
        why = way.why if isinstance(way, Refused) else "this gateway has no API for it"
        outbox.settle(database, order, done=False, outcome=why, now=now)
    return None


def settle(database: Database, errand: Errand, outcome: Outcome, now: datetime) -> bool:
    """Write down how it ended; False where it waits for another try."""
    if outcome.done or not outcome.again or errand.tries >= outbox.TRIES_BY_JOB:
        outbox.settle(database, errand.order, done=outcome.done, outcome=outcome.text, now=now)
        return True
    leases.put_off(database, errand.order, outcome.text, now + leases.pause(errand.tries, FIRST, LONGEST))
    return False


class Orders:
    """The work of the jobs process."""

    name, done, quiet, file, threads = "orders", "done", "gateways_quiet", NAME, WORKERS

    def waiting(self, session: Database, _tools: Tools, now: datetime) -> list[Waiting]:
        return [Waiting(*found) for found in leases.waiting(session, Via.HTTP, now)]

    def tidy(self, _tools: Tools, _now: datetime) -> int:
        return 0  # the recorder gives up orders of every way

    def carry(self, row: int, tools: Tools) -> Carried | None:
        network = tools.network()
        if network is None:
            return None
        with transaction(tools.database) as session:
            errand = take(session, row, network, tools.marks, moment())
        if errand is None:
            return None
        outcome, heard = calling.perform(errand.calls.begin, _authority(errand.ca, tools.settings()))
        with transaction(tools.database) as session:
            settled = settle(session, errand, outcome, moment())
        return Carried(errand.client, heard, ("done" if outcome.done else "failed") if settled else "put_off", outcome.text)


def _authority(path: str, settings: Settings) -> Path | None:
    """A path of the network file, relative to the settings' folder."""
    folder = settings.file.parent if settings.file else settings.data_dir
    return folder / path if path else None
