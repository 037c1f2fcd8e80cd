"""store.guesses: tries counted at once, waits that grow and end, windows, and a table that no flood fills; on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store import guesses
from store.models import Guess
from store.privacy import privacy
from store.session import reading, transaction
from tests.store.guests import at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    from datetime import datetime

    import pytest
    from sqlalchemy import Engine

    from store.guesses import Tried
    from store.sealed import Seal

PHONE, LAPTOP = "voucher device " + "1f" * 16, "voucher device " + "2e" * 16
SECOND = timedelta(seconds=1)


def tried(database: Engine, now: datetime = NOW, name: str = PHONE, **changes: int) -> Tried:
    with transaction(database) as session:
        return guesses.tried(session, name, now, **changes)


def test_waits_double_from_a_second_to_half_a_minute(database: Engine) -> None:
    """Five tries are free; after each of the next the wait is twice as long, until it is thirty seconds for good."""
    now, waits = NOW, []
    for _ in range(14):
        assert tried(database, now).wait is None
        early = tried(database, now)
        waits.append(0 if early.wait is None else (early.wait - now) / SECOND)
        now = max(now, early.wait or now)
        if early.wait is None:
            with transaction(database) as session:
                guesses.forgive(session, PHONE)
    assert [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30, 30, 30] == waits


def test_a_try_that_comes_too_early_changes_nothing(database: Engine) -> None:
    """Nobody is kept waiting by trying: the moment stays, whoever asks however often."""
    wait = [tried(database).wait for _ in range(6)] and tried(database).wait
    assert wait == NOW + SECOND
    assert [wait] * 20 == [tried(database, NOW + SECOND / 2).wait for _ in range(20)]
    assert None is tried(database, NOW + SECOND).wait


def test_the_top_of_the_delay_is_told_once(database: Engine) -> None:
    """Staff hear of a guesser once an hour, not of each guess."""
    tops = [tried(database, NOW + number * guesses.LONGEST).top for number in range(100)]
    assert [10] == [number for number, top in enumerate(tops) if top]


def test_an_hour_without_a_try_forgets(database: Engine) -> None:
    """Whoever comes again later has tries that are free."""
    assert 7 == [tried(database, NOW + number * SECOND).times for number in range(7)][-1]
    again = tried(database, NOW + 6 * SECOND + guesses.WINDOW)
    assert (None, 1) == (again.wait, again.times)


def test_others_are_not_counted(database: Engine) -> None:
    """Another device's tries are free, however long this one waits."""
    for number in range(20):
        tried(database, NOW + number * guesses.LONGEST)
    assert 1 == tried(database, NOW, LAPTOP).times


def test_what_was_no_guess_is_taken_back_alone(database: Engine) -> None:
    """Whoever holds one good code and guesses at others waits as long as if they held none."""
    for number in range(8):
        assert None is tried(database, NOW + number * guesses.LONGEST).wait
    now = NOW + 8 * guesses.LONGEST
    with transaction(database) as session:
        assert 9 == guesses.tried(session, PHONE, now).times
        guesses.forgive(session, PHONE)
    assert 9 == tried(database, now).times
    assert now + 8 * SECOND == tried(database, now).wait


def test_a_try_that_is_taken_back_late_frees_no_others(database: Engine) -> None:
    """Whoever has a good password on its way, and guesses meanwhile, waits for the guesses all the same."""
    for number in range(8):
        tried(database, NOW + number * guesses.LONGEST)
    at = NOW + 8 * guesses.LONGEST
    assert None is tried(database, at).wait
    assert None is tried(database, at + guesses.LONGEST).wait
    with transaction(database) as session:
        guesses.forgive(session, PHONE, at)
    assert at + guesses.LONGEST + 16 * SECOND == tried(database, at + guesses.LONGEST).wait


def test_a_good_first_try_leaves_no_row(database: Engine) -> None:
    """Who guesses nothing is not kept."""
    with transaction(database) as session:
        guesses.tried(session, PHONE, NOW)
        guesses.forgive(session, PHONE)
    with reading(database) as session:
        assert 0 == session.scalar(select(func.count()).select_from(Guess))


def test_what_was_counted_can_be_forgotten(database: Engine) -> None:
    """A target that is spent, or a guest whom staff unblock, begins anew."""
    for number in range(8):
        tried(database, NOW + number * guesses.LONGEST)
    with transaction(database) as session:
        guesses.forget(session, PHONE)
    assert 1 == tried(database).times


def test_without_free_tries_the_second_waits(database: Engine) -> None:
    """A kind of its own may have no free tries."""
    assert None is tried(database, free=0).wait
    assert NOW + SECOND == tried(database, free=0).wait


def test_places_of_a_window_run_out_and_come_back(database: Engine) -> None:
    """Three an hour are three, the fourth is told when; the window does not move with those that are refused."""

    def taken(now: datetime) -> datetime | None:
        with transaction(database) as session:
            return guesses.taken(session, "mail to 00", now, most=3, window=timedelta(hours=1))

    assert [None, None, None] == [taken(NOW + number * SECOND) for number in range(3)]
    end = NOW + timedelta(hours=1)
    assert [end, end] == [taken(NOW + SECOND * 9), taken(end - SECOND)]
    assert [None, None] == [taken(end), taken(end)]


