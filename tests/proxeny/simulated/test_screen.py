"""What the demo's screen says of a login."""

from __future__ import annotations

from datetime import UTC, datetime

from proxeny.simulated import screen
from store.models import AuthEvent, LoginVerdict

FIELDS = {"at": datetime(2026, 3, 8, 7, 0, tzinfo=UTC), "verdict": LoginVerdict.ACCEPT, "access_point": "arena-hall", "reason": ""}


def line(**changes) -> str:
    event = {"site": "arena", "client": "arena-gateway", "home": "", "round_trips": 1, "milliseconds": 12.0, "realm": ""}
    return screen.login(AuthEvent(**(FIELDS | event | changes)), {"arena": "Lakeshore Arena"})


def test_a_guest_is_called_one() -> None:
    """A guest of the open network has no realm and no home: the line has no gap where others name theirs."""
    assert "a guest" in line()
    assert line().endswith(" the portal, 1 round, 12 ms")
    assert "@" not in line()


def test_others_are_named_by_their_realm() -> None:
    """As before."""
    assert "@northlake.example" in line(realm="northlake.example", home="northlake-1")
    assert line(realm="northlake.example", home="northlake-1").endswith("northlake-1, 1 round, 12 ms")
