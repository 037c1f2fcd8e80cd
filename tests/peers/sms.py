"""An SMS gateway in a thread: HTTP, a key in a header, JSON or a form; every SMS is kept, and it is in bad moods on demand.

`from tests.peers.sms import phone` in a conftest makes the fixture known: a Phone whose `settings` go into proxeny.toml.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

import pytest

from tests.peers.program import until
from tests.peers.stubs.controller import Asked, Said, Stub
from tests.peers.stubs.controller import serving as stub_serving

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "sms-key-017"


class Sms(NamedTuple):
    """One SMS."""

    to: str
    text: str
    id: str

    @property
    def code(self) -> str:
        found = re.search(r"\b\d{6}\b", self.text)
        assert found, self.text
        return found[0]


@dataclass
class Phone(Stub):
    """What it was asked to send; a refusal of its own is an answer with status 200 and an error in it, as many do."""

    got: list[Sms] = field(default_factory=list)
    refuses: str = ""  # its words
    seen: set[str] = field(default_factory=set)

    def read(self, octets: bytes) -> Any:
        return octets

    def answer(self, asked: Asked) -> Said:
        if asked.headers.get("x-key") != KEY:
            return self.refuse("no key", 401, {"status": "denied"})
        words = self._words(asked)
        if set(words) != {"to", "text", "id"}:
            return self.refuse(f"fields {sorted(words)}", 400, {"status": "bad"})
        if self.refuses:
            return Said(200, {"status": "error", "reason": self.refuses})
        if words["id"] not in self.seen:  # our id makes a repetition harmless at gateways that heed it
            self.seen.add(words["id"])
            self.got.append(Sms(**words))
        return Said(200, {"status": "accepted"})

    def _words(self, asked: Asked) -> dict[str, str]:
        kind = asked.headers.get("content-type", "")
        if asked.method == "GET":
            return {name: values[-1] for name, values in asked.query.items()}
        if kind.startswith("application/json"):
            found: dict[str, str] = json.loads(asked.body)
            return found
        if kind.startswith("application/x-www-form-urlencoded"):
            return dict(parse_qsl(asked.body.decode("ascii"), strict_parsing=True, keep_blank_values=True))
        self.wrong.append(f"type {kind}")
        return {}

    @property
    def settings(self) -> str:
        """A [sms] that reaches it."""
        return (
            f'[sms]\nurl = "{self.url}/send"\nbody = \'{{"to": "{{to}}", "text": "{{text}}", "id": "{{id}}"}}\'\n'
            f'success = \'"status": "accepted"\'\ncountries = ["CA"]\n[sms.headers]\nContent-Type = "application/json"\nX-Key = "{KEY}"\n'
        )

    def to(self, number: str) -> list[Sms]:
        return [sms for sms in list(self.got) if sms.to == number]

    def wait(self, number: str, count: int = 1, seconds: float = 30.0) -> Sms:
        """The newest to this number, once there are so many."""
        until(lambda: len(self.to(number)) >= count, f"SMS {count} to {number}", seconds)
        return self.to(number)[-1]


@contextmanager
def serving() -> Iterator[Phone]:
    """A gateway on 127.0.0.1."""
    made = Phone()
    with stub_serving(made, None):
        yield made


@pytest.fixture
def phone() -> Iterator[Phone]:
    """A gateway of this machine."""
    with serving() as made:
        yield made
