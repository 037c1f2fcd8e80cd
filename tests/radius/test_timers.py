"""Things looked at again when their time has come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from radius.timers import Timers


@given(st.lists(st.tuples(st.sampled_from((0.5, 1.0, 2.0)), st.floats(0, 1)), max_size=50))
def test_everything_comes_once_and_not_early(puts: list[tuple[float, float]]) -> None:
    """Each thing comes out once, at or after its moment; `next` is the earliest of those waiting."""
    timers: Timers[int] = Timers()
    now, due, seen = 0.0, {}, []
    for number, (delay, step) in enumerate(puts):
        now += step
        timers.after(delay, now, number)
        due[number] = now + delay
        for thing in timers.due(now):
            assert due[thing] <= now
            seen.append(thing)
        waiting = [moment for thing, moment in due.items() if thing not in seen]
        assert min(waiting, default=None) == timers.next()
    seen += timers.due(now + 2.0)
    assert sorted(due) == sorted(seen)
    assert 0 == len(timers)
