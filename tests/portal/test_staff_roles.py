"""docs/roles.md and portal/permissions.py say the same."""

from __future__ import annotations

import re
from pathlib import Path

from portal.permissions import ALLOWED, OF_SHOPS, OF_STAFF, Permission, may
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


def test_no_role_is_of_both_apps() -> None:
    """Every role signs in to one of them; what both may do is their own sign-in, and nothing else."""
    assert (set(Role), frozenset()) == (OF_STAFF | OF_SHOPS, OF_STAFF & OF_SHOPS)
    ours, theirs = (frozenset().union(*(ALLOWED[role] for role in roles)) for roles in (OF_STAFF, OF_SHOPS))
    assert {Permission.SELF} == ours & theirs


def test_what_changes_is_given_with_what_shows() -> None:
    """No role may change what it may not see."""
    seen = {Permission.OPEN_DATA_ACT: Permission.REPORTS, Permission.SHOP_PEOPLE: Permission.SHOP}
    acts = [each for each in Permission if each.name.endswith("_ACT") or each in seen]
    pairs = [(each, seen[each] if each in seen else Permission[each.name.removesuffix("_ACT")]) for each in acts]
    assert [] == [(role, act) for role in Role for act, see in pairs if may(role, act) and not may(role, see)]
