"""`proxeny ask`, the worker's half: a built-in client whose requests take the real road to the real homes.

Its secret is made anew in each process and known to nobody else. Answers with what happened as plain values; the verb
tells the story. Never keeps the password longer than the request, never writes it anywhere.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from radius import codec
from radius.actions import Drop, Origin, Reason
from radius.admission import AUTH
from radius.message import Code, Type
from radius.records import Login
from radius.secret import Secret, md5
from radius.tables import Client
from radius.wire import attribute, parse

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from radius.actions import Actions
    from radius.message import Message
    from radius.ports import Journal
    from radius.records import Dropped, HomeChange
    from radius.runner import Runner
    from radius.tables import Tables

LISTENER: Final = -1  # our index among the runner's listeners
NAME: Final = "proxeny ask"
PATIENCE: Final = 40.0  # seconds: longer than any request_timeout an operator would choose
AFTERWORD: Final = 2.0  # seconds that the login's record may come after the answer
MOST: Final = 64  # questions open at once
_LONGEST_PASSWORD: Final = 128  # RFC 2865, 5.2

Answer = dict[str, Any]


@dataclass(slots=True)
class Question:
    """One `proxeny ask` under way."""

    session: bytes  # Acct-Session-Id, by which the login's record is known again
    request: bytes
    tell: Callable[[Answer], None]
    began: float
    reply: Message | None = None
    login: Login | None = None
    milliseconds: float = 0.0
    timer: asyncio.TimerHandle | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Asker:
    """The built-in client: a listener without a socket, and a journal that looks for its own logins."""

    def __init__(self, loop: asyncio.AbstractEventLoop, journal: Journal) -> None:
        self._loop = loop
        self._journal = journal
        self._secret = Secret(os.urandom(32))
        self._open: dict[int, Question] = {}
        self._last = 0
        self._runner: Runner | None = None
        self.tables: Tables | None = None

    def open(self, runner: Runner) -> None:
        """From now on questions can be asked through this runner."""
        self._runner = runner
        runner.know(LISTENER, self)

    # A question

    def ask(self, question: dict[str, Any], tell: Callable[[Answer], None]) -> None:
        """`identity`, `password`, `client` (a name, or "") and `chap`; `tell` is called once with the answer."""
        fault = self._fault(question)
        if fault or self._runner is None:
            tell({"error": fault or "this worker does not serve yet"})
            return
        client = self._client(str(question["client"]))
        if client is None:
            tell({"error": f"there is no client {question['client']}"})
            return
        self._last += 1
        ticket = self._last
        session = f"ask-{os.urandom(6).hex()}".encode()
        octets = self._request(question, client, session, ticket & 255)
        self._open[ticket] = asked = Question(session, octets, tell, time.monotonic())
        asked.timer = self._loop.call_later(PATIENCE, self._end, ticket, f"nothing came in {PATIENCE:.0f} seconds")
        actions = self._runner.submit(octets, Origin(LISTENER, (NAME, ticket)), AUTH, client)
        self._dropped(ticket, actions)

    def _fault(self, question: dict[str, Any]) -> str:
        if len(self._open) >= MOST:
            return "too many questions are open"
        if not 0 < len(str(question["identity"]).encode()) <= 253:
            return "an identity has 1 to 253 octets"
        if len(str(question["password"]).encode()) > _LONGEST_PASSWORD:
            return f"a password has at most {_LONGEST_PASSWORD} octets (RFC 2865, 5.2)"
        return ""

    def _client(self, name: str) -> Client | None:
        """A stand-in: the named client's place in the network, our own secret."""
        if not name:
            return Client(NAME, self._secret, trial=True)
        known = self.tables.clients.named(name) if self.tables else None
        if known is None:
            return None
        ours = replace(known, secret=self._secret, previous_secret=None, trial=True)
        return replace(ours, networks=(), rate=None, require_message_authenticator=True)

    def _request(self, question: dict[str, Any], client: Client, session: bytes, identifier: int) -> bytes:
        """An Access-Request with PAP or CHAP, as a NAS would send it."""
        authenticator = os.urandom(16)
        station = os.urandom(5).hex("-").upper().encode()
        password = str(question["password"]).encode()
        if question.get("chap"):
            digest = md5(bytes([identifier]) + password + authenticator, usedforsecurity=False).digest()  # RFC 2865, 5.3
            proof = attribute(Type.CHAP_PASSWORD, bytes([identifier]) + digest) + attribute(Type.CHAP_CHALLENGE, authenticator)
        else:
            proof = attribute(Type.USER_PASSWORD, codec.hide_password(password, self._secret, authenticator))
        attributes = (
            attribute(Type.USER_NAME, str(question["identity"]).encode())
            + proof
            + attribute(Type.NAS_IDENTIFIER, client.name.encode()[:253])
            + attribute(Type.CALLING_STATION_ID, b"02-" + station)  # a locally administered address, another each time
            + attribute(Type.ACCT_SESSION_ID, session)
        )
        return codec.sign_access(Code.ACCESS_REQUEST, identifier, authenticator, attributes, self._secret)

    # What becomes of it

    def reply(self, octets: bytes, origin: Origin) -> None:
        """radius.ports.Listener: our client is answered."""
        ticket = origin.peer[1]  # type: ignore[index]  # we made it
        asked = self._open.get(ticket)
        if asked is not None and asked.reply is None:
            asked.reply = parse(octets)
            asked.milliseconds = (time.monotonic() - asked.began) * 1000
            if asked.login is None:
                asked.timers.append(self._loop.call_later(AFTERWORD, self._end, ticket, ""))
            else:
                self._end(ticket, "")

    def write(self, record: Login | Dropped | HomeChange) -> None:
        """radius.ports.Journal: hand it on; one of the logins may be ours."""
        self._journal.write(record)
        if self._open and isinstance(record, Login):
            self._logged(record)

    def _logged(self, login: Login) -> None:
        for ticket, asked in tuple(self._open.items()):
            if asked.session == login.acct_session_id:
                asked.login = login
                if asked.reply is not None:
                    self._end(ticket, "")
                else:
                    asked.timers.append(self._loop.call_later(AFTERWORD, self._end, ticket, ""))

    def _dropped(self, ticket: int, actions: Actions) -> None:
        for action in actions:
            if isinstance(action, Drop):
                self._end(ticket, f"{action.reason.name} ({action.reason.value})")

    def _end(self, ticket: int, why: str) -> None:
        asked = self._open.pop(ticket, None)
        if asked is None:
            return
        for timer in (asked.timer, *asked.timers):
            if timer is not None:
                timer.cancel()
        asked.tell(_answer(asked, why))


