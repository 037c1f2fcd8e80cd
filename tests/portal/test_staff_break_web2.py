"""What staff with ambitions might try with guests, openings and jobs, each with a real request; and that it comes to nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from store import models as m
from store.models import Role
from store.session import transaction
from tests.portal.api_room import Programs
from tests.portal.helped import ADDRESS, asked, library, stay
from tests.portal.staffroom import NOW
from tests.store import rows

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


@pytest.fixture
def here(staffroom: Room) -> Room:
    return library(staffroom)


def test_an_old_session_leads_to_no_name_by_its_support_number(here: Room) -> None:
    """The number on an old session's page finds the stay and nobody: no page or program is led to an account or an address."""
    mine = stay(here)
    asked(here, settled_at=NOW, outcome=m.Settled.CONFIRMED, grant_id=mine.id)
    with transaction(here.database) as session:
        over = {"started_at": NOW, "updated_at": NOW, "ended_at": NOW + timedelta(hours=1), "status": m.SessionStatus.ENDED}
        session.add(rows.session(here.privacy.seal, "old", grant_id=mine.id, **over))
    assert here.post("/accounts", Role.HELP_DESK, q=mine.support).location == f"/accounts/{mine.account_id}"
    here.later(days=2)
    program = Programs(here)
    assert mine.support in program.get("/sessions/old").get_data(as_text=True)
    for said in (mine.support, mine.id):
        found = program.ask("POST", "/guests/find", {"what": said}).get_json()
        assert (mine.id, None, None) == (found["id"], found["account"], found["contact"])
    page = here.page(f"/desk/{mine.id}", Role.AUDITOR)
    assert [] == [each for each in ("gu…", ADDRESS, str(mine.account_id)) if each in page]
    assert 404 == here.post(f"/desk/{mine.id}/reveal", Role.AUDITOR, reason="I want to know").status_code
    assert ADDRESS not in here.post("/accounts", Role.AUDITOR, q=mine.support).get_data(as_text=True)
    assert program.ask("POST", "/guests/find", {"what": ADDRESS}).get_json()["account"] == mine.account_id
