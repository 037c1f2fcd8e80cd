"""What an account agreed to: each purpose by itself, to words whose digest is kept. Never one purpose bundled with another."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from store.models import Consent

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

TERMS: Final = "terms"


def words(text: str) -> str:
    """The digest by which grants and consents name these words; "" for none of the portal's own."""
    return hashlib.sha256(text.encode()).hexdigest()[:16] if text else ""


def agreed(session: Session, account: str, purpose: str, digest: str, language: str, portal: str, now: datetime) -> None:
    """A yes to these words; the same yes again changes nothing."""
    mine = Consent.account_id == account, Consent.purpose == purpose, Consent.digest == digest, Consent.withdrawn_at.is_(None)
    if session.scalar(select(Consent.id).where(*mine).limit(1)) is None:
        session.add(Consent(account_id=account, purpose=purpose, digest=digest, language=language, portal=portal, given_at=now))
        session.flush()
