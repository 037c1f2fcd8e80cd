"""The generator compiles and counts right: figures that nobody checked would be worth nothing. No timing is judged."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from store.models import CampaignDay, SiteHour
from store.session import engine, reading
from tests.bench import durable, generator, guests, pages, routes, years
from tests.peers.program import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.peer("cc")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generator.compiled(tmp_path_factory.mktemp("bench"))


@pytest.fixture
def between(program: Path) -> Iterator[Callable[[Callable[[int, bytes], list[bytes]]], int]]:
    """A path to the home that does something to its answers: `between(change)` is its port; `change(number, answer)`."""
    with generator.home(program) as home, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        threads = []

        def carry(change: Callable[[int, bytes], list[bytes]]) -> None:
            number = 0
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as up:
                up.connect(("127.0.0.1", home))
                up.settimeout(10)
                while True:
                    octets, peer = sock.recvfrom(4096)
                    if peer == ("127.0.0.1", port):
                        return
                    up.send(octets)
                    for answer in change(number, up.recv(4096)):
                        sock.sendto(answer, peer)
                    number += 1

        def start(change: Callable[[int, bytes], list[bytes]]) -> int:
            threads.append(threading.Thread(target=carry, args=(change,)))
            threads[0].start()
            return port

        yield start
        sock.sendto(b"the end", ("127.0.0.1", port))
        threads[0].join(10)


@pytest.mark.parametrize("kind", ["auth", "acct"])
@pytest.mark.parametrize("endpoints", [1, 300])
def test_every_request_is_answered_and_verified(program: Path, kind: str, endpoints: int) -> None:
    """Against the home itself nothing is lost, nothing bad, whatever the number of endpoints."""
    with generator.home(program) as home:
        seen = generator.load(program, home, kind=kind, number=600, endpoints=endpoints, timeout=5.0, seconds=20)
    assert (600, 600, 0, 0, 0) == (seen.sent, seen.done, seen.lost, seen.bad, seen.stray)


def test_what_is_dropped_is_counted_lost_and_nothing_else(program: Path, between: Callable[..., int]) -> None:
    """Every fifth answer is thrown away: exactly that many are lost."""
    port = between(lambda number, answer: [answer] if number % 5 else [])
    seen = generator.load(program, port, number=200, timeout=0.5, seconds=20)
    assert (200, 160, 40, 0) == (seen.sent, seen.done, seen.lost, seen.bad)


@pytest.mark.parametrize("at", [5, 25, 48, -1])
def test_an_answer_with_one_bit_turned_is_bad(program: Path, between: Callable[..., int], at: int) -> None:
    """In the authenticator, the Message-Authenticator, a key or the end: noticed, and the request stays unanswered."""

    def turn(number: int, answer: bytes) -> list[bytes]:
        turned = bytearray(answer)
        turned[at] ^= 1
        return [answer] if number % 4 else [bytes(turned)]

    seen = generator.load(program, between(turn), number=80, timeout=0.5, seconds=20)
    assert (80, 60, 20, 20) == (seen.sent, seen.done, seen.lost, seen.bad)


def test_a_second_answer_is_a_stray(program: Path, between: Callable[..., int]) -> None:
    """Answered twice is counted once."""
    seen = generator.load(program, between(lambda _, answer: [answer, answer]), number=50, timeout=2.0, seconds=20, window=1, endpoints=1)
    assert (50, 50, 0) == (seen.sent, seen.done, seen.lost)
    assert seen.stray + seen.bad >= 49  # the last may come after the end; one that meets a reused identifier is bad


def test_keys_hidden_with_another_secret_are_bad(program: Path) -> None:
    """A home with another secret signs and hides otherwise: every answer is bad."""
    with generator.home(program, "another-secret-entirely") as home:
        seen = generator.load(program, home, number=20, timeout=0.3, seconds=20)
    assert (20, 0, 20, 20) == (seen.sent, seen.done, seen.lost, seen.bad)


def test_route_costs_are_measured_on_real_tables() -> None:
    """Three ways to look up, all of them cost something."""
    seen = routes.cost(10)
    assert seen.realms == 10
    assert min(seen.first, seen.again, seen.missing) > 0


def test_guests_are_measured_against_a_real_controller(program: Path, tmp_path: Path) -> None:
    """Five hundred devices known to a running worker, as many strangers: all answered, each kind as it should be."""
    seen = guests.measure(program, tmp_path, 0.3, free_port(), devices=500)
    assert [True] * 4 == [met for met, _ in guests.judged([seen])]
    assert min(seen.known.sent, seen.strangers.rejects) > 0


def test_pages_are_measured_against_a_real_controller(tmp_path: Path) -> None:
    """Views and whole sign-ins, all of them done; the server's own times are read from its log."""
    seen = pages.measure(tmp_path, 1.0)
    assert (0, 0) == (seen["view"].faults, seen["sign-in"].faults)
    assert all(each.done > 10 and each.server95 >= each.server50 > 0 and each.cpu > 0 for each in seen.values())


def test_pages_of_a_year_are_measured_on_what_is_there(tmp_path: Path) -> None:
    """Each page answers, over as much as the city is said to have."""
    url, city = f"sqlite:///{tmp_path}/proxeny.db", years.City(adverts=2, days=28, others=5, sites=3, used=28)
    seen = years.measured("SQLite", url, tmp_path / "room", city)
    assert 12 == len(seen.pages)
    assert min(seen.pages.values()) > 0
    database = engine(url)
    with reading(database) as session:
        counted = [session.scalar(select(func.count()).select_from(table)) for table in (CampaignDay, SiteHour)]
    database.dispose()
    assert [(2 + 5) * 28, 3 * 28 * 12 * 2] == counted


@pytest.mark.peer("strace")
def test_accounting_is_measured_against_a_real_controller(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent is answered, signed, counted in the store, and each answer looked at came after its sync."""
    monkeypatch.setattr(durable, "LOOKED_AT", 300)
    seen = durable.measure(program, tmp_path, 0.2, free_port())
    assert (0, 0, 300, 300) == (seen.lost, seen.bad, seen.answered, seen.covered)
    assert 5 == len(list(durable.judged([seen])))
