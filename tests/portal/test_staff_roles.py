"""docs/roles.md and portal/permissions.py say the same."""

from __future__ import annotations

import re
from pathlib import Path

from portal.permissions import ALLOWED, Permission, may
from store.models import Role

ROLES = Path(__file__).parents[2] / "docs" / "roles.md"


def test_the_published_table_is_the_one_that_counts() -> None:
    """Every permission, every role, each cell."""
    head, _, *rows = re.findall(
        r"^\| (.+) \|$", ROLES.read_text(encoding="utf-8").split("\n## ")[0].replace("|---", "| --- "), re.MULTILINE
    )
    said = {row.split(" | ")[0]: row.split(" | ")[1:] for row in rows}
    assert [role.value for role in Role] == head.split(" | ")[1:]
    assert {each.value: ["yes" if may(role, each) else "–" for role in Role] for each in Permission} == said


def test_roles_of_another_app_have_nothing_here() -> None:
    """The business pages are another app: neither of their roles is given anything."""
    assert [frozenset(), frozenset()] == [ALLOWED[role] for role in (Role.BUSINESS_OWNER, Role.VENUE_STAFF)]


def test_what_changes_is_given_with_what_shows() -> None:
    """No role may change what it may not see."""
    pairs = [(each, Permission[each.name.removesuffix("_ACT")]) for each in Permission if each.name.endswith("_ACT")]
    assert [] == [(role, act) for role in Role for act, see in pairs if may(role, act) and not may(role, see)]
