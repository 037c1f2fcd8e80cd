"""What of people's rights waits too long: requests about data near their day, openings that nobody has decided.

Bounded by an index and a number. Never a person in a finding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from portal.alert_rules import Rule
from store import incidents, requests
from store.alerts import Finding, Key
from store.models import PrivacyRequest, RequestState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

MOST: Final = 200
RULES: Final = (Rule.REQUEST_DUE, Rule.OPENING_WAITS)


def of_privacy(session: Session, now: datetime) -> Iterator[Finding]:
    """Open requests from seven days before their day on, anew once that is over; and openings that wait."""
    urgent = select(PrivacyRequest.id, PrivacyRequest.due_at).where(
        PrivacyRequest.state == RequestState.OPEN, PrivacyRequest.due_at <= now + requests.SOON
    )
    for name, due in session.execute(urgent.order_by(PrivacyRequest.due_at).limit(MOST)):
        yield Finding(Key(Rule.REQUEST_DUE, name), {"due": due.isoformat()}, 2 if due <= now else 1)
    for row in incidents.waiting(session, now):
        yield Finding(Key(Rule.OPENING_WAITS, row.id), {"due": (row.asked_at + incidents.WAITS).isoformat()}, since=row.asked_at)
