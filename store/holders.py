"""Who holds a grant, as plain rows: for the porter, who reads a hundred thousand of them, or looks up thousands a second.

The statements are made once, and no object is made that could be written. Each takes a function that runs a statement
and gives its rows: `Connection.execute`, or that of a `Glance`. Never locks, and never says what remains of a plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from sqlalchemy import bindparam, select

from store.models import Grant, GrantFeed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select

_GRANT: Final = Grant.__table__.c
_READ: Final = select(_GRANT.device_hash, _GRANT.id, _GRANT.plan, _GRANT.ends_at, _GRANT.revoked_at, _GRANT.account_id, _GRANT.changed)
_ALIVE: Final = (_GRANT.revoked_at.is_(None), _GRANT.ends_at > bindparam("now", type_=_GRANT.ends_at.type))
_PAGE: Final = _READ.where(_GRANT.changed > bindparam("number")).order_by(_GRANT.changed).limit(bindparam("most"))
_PAGE_ALIVE: Final = _PAGE.where(*_ALIVE)
_OF_DEVICES: Final = _READ.where(
    _GRANT.device_hash.in_(bindparam("devices", expanding=True, type_=_GRANT.device_hash.type)), *_ALIVE
).order_by(_GRANT.ends_at.desc(), _GRANT.id)
_NEWEST: Final = select(GrantFeed.__table__.c.number)


class Rows(Protocol):
    """Runs one statement."""

    def __call__(self, statement: Select[Any], values: Mapping[str, Any], /) -> Iterable[Any]: ...


class Holder(NamedTuple):
    """One grant."""

    device: bytes
    id: str
    plan: str
    ends_at: datetime
    revoked_at: datetime | None
    account: str | None
    changed: int

    @property
    def subject(self) -> str:
        """As store.grants.subject."""
        return self.account or "d" + self.device.hex()


def newest(rows: Rows) -> int:
    """The feed's number now; 0 before the first change."""
    return next((row[0] for row in rows(_NEWEST, {})), 0)


def changed_since(rows: Rows, number: int, most: int, *, alive_at: datetime | None = None) -> list[Holder]:
    """As store.grants.changed_since."""
    values: dict[str, Any] = {"number": number, "most": most}
    found = rows(_PAGE, values) if alive_at is None else rows(_PAGE_ALIVE, values | {"now": alive_at})
    return [Holder(*row) for row in found]


def of_devices(rows: Rows, devices: Sequence[bytes], now: datetime) -> dict[bytes, Holder]:
    """By device, the grants that live now; as store.grants.live for each. So many as one statement carries (store.slices)."""
    held: dict[bytes, Holder] = {}
    for row in rows(_OF_DEVICES, {"devices": devices, "now": now}):
        held.setdefault(row[0], Holder(*row))
    return held
