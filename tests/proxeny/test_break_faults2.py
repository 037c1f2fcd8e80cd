"""The jobs process under bad luck: receivers that hang by the dozen, a secret that does not open."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from proxeny import hooking
from proxeny.hooking import Hooks
from proxeny.lines import EACH, Carried, Line, Waiting
from store import hooks
from store.models import DeliveryState
from store.privacy import Privacy
from store.schema import prepare
from store.sealed import Seal, create_keys
from tests.proxeny.hooked import Place

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIDES = [f"receiver-{number:02}" for number in range(20)]
LATER = 1_000.0  # seconds: whatever pause there was is over


@pytest.fixture
def place(tmp_path: Path, opened: Path) -> Iterator[Place]:
    create_keys(tmp_path / "seal.key")
    (tmp_path / "proxeny.db").write_bytes((opened / "proxeny.db").read_bytes())
    database = prepare(f"sqlite:///{tmp_path}/proxeny.db")
    yield Place(database, Privacy(Seal(tmp_path / "seal.key"), b"t" * 32, b"d" * 32, b"a" * 32), tmp_path)
    database.dispose()


def test_who_did_not_answer_is_tried_by_one_conversation_at_a_time() -> None:
    """Nineteen receivers that hang have nineteen conversations at most, not fifty-seven, until each has answered: there is room."""
    line = Line(Hooks())
    rows = [Waiting(number, SIDES[number % len(SIDES)]) for number in range(200)]
    for side in SIDES[1:]:
        line._heed(0, Carried(side, heard=False, end="put_off", why="nothing whole within 10 s"))
    chosen = line._chosen(rows, time.monotonic() + LATER)
    told = [SIDES[row % len(SIDES)] for row in chosen]
    assert {SIDES[0]: EACH} | dict.fromkeys(SIDES[1:], 1) == {side: told.count(side) for side in SIDES}
    line._heed(1, Carried(SIDES[1], heard=True, end="done"))
    assert EACH - 1 == len(line._chosen([row for row in rows if row.side == SIDES[1]], time.monotonic() + 1))


def test_a_secret_that_does_not_open_is_a_failure_like_any_other(place: Place, tmp_path: Path) -> None:
    """The key file is away, or another's: tried again with growing pauses over a day, and said in the log of deliveries."""
    name, _ = place.hook("https://hooks.city.example/")
    number = place.happen()
    create_keys(tmp_path / "another.key")
    place.marks = Privacy(Seal(tmp_path / "another.key"), b"t" * 32, b"d" * 32, b"a" * 32)
    assert "put_off" == place.carry(number).end
    for pause in hooks.PAUSES[1:]:
        place.soon(number)
        place.carry(number)
        row = place.row(number)
        assert row.leased_until is not None
        assert row.leased_until >= datetime.now(UTC) + pause - timedelta(seconds=5)
    place.soon(number)
    place.carry(number)
    row = place.row(number)
    assert (DeliveryState.FAILED, hooking.UNOPENED) == (row.state, row.outcome)
    assert place.webhook(name).failing_since is not None
