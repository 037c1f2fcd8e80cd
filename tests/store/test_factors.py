"""store.factors: what is good once is good once, also for two at once; the last second factor stays; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from sqlalchemy import select

from store import factors
from store.models import Passkey, RecoveryCode, Role, Staff
from store.privacy import privacy
from store.session import reading, transaction
from store.staff import invite
from tests.store.guests import at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine

    from store.factors import Factors
    from store.privacy import Privacy
    from store.sealed import Seal

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STEP = timedelta(seconds=30)


@pytest.fixture
def keys(database: Engine, seal: Seal) -> Privacy:
    with transaction(database) as session:
        return privacy(session, seal, NOW)


@pytest.fixture
def own(database: Engine) -> str:
    with transaction(database) as session:
        return invite(session, "ops", Role.CITY_ADMIN, NOW)[0].id


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET).at(at)


def enrol(database: Engine, keys: Privacy, own: str) -> None:
    with transaction(database) as session:
        assert factors.enrol(session, keys, session.get_one(Staff, own), SECRET, code(NOW), NOW)


def use(database: Engine, keys: Privacy, own: str, typed: str, now: datetime) -> bool:
    with transaction(database) as session:
        return factors.use_totp(session, keys, session.get_one(Staff, own), typed, now)


def add_passkey(database: Engine, own: str, credential: bytes = b"one", signatures: int = 0) -> bool:
    with transaction(database) as session:
        return factors.add_passkey(session, session.get_one(Staff, own), credential, b"key", signatures, "Laptop", NOW)


def test_the_apps_secret_is_sealed(database: Engine, keys: Privacy, own: str) -> None:
    """A copy of the database gives nobody's codes."""
    enrol(database, keys, own)
    with reading(database) as session:
        kept = session.get_one(Staff, own).totp
    assert kept is not None
    assert SECRET.encode() not in kept
    assert SECRET.encode() == keys.opened(kept, "staff", own, "totp")


def test_an_app_is_taken_with_a_code_of_its_own_only(database: Engine, keys: Privacy, own: str) -> None:
    """Who cannot show a code would be locked out at the next sign-in."""
    with transaction(database) as session:
        staff = session.get_one(Staff, own)
        wrong = f"{(int(code(NOW)) + 1) % 10**6:06d}"
        assert not factors.enrol(session, keys, staff, SECRET, wrong, NOW)
        assert None is staff.totp


def test_no_step_counts_twice(database: Engine, keys: Privacy, own: str) -> None:
    """RFC 6238, 5.2: not the one that was enrolled with, and none before the last that was used."""
    enrol(database, keys, own)
    later = NOW + 10 * STEP
    assert not use(database, keys, own, code(NOW), NOW)
    assert use(database, keys, own, code(later), later)
    assert [False, False, True] == [use(database, keys, own, code(later + drift * STEP), later) for drift in (0, -1, 1)]


