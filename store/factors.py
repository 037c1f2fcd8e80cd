"""Second factors of staff: one-time codes of an app (TOTP, RFC 6238), passkeys, recovery codes.

Whatever is good once is used up by a statement that says whether it was: of two who bring the same code at once, in two
processes, one gets in. The secret of an app is sealed, recovery codes are keyed digests. Never leaves anybody without a
second factor who had one, where one is needed.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, NamedTuple

import pyotp
from sqlalchemy import delete, func, select, update

from store import crockford
from store.keys import named
from store.models import Passkey, RecoveryCode, Staff
from store.session import affected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.privacy import Privacy

KEY: Final = "staff"  # recovery codes are hashed with it
CODES: Final = 10
STEP: Final = 30  # seconds
DRIFT: Final = 1  # steps that an app's clock may be off
PASSKEYS: Final = 20  # of one person


class Factors(NamedTuple):
    """What somebody has beside the password."""

    totp: bool
    passkeys: Sequence[Passkey]
    codes: int  # recovery codes that are left

    @property
    def any(self) -> bool:
        return self.totp or bool(self.passkeys)

    @property
    def last(self) -> bool:
        """Whether there is but one: it cannot be removed."""
        return self.totp + len(self.passkeys) <= 1


def of(session: Session, staff: Staff) -> Factors:
    """Theirs, the oldest passkey first."""
    passkeys = session.scalars(select(Passkey).where(Passkey.staff_id == staff.id).order_by(Passkey.created_at, Passkey.id)).all()
    unused = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.staff_id == staff.id, RecoveryCode.used_at.is_(None))
    return Factors(staff.totp is not None, passkeys, session.scalar(unused) or 0)


def locked(session: Session, staff_id: str) -> Staff:
    """Theirs alone until this transaction ends: two changes at once would each see a second factor that the other takes."""
    return session.get_one(Staff, staff_id, with_for_update=True, populate_existing=True)


def step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The time step that this code is of, within the drift and after the last one used; None for none."""
    typed = "".join(code.split())
    if len(typed) != 6 or not typed.isascii() or not typed.isdigit():
        return None
    app, here = pyotp.TOTP(secret, interval=STEP), int(now.timestamp()) // STEP
    fits = [step for step in range(here - DRIFT, here + DRIFT + 1) if hmac.compare_digest(app.generate_otp(step), typed)]
    return next((step for step in fits if step > after), None)


def enrol(session: Session, privacy: Privacy, staff: Staff, secret: str, code: str, now: datetime) -> bool:
    """Take this app for theirs, if the code is one of its: that proves it has the secret."""
    step = step_of(secret, code, now, 0)
    if step is None:
        return False
    staff.totp, staff.totp_step = privacy.sealed(secret.encode(), "staff", staff.id, "totp"), max(step, staff.totp_step)
    session.flush()
    return True


def use_totp(session: Session, privacy: Privacy, staff: Staff, code: str, now: datetime) -> bool:
    """Whether it is a code of their app that was not used yet; it is now."""
    secret = privacy.opened(staff.totp, "staff", staff.id, "totp").decode()
    step = step_of(secret, code, now, staff.totp_step) if secret else None
    if step is None:
        return False
    mine = update(Staff).where(Staff.id == staff.id, Staff.totp_step < step).values(totp_step=step)
    return affected(session.execute(mine.execution_options(synchronize_session=False))) == 1


def drop_totp(session: Session, staff: Staff, *, last: bool = False) -> bool:
    """Remove the app, unless nothing else is left, or even then (`last`).

    `totp_step` stays: no step counts twice, whichever app it is of.
    """
    if staff.totp is None or (of(session, staff).last and not last):
        return False
    staff.totp = None
    session.flush()
    return True


def add_passkey(session: Session, staff: Staff, credential: bytes, public_key: bytes, signatures: int, label: str, now: datetime) -> bool:
    """Theirs from now on, unless it is somebody's already or they have enough of them."""
    if session.get(Passkey, credential) is not None or len(of(session, staff).passkeys) >= PASSKEYS:
        return False
    session.add(Passkey(id=credential, staff_id=staff.id, public_key=public_key, signatures=signatures, label=label[:60], created_at=now))
    session.flush()
    return True


def passkey(session: Session, credential: bytes) -> tuple[Passkey, Staff] | None:
    """This one and whose it is, if they may work here."""
    found = select(Passkey, Staff).join(Staff, Staff.id == Passkey.staff_id).where(Passkey.id == credential)
    row = session.execute(found.where(Staff.disabled_at.is_(None))).first()
    return (row[0], row[1]) if row is not None else None


def use_passkey(session: Session, key: Passkey, signatures: int, now: datetime) -> bool:
    """Its counter has come this far; False where it went on, or back, since we looked (WebAuthn, 6.1.1)."""
    mine = update(Passkey).where(Passkey.id == key.id, Passkey.signatures == key.signatures)
    if signatures <= key.signatures and (signatures or key.signatures):
        return False
    return affected(session.execute(mine.values(signatures=signatures, used_at=now).execution_options(synchronize_session=False))) == 1


def drop_passkey(session: Session, staff: Staff, credential: bytes, *, last: bool = False) -> bool:
    """Remove this one of theirs, unless nothing else is left, or even then (`last`)."""
    if of(session, staff).last and not last:
        return False
    return affected(session.execute(delete(Passkey).where(Passkey.id == credential, Passkey.staff_id == staff.id))) == 1


def rename_passkey(session: Session, staff: Staff, credential: bytes, label: str) -> bool:
    """What its owner calls it."""
    mine = update(Passkey).where(Passkey.id == credential, Passkey.staff_id == staff.id)
    return affected(session.execute(mine.values(label=label[:60]))) == 1


def new_codes(session: Session, privacy: Privacy, staff: Staff, now: datetime) -> list[str]:
    """Ten codes as they are shown, once; those before are worth nothing."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))
    codes, key = [crockford.fresh() for _ in range(CODES)], named(session, privacy.seal, KEY, now)
    session.add_all(RecoveryCode(digest=_digest(key, staff, code), staff_id=staff.id) for code in codes)
    session.flush()
    return [crockford.readable(code) for code in codes]


def use_code(session: Session, privacy: Privacy, staff: Staff, typed: str, now: datetime) -> bool:
    """Whether it is one of their recovery codes that was not used yet; it is now."""
    code = crockford.normal(typed)
    if not code:
        return False
    digest = _digest(named(session, privacy.seal, KEY, now), staff, code)
    mine = update(RecoveryCode).where(RecoveryCode.digest == digest, RecoveryCode.staff_id == staff.id, RecoveryCode.used_at.is_(None))
    return affected(session.execute(mine.values(used_at=now))) == 1


def wipe(session: Session, staff: Staff) -> None:
    """Whoever sets up anew lost what they had: it opens nothing any more. In the transaction that gives them others."""
    staff.totp = None
    session.execute(delete(Passkey).where(Passkey.staff_id == staff.id))
    session.execute(delete(RecoveryCode).where(RecoveryCode.staff_id == staff.id))


def _digest(key: bytes, staff: Staff, code: str) -> bytes:
    return hmac.digest(key, f"recovery\0{staff.id}\0{code}".encode(), "sha256")
