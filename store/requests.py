"""The register of what people ask of their data: received, answered by a day, settled with what was done and what stays.

Where the answer goes is sealed while a request is open, and gone once it is settled. Whether the day has come is reckoned from
the row, never from when somebody looked. Never a person in `outcome` or `left`; never settled twice.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from store.ids import new_id
from store.models import PrivacyRequest, RequestKind, RequestState
from store.retention import Kept
from store.session import take

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.erasure import Left
    from store.privacy import Privacy

WITHIN: Final = timedelta(days=30)  # unless [privacy] answer_within says otherwise: Quebec's Law 25 has 30 days, the GDPR a month
SOON: Final = timedelta(days=7)  # before its day a request is told of
AGAIN: Final = timedelta(days=1)  # within it downloads of one account are one row
LONGEST: Final = 200  # characters of a contact
_DONE: Final = {RequestKind.ACCESS: "downloaded", RequestKind.ERASE: "erased"}


def receive(
    session: Session,
    privacy: Privacy,
    kind: RequestKind,
    account_id: str,
    contact: str,
    by: str,
    now: datetime,
    within: timedelta = WITHIN,
) -> PrivacyRequest:
    """Write down what somebody asks. `account_id` "": none is known; `by` "": the person themselves, on the guests' pages."""
    name = new_id()
    row = PrivacyRequest(
        id=name,
        kind=kind,
        state=RequestState.OPEN,
        account_id=account_id,
        contact=privacy.sealed(contact[:LONGEST].encode("utf-8", "replace"), "privacy_request", name, "contact"),
        received_at=now,
        due_at=now + within,
        received_by=by,
        left={},
    )
    session.add(row)
    session.flush()
    return row


def settle(
    session: Session,
    row: PrivacyRequest,
    outcome: str,
    by: str,
    now: datetime,
    *,
    left: Mapping[str, Any] | None = None,
    refused: bool = False,
) -> bool:
    """Close it with what was done, or why not; its contact goes. False where somebody settled it before."""
    take(session, row)
    if row.state is not RequestState.OPEN:
        return False
    row.state = RequestState.REFUSED if refused else RequestState.DONE
    row.outcome, row.left, row.contact = outcome, dict(left or {}), None
    row.settled_at, row.settled_by = now, by
    session.flush()
    return True


def fulfilled(
    session: Session,
    privacy: Privacy,
    kind: RequestKind,
    account_id: str,
    by: str,
    now: datetime,
    left: Mapping[str, Any] | None = None,
    outcome: str = "",
) -> list[PrivacyRequest]:
    """What an account's owner asked for was just done: its open requests of this kind are settled; where none was, one is written down.

    For an account that is erased: after `store.erasure.erase`, with `left_of` what it said. Its other requests have nothing left to
    be about, and are settled with it. What its owner downloads again within a day is one row.
    """
    said = outcome or _DONE.get(kind, "done")
    kinds = set(RequestKind) if kind is RequestKind.ERASE else {kind}
    rows = [row for row in open_of(session, account_id) if row.kind in kinds]
    if not rows and not by and kind is RequestKind.ACCESS and _lately(session, account_id, now):
        return []
    if all(row.kind is not kind for row in rows):
        rows.append(receive(session, privacy, kind, account_id, "", by, now, timedelta()))
    for row in rows:
        settle(session, row, said, by, now, left=left)
    return rows


def _lately(session: Session, account_id: str, now: datetime) -> bool:
    own = PrivacyRequest.account_id == account_id, PrivacyRequest.kind == RequestKind.ACCESS
    last = session.scalar(select(func.max(PrivacyRequest.settled_at)).where(*own))
    return last is not None and now - last < AGAIN


def open_of(session: Session, account_id: str) -> Sequence[PrivacyRequest]:
    """What is still to be answered of this account, the most urgent first."""
    if not account_id:
        return ()
    mine = select(PrivacyRequest).where(PrivacyRequest.account_id == account_id, PrivacyRequest.state == RequestState.OPEN)
    return session.scalars(mine.order_by(PrivacyRequest.due_at, PrivacyRequest.id)).all()


def contact(privacy: Privacy, row: PrivacyRequest) -> str:
    """Where the answer goes; "" where none was given, or it is settled."""
    return privacy.opened(row.contact, "privacy_request", row.id, "contact").decode("utf-8", "replace")


def left_of(left: Left, days: Mapping[str, int]) -> dict[str, Any]:
    """What an erasure leaves, as `PrivacyRequest.left` holds it: class -> how many, until when the last of them stays.

    `days`: those that each class is kept, by `Kept`.
    """
    found = (Kept.SESSION, left.sessions, left.session_at), (Kept.AUTH_EVENT, left.logins, left.login_at)
    return {
        kept.value: {"rows": number, "until": (last + timedelta(days=days[kept])).isoformat()}
        for kept, number, last in found
        if number and last is not None
    }