def test_tries_at_once_are_counted_one_by_one(database: Engine, url: str) -> None:
    """Of many tries of one device in one moment, in several processes, the free ones and the first after them are looked at."""

    def several(connection: Engine) -> list[Tried]:
        return [tried(connection) for _ in range(8)]

    found = [each for some in at_once(url, [several] * 4) for each in some]
    assert [1, 2, 3, 4, 5, 6] == sorted(each.times for each in found if each.wait is None)
    assert {NOW + SECOND} == {each.wait for each in found} - {None}


def test_places_at_once_are_not_given_twice(database: Engine, url: str) -> None:
    """As many have a place as there are, whoever asks at once."""

    def several(connection: Engine) -> list[datetime | None]:
        return [_take(connection) for _ in range(5)]

    found = [each for some in at_once(url, [several] * 4) for each in some]
    assert 7 == found.count(None)


def _take(connection: Engine) -> datetime | None:
    with transaction(connection) as session:
        return guesses.taken(session, PHONE, NOW, most=7, window=guesses.WINDOW)


def test_a_flood_of_devices_fills_no_table(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one kind no more rows than MOST are kept for long, those touched last; another kind's are left alone."""
    monkeypatch.setattr(guesses, "MOST", 50)
    monkeypatch.setattr(guesses, "SWEEP", 4)
    with transaction(database) as session:
        other = "code_device 00"
        guesses.tried(session, other, NOW - timedelta(minutes=30))
        for number in range(1000):
            guesses.tried(session, f"code%device {number:032x}", NOW + number * SECOND)
        kept = set(session.scalars(select(Guess.name)))
    assert other in kept
    assert f"code%device {999:032x}" in kept
    assert len(kept) < 50 + 60


def test_sweepers_and_triers_do_not_wait_in_a_circle(database: Engine, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several who count and sweep the same rows at once all come to an end."""
    monkeypatch.setattr(guesses, "MOST", 4)
    monkeypatch.setattr(guesses, "SWEEP", 1)

    def several(base: int, connection: Engine) -> int:
        for number in range(30):
            with transaction(connection) as session:
                guesses.tried(session, f"code device {(number * 7 + base) % 12:032x}", NOW + (number + base) * SECOND)
        return base

    assert [0, 1, 2, 3] == at_once(url, [partial(several, base) for base in range(4)])


def test_names_tell_nobody(database: Engine, seal: Seal) -> None:
    """What is counted has the name of its kind and a keyed hash: the same for the same, of no use elsewhere."""
    with transaction(database) as session:
        keys = privacy(session, seal, NOW)
    name = guesses.named(keys, "voucher device", b"02-00-5E-00-00-07")
    assert name == guesses.named(keys, "voucher device", b"02-00-5E-00-00-07")
    assert "voucher device" == name.rpartition(" ")[0]
    assert 32 == len(name.rpartition(" ")[2])
    others = {guesses.named(keys, "code device", b"02-00-5E-00-00-07"), guesses.named(keys, "voucher device", b"02-00-5E-00-00-08")}
    assert name not in {f"{kind} {each.rpartition(' ')[2]}" for each in others for kind in ("voucher device",)}


def test_tries_from_several_places_are_lifted_together(database: Engine, seal: Seal) -> None:
    """A device's tries at two places are counted apart, and staff see the longest wait and lift both; another device's stay."""
    with transaction(database) as session:
        keys = privacy(session, seal, NOW)
        device = guesses.named(keys, "voucher device", b"phone")
        places = [guesses.named(keys, "voucher device", b"phone", at) for at in (b"192.0.2.1", b"192.0.2.2")]
        other = guesses.named(keys, "voucher device", b"laptop", b"192.0.2.1")
        for name, times in zip((*places, other), (1, 2, 1), strict=True):
            for _ in range(times):
                guesses.tried(session, name, NOW, free=0, delays=(timedelta(0), *guesses.DELAYS[1:]))
        assert guesses.DELAYS[1] + NOW == guesses.waits(session, device, NOW)
        assert (2, 0) == (guesses.forget(session, device), guesses.forget(session, device))
        assert ([other], None) == (list(session.scalars(select(Guess.name))), guesses.waits(session, device, NOW))


def test_staff_see_a_place_that_is_full_without_taking_one(database: Engine) -> None:
    """When there is room again, or that there is; however often it is looked at."""
    with transaction(database) as session:
        for most in (2, 2):
            assert None is guesses.full(session, PHONE, NOW, most=most)
        for _ in range(2):
            guesses.taken(session, PHONE, NOW, most=2, window=guesses.WINDOW)
        assert NOW + guesses.WINDOW == guesses.full(session, PHONE, NOW, most=2)
        assert None is guesses.full(session, PHONE, NOW + guesses.WINDOW, most=2)


def test_waits_of_staff_grow_to_a_quarter_of_an_hour(database: Engine) -> None:
    """A password is worth more than a voucher: five tries are free, then a quarter of a minute, and at last 15 minutes for good."""
    now, waits = NOW, []
    for _ in range(12):
        assert None is tried(database, now, delays=guesses.STAFF).wait
        early = tried(database, now, delays=guesses.STAFF)
        if early.wait is None:
            with transaction(database) as session:
                guesses.forgive(session, PHONE)
        else:
            waits.append((early.wait - now) / SECOND)
            now = early.wait
    assert [15, 30, 60, 180, 420, 900, 900] == waits
