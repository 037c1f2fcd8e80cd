"""5. Real homes that are killed or stopped: what it costs, and that nobody is lost."""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.flow.city import PASSWORD, station, student
from tests.peers import controller, eapol
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import FreeRadius, freeradius

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.certificates import Certificates
    from tests.peers.controller import Controller


@pytest.fixture
def pair(tmp_path: Path, authority: Certificates) -> Iterator[tuple[FreeRadius, FreeRadius, Controller]]:
    """Two FreeRADIUS homes of one realm, and a controller."""
    users = {student("pair.example"): PASSWORD}
    with (
        freeradius(tmp_path / "one", certificates=authority, users=users) as one,
        freeradius(tmp_path / "two", certificates=authority, users=users) as two,
    ):
        tables = network(
            clients=[client()], homes=[home("one", one.port), home("two", two.port)], realms=[realm("pair.example", "one", "two")]
        )
        with controller.controller(tmp_path / "controller", tables) as running:
            yield one, two, running
            running.fault_free()


def _timed(folder: Path, port: int, authority: Certificates) -> tuple[eapol.Outcome, float]:
    begun = time.monotonic()
    way = eapol.peap(student("pair.example"), PASSWORD, authority)
    return eapol.sign_in(folder, way, port, station=station(), seconds=15), time.monotonic() - begun


@pytest.mark.peer("freeradius")
@pytest.mark.peer("eapol_test")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_home_that_goes_away_costs_five_seconds_once(
    tmp_path: Path, pair: tuple[FreeRadius, FreeRadius, Controller], authority: Certificates, how: signal.Signals
) -> None:
    """Killed or stopped: the first login takes at most five seconds more, the next ones nothing, and none is lost."""
    one, two, running = pair
    assert _timed(tmp_path, running.auth, authority)[0].success
    one.program.signal(how)
    outcome, took = _timed(tmp_path, running.auth, authority)
    assert outcome.success, outcome.output[-1500:]
    assert took < 9.9  # one that is silent costs five seconds; twice, or one more, would be ten
    outcome, took = _timed(tmp_path, running.auth, authority)
    assert outcome.success
    assert took < 4.9  # those five seconds were not spent again
    assert two.program.alive
    if how is signal.SIGSTOP:
        one.program.signal(signal.SIGCONT)  # its stale answers disturb nobody
        assert all(_timed(tmp_path, running.auth, authority)[0].success for _ in range(5))
