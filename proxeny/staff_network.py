"""What the staff app's network pages ask of the road's own code: where a realm goes, what a home says, what rules do.

Handed to the pages as `Desk.tools`. Answers are plain values, in the words that the network file and the verbs use. Never
changes anything: that is `Desk.change`'s part.
"""

from __future__ import annotations

from dataclasses import fields, replace
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from federation.hygiene import builtin_hygiene
from proxeny import control, snapshot, staff_rehearsal
from proxeny.faults import FaultyError
from proxeny.network import Client
from proxeny.verbs import route as routing
from radius.policy import builtins as rules
from store import network as store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

    from proxeny.network import Network, Rows
    from radius.policy import Rule
    from store.sealed import Seal

LONGEST: Final = 253  # octets of an identity (RFC 2865, 5.1 and RFC 7542, 2.1)


def tools(data_dir: Path, seal: Seal) -> Mapping[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    kept = Kept(seal)
    return {
        "route": kept.route,
        "rehearse": kept.rehearse,
        "ask": partial(ask, data_dir),
        "builtins": builtins,
        "hygiene": builtin_hygiene,
    }


class Kept:
    """The network as it was read last: read anew when its version is another."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._network: Network | None = None
        self._lock = Lock()

    def read(self, session: Session) -> Network:
        """The newest."""
        with self._lock:
            if self._network is None or self._network.version != store.version(session):
                self._network = _bare(snapshot.read(session, self._seal))
            return self._network

    def route(self, session: Session, identity: str, client: str = "") -> dict[str, Any]:
        """`realm rule action homes reason` as `proxeny route` says them, `told` in its words, and `strategy institution`."""
        network = self.read(session)
        if client and client not in network.rows["client"]:
            return {"error": "client"}
        found = routing.answer(network, identity.encode("utf-8", "surrogateescape")[: LONGEST + 1])
        row = network.rows["realm"].get(found["rule"])
        more = {name: getattr(row, name, "") for name in ("strategy", "institution", "accounting")}
        return {**found, **more, "written": row is not None, "told": routing.told(network, found)}

    def rehearse(self, session: Session, sample: Mapping[str, Any], policy: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the rules, this one among them, do to a packet: see `staff_rehearsal`."""
        return staff_rehearsal.rehearse(self.read(session), sample, policy)


def _bare(network: Network) -> Network:
    """Without a secret: no route and no rule depends on one, and what is not kept cannot be lost."""
    homes: Rows = {row.name: replace(row, secret=None) for row in network.of("home")}
    clients: Rows = {row.name: Client(row.name) for row in network.of("client")}
    return replace(network, rows={**network.rows, "home": homes, "client": clients}, proxy_tag=b"", device_key=b"", visit_key=b"")


def ask(data_dir: Path, identity: str, password: str, client: str = "", *, chap: bool = False) -> dict[str, Any]:
    """A real request through the running controller; {"error": words} where none could be sent."""
    question = {"verb": "ask", "identity": identity, "password": password, "client": client, "chap": chap}
    return _asked(data_dir, question)


def _asked(data_dir: Path, question: dict[str, Any]) -> dict[str, Any]:
    try:
        return control.ask(data_dir, question)
    except FaultyError as fault:
        return {"error": "; ".join(each.what for each in fault.faults)}


def builtins() -> tuple[dict[str, Any], ...]:
    """The built-in rules as entries of the network file."""
    return tuple(_entry(rule) for rule in rules())


def _entry(rule: Rule) -> dict[str, Any]:
    said = {each.name: _plain(getattr(rule, each.name)) for each in fields(rule)}
    return {name: value for name, value in said.items() if value not in ("", [], {}, False)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value
