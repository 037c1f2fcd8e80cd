"""`proxeny business`: a shop invited with its owner, listed, suspended and restored, each in the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proxeny import opening
from proxeny.settings import load
from store import staff
from store.models import AuditEntry, Business, Role, Site
from store.session import reading, transaction

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.proxeny.installation import Installation

INVITE = ("business", "invite", "Miller’s Oven", "--owner", "owner@millers-oven.example", "--place", "city")


def database(installed: Installation) -> Engine:
    return opening.store(load(installed.settings, {}))[0]


def test_a_shop_is_invited_with_its_owner(installed: Installation) -> None:
    """Where no mails are sent the link is printed, once; it lets the owner in, and the list has both."""
    answer = installed.run(*INVITE, "--json")
    assert 0 == answer.exit_code, answer.stderr
    said = json.loads(answer.stdout)
    assert ("millers-oven", "owner@millers-oven.example", False) == (said["slug"], said["owner"], said["mailed"])
    with reading(database(installed)) as session:
        found = staff.invited(session, said["link"].rpartition("/")[2], datetime.now(UTC))
        assert found is not None
        assert ("owner@millers-oven.example", Role.BUSINESS_OWNER) == (found.name, found.role)
        assert ["invite"] == [row.action for row in session.query(AuditEntry).filter_by(kind="business", object="millers-oven")]
    assert "1 business" == installed.run("business", "list").stdout.splitlines()[-1]
    listed = json.loads(installed.run("business", "list", "--json").stdout)
    assert [("millers-oven", ["owner@millers-oven.example"], None)] == [(row["slug"], row["owners"], row["suspended"]) for row in listed]


@pytest.mark.parametrize("place", ["nowhere", "city:x", "site:", "site:nowhere", "planet:earth"])
def test_a_place_that_is_none_is_refused(installed: Installation, place: str) -> None:
    """In words, and nothing is written."""
    answer = installed.run(*INVITE[:-1], place)
    assert (1, True) == (answer.exit_code, "place" in answer.stderr)
    with reading(database(installed)) as session:
        assert 0 == session.query(Business).count()


def test_a_site_is_a_place(installed: Installation) -> None:
    """By its id; beside others."""
    with transaction(database(installed)) as session:
        session.add(Site(id="pool", name="Pool", district="north"))
    assert 0 == installed.run(*INVITE[:-1], "site:pool", "--place", "district:north").exit_code


def test_suspending_and_restoring_are_in_the_log(installed: Installation) -> None:
    """Once each, however often they are asked for; of no shop there is nothing to suspend."""
    installed.run(*INVITE)
    said = [installed.run("business", verb, "millers-oven", *more).stdout for verb, more in 2 * [("suspend", ("--why", "Prices"))]]
    assert ["millers-oven is suspended.\n", "millers-oven was suspended already.\n"] == said
    assert "suspended 20" in installed.run("business", "list").stdout
    said = [installed.run("business", "restore", "millers-oven").stdout for _ in range(2)]
    assert ["millers-oven is shown again.\n", "millers-oven was not suspended.\n"] == said
    with reading(database(installed)) as session:
        rows = session.query(AuditEntry).filter(AuditEntry.kind == "business", AuditEntry.action != "invite").order_by(AuditEntry.id)
        assert [("suspend", "Prices"), ("restore", "")] == [(row.action, row.reason) for row in rows]
    assert 1 == installed.run("business", "suspend", "nobodys", "--why", "x").exit_code
