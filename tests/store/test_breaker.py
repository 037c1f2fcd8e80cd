"""The circuit breaker: closed, open, half-open."""

from __future__ import annotations

from store.breaker import Breaker, State


def opened(at: float) -> Breaker:
    breaker = Breaker(failures=3, pause=5.0)
    for _ in range(3):
        assert breaker.admits(at)
        breaker.failed(at)
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    """A success in between begins the count anew."""
    breaker = Breaker(failures=3, pause=5.0)
    for worked in (False, False, True, False, False):
        assert breaker.admits(0.0)
        breaker.succeeded() if worked else breaker.failed(0.0)
    assert (State.CLOSED, 0) == (breaker.state, breaker.opened)
    breaker.failed(0.0)
    assert (State.OPEN, 1) == (breaker.state, breaker.opened)


def test_while_it_is_open_nobody_goes() -> None:
    """Until the pause is over; then exactly one does, and the others still do not."""
    breaker = opened(at=100.0)
    assert [False, False] == [breaker.admits(100.0), breaker.admits(104.9)]
    assert [True, False, False] == [breaker.admits(105.0), breaker.admits(105.0), breaker.admits(200.0)]
    assert State.HALF_OPEN is breaker.state


def test_the_one_that_tries_decides() -> None:
    """Its failure opens for another pause, its success closes."""
    breaker = opened(at=100.0)
    assert breaker.admits(105.0)
    breaker.failed(106.0)
    assert [State.OPEN, False, True] == [breaker.state, breaker.admits(110.9), breaker.admits(111.0)]
    breaker.succeeded()
    assert [State.CLOSED, True, True] == [breaker.state, breaker.admits(111.0), breaker.admits(111.0)]


def test_one_that_never_got_there_leaves_its_turn_to_the_next() -> None:
    """Nothing was learned, so the next one tries."""
    breaker = opened(at=100.0)
    assert breaker.admits(105.0)
    breaker.untold()
    assert breaker.admits(105.0)
