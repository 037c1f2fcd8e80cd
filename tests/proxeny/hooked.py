"""A webhook in a database, a receiver of its own behind TLS, and the work that carries deliveries: for the tests of them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from portal import hook_message
from proxeny.hooking import Hooks
from proxeny.lines import Tools
from proxeny.parts_webhooks import Webhooks
from store import events, hooks
from store.events import EventKind
from store.ids import new_id
from store.models import Delivery, Webhook
from store.session import reading, transaction
from tests.peers.stubs.controller import Said, Stub, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from store.privacy import Privacy
    from tests.peers.authority import Authority

NAME = "hooks.city.example"
HERE = ip_network("127.0.0.0/8")


class Receiver(Stub):
    """Keeps every message as it came, and answers with `status`."""

    def __init__(self) -> None:
        super().__init__()
        self.status, self.headers = 204, ()

    def read(self, octets: bytes) -> Any:
        return octets

    def answer(self, _asked: Any) -> Said:
        return Said(self.status, b"", self.headers)


@dataclass
class Place:
    """The database, and what the settings and the resolver say."""

    database: Engine
    marks: Privacy
    ca: Path
    allow: tuple[Any, ...] = (HERE,)
    ports: tuple[int, ...] = ()
    names: dict[str, list[str]] = field(default_factory=lambda: {NAME: ["127.0.0.1"]})
    asked: list[str] = field(default_factory=list)  # the names that were resolved

    def __post_init__(self) -> None:
        self.work = Hooks(self.resolve)

    def resolve(self, name: str) -> list[str]:
        self.asked.append(name)
        return self.names.get(name, [])

    @property
    def tools(self) -> Tools:
        part = Webhooks.model_construct(allow=self.allow, ports=self.ports, ca=self.ca)
        return Tools(self.database, self.marks, b"", lambda: SimpleNamespace(webhooks=part), lambda: None)

    def hook(self, url: str, *kinds: EventKind) -> tuple[str, bytes]:
        """(its id, its secret)."""
        name, secret = new_id(), os.urandom(32)
        with transaction(self.database) as session:
            sealed = self.marks.sealed(secret, "webhook", name, "secret")
            wanted = [kind.value for kind in kinds or (EventKind.ALERT_OPENED,)]
            session.add(Webhook(id=name, name=name, url=url, events=wanted, secret=sealed, created_at=datetime.now(UTC)))
            session.flush()
            events.forget(session)
        return name, secret

    def happen(self, content: dict[str, Any] | None = None) -> int:
        """One event; the number of its newest delivery."""
        with transaction(self.database) as session:
            events.emit(session, EventKind.ALERT_OPENED, "06h0nobody000001", content or {"rule": "home-dead"}, datetime.now(UTC))
        with reading(self.database) as session:
            return max(each.id for each in session.query(Delivery))

    def carry(self, number: int) -> Any:
        return self.work.carry(number, self.tools)

    def row(self, number: int) -> Delivery:
        with reading(self.database) as session:
            return session.get_one(Delivery, number)

    def webhook(self, name: str) -> Webhook:
        with reading(self.database) as session:
            return session.get_one(Webhook, name)

    def soon(self, number: int) -> None:
        """As if its pause were over."""
        with transaction(self.database) as session:
            session.get_one(Delivery, number).leased_until = datetime.now(UTC) - timedelta(seconds=1)

    def due(self) -> list[int]:
        with reading(self.database) as session:
            return [each.delivery for each in hooks.waiting(session, datetime.now(UTC))]


@contextmanager
def receiver(authority: Authority, *names: str) -> Iterator[tuple[Receiver, int]]:
    """(one behind TLS under these names, its port)."""
    with serving(Receiver(), authority.issue(*(names or (NAME, "127.0.0.1")))) as stub:
        assert isinstance(stub, Receiver)
        yield stub, int(stub.url.rpartition(":")[2])


def signed(event: Any, body: bytes, stamp: str, secret: bytes) -> str:
    """The signature that there should be."""
    at = datetime.fromtimestamp(int(stamp), UTC)
    return hook_message.headers(event, body, at, [secret])["webhook-signature"]
