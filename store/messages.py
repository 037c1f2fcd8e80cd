"""Messages to people: queued with the change that caused them, taken by one who sends them, forgotten once settled.

Words and address are sealed until they are sent, and then gone; a keyed hash of the address stays, to count by. A lease
lets another take over from one who died on the way, so that a message may be sent twice and is never lost; one that is
too old is worth nothing and is not sent. Never speaks to anyone, and never keeps a word that was sent.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, func, or_, select, update

from store.models import Message, MessageKind, MessageState, Way
from store.session import insert

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from store.privacy import Privacy

LEASE: Final = timedelta(seconds=60)  # more than a conversation with a mail server or an SMS gateway may take
FIRST: Final = timedelta(seconds=2)  # until the second try, then twice as long each time
LONGEST: Final = timedelta(seconds=60)  # a code is good for 15 minutes: a server that comes back is noticed in time
TRIES: Final = 200  # more than three hours: what cannot be told by then is not told
DAY: Final = timedelta(hours=24)
_WAYS: Final = {MessageKind.MAIL: Way.EMAIL, MessageKind.SMS: Way.SMS}
_OPEN: Final = Message.state.in_((MessageState.QUEUED, MessageState.CLAIMED))
_BARE: Final = {"synchronize_session": False}


class Content(NamedTuple):
    """What a message says. An SMS has a text and nothing else."""

    text: str
    subject: str = ""
    html: str = ""


class Letter(NamedTuple):
    """A message that was taken: ours alone until its lease ends."""

    id: int
    kind: MessageKind
    purpose: str
    language: str
    to: str
    content: Content
    tries: int
    queued_at: datetime


class Waiting(NamedTuple):
    """A message that somebody should send, and how."""

    message: int
    kind: MessageKind


def queue(
    session: Session,
    privacy: Privacy,
    kind: MessageKind,
    to: str,
    content: Content,
    *,
    purpose: str,
    language: str,
    expires_at: datetime,
    now: datetime,
    key: str | None = None,
    challenge: str = "",
) -> Message:
    """Put a message into the outbox; it exists once the caller's transaction is committed. A key that was queued: that first one."""
    values = {
        "kind": kind,
        "purpose": purpose,
        "language": language,
        "to_hash": hashed(privacy, kind, to),
        "challenge_id": challenge,
        "key": key,
        "state": MessageState.QUEUED,
        "queued_at": now,
        "expires_at": expires_at,
        "tries": 0,
        "outcome": "",
    }
    made = session.scalar(insert(session, Message).values(values).on_conflict_do_nothing(index_elements=["key"]).returning(Message.id))
    if made is None:
        return session.scalars(select(Message).where(Message.key == key)).one()
    row = session.get_one(Message, made)
    row.to = privacy.sealed(to.encode(), "message", str(made), "to")  # its id had to be known: a sealed value is bound to its row
    row.content = privacy.sealed(json.dumps(content._asdict(), ensure_ascii=False).encode(), "message", str(made), "content")
    session.flush()
    return row


def hashed(privacy: Privacy, kind: MessageKind, to: str) -> bytes:
    """What an address is counted by: the same as of the account it would become, however it was typed."""
    return privacy.account(_WAYS[kind], to.lower())


def waiting(session: Session, kinds: Collection[MessageKind], now: datetime, most: int = 64) -> list[Waiting]:
    """The messages that may be sent now, of each kind the oldest: one whose server is away hides no other."""
    found = select(Message.id, Message.kind).where(_free(now)).order_by(Message.id).limit(most)
    return sorted(Waiting(*row) for kind in kinds for row in session.execute(found.where(Message.kind == kind)))


def take(session: Session, privacy: Privacy, message: int, now: datetime) -> Letter | None:
    """The message with its words; None where another was faster. Commit before sending it."""
    taken = (
        update(Message)
        .where(Message.id == message, _free(now))
        .values(state=MessageState.CLAIMED, leased_until=now + LEASE, tries=Message.tries + 1, outcome="")  # under way: not put off
        .returning(Message)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    row = session.scalars(taken).one_or_none()
    if row is None:
        return None
    content = Content(**json.loads(privacy.opened(row.content, "message", str(row.id), "content")))
    to = privacy.opened(row.to, "message", str(row.id), "to").decode()
    return Letter(row.id, row.kind, row.purpose, row.language, to, content, row.tries, row.queued_at)


def put_off(session: Session, letter: Letter, why: str, now: datetime) -> bool:
    """Let it wait for another try, longer each time; False where somebody else has it by now."""
    pause = min(FIRST * (1 << min(letter.tries - 1, 16)), LONGEST)
    held = and_(Message.id == letter.id, Message.state == MessageState.CLAIMED, Message.tries == letter.tries)
    waits = update(Message).where(held).values(leased_until=now + pause, outcome=why).returning(Message.id)
    return session.scalar(waits.execution_options(**_BARE)) is not None


def settle(session: Session, message: int, *, sent: bool, outcome: str, now: datetime) -> bool:
    """Write down how it ended, once, and forget its words; False where it was settled before."""
    ended = _ended(MessageState.SENT if sent else MessageState.FAILED, now) | {"outcome": outcome}
    settled = update(Message).where(Message.id == message, _OPEN).values(ended).returning(Message.id)
    return session.scalar(settled.execution_options(**_BARE)) is not None


def spent(session: Session, now: datetime) -> bool:
    """Whether there is anything to give up."""
    return session.scalar(select(Message.id).where(_spent(now)).limit(1)) is not None


def give_up(session: Session, now: datetime) -> list[int]:
    """Forget the words of what is too old, or was tried too often, and is in nobody's hands; their ids."""
    expired = update(Message).where(_spent(now)).values(_ended(MessageState.EXPIRED, now)).returning(Message.id)
    return sorted(session.scalars(expired.execution_options(**_BARE)))


def withdraw(session: Session, challenge: str, now: datetime) -> list[int]:
    """Do not send what belongs to a challenge that a newer one replaced; their ids."""
    mine = and_(Message.challenge_id == challenge, Message.state == MessageState.QUEUED)
    gone = update(Message).where(mine).values(_ended(MessageState.EXPIRED, now)).returning(Message.id)
    return sorted(session.scalars(gone.execution_options(**_BARE)))


def sent_of(session: Session, kind: MessageKind, since: datetime, most: int) -> int:
    """How many messages of a kind were queued from then on and sent, counted up to `most`."""
    sent = and_(Message.kind == kind, Message.queued_at >= since, Message.state == MessageState.SENT)
    some = select(Message.id).where(sent).limit(most).subquery()
    return session.scalars(select(func.count()).select_from(some)).one()


def _spent(now: datetime) -> ColumnElement[bool]:
    idle = or_(Message.state == MessageState.QUEUED, Message.leased_until < now)
    return and_(_OPEN, idle, or_(Message.expires_at <= now, Message.tries >= TRIES))


def _ended(state: MessageState, now: datetime) -> dict[str, object]:
    return {"state": state, "settled_at": now, "leased_until": None, "to": None, "content": None}


def _free(now: datetime) -> ColumnElement[bool]:
    over = and_(Message.state == MessageState.CLAIMED, Message.leased_until < now)
    return and_(or_(Message.state == MessageState.QUEUED, over), Message.expires_at > now, Message.tries < TRIES)
