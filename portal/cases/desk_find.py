"""Whom a guest at the help desk says to be: an e-mail address, a mobile number, a voucher's code, a support number, a device's address.

A whole mark finds, a fragment never: what is kept are keyed hashes. What is found is one id (of an account, a grant, a code that was
sent, or a voucher), under which `desk_guest.guest` tells everything; so what was typed is in no address and no log.
Never changes a row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from portal.cases import addresses
from radius.nas import mac
from store import batches, grants
from store.models import Account, Challenge, Purpose, Way

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.desk_world import Helping
    from store.models import Grant

LONGEST: Final = 254  # characters that are looked at


def find(session: Session, world: Helping, typed: str, now: datetime) -> str:
    """The id of the guest whom these words mean; "" where nobody is found."""
    said = " ".join(typed.split())
    if not said or len(said) > LONGEST:
        return ""
    if "@" in said:
        return of_contact(session, world, Way.EMAIL, addresses.email(said))
    voucher = batches.of_code(session, world.privacy, said)
    if voucher is not None:
        return voucher.account_id if voucher.account_id and session.get(Account, voucher.account_id) is not None else voucher.id
    if mine := grants.told_of(session, said, 20):
        return _alive(mine, now).id
    if number := addresses.mobile(said, world.doors.country, world.house.sms_countries):
        return of_contact(session, world, Way.SMS, number)
    station = mac.read(said)
    known = grants.of_device(session, world.privacy.device(station), 20) if station else []
    return _alive(known, now).id if known else ""


def _alive(found: list[Grant], now: datetime) -> Grant:
    """Of several the one that lives, else the newest."""
    return next((each for each in found if each.revoked_at is None and each.ends_at > now), found[0])


def of_contact(session: Session, world: Helping, way: Way, contact: str) -> str:
    """The account of this address, in the form that portal/cases/addresses.py gives it; else the last code that was sent there."""
    if not contact:
        return ""
    hashed = world.privacy.account(way, addresses.identity(contact))
    account = session.scalar(select(Account.id).where(Account.way == way, Account.identity_hash == hashed))
    if account is not None:
        return account
    sent = select(Challenge.id).where(Challenge.way == way, Challenge.identity_hash == hashed, Challenge.purpose == Purpose.SIGN_IN)
    return session.scalar(sent.order_by(Challenge.created_at.desc(), Challenge.id.desc()).limit(1)) or ""
