"""`proxeny staff`: a link for somebody new, another for whoever lost it, out and in again, each in the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from proxeny import opening
from proxeny.settings import load
from store import staff
from store.models import AuditEntry, Role, Staff, StaffLink
from store.session import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.proxeny.installation import Installation

ADD = ("staff", "add", "ops@city.example", "--role", "city-admin")


def database(installed: Installation) -> Engine:
    return opening.store(load(installed.settings, {}))[0]


def test_a_link_is_printed_once_and_opens(installed: Installation) -> None:
    """Where [staff] serves the pages; what it holds is known to nobody afterwards."""
    answer = installed.run(*ADD, "--shown", "Operations")
    assert 0 == answer.exit_code, answer.stderr
    address = answer.stdout.splitlines()[-1]
    assert address.startswith("http://localhost:8081/setup/")
    secret = address.rpartition("/")[2]
    with reading(database(installed)) as session:
        found = staff.invited(session, secret, datetime.now(UTC))
        kept = [bytes(row.digest) for row in session.scalars(select(StaffLink))]
    assert found is not None
    assert ("ops@city.example", Role.CITY_ADMIN, "Operations") == (found.name, found.role, found.shown)
    assert not any(secret.encode() in each for each in kept)
    assert secret not in installed.run("staff", "list", "--json").stdout
    assert "The staff pages are off" in answer.stderr


def test_a_new_link_voids_the_one_before(installed: Installation) -> None:
    """And whoever is disabled gets none."""
    first = json.loads(installed.run(*ADD, "--json").stdout)["link"].rpartition("/")[2]
    second = json.loads(installed.run("staff", "link", "OPS@city.example", "--json").stdout)["link"].rpartition("/")[2]
    now = datetime.now(UTC)
    with reading(database(installed)) as session:
        assert [False, True] == [staff.invited(session, each, now) is not None for each in (first, second)]
    assert 0 == installed.run("staff", "disable", "ops@city.example").exit_code
    answer = installed.run("staff", "link", "ops@city.example")
    assert (1, True) == (answer.exit_code, "proxeny staff enable ops@city.example" in answer.stderr)
    assert 0 == installed.run("staff", "enable", "ops@city.example").exit_code
    assert 0 == installed.run("staff", "link", "ops@city.example").exit_code


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "ops@city.example", "--role", "city-admin"), "is somebody's name already"),
        (("add", "no name", "--role", "auditor"), "a name of staff has"),
        (("link", "nobody"), "is nobody's name"),
        (("disable", "nobody"), "is nobody's name"),
        (("enable", "\x1b[31m"), "is nobody's name"),
    ],
)
def test_mistakes_are_told_in_a_line(installed: Installation, words: tuple[str, ...], said: str) -> None:
    """With what is wrong, and no trace."""
    installed.run(*ADD)
    answer = installed.run("staff", *words)
    assert (1, True, False) == (answer.exit_code, said in answer.stderr, "Traceback" in answer.stderr)


def test_roles_of_shops_are_none_of_these(installed: Installation) -> None:
    """A business owner has pages of their own, and nothing here."""
    answer = installed.run("staff", "add", "shop", "--role", "business-owner")
    assert (2, True) == (answer.exit_code, "city-admin" in answer.stderr)


@pytest.mark.parametrize("verb", ["link", "disable", "enable"])
def test_whoever_works_for_a_shop_is_nobody_here(installed: Installation, verb: str) -> None:
    """Neither listed nor changed, and no link of the staff's pages is made for them."""
    installed.run(*ADD)
    with transaction(database(installed)) as session:
        session.add(Staff(name="owner@millers-oven.example", role=Role.BUSINESS_OWNER, created_at=datetime.now(UTC)))
    assert ["ops@city.example"] == [row["name"] for row in json.loads(installed.run("staff", "list", "--json").stdout)]
    answer = installed.run("staff", verb, "owner@millers-oven.example")
    assert (1, True) == (answer.exit_code, "is nobody's name" in answer.stderr)


def test_everybody_is_listed(installed: Installation) -> None:
    """With what they have; before anybody is added, how."""
    assert "proxeny staff add NAME" in installed.run("staff", "list").stdout
    installed.run(*ADD)
    installed.run("staff", "add", "desk", "--role", "help-desk")
    installed.run("staff", "disable", "desk")
    rows = json.loads(installed.run("staff", "list", "--json").stdout)
    assert [("desk", "help-desk", True), ("ops@city.example", "city-admin", False)] == [
        (row["name"], row["role"], row["disabled"]) for row in rows
    ]
    shown = installed.run("staff", "list").stdout
    assert ("not set up" in shown, "disabled" in shown, "2 of staff" in shown) == (True, True, True)


def test_all_of_it_is_in_the_audit_log(installed: Installation) -> None:
    """In the transaction of the change, by whoever is at the command line, and no secret with it."""
    secrets = [json.loads(installed.run(*ADD, "--json").stdout)["link"].rpartition("/")[2]]
    secrets.append(json.loads(installed.run("staff", "link", "ops@city.example", "--json").stdout)["link"].rpartition("/")[2])
    installed.run("staff", "disable", "ops@city.example")
    with reading(database(installed)) as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [("add", "role"), ("change", "link"), ("change", "disabled")] == [
        (row.action, next(name for name in ("link", "disabled", "role") if name in row.fields)) for row in rows
    ]
    assert all(row.actor.startswith("command line") and row.object == "ops@city.example" for row in rows)
    assert not any(secret in str(row.fields) for secret in secrets for row in rows)
