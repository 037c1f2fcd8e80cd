"""The controller while it lives: the network changes under load, SIGHUP, a worker dies, SIGTERM drains, wildcard addresses."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
import tomlkit

from tests.flow.city import dashed, station, student
from tests.peers import controller, packets, twins
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import SECRET
from tests.peers.packets import ACCESS_ACCEPT, CALLING
from tests.peers.program import busy, until
from tests.peers.twins import Later

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.controller import Controller, Rows
    from tests.peers.twins import Home


def _login(realm_: str, identifier: int = 0) -> bytes:
    return packets.pap(student(realm_), "x", SECRET, (CALLING, dashed(station()).encode()), identifier=identifier)


def _tables(twin: Home, *realms: str, **more: Rows) -> Rows:
    rows = [realm(name, "twin") for name in realms]
    return network(clients=[client()], homes=[home("twin", twin.port)], realms=rows, **more)


@pytest.fixture
def twin() -> Iterator[Home]:
    with twins.home() as made:
        yield made


class Load:
    """Logins one after another on one socket until told to stop; whatever is not accepted is kept."""

    def __init__(self, running: Controller) -> None:
        self.running = running
        self.count = 0
        self.failed: list[object] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        with twins.nas() as nas:
            while not self._ended.is_set():
                octets = _login("one.example", self.count % 256)
                nas.inbox.clear()
                answer = nas.ask(octets, self.running.auth, seconds=5)
                if answer is None or answer.code != ACCESS_ACCEPT:
                    self.failed.append(answer)
                self.count += 1

    def __enter__(self) -> Load:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(10)


def test_a_change_of_the_network_takes_effect_without_losing_anyone(tmp_path: Path, twin: Home) -> None:
    """Three changes under load: each serves within two seconds, no login in flight is lost, a broken one leaves all as it was."""
    twin.script = lambda asked, nth: [Later(packets.answer(asked, ACCESS_ACCEPT, [], SECRET), after=0.05)]
    with controller.controller(tmp_path, _tables(twin, "one.example")) as running, Load(running) as load, twins.nas() as nas:
        names = ["one.example"]
        for number in range(3):
            names.append(f"new-{number}.example")
            running.network(_tables(twin, *names))
            deadline, identifier = time.monotonic() + 2.0 * busy(), 0
            while (answer := nas.ask(_login(names[-1], identifier % 256), running.auth)) is None or answer.code != ACCESS_ACCEPT:
                assert time.monotonic() < deadline, f"{names[-1]} does not serve within two seconds"
                identifier += 1
                nas.inbox.clear()
            nas.inbox.clear()

        broken = _tables(twin, *names)
        broken["realm"].append(realm("bad.example", "no-such-home"))
        path = tmp_path / "BROKEN.toml"
        path.write_text(tomlkit.dumps(broken))
        refused = running.cli("apply", str(path))
        assert refused.returncode == 1
        assert "no-such-home" in refused.stdout + refused.stderr
        running.hang_up()
        assert nas.ask(_login("new-2.example", 200), running.auth).code == ACCESS_ACCEPT
        until(lambda: load.count > 40, "some load", 20)
        assert running.program is not None
        assert running.program.alive
        running.fault_free()
    assert load.failed == []


def test_hanging_up_again_and_again_loses_nobody(tmp_path: Path, twin: Home) -> None:
    """SIGHUP ten times under load: all answered, same workers."""
    with controller.controller(tmp_path, _tables(twin, "one.example"), workers=2) as running, Load(running) as load:
        workers = running.workers
        for _ in range(10):
            before = load.count
            running.hang_up()
            until(lambda before=before: load.count > before + 5, "logins between two hang-ups", 10)
        assert running.workers == workers
        running.fault_free()
    assert load.failed == []


def test_a_dead_worker_is_replaced_and_its_clients_stay(tmp_path: Path, twin: Home) -> None:
    """kill -9: within three seconds its sockets are served again, on the same ports, and the repetition of a request is answered."""
    with controller.controller(tmp_path, _tables(twin, "one.example"), workers=2) as running:
        for each in range(3):
            first = running.workers
            running.kill_worker(first[each % 2])
            with twins.nas() as a, twins.nas() as b, twins.nas() as c, twins.nas() as d:
                for nas in (a, b, c, d):
                    octets = _login("one.example")

                    def served(nas: twins.Nas = nas, octets: bytes = octets) -> bool:
                        return nas.ask(octets, running.auth, seconds=0.5) is not None

                    until(served, "an answer after a worker's death", 4)
            until(lambda first=first: len(running.workers) == 2 and running.workers != first, "the new worker", 5)
        running.fault_free()


def test_sigterm_lets_exchanges_in_flight_end(tmp_path: Path, twin: Home) -> None:
    """The home takes a second and a half; SIGTERM comes before its answer, which still reaches the student; exit status 0."""
    twin.script = lambda asked, nth: [Later(packets.answer(asked, ACCESS_ACCEPT, [], SECRET), after=1.5)] if nth == 1 else []
    with controller.controller(tmp_path, _tables(twin, "one.example")) as running, twins.nas() as nas:
        octets = _login("one.example")
        nas.send(octets, running.auth)
        until(lambda: twin.requests, "the request at the home")
        assert running.program is not None
        running.program.signal(signal.SIGTERM)
        assert nas.answer_to(octets).code == ACCESS_ACCEPT
        assert running.stop() == 0


def test_answers_come_from_the_address_that_was_asked(tmp_path: Path, twin: Home) -> None:
    """Bound to every address: a request to 127.0.0.3 is answered from 127.0.0.3, and IPv6 is served beside it (RFC 2865, 3)."""
    tables = _tables(twin, "one.example")
    tables["client"] = [client("v4"), client("v6", "::1/128")]
    with controller.controller(tmp_path, tables, start=False) as running:
        port = running.auth
        text = running.settings.read_text()
        settings = tomlkit.parse(text)
        settings["radius"]["auth"] = [f"0.0.0.0:{port}", f"[::]:{port}"]
        running.settings.write_text(tomlkit.dumps(settings))
        running.start()
        with twins.nas() as nas:
            octets = _login("one.example")
            nas.socket.connect(("127.0.0.3", port))  # a connected socket takes answers from there alone
            nas.socket.send(octets)
            assert nas.answer_to(octets).code == ACCESS_ACCEPT
        with twins.nas(address="::1") as nas:
            octets = _login("one.example", 1)
            nas.socket.sendto(octets, ("::1", port))
            assert nas.answer_to(octets).code == ACCESS_ACCEPT
        running.fault_free()


def test_a_taken_port_is_named(tmp_path: Path, twin: Home) -> None:
    """Somebody has the port: the line says which, exit status 1, no traceback."""
    with controller.controller(tmp_path, _tables(twin, "one.example"), start=False) as idle, twins.nas() as taken:
        settings = tomlkit.parse(idle.settings.read_text())
        settings["radius"]["auth"] = [f"127.0.0.1:{taken.socket.getsockname()[1]}"]
        idle.settings.write_text(tomlkit.dumps(settings))
        ended = idle.cli("run")
    assert ended.returncode == 1
    assert str(settings["radius"]["auth"][0]) in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
