"""One SMS to one number, through whoever offers it by HTTP: the settings' request filled in, and its answer judged.

An answer that is none (no connection, 408, 425, 429, 5xx) is worth another try; any other that is no success is the end.
Never follows a redirect, and never repeats a number or a text in its words.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import re2

from proxeny import calling, mail_text, placeholders
from proxeny.calling import Ended
from radius.nas.family import Outcome, Request, Response

if TYPE_CHECKING:
    from collections.abc import Generator

    from proxeny.parts_messages import Sms
    from store.messages import Letter

_LATER: Final = (0, 408, 425, 429)


def send(sms: Sms, letter: Letter) -> Ended:
    """Ask the gateway to send it. Never raises for what a gateway does."""
    outcome, heard = calling.perform(partial(_conversation, sms, letter), sms.ca)
    return Ended(outcome, heard and not outcome.again)  # one that has trouble of its own is left alone for a while, too


def request(sms: Sms, letter: Letter) -> Request:
    """What is asked; `{id}` is the same at each try, so that a gateway that heeds it sends it once."""
    values = {
        "to": letter.to,
        "digits": letter.to.removeprefix("+"),
        "text": letter.content.text,
        "id": f"proxeny-{letter.id}",
        "secret": sms.secret.octets.decode() if sms.secret is not None else "",
    }
    headers = [(name, placeholders.in_header(value, values)) for name, value in sms.headers.items()]
    if not sms.body:
        return Request(sms.method, placeholders.in_url(sms.url, values), tuple(headers))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("Content-Type", sms.kind))
    body = placeholders.in_body(sms.body, sms.kind, values)
    return Request(sms.method, placeholders.in_url(sms.url, values), tuple(headers), body)


def judged(sms: Sms, answer: Response) -> Outcome:
    """What an answer means: a status of success, and every pattern found in it."""
    codes = [each for each in sms.success if isinstance(each, int)]
    right = answer.status in codes if codes else 200 <= answer.status <= 299
    words = answer.body.decode("utf-8", "replace")
    if right and all(re2.search(each, words) for each in sms.success if isinstance(each, str)):
        return Outcome(done=True, text=f"{answer.status} {words}")
    again = answer.status in _LATER or answer.status >= 500
    return Outcome(done=False, text=f"{answer.status or ''} {words}".strip(), again=again)


def _conversation(sms: Sms, letter: Letter) -> Generator[Request, Response, Outcome]:
    outcome = judged(sms, (yield request(sms, letter)))
    return outcome._replace(text=mail_text.hushed(outcome.text, letter))
