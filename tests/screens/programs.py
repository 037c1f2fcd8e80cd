"""Programs that use the API of the city that is shown: their tokens in every state."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

from store.models import ApiToken, Role, Staff

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.portal.staffroom import Room

TOKEN = "0123456789token0"
_DAY = timedelta(days=1)
# name, role, what it may do, from where, days since it was made, days until it ends, hours since it was used, taken back
_PROGRAMS = (
    ("city dashboard", Role.AUDITOR, ("OVERVIEW", "REPORTS", "SESSIONS"), (), 60, 12, 0.1, False),
    ("service desk", Role.HELP_DESK, ("GUESTS", "GUESTS_ACT", "SESSIONS"), ("192.0.2.0/24", "2001:db8::/48"), 20, 160, 3, False),
    ("inventory", Role.NETWORK_OPS, ("NETWORK", "NETWORK_ACT"), ("198.51.100.7/32",), 2, 88, None, False),
    ("open data export", Role.AUDITOR, ("REPORTS",), (), 120, -30, 24 * 40, False),
    ("trial of a supplier", Role.NETWORK_OPS, ("NETWORK", "ALERTS"), (), 9, 81, 24 * 8, True),
)  # fmt: skip


def programs(session: Session, room: Room, more: int) -> None:
    """Those above, and as many more as this."""
    maker = Staff(name="ops@city.example", role=Role.CITY_ADMIN, created_at=room.time)
    gone = Staff(name="former@city.example", role=Role.NETWORK_OPS, created_at=room.time - 400 * _DAY, disabled_at=room.time - _DAY)
    session.add_all([maker, gone])
    session.flush()
    plain = [(f"sensor {number:02}", Role.AUDITOR, ("OVERVIEW",), (), 5, 25, 1, False) for number in range(more)]
    for number, (name, role, scopes, networks, made, ends, used, revoked) in enumerate((*_PROGRAMS, *plain)):
        row = ApiToken(name=name, role=role, scopes=list(scopes), networks=list(networks), staff_id=gone.id if number == 2 else maker.id)
        row.digest, row.tail = hashlib.sha256(name.encode()).digest(), f"q{number:02}Z"
        row.created_at, row.expires_at = room.time - made * _DAY, room.time + ends * _DAY
        row.used_at = room.time - timedelta(hours=used) if used is not None else None
        row.revoked_at = room.time - _DAY if revoked else None
        if number == 0:
            row.id = TOKEN
        session.add(row)