@pytest.mark.parametrize(("drift", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_one_step_of_drift(database: Engine, keys: Privacy, own: str, drift: int, good: bool) -> None:
    """A clock may be half a minute off, and no more."""
    enrol(database, keys, own)
    later = NOW + 10 * STEP
    assert good is use(database, keys, own, code(later + drift * STEP), later)


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", " "])
def test_what_is_no_code(database: Engine, keys: Privacy, own: str, typed: str) -> None:
    """Whatever was typed is merely wrong."""
    enrol(database, keys, own)
    assert not use(database, keys, own, typed, NOW)


def test_a_code_may_be_typed_as_apps_show_it(database: Engine, keys: Privacy, own: str) -> None:
    """123 456 is 123456."""
    enrol(database, keys, own)
    later = NOW + 10 * STEP
    assert use(database, keys, own, f" {code(later)[:3]} {code(later)[3:]} ", later)


def test_two_at_once_with_one_code(url: str, database: Engine, keys: Privacy, own: str) -> None:
    """One of them gets in, whichever process they come to: of a one-time code and of a recovery code alike."""
    enrol(database, keys, own)
    later = NOW + 10 * STEP
    assert [False, True] == sorted(at_once(url, [lambda other: use(other, keys, own, code(later), later)] * 2))
    with transaction(database) as session:
        recovery = factors.new_codes(session, keys, session.get_one(Staff, own), NOW)[0]

    def recover(other: Engine) -> bool:
        with transaction(other) as session:
            return factors.use_code(session, keys, session.get_one(Staff, own), recovery, later)

    assert [False, True] == sorted(at_once(url, [recover] * 2))


def test_recovery_codes_are_good_once_and_new_ones_void_the_old(database: Engine, keys: Privacy, own: str) -> None:
    """Ten, each once, however it is typed; of those before none."""
    with transaction(database) as session:
        staff = session.get_one(Staff, own)
        old = factors.new_codes(session, keys, staff, NOW)
        new = factors.new_codes(session, keys, staff, NOW)
        assert (10, 20) == (len(new), len({*old, *new}))
        tries = (old[0], new[0], new[0], f" {new[1].lower().replace('-', ' ')} ", "AAAA-AAAA-AAAA", "")
        assert [False, True, False, True, False, False] == [factors.use_code(session, keys, staff, each, NOW) for each in tries]
        assert 8 == factors.of(session, staff).codes


def test_a_recovery_code_is_nobody_elses(database: Engine, keys: Privacy, own: str) -> None:
    """And the database has keyed digests of them alone."""
    with transaction(database) as session:
        other = invite(session, "desk", Role.HELP_DESK, NOW)[0]
        codes = factors.new_codes(session, keys, session.get_one(Staff, own), NOW)
        assert not factors.use_code(session, keys, other, codes[0], NOW)
        kept = [bytes(each) for each in session.scalars(select(RecoveryCode.digest))]
    assert [32] * 10 == [len(each) for each in kept]


@pytest.mark.parametrize(
    ("before", "said", "good"), [(0, 0, True), (0, 5, True), (5, 6, True), (5, 5, False), (5, 4, False), (5, 0, False)]
)
def test_a_passkeys_counter_never_goes_back(database: Engine, own: str, before: int, said: int, good: bool) -> None:
    """WebAuthn, 6.1.1: where it does there are two of it; one that has none stays at nought."""
    add_passkey(database, own, signatures=before)
    with transaction(database) as session:
        found = factors.passkey(session, b"one")
        assert found is not None
        assert good is factors.use_passkey(session, found[0], said, NOW)
    with reading(database) as session:
        assert (said if good else before) == session.get_one(Passkey, b"one").signatures


def test_a_passkey_is_one_persons(database: Engine, own: str) -> None:
    """Not taken a second time, not renamed or removed by others, and worth nothing once they are disabled."""
    assert [True, False] == [add_passkey(database, own), add_passkey(database, own)]
    add_passkey(database, own, b"two")
    with transaction(database) as session:
        other = invite(session, "desk", Role.HELP_DESK, NOW)[0]
        for each in (b"three", b"four"):
            assert factors.add_passkey(session, other, each, b"key", 0, "", NOW)
        assert not factors.rename_passkey(session, other, b"one", "Mine")
        assert not factors.drop_passkey(session, other, b"one")
        session.get_one(Staff, own).disabled_at = NOW
        session.flush()
        assert None is factors.passkey(session, b"one")


def test_the_last_second_factor_stays(database: Engine, keys: Privacy, own: str) -> None:
    """An app or a passkey, whichever is left; recovery codes are none."""
    enrol(database, keys, own)
    with transaction(database) as session:
        staff = session.get_one(Staff, own)
        factors.new_codes(session, keys, staff, NOW)
        assert not factors.drop_totp(session, staff)
    add_passkey(database, own)
    with transaction(database) as session:
        staff = session.get_one(Staff, own)
        assert factors.drop_totp(session, staff)
        assert not factors.drop_passkey(session, staff, b"one")
        assert (False, [b"one"], 10) == _plain(factors.of(session, staff))


def test_two_who_remove_the_last_two_at_once_leave_one(url: str, database: Engine, keys: Privacy, own: str) -> None:
    """Each would see the one that the other takes."""
    enrol(database, keys, own)
    add_passkey(database, own)

    def app(other: Engine) -> bool:
        with transaction(other) as session:
            return factors.drop_totp(session, factors.locked(session, own))

    def key(other: Engine) -> bool:
        with transaction(other) as session:
            return factors.drop_passkey(session, factors.locked(session, own), b"one")

    assert [False, True] == sorted(at_once(url, [app, key]))


def test_what_was_lost_opens_nothing(database: Engine, keys: Privacy, own: str) -> None:
    """Whoever sets up anew has neither the old app, nor a passkey, nor a code."""
    enrol(database, keys, own)
    add_passkey(database, own)
    with transaction(database) as session:
        staff = session.get_one(Staff, own)
        factors.new_codes(session, keys, staff, NOW)
        factors.wipe(session, staff)
        assert (False, [], 0) == _plain(factors.of(session, staff))


def _plain(found: Factors) -> tuple[bool, list[bytes], int]:
    return found.totp, [bytes(each.id) for each in found.passkeys], found.codes
