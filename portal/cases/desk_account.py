"""What staff do with an account at its owner's word: write out what is kept, erase it, sign out or forget a device.

For the pages and the API. `export` and `erase_account` settle what its owner asked for (store/requests.py), in the same
transaction. Erasing takes what names its owner now, says what stays until which day (`stays`), and destroys the key of what the
audit log says of them: the log's chain holds as before. Never erases what
another account shares, and never shortens what the law wants kept.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from portal.cases import devices, erase, kept
from portal.cases.desk_world import record
from portal.cases.dossier import contact, dossier
from portal.cases.standing import KICKED
from store import belongings, erasure, requests
from store.models import Account, RequestKind
from store.retention import Kept

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.cases.desk_world import Doer, Helping
    from portal.cases.kept import Line
    from store.belongings import Belonging
    from store.erasure import Erased, Left


class Stay(NamedTuple):
    """What stays of an erased account: how many of this class, until when the last of them."""

    kept: Kept
    number: int
    until: datetime


def ledger(session: Session, world: Helping, account: Account, now: datetime) -> list[Line]:
    """What is kept about its owner, each until when."""
    return kept.of_account(session, account, world.house.kept, now)


def export(session: Session, world: Helping, account: Account, who: Doer, now: datetime) -> dict[str, Any]:
    """All that is kept, as the owner gets it on their own pages; that it was written out is in the log and in the register."""
    found = dossier(session, world.privacy, account, ledger(session, world, account, now), now)
    requests.fulfilled(session, world.privacy, RequestKind.ACCESS, account.id, who.name, now)
    record(session, world, who, "export", account, now, personal={"contact": contact(world.privacy, account)})
    return found


def would_stay(session: Session, world: Helping, account: Account) -> list[Stay]:
    """What erasing it would leave."""
    return stays(world, erasure.left(session, account.id))


def stays(world: Helping, left: Left) -> list[Stay]:
    """What an erasure leaves, each with its last day."""
    days = world.house.kept
    found = (Kept.SESSION, left.sessions, left.session_at), (Kept.AUTH_EVENT, left.logins, left.login_at)
    return [Stay(kind, number, at + timedelta(days=days[kind])) for kind, number, at in found if number and at is not None]


def erase_account(session: Session, world: Helping, account: Account, who: Doer, reason: str, now: datetime) -> Erased | None:
    """Erase it now; None where somebody was faster. Its live sessions are ended, what its owner asked for is settled."""
    about = Account(id=account.id)  # what it was is gone by the time this is written down
    done = erase.gone(session, world.devices, account.id, now)
    if done is None:
        return None
    left = requests.left_of(done.left, world.house.kept)
    requests.fulfilled(session, world.privacy, RequestKind.ERASE, about.id, who.name, now, left)
    went: dict[str, tuple[Any, Any]] = {
        name: (getattr(done, name), 0) for name in ("devices", "grants", "consents", "messages") if getattr(done, name)
    }
    stay: dict[str, tuple[Any, Any]] = {f"kept: {kind}": (each["rows"], each["until"]) for kind, each in left.items()}
    record(session, world, who, "erase", about, now, fields=went | stay, reason=reason)
    return done


def sign_out_device(session: Session, world: Helping, account: Account, device: Belonging, who: Doer, now: datetime) -> bool:
    """End what this device of the account may do now; False where there is nothing to end."""
    if device.grant is None or not devices.put_out(session, world.devices, device.grant, KICKED, now):
        return False
    record(session, world, who, "disconnect", account, now, fields={"device": (None, device.ref)})
    return True


def forget_device(session: Session, world: Helping, account: Account, device: Belonging, who: Doer, now: datetime) -> None:
    """It is the account's no more, and signed out."""
    devices.forget(session, world.devices, device, account.id, now)
    record(session, world, who, "forget", account, now, fields={"device": (device.ref, None)})


def owned(session: Session, world: Helping, account: Account, now: datetime) -> Sequence[Belonging]:
    """Its devices, those that may be online first."""
    return belongings.devices(session, world.privacy, account.id, now)
