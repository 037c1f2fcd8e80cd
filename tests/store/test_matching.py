"""Which session a record belongs to when clocks jump, NASes restart and words come late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store.entries import Kind
from store.matching import Inferred
from store.models import SessionStatus
from store.session import transaction
from store.sessions import SILENT, mark_stale
from tests.store.rows import NOW
from tests.store.test_ledger import entry, interim, privacy, sessions, short, start, stop, told
from tests.store.test_sums import hours

__all__ = ["privacy"]
DAY = 86_400.0


def heard(at: float) -> dict:
    """Arrived so many seconds after NOW, whatever it tells."""
    return {"received_at": NOW + timedelta(seconds=at)}


@pytest.mark.parametrize("behind", [20.0, 3_600.0, 20 * DAY])
def test_a_clock_that_was_behind_when_the_session_began(database, privacy, behind):
    """An access point that booted with an old time and then learned the right one: one session, at the right time."""
    (one,) = told(
        database, privacy,
        start(-behind, **heard(0)), interim(60 - behind, 60, down=7, **heard(60)),
        interim(300, 300, down=1_000, **heard(300)), stop(400, 400, down=1_200, **heard(400)),
    )  # fmt: skip
    assert (short(one), one.updates) == (("ended", 0.0, 400, 0, 1_200), 4)
    assert sum(figures[3] for figures in hours(database).values()) == 1_200
    assert {hour for hour, _ in hours(database)} <= {6, 7}


@pytest.mark.parametrize("behind", [20.0, 250.0, 3_600.0, 20 * DAY])
def test_a_clock_that_falls_behind_in_mid_session(database, privacy, behind):
    """The record's own arrival says what its clock does not: one session, nothing counted twice, no time moved back."""
    (one,) = told(
        database, privacy,
        start(0, **heard(0)), interim(300, 300, down=1_000, **heard(300)),
        interim(600 - behind, 600, down=2_000, **heard(600)), stop(900 - behind, 900, down=3_000, **heard(900)),
    )  # fmt: skip
    assert short(one) == ("ended", 0.0, 900, 0, 3_000)
    assert sum(figures[3] for figures in hours(database).values()) == 3_000


def test_what_is_only_late_is_no_clock(database, privacy):
    """A record of yesterday's session that a NAS kept back is not taken for one of today's, whose id is the same."""
    first, second = told(
        database, privacy,
        start(-DAY, **heard(-DAY)), interim(-DAY + 300, 300, down=5, **heard(-DAY + 300)), start(0, **heard(0)),
        interim(300, 300, down=1, **heard(300)), stop(-DAY + 600, 600, down=9, **heard(610)),
    )  # fmt: skip
    assert (short(first), short(second)) == (("ended", -DAY, 600, 0, 9), ("open", 0.0, 300, 0, 1))


def test_the_same_id_after_a_reboot_is_no_clock(database, privacy):
    """A Start that is old news, and a record that reckons another start than the Start's arrival: two sessions."""
    first, second = told(database, privacy, start(-3_600, **heard(-3_600)), interim(300, 300, down=9, **heard(300)))
    assert (short(first), short(second)) == (("ended", -3_600.0, 0, 0, 0), ("open", 0.0, 300, 0, 9))
    assert first.terminate_cause == Inferred.REUSED


def restarted(at: float, **changes):
    """Accounting-On by our own clock, as from a NAS that says no Event-Timestamp."""
    return entry(Kind.ON, at, told=False, station="", user_name=b"", acct_session_id="boot", **heard(at), **changes)


@pytest.mark.parametrize("one_by_one", [True, False])
def test_a_session_begun_in_the_second_of_its_nass_restart_goes_on(database, privacy, one_by_one):
    """Its Start tells the second, which has begun before the Accounting-On arrived; that it arrived later tells the order."""
    second = -0.123456  # NOW is 0.123456 past it
    told(database, privacy, restarted(0.4), start(second, **heard(0.6)), interim(60, 60, **heard(60)), one_by_one=one_by_one)
    (one,) = sessions(database)
    assert (one.status, one.ended_at) == (SessionStatus.OPEN, None)


def test_a_session_begun_a_moment_before_its_nass_restart_has_ended(database, privacy):
    """The same second, the other order."""
    (one,) = told(database, privacy, start(-0.123456, **heard(0.2)), restarted(0.4))
    assert (one.status, one.terminate_cause) == (SessionStatus.ENDED, Inferred.RESTARTED)


def test_a_restart_heard_of_late_ends_nothing_that_spoke_since(database, privacy):
    """Accounting-On arrives behind the first Interim of a session begun before it was told: life refutes it in either order."""
    (one,) = told(database, privacy, start(0), interim(60, 60, down=4), entry(Kind.ON, 10, **heard(70)))
    assert short(one) == ("open", 0.0, 60, 0, 4)


def test_a_late_interim_opens_a_session_that_was_called_stale(database, privacy):
    """Silence for a day, the clean-up, then a word: the session goes on with its totals; a Stop ends it as any other."""
    told(database, privacy, start(0), interim(60, 60, down=4))
    with transaction(database) as session:
        assert mark_stale(session, NOW + SILENT * 2) == 1
    (stale,) = sessions(database)
    assert (stale.status, stale.output_octets) == (SessionStatus.STALE, 4)
    (one,) = told(database, privacy, interim(2 * DAY + 60, 2 * int(DAY) + 60, down=9))
    assert short(one) == ("open", 0.0, 2 * int(DAY) + 60, 0, 9)
    (over,) = told(database, privacy, stop(2 * DAY + 90, 2 * int(DAY) + 90, down=10))
    assert (over.status, over.terminate_cause) == (SessionStatus.ENDED, "User-Request")


def test_a_missing_stop_is_inferred_and_a_late_one_believed(database, privacy):
    """The id is used again: the first session ended when it was last heard of, until its own Stop tells better."""
    first, _ = told(database, privacy, start(0), interim(60, 60, down=4), start(500))
    assert (first.ended_at, first.terminate_cause) == (NOW + timedelta(seconds=60), Inferred.REUSED)
    first, second = told(database, privacy, stop(400, 400, down=9))
    assert (first.ended_at, first.terminate_cause, first.output_octets) == (NOW + timedelta(seconds=400), "User-Request", 9)
    assert second.status is SessionStatus.OPEN
    told(database, privacy, stop(400, 400, down=9, terminate_cause="Idle-Timeout"), stop(402, 400, down=9))
    assert len(sessions(database)) == 2


def test_gigawords_are_one_number(database, privacy):
    """Totals beyond 32 and 53 bits arrive, are compared and summed as they are."""
    (one,) = told(database, privacy, start(0), interim(60, 60, down=2**40 + 1, up=2**33), interim(120, 120, down=2**55 + 3, up=2**33 + 1))
    assert short(one) == ("open", 0.0, 120, 2**33 + 1, 2**55 + 3)
    assert sum(figures[3] for figures in hours(database).values()) == 2**55 + 3
