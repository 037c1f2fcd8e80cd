"""Deliveries of webhooks, as the jobs process carries them out: taken, signed, posted, settled; put off while nobody takes them.

What is told and how it is proven says portal/hook_message.py, to whom it may be told portal/outward.py, when it is tried again
store/hooks.py. Never keeps a word of what was answered but its status.
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Final

from portal import hook_message
from proxeny import outgoing
from proxeny.lines import Carried, Waiting, moment
from store import hooks
from store.faults import SealError
from store.session import reading, transaction

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session as Database

    from proxeny.lines import End, Tools
    from proxeny.outgoing import Answer, Resolve
    from store.hooks import Taken

NAME: Final = "hooks.db"
UNOPENED: Final = "the secret of this webhook does not open: its key is away"
LOOK: Final = 1.0  # seconds between looks: nobody stands and waits for an event


class Hooks:
    """The work."""

    name, done, quiet, file, threads = "deliveries", "delivered", "receivers_quiet", NAME, 6

    def __init__(self, resolve: Resolve | None = None) -> None:
        self._resolve = resolve
        self._look_at = 0.0

    def waiting(self, session: Database, _tools: Tools, now: datetime) -> list[Waiting]:
        if time.monotonic() < self._look_at:
            return []
        found = [Waiting(each.delivery, each.webhook) for each in hooks.waiting(session, now)]
        self._look_at = time.monotonic() + (0.0 if found else LOOK)
        return found

    def tidy(self, tools: Tools, now: datetime) -> int:
        with reading(tools.database) as session:
            if not hooks.spent(session, now):
                return 0
        with transaction(tools.database) as session:
            return hooks.give_up(session, now)

    def carry(self, row: int, tools: Tools) -> Carried | None:
        with transaction(tools.database) as session:
            taken = hooks.take(session, row, moment())
        if taken is None:
            return None
        answer = self._told(taken, tools)
        with transaction(tools.database) as session:
            end = _settled(session, taken, answer)
        return Carried(taken.webhook.id, answer.heard, end, said(answer))

    def _told(self, taken: Taken, tools: Tools) -> Answer:
        part = tools.settings().webhooks
        try:
            keys = hook_message.secrets(tools.marks, taken.webhook, moment())
        except SealError:  # a key file that is away comes back
            return outgoing.Answer(None, UNOPENED, 0)
        body = hook_message.body(taken.event)
        headers = hook_message.headers(taken.event, body, taken.delivery.sent_at or moment(), keys)
        return outgoing.post(taken.webhook.url, headers, body, part.rules, part.ca, self._resolve)


def said(answer: Answer) -> str:
    """In words, for a log and the row."""
    if answer.status is None:
        return answer.why
    if answer.status == 410:
        return "410: it is gone for good"
    return f"{answer.status}: a redirect, not followed" if 300 <= answer.status < 400 else str(answer.status)


def _settled(session: Database, taken: Taken, answer: Answer) -> End:
    now = moment()
    if answer.status is not None and 200 <= answer.status < 300:
        hooks.delivered(session, taken, answer.status, answer.milliseconds, now)
        return "done"
    chance = secrets.randbelow(1_000) / 1_000
    return "put_off" if hooks.failed(session, taken, answer.status, answer.milliseconds, said(answer), now, chance) else "failed"
