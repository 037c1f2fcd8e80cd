"""Passwords of staff: what they weigh, how many at once, which are refused, and that time tells nobody which names there are."""

from __future__ import annotations

import threading
import time
from statistics import median
from typing import TYPE_CHECKING

import pytest

from portal.admin import passwords
from portal.admin.passwords import Unfit
from store.models import Staff
from store.session import reading, transaction
from tests.portal.visitor import PASSWORD, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

    from tests.portal.staffroom import Room

LIGHT = passwords.PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def desk(staffroom: Room) -> Iterator[Flask]:
    with staffroom.app.app_context():
        yield staffroom.app


def test_a_password_weighs_what_owasp_asks_for(desk: Flask) -> None:
    """Argon2id, 19 MiB, two passes, one lane; with a salt of its own each time."""
    kept = [passwords.digest(PASSWORD) for _ in range(2)]
    assert ["$argon2id$v=19$m=19456,t=2,p=1$"] * 2 == [each[: len("$argon2id$v=19$m=19456,t=2,p=1$")] for each in kept]
    assert kept[0] != kept[1]
    assert (True, False) == (passwords.right(kept[0], PASSWORD), passwords.right(kept[0], PASSWORD + " "))
    assert (False, True) == (passwords.stale(kept[0]), passwords.stale(LIGHT.hash(PASSWORD)))


def test_a_password_is_the_same_however_a_keyboard_writes_it(desk: Flask) -> None:
    """Accents as one letter or as two (NIST SP 800-63B, 3.1.1.2)."""
    assert passwords.right(passwords.digest("quatre élèves au café"), "quatre e\u0301le\u0300ves au cafe\u0301")


@pytest.mark.parametrize("encoded", ["", "nonsense", "$argon2id$v=19$m=19456,t=2,p=1$AAAA$AAAA", "$2b$12$x"])
def test_what_is_no_digest_is_nobodys_password(desk: Flask, encoded: str) -> None:
    """Not even the one that stands in for it."""
    assert [False] * 3 == [passwords.right(encoded, each) for each in ("", "nobody", PASSWORD)]


def test_an_older_weight_is_made_new_at_sign_in(staffroom: Room) -> None:
    """While we have the password, and only then."""
    visitor = Visitor(staffroom)
    visitor.with_app()
    with transaction(staffroom.database) as session:
        session.get_one(Staff, _own(staffroom)).password = LIGHT.hash(PASSWORD)
    Visitor(staffroom).sign_in("wrong")
    assert passwords.stale(_kept(staffroom))
    assert "/sign-in/second" == Visitor(staffroom).sign_in().location
    assert not passwords.stale(_kept(staffroom))


def test_few_are_weighed_at_once_and_the_rest_are_told_to_come_back(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of sign-ins takes no more than two processors' worth, and ends no page's patience silently."""
    visitor = Visitor(staffroom)
    visitor.with_app()
    visitor.leave()
    monkeypatch.setattr(passwords, "PATIENCE", 0.01)
    hashing = staffroom.app.extensions["staff"].hashing
    assert [True, True, False] == [hashing.acquire(blocking=False) for _ in range(3)]
    answer = visitor.sign_in()
    assert (503, "5", True) == (answer.status_code, answer.headers["Retry-After"], "Busy just now" in visitor.page)
    hashing.release(2)
    assert 303 == visitor.sign_in().status_code


def test_no_more_than_two_are_weighed_side_by_side(desk: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many threads ask."""
    inside, most, lock, pair = 0, 0, threading.Lock(), threading.Barrier(2)

    class Counting:
        def hash(self, _password: bytes) -> str:
            nonlocal inside, most
            with lock:
                inside += 1
                most = max(most, inside)
            pair.wait(20)  # two are in here, or nobody goes on
            with lock:
                inside -= 1
            return ""

    monkeypatch.setattr(passwords, "_HASHER", Counting())

    def weigh() -> None:
        with desk.app_context():
            passwords.digest(PASSWORD)

    threads = [threading.Thread(target=weigh) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(30)
    assert 2 == most


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("x7!kQ#9vLw2", Unfit.SHORT),
        ("            ", Unfit.COMMON),
        ("a" * 201, Unfit.LONG),
        ("P@ssw0rd!2024", Unfit.COMMON),
        ("Summer2024!!", Unfit.COMMON),
        ("qwertyuiop12", Unfit.COMMON),
        ("aaaaaaaaaaaaaaaa", Unfit.COMMON),
        ("abcabcabcabc", Unfit.COMMON),
        ("111222333444", Unfit.COMMON),
        ("123456789012", Unfit.COMMON),
        ("Jane-Example-99", Unfit.COMMON),
        ("wifi.city.example1", Unfit.COMMON),
        ("Proxeny-Admin-1", Unfit.COMMON),
        ("MotDePasse2026!", Unfit.COMMON),
        ("letmeinletmein", Unfit.COMMON),
        ("x7!kQ#9vLw2p", None),
        ("correct horse battery", None),
        ("8472193855270146", None),
        ("quatre élèves au café", None),
        ("密码是四个随机的词语组成的吧", None),
        ("a" * 100 + "fgwkdpqmxz", None),
    ],
)
def test_what_guessers_try_first_is_refused(password: str, why: Unfit | None) -> None:
    """Common words, names, years and runs of keys; and nothing because of which characters it has."""
    assert why is passwords.unfit(password, password, ("jane@city.example", "Jane Example", "wifi.city.example"))


def test_two_that_differ_are_no_choice() -> None:
    """Whoever mistypes a new password would be locked out by it."""
    assert Unfit.OTHER is passwords.unfit(PASSWORD, PASSWORD + "x")


def test_judging_a_long_one_is_quick() -> None:
    """Whatever is sent: no pattern runs away."""
    began = time.process_time()
    for text in ("ab" * 100, "a" * 200, "abcdefgh" * 25, "password" * 25, "\u0130" * 200, "x" * 4_000_000):
        passwords.unfit(text, text, ("ops",))
    assert 0.5 > time.process_time() - began


def test_time_does_not_tell_which_names_there_are(staffroom: Room) -> None:
    """A name that nobody has costs what a wrong password does: by what the processor does for each, in turns."""
    visitor = Visitor(staffroom)
    visitor.with_app()
    visitor.leave()
    visitor.get("/sign-in")
    spent: dict[str, list[float]] = {"ops": [], "nobody": []}
    for _ in range(12):
        for name, times in spent.items():
            staffroom.later(minutes=16)
            began = time.process_time()
            assert 403 == visitor.post("/sign-in", name=name, password="wrong").status_code
            times.append(time.process_time() - began)
    known, unknown = median(spent["ops"]), median(spent["nobody"])
    assert 0.15 > abs(known - unknown) / known, spent


def _own(room: Room) -> str:
    with reading(room.database) as session:
        return session.query(Staff.id).filter(Staff.name == "ops").scalar()


def _kept(room: Room) -> str:
    with reading(room.database) as session:
        return session.get_one(Staff, _own(room)).password
