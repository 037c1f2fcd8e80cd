"""Accounts: whom a way in has verified, made or found again, with the address to write to.

Never keeps an identity in clear, and never changes a contact that was verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from store import grants

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.models import Account, Way
    from store.privacy import Privacy


def known(session: Session, privacy: Privacy, way: Way, identity: str, now: datetime, language: str = "", contact: str = "") -> Account:
    """The account of this verified identity, in its canonical form; ours until the transaction ends.

    `contact` is what to write to and to show its owner, where that is not the identity itself.
    """
    account = grants.account(session, way, privacy.account(way, identity), now)
    if account.contact is None:
        account.contact = privacy.sealed((contact or identity).encode("utf-8", "surrogatepass"), "account", account.id, "contact")
    account.language = language or account.language
    session.flush()
    return account
