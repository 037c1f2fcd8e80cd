"""What `ready` promises to guests: whoever has a grant is in, a stranger is told so; and that it comes, whatever the porter does."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from proxeny import opening
from proxeny.settings import load
from radius.actions import Reason
from tests.flow.test_mac import TABLES, Gateway, admit
from tests.peers.controller import Controller, controller
from tests.peers.program import until
from tests.proxeny.guests import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KNOWN, STRANGER = "02-00-00-00-03-01", "02-00-00-00-03-02"


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Controller]:
    """One with a guest in its database, not started yet."""
    with controller(tmp_path, TABLES, settings={"limits": {"asked_seconds": 2}}, workers=2, start=False) as made:
        database, seal = opening.store(load(made.settings, {}))
        admit(Store(str(database.url), database, seal), KNOWN)
        database.dispose()
        yield made
        made.fault_free()


def told(road: Controller, station: str) -> set[tuple[int, bytes | None]]:
    """What several ports are told, which the kernel deals to both workers."""
    answers = set()
    for _ in range(8):
        gateway = Gateway(road)
        answer = gateway.ask(station)
        answers.add((answer.code, answer.value(18)))
        gateway.close()
    return answers


@contextmanager
def held_up(road: Controller) -> Iterator[int]:
    """Starting, with a porter that stands still until the end of the block, and workers that serve already."""
    starting = threading.Thread(target=road.start)
    starting.start()
    porter = until(lambda: road.porter, "the porter")[0]
    os.kill(porter, signal.SIGSTOP)
    try:
        until(lambda: road.log.count("worker serves") == 2, "the workers to serve")
        yield porter
    finally:
        os.kill(porter, signal.SIGCONT)
        starting.join(40)


def test_from_ready_on_nobody_is_refused_for_want_of_a_porter(road: Controller) -> None:
    """A stranger's very first question is answered from the store; whoever has a grant is known already, even if the porter stops."""
    with held_up(road):
        assert "proxeny is ready" not in road.log
    assert {(3, Reason.NO_GRANT.value.encode())} == told(road, STRANGER)
    (porter,) = road.porter
    os.kill(porter, signal.SIGSTOP)
    try:
        assert {(2, None)} == told(road, KNOWN)
    finally:
        os.kill(porter, signal.SIGCONT)


def test_a_porter_that_says_nothing_holds_the_road_up_for_ten_seconds_at_most(road: Controller) -> None:
    """`ready` comes all the same, the log says what guests meet; once the porter speaks, all is well."""
    with held_up(road):
        until(lambda: "proxeny is ready" in road.log, "the ready line", 20)
        assert "has told nobody" in road.log
        assert {(3, Reason.PORTER_SILENT.value.encode())} == told(road, KNOWN)
    until(lambda: told(road, KNOWN) == {(2, None)}, "the porter to speak", 20)
