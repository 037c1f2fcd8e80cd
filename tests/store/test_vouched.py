"""store.vouched: whom others vouch for becomes staff, once, as what their groups say; on both databases."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from store import staff, vouched
from store.models import Role, Source, Staff
from store.session import reading, transaction
from store.vouched import Unwelcome, Vouched
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

ADA = Vouched(Source.DIRECTORY, "0f1e", ("ada",), "Ada", "guest-017@example.org")


def come(database: Engine, who: Vouched = ADA, role: Role | None = Role.AUDITOR) -> Staff | Unwelcome:
    with transaction(database) as session:
        return vouched.admit(session, who, role, NOW)


def everyone(database: Engine) -> list[tuple[str, Role, Source, str | None]]:
    with reading(database) as session:
        return [(each.name, each.role, each.source, each.subject) for each in staff.everyone(session)]


def test_the_first_time_they_are_made_and_later_found(database: Engine) -> None:
    """One row however often; role, name, and how they are shown are what was said last."""
    come(database)
    again = come(database, ADA._replace(names=("ada.b",), shown="Ada B."), Role.HELP_DESK)
    assert isinstance(again, Staff)
    assert ([("ada.b", Role.HELP_DESK, Source.DIRECTORY, "0f1e")], "Ada B.") == (everyone(database), again.shown)


def test_the_same_subject_of_another_is_another(database: Engine) -> None:
    """A provider's 0f1e is not the directory's."""
    come(database)
    come(database, ADA._replace(source=Source.OIDC, names=("ada", "ada2")))
    assert {("ada", Source.DIRECTORY), ("ada2", Source.OIDC)} == {(name, source) for name, _, source, _ in everyone(database)}


NAMELESS, TAKEN = Unwelcome.NAMELESS, Unwelcome.TAKEN


@pytest.mark.parametrize(("names", "why"), [(("ops",), TAKEN), (("жук", ""), NAMELESS), (("жук", "OPS"), TAKEN), ((), NAMELESS)])
def test_who_can_be_called_nothing_does_not_come_in(database: Engine, names: tuple[str, ...], why: Unwelcome) -> None:
    """Neither by somebody's name nor by one that staff cannot have; nothing is written."""
    with transaction(database) as session:
        staff.invite(session, "ops", Role.CITY_ADMIN, NOW)
    assert why is come(database, ADA._replace(names=names))
    assert [("ops", Role.CITY_ADMIN, Source.LOCAL, None)] == everyone(database)


def test_without_a_role_nobody_is_made(database: Engine) -> None:
    """And who was one stays in the list, with the role that they had."""
    assert Unwelcome.ROLELESS is come(database, role=None)
    assert [] == everyone(database)
    come(database)
    assert Unwelcome.ROLELESS is come(database, role=None)
    assert [("ada", Role.AUDITOR, Source.DIRECTORY, "0f1e")] == everyone(database)


def test_two_sign_ins_at_once_make_one(database: Engine) -> None:
    """A button that was pressed twice is one person."""
    outcomes: list[Staff | Unwelcome] = []
    both = threading.Barrier(2)

    def press() -> None:
        both.wait(10)
        outcomes.append(come(database))

    threads = [threading.Thread(target=press) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [True, True] == [isinstance(each, Staff) for each in outcomes]
    assert 1 == len(everyone(database))
