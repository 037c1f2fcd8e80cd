"""`proxeny token`: made for somebody of staff, printed once, taken back; within their role, each in the audit log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from proxeny import opening
from proxeny.cli import main
from proxeny.settings import load
from store import tokens
from store.models import AuditEntry
from store.session import reading

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tests.proxeny.installation import Installation

MAKE = ("token", "make", "city dashboard", "--as", "ops@city.example", "--role", "auditor", "--scope", "overview", "--scope", "REPORTS")


def database(installed: Installation) -> Engine:
    return opening.store(load(installed.settings, {}))[0]


def test_a_token_is_printed_once_and_taken_back(installed: Installation) -> None:
    """The only line on standard output is the token; afterwards nobody can read it, and once taken back it is worth nothing."""
    assert 0 == installed.run("staff", "add", "ops@city.example", "--role", "network-ops").exit_code
    assert 1 == installed.run(*MAKE).exit_code, "a network-ops' token would be more than its maker"
    make = [each if each != "auditor" else "network-ops" for each in MAKE]
    answer = installed.run(*make, "--from", "192.0.2.7/24")
    assert 0 == answer.exit_code, answer.stderr
    secret = answer.stdout.strip()
    (row,) = json.loads(installed.run("token", "list", "--json").stdout)
    assert (["OVERVIEW", "REPORTS"], ["192.0.2.0/24"], "works", "ops@city.example") == (
        row["scopes"], row["networks"], row["state"], row["maker"],
    )  # fmt: skip
    assert secret not in json.dumps(row)
    with reading(database(installed)) as session:
        assert row["id"] == tokens.find(session, secret, datetime.now(UTC)).token.id
    assert 0 == installed.run("token", "revoke", row["id"], "--reason", "It leaked").exit_code
    with reading(database(installed)) as session:
        assert None is tokens.find(session, secret, datetime.now(UTC))
        entries = session.scalars(select(AuditEntry).where(AuditEntry.kind == "token").order_by(AuditEntry.id)).all()
    assert [("add", ""), ("revoke", "It leaked")] == [(each.action, each.reason) for each in entries]
    assert secret not in repr([each.fields for each in entries])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (MAKE, "is nobody's name"),
        (("token", "revoke", "nothing"), "is no token's id"),
    ],
)
def test_what_is_not_there_is_told_in_words(installed: Installation, words: tuple[str, ...], said: str) -> None:
    """Exit status 1 and one line with the remedy; never a traceback."""
    answer = installed.run(*words)
    assert (1, True, 1) == (answer.exit_code, said in answer.stderr, len(answer.stderr.splitlines()))


def test_what_a_role_can_be_given_is_listed() -> None:
    """One scope a line, and none that needs a person."""
    said = CliRunner().invoke(main, ["token", "scopes", "--role", "help-desk"]).stdout
    assert (True, False) == ("GUESTS_ACT " in said, "REVEAL " in said)
