"""A guest proves once more whose account it is, before its pages open: by the voucher, a fresh code, or the card's password.

What is proven must be the very account of the stay: another's voucher, code or card is as wrong as none. Tries are counted as
at sign-in, and against the same counters. Never makes an account, and never tells another's proof from a mistyped one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases import card, codes
from portal.cases.proof import Denied, No
from store import crockford, grants, guesses, vouchers
from store.directory import Person
from store.models import Account, Purpose, Voucher, Way
from store.refusal import Refusal

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.models import Challenge
    from store.privacy import Privacy

WAYS = frozenset({Way.VOUCHER, Way.EMAIL, Way.SMS, Way.CARD})  # that can be proven on the page of a stay


def account_of(session: Session, grant: str) -> Account | None:
    """Whose grant it is; None where it belongs to the device alone, or whoever it was has yet to prove it."""
    row = grants.of(session, grant)
    return session.get(Account, row.account_id) if row is not None and row.account_id and not row.provisional else None


def by_voucher(
    session: Session, privacy: Privacy, account: Account, device: bytes, whose: bytes, typed: str, now: datetime
) -> Denied | None:
    """None where this is the account's own voucher."""
    name = guesses.named(privacy, "voucher device", device, whose)
    tried = guesses.tried(session, name, now)
    if tried.wait is not None:
        return Denied(No.WAIT, tried.wait.timestamp())
    code = crockford.normal(typed)
    found = session.scalar(select(Voucher).where(Voucher.code_hash == vouchers.hashed(privacy, code))) if code else None
    if found is None or found.account_id != account.id or found.revoked_at is not None:
        return Denied(No.WRONG)
    guesses.forgive(session, name)
    return None


def by_code(session: Session, privacy: Privacy, account: Account, device: bytes, typed: str, now: datetime) -> Challenge | Denied:
    """The challenge that was sent for this page, where its code is this and its address the account's own."""
    found = codes.answer(session, privacy, device, account.way, typed, now, Purpose.ACCOUNT)
    if isinstance(found, Denied):
        return found
    mine = codes.proven(session, privacy, found, now)
    return found if mine is not None and mine.id == account.id else Denied(No.WRONG)


def by_card(
    session: Session, privacy: Privacy, account: Account, device: bytes, name: str, found: Person | Refusal, at: datetime
) -> Denied | None:
    """None where the directory has vouched for the account's own; `at` is when the try was counted (portal/cases/card.py)."""
    mine = isinstance(found, Person) and privacy.account(Way.CARD, found.key) == account.identity_hash
    ours = isinstance(found, Refusal) and (found.ours or found is Refusal.BUSY)
    if mine or ours:
        card.forgiven(session, privacy, device, name, at, found.key if isinstance(found, Person) else "")
    return None if mine else Denied(No.AWAY if ours else No.WRONG)
