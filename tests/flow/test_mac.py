"""MAC authentication, whole: a gateway's packets, a controller, grants in its database; and what holds while parts of it are gone."""

from __future__ import annotations

import hmac
import os
import signal
import socket
import urllib.request
from typing import TYPE_CHECKING

import pytest

from proxeny import opening
from proxeny.settings import load
from radius.actions import Reason
from store import keys
from store.models import Grant
from store.session import transaction
from tests.peers.controller import Controller, client, controller, network
from tests.peers.freeradius import SECRET
from tests.peers.program import until
from tests.proxeny.guests import Store
from tests.radius.road import access, check_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from radius.message import Message

TABLES = network(
    clients=[client()],
    homes=[],
    realms=[],
    plan=[{"name": "day", "session": "2h", "idle": "15m"}],
)
SHARED = SECRET.encode()


class Gateway:
    """Asks about stations, from one port."""

    def __init__(self, road: Controller) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(("127.0.0.1", road.auth))
        self._socket.settimeout(10)
        self._identifier = 0

    def ask(self, station: str) -> Message:
        """MAC authentication: the answer, its signatures checked."""
        self._identifier = self._identifier + 1 & 255
        name = station.encode()
        octets = access(self._identifier, [(1, name.replace(b"-", b"").lower()), (31, name), (6, b"\0\0\0\x0a")], os.urandom(16), SHARED)
        self._socket.send(octets)
        return check_answer(self._socket.recv(4096), octets, SHARED)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def road(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    settings = {"limits": {"asked_seconds": 2, "reject_burst": 100}}
    with controller(tmp_path_factory.mktemp("controller"), TABLES, settings=settings) as running:
        yield running
        running.fault_free()


@pytest.fixture(scope="module")
def store(road: Controller) -> Iterator[Store]:
    database, seal = opening.store(load(road.settings, {}))
    yield Store(str(database.url), database, seal)
    database.dispose()


@pytest.fixture
def gateway(road: Controller) -> Iterator[Gateway]:
    made = Gateway(road)
    yield made
    made.close()


def admit(store: Store, station: str, now: datetime | None = None) -> str:
    """A grant for the station, as the portal makes one."""
    with transaction(store.engine) as session:
        key = keys.named(session, store.seal, keys.DEVICE, now)  # type: ignore[arg-type]  # it was made long ago
    return store.admit(hmac.digest(key, station.encode(), "sha256")[:16])


def streamed(road: Controller, store: Store, station: str) -> None:
    """A grant that the worker has in its memory, as it has every other: it tells how many once a second."""
    admit(store, station)
    with transaction(store.engine) as session:
        live = session.query(Grant).filter(Grant.revoked_at.is_(None)).count()
    until(lambda: grants_known(road) == live, "every grant in the worker's memory", 10)


def grants_known(road: Controller) -> float:
    with urllib.request.urlopen(f"http://127.0.0.1:{road.metrics}/metrics", timeout=10) as page:
        lines = page.read().decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith("proxeny_worker_grants{"))


def test_a_guest_is_let_in_and_put_out(road: Controller, store: Store, gateway: Gateway) -> None:
    """A stranger is refused; the moment the portal lets it in, it is accepted with its plan; once revoked, refused within a second."""
    station = "02-00-00-00-02-01"
    refused = gateway.ask(station)
    assert (3, Reason.NO_GRANT.value.encode()) == (refused.code, refused.value(18))
    grant = admit(store, station)
    answer = gateway.ask(station)
    assert (2, (900).to_bytes(4, "big"), b"g." + grant.encode()) == (answer.code, answer.value(28), answer.value(25))
    assert 7_190 <= int.from_bytes(answer.value(27), "big") <= 7_200
    store.revoke(grant)
    until(lambda: gateway.ask(station).code == 3, "the revoked guest to be refused", 3)
    until(lambda: grants_known(road) == 0, "the worker to tell that it knows nobody", 10)  # from here on the number only grows
    told = until(lambda: [row for row in road.trace(station) if row["verdict"] == "accept"], "the login in the trace")
    assert ("", []) == (told[0]["home"], told[0]["attempts"])


def test_whoever_is_known_stays_in_without_the_porter(road: Controller, store: Store, gateway: Gateway) -> None:
    """The porter stands still: a known guest is let in at once, a stranger refused in time; it goes on, and all is as before."""
    known, stranger = "02-00-00-00-02-02", "02-00-00-00-02-03"
    streamed(road, store, known)
    (porter,) = road.porter
    os.kill(porter, signal.SIGSTOP)
    try:
        assert [2, 3] == [gateway.ask(known).code, gateway.ask(stranger).code]
    finally:
        os.kill(porter, signal.SIGCONT)
    told = until(lambda: road.trace(stranger), "the refusal in the trace")
    assert "PORTER_SILENT" == told[0]["reason"]
    admit(store, stranger)
    until(lambda: gateway.ask(stranger).code == 2, "the stranger to be let in", 5)


def test_another_porter_tells_everything_anew(road: Controller, store: Store, gateway: Gateway) -> None:
    """Killed: known guests stay in; the next porter answers questions and streams what changed meanwhile."""
    known, later = "02-00-00-00-02-04", "02-00-00-00-02-05"
    streamed(road, store, known)
    (porter,) = road.porter
    os.kill(porter, signal.SIGKILL)
    admit(store, later)
    assert 2 == gateway.ask(known).code
    until(lambda: gateway.ask(later).code == 2, "the next porter's answer", 10)
    assert [porter] != road.porter


def test_another_worker_is_told_everything(road: Controller, store: Store, gateway: Gateway) -> None:
    """Killed: its successor asks until the stream has reached it; no guest is refused for that."""
    known = "02-00-00-00-02-06"
    admit(store, known)
    (worker,) = road.workers
    road.kill_worker(worker)
    assert 2 == gateway.ask(known).code
    until(lambda: road.workers not in ([], [worker]), "the successor")
