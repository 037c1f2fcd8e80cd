"""New, in flight, or answered: the table of what each client asked last (RFC 5080, 2.2.2)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from radius.duplicates import Duplicates
from tests.radius.road import exchange


def test_an_entry_is_found_in_flight_and_answered() -> None:
    """Until its time is over; then the same packet is a new request."""
    table, one = Duplicates(10, 5.0), exchange(1)
    assert table.find(one.key) is None
    assert table.begin(one)
    assert one is table.find(one.key)
    table.answered(one, b"reply", 100.0)
    assert (b"reply", True) == (one.reply, one.over)
    table.expire(104.9)
    assert one is table.find(one.key)
    table.expire(105.0)
    assert table.find(one.key) is None
    assert 0 == len(table)


def test_a_superseding_request_takes_the_place() -> None:
    """One entry a key; forgetting or expiring the old one does not touch the new one."""
    table, old, new = Duplicates(10, 5.0), exchange(1, now=1.0), exchange(1, now=2.0)
    table.begin(old)
    table.answered(old, b"old", 1.0)
    table.begin(new)
    table.forget(old)
    table.expire(6.0)
    assert new is table.find(new.key)
    table.forget(new)
    assert table.find(new.key) is None


def test_the_oldest_answered_gives_way_and_those_in_flight_never() -> None:
    """Full of those in flight, the newest is refused; a key that is there already always fits."""
    table = Duplicates(2, 5.0)
    first, second, third = (exchange(number) for number in (1, 2, 3))
    table.begin(first)
    table.begin(second)
    assert not table.begin(third)
    assert table.begin(exchange(1))
    table.answered(second, b"r", 1.0)
    assert table.begin(third)
    assert table.find(second.key) is None


def test_the_queue_of_the_answered_is_bounded_too() -> None:
    """A client that reuses one identifier for ever leaves no more behind than the table holds."""
    table = Duplicates(8, 5.0)
    for number in range(1000):
        one = exchange(1, now=float(number))
        table.begin(one)
        table.answered(one, b"r", 0.0)
    assert (1, 8) == (len(table), len(table._answered))
    assert one is table.find(one.key)


def test_a_new_bound_holds_from_now_on() -> None:
    """Limits come with the network."""
    table = Duplicates(2, 5.0)
    table.begin(exchange(1))
    table.bound(1, 9.0)
    assert not table.begin(exchange(2))
    one = table.find(exchange(1).key)
    assert one is not None
    table.answered(one, b"r", 0.0)
    table.expire(8.9)
    assert 1 == len(table)


@given(st.lists(st.tuples(st.sampled_from(("begin", "answer", "forget", "wait")), st.integers(0, 5)), max_size=80))
def test_never_more_than_its_bound_and_never_without_those_in_flight(steps: list[tuple[str, int]]) -> None:
    """Whatever the order of events."""
    table, now, flying = Duplicates(4, 5.0), 0.0, {}
    for step, number in steps:
        one = flying.get(number)
        if step == "begin":
            fresh = exchange(number, now=now)
            if table.begin(fresh):
                flying[number] = fresh
        elif step == "wait":
            now += number
            table.expire(now)
        elif one is not None:
            table.answered(one, b"r", now) if step == "answer" else table.forget(one)
            del flying[number]
        assert len(table) <= 4
        assert all(each is table.find(each.key) for each in flying.values())
