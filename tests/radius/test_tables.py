"""The network's frozen rows."""

from __future__ import annotations

import pickle
from dataclasses import FrozenInstanceError, fields

import pytest

from radius.secret import Secret
from radius.tables import Action, Client, Home, Limits, Place, Route, Timing
from tests.radius.road import Road

CLIENT = Client("library", Secret(b"the-client's-own-secret"))
HOME = Home("uni-a-1", "127.0.1.1", Secret(b"the-home's-own-secret"))
ROWS = [CLIENT, HOME, Timing(), Route("x", "x", Action.PROXY), Place(), Limits()]


@pytest.mark.parametrize("row", [*ROWS, Road().engine.tables], ids=lambda row: type(row).__name__)
def test_rows_never_change(row: object) -> None:
    """Whatever changes while packets flow lives in the engine."""
    name = fields(row)[0].name  # type: ignore[arg-type]
    with pytest.raises(FrozenInstanceError):
        setattr(row, name, None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: type(row).__name__)
def test_rows_travel_to_the_workers(row: object) -> None:
    """By pickle, equal on arrival."""
    assert row == pickle.loads(pickle.dumps(row))


def test_the_safe_answer_is_the_default() -> None:
    """Message-Authenticator is required of everyone, homes are foreign, accounting stays here."""
    assert CLIENT.require_message_authenticator
    assert HOME.require_message_authenticator
    assert HOME.foreign
    assert not Route("x", "x", Action.PROXY).forward_accounting


def test_the_timing_is_the_decided_one() -> None:
    """Decisions, 5: 1, 3 and 7 s; 15 s; probes every 2 s, dead after three, every 10 s, then every second until three answers."""
    assert Timing((1.0, 3.0, 7.0), 15.0, 2.0, 3, 10.0, 1.0, 3) == Timing()


def test_the_limits_are_the_documented_ones() -> None:
    """Decisions, 7, 9 and 14; each has its line in docs/limits.md."""
    limits = Limits()
    assert (50.0, 200.0) == (limits.station_rate, limits.station_burst)
    assert (1.0, 5.0, 1.0, 10_000) == (limits.reject_rate, limits.reject_burst, limits.reject_delay, limits.rejects_waiting)
    assert (50_000, 5.0, 100_000, 60.0) == (limits.duplicates, limits.duplicate_seconds, limits.conversations, limits.conversation_seconds)


@pytest.mark.parametrize("row", [CLIENT, HOME], ids=lambda row: type(row).__name__)
def test_no_row_shows_a_secret(row: object) -> None:
    """Invariant 8."""
    assert "own-secret" not in repr(row)