def _answer(asked: Question, why: str) -> Answer:
    """What happened, as plain values."""
    login, reply = asked.login, asked.reply
    verdict = {Code.ACCESS_ACCEPT: "accept", Code.ACCESS_REJECT: "reject", Code.ACCESS_CHALLENGE: "challenge"}.get(
        Code(reply.code) if reply else Code.PROTOCOL_ERROR, "no_answer"
    )
    if login is not None and login.verdict == "no_answer":
        verdict = "no_answer"  # the Reject was ours, because no home spoke
    said = b"".join(reply.values(Type.REPLY_MESSAGE)).decode("utf-8", "replace") if reply else ""
    return {
        "verdict": verdict,
        "home": login.home if login else "",
        "attempts": list(login.attempts) if login else [],
        "realm": login.realm if login else "",
        "rule": login.rule if login else "",
        "client": login.client if login else "",
        "site": login.site if login else "",
        "reason": why or _reason(login),
        "said": said,
        "milliseconds": round(asked.milliseconds, 1),
        "attributes": [kind for kind, _ in reply.attributes] if reply else [],  # which, not what: some are keys
    }


def _reason(login: Login | None) -> str:
    """Our own reason, by name and in words; "" where the home decided."""
    if login is None or not login.reason:
        return ""
    known = Reason.__members__.get(login.reason)
    return f"{known.name} ({known.value})" if known else login.reason
