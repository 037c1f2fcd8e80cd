"""Who finds no place at the database is told at once; places come free again, whatever happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import TimeoutError as NoConnectionError

from tests.portal.guests import arrive, connect, heading
from tests.portal.world import coova

if TYPE_CHECKING:
    from threading import Semaphore

    import pytest

    from tests.portal.world import World

OURS = "We have a fault on our side"


def test_no_place(city: World) -> None:
    """503 with the page that says so; page one and what only reads go on."""
    guest = city.client()
    stay, _ = connect(guest)
    action = arrive(guest)
    places: Semaphore = guest.application.extensions["guest"].places
    taken = 0
    while places.acquire(blocking=False):
        taken += 1
    answer = guest.post(action)
    assert (503, OURS, "5") == (answer.status_code, heading(answer), answer.headers["Retry-After"])
    assert [200, 200] == [guest.get(path).status_code for path in (coova(), stay)]
    places.release(taken)
    assert 303 == guest.post(action).status_code


def test_a_place_comes_free(city: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After any fault, as often as it happens; a pool without a connection is a database that does not answer."""
    guest = city.client()
    action = arrive(guest)

    def full(*_: Any, **__: Any) -> None:
        raise NoConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("store.session.Session.begin", full)
        assert {(503, OURS)} == {((answer := guest.post(action)).status_code, heading(answer)) for _ in range(20)}
    assert 303 == guest.post(action).status_code
