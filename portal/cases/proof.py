"""How a guest proves who they are, as every way in says it: a Proof, or why there is none. Never who it is."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from radius.nas.plan import Plan
    from store.models import Grant, Way


class Proof(NamedTuple):
    """This way let the guest through, under this plan."""

    way: Way
    plan: Plan
    account: str | None = None  # None: the grant belongs to the device alone
    seconds: int | None = None  # that the grant lasts at most; None: as the plan says
    provisional: bool = False  # what proves it is still on its way to the guest
    fresh: bool = True  # False: it was proven some time ago, and somebody holds the token of a session
    opens: bool = True  # False: a yes elsewhere let this device in, and the account's pages want a proof of whoever holds it
    then: Callable[[Grant], None] | None = None  # called with the grant, once it is made, in the same transaction


class No(Enum):
    """Why a way did not let a guest through; the value is its line of documentation."""

    WRONG = "It is none of ours, or was mistyped."
    USED = "It was used, by another device or as often as it may be."
    EXPIRED = "Its time is over."
    REVOKED = "Staff took it back."
    WAIT = "Too many tries: the next is taken at `at`."
    FULL = "As many were sent, or asked for, as may be."
    AWAY = "Whoever could tell does not answer."
    NOT_YET = "Nobody has decided yet."
    REFUSED = "Somebody who may decide said no."


class Denied(NamedTuple):
    """There is no proof. What was counted against guessing is kept: the transaction is committed."""

    why: No
    at: float | None = None  # seconds since 1970: when it was used, ended, or may be tried again


if TYPE_CHECKING:
    Prove = Callable[[Session, datetime], Proof | Denied]  # in the transaction that makes the grant
