"""A shop owner's first advert, from the city's invitation to the first guest's click (tests/flow/shop_story.py)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from store.models import AuditEntry
from store.session import reading
from tests.flow.shop_story import told
from tests.peers import smtp
from tests.peers.browser import chromium
from tests.peers.program import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flow.shop_story import Story

pytestmark = pytest.mark.peer("chromium")


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("shops")
    with smtp.serving() as mailbox, chromium(folder / "browser") as browser, told(folder / "controller", browser, mailbox) as made:
        yield made
        made.running.fault_free()


def test_every_metric_that_is_told_of_is_there(story: Story) -> None:
    """By the name that docs/monitoring.md has, once each process was heard; but for what this city has not: homes, a directory."""
    told = set(re.findall(r"`(proxeny_\w+)", (Path(__file__).parents[2] / "docs" / "monitoring.md").read_text("utf-8")))
    lacks = {f"proxeny_{who}_directory_{what}" for who in ("porter", "guest") for what in ("up", "opened")} | {"proxeny_home_state"}

    def absent() -> set[str]:
        return told - set(re.findall(r"^(proxeny_\w+)", story.running._metrics(), re.MULTILINE))

    until(lambda: absent() <= lacks, "every process to be heard")
    assert lacks == absent()


def test_from_an_invitation_to_a_click(story: Story) -> None:
    """Invited, written on a phone, rejected with a reason, mended and approved: a guest near the shop sees it, one elsewhere does not;
    whoever clicks has clicked once, and the owner's figures have moved by exactly one each.
    """
    story.live()
    assert [(0, 0), (0, 0), (1, 1)] == story.told
    with reading(story.database) as session:
        steps = session.scalars(select(AuditEntry.action).where(AuditEntry.kind == "advert").order_by(AuditEntry.id)).all()
    assert ["create", "save", "submit", "reject", "save", "submit", "approve"] == steps
