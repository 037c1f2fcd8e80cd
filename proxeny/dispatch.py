"""Mails and SMS, as the jobs process carries them out: taken, sent, settled; put off while a server cannot.

What was sent and could not be written down, because the database did not answer, is remembered here and written down at the
next try. Never sends what is too old, and never more a day than the settings allow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from proxeny import mailing, texting
from proxeny.calling import Ended
from proxeny.lines import EACH, Carried, Waiting, moment
from radius.nas.family import Outcome
from store import messages
from store.faults import SealError
from store.models import MessageKind
from store.session import reading, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from proxeny.lines import End, Tools
    from proxeny.settings import Settings
    from store.messages import Letter

NAME: Final = "messages.db"
_ENOUGH: Final = Ended(Outcome(done=False, text="as many were sent within a day as per_day allows"), heard=True)
_NOBODY: Final = Ended(Outcome(done=False, text="the settings name nobody who sends it", again=True), heard=True)


class Messages:
    """The work."""

    name, done, quiet, file = "messages", "sent", "senders_quiet", NAME
    threads = EACH * len(MessageKind)

    def __init__(self) -> None:
        self._untold: dict[int, tuple[Letter, Ended]] = {}  # sent or refused, and not written down

    def waiting(self, session: Database, tools: Tools, now: datetime) -> list[Waiting]:
        settings = tools.settings()
        kinds = [kind for kind, part in ((MessageKind.MAIL, settings.mail), (MessageKind.SMS, settings.sms)) if part is not None]
        return [Waiting(found.message, found.kind.value) for found in messages.waiting(session, kinds, now)] if kinds else []

    def tidy(self, tools: Tools, now: datetime) -> int:
        with reading(tools.database) as session:
            if not messages.spent(session, now):
                return 0
        with transaction(tools.database) as session:
            return len(messages.give_up(session, now))

    def carry(self, row: int, tools: Tools) -> Carried | None:
        if row not in self._untold:
            letter, enough = None, False
            with transaction(tools.database) as session:
                try:
                    letter = messages.take(session, tools.marks, row, moment())
                except SealError as fault:  # a key file that is away comes back, or the message expires
                    return Carried("", heard=True, end="put_off", why=str(fault))
                if letter is not None:
                    enough = _enough(session, letter, tools.settings())
            if letter is None:
                return None
            self._untold[row] = letter, _ENOUGH if enough else _sent(letter, tools.settings())
        letter, ended = self._untold[row]
        with transaction(tools.database) as session:
            end = _settled(session, letter, ended.outcome)
        del self._untold[row]
        return Carried(letter.kind.value, ended.heard, end, ended.outcome.text)


def _enough(session: Database, letter: Letter, settings: Settings) -> bool:
    """Whether a day's messages of its kind are spent: whoever queues asks first, but several may ask at once."""
    part = settings.mail if letter.kind is MessageKind.MAIL else settings.sms
    return part is not None and messages.sent_of(session, letter.kind, moment() - messages.DAY, part.per_day) >= part.per_day


def _sent(letter: Letter, settings: Settings) -> Ended:
    if letter.kind is MessageKind.MAIL and settings.mail is not None:
        return mailing.send(settings.mail, letter)
    if letter.kind is MessageKind.SMS and settings.sms is not None:
        return texting.send(settings.sms, letter)
    return _NOBODY


def _settled(session: Database, letter: Letter, outcome: Outcome) -> End:
    if not outcome.done and outcome.again:
        messages.put_off(session, letter, outcome.text, moment())
        return "put_off"
    messages.settle(session, letter.id, sent=outcome.done, outcome=outcome.text, now=moment())
    return "done" if outcome.done else "failed"
