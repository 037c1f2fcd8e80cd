"""What staff and programs do with guests, under bad luck: what they look at is removed in the same moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from portal.cases import webhooks as cases
from store import events
from store.models import Webhook
from tests.portal.api_room import Programs
from tests.portal.test_staff_webhooks import made

if TYPE_CHECKING:
    from tests.portal.staffroom import Room


@pytest.fixture
def removed(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> str:
    """A webhook that is gone once somebody has found it; its id."""
    name = made(staffroom).id

    def gone(real: Any) -> Any:
        def then(session: Any, *more: Any) -> Any:
            session.execute(delete(Webhook).execution_options(synchronize_session=False))
            return real(session, *more)

        return then

    for each in ("rotate", "pause"):
        monkeypatch.setattr(cases, each, gone(getattr(cases, each)))
    monkeypatch.setattr(events, "tell_one", gone(events.tell_one))
    return name


@pytest.mark.parametrize("deed", ["rotate", "pause", "test"])
def test_what_is_removed_in_the_same_moment_is_told_so(staffroom: Room, removed: str, deed: str) -> None:
    """409, to people and to programs: no fault of ours, and nothing half done."""
    assert 409 == staffroom.post(f"/webhooks/{removed}/{deed}").status_code
    assert "somebody was faster" == staffroom.lines[-1]["why"]
    assert 409 == Programs(staffroom).ask("POST", f"/webhooks/{removed}/{deed}").status_code
    assert 200 == staffroom.get(f"/webhooks/{removed}").status_code
