"""What openNDS gateways themselves ask of us: authmon's polls at /in/opennds/<key>, and their agent's reports.

Authmon proves itself by the path's key and the gatewayhash, and is told proofs only, no address. The agent proves that it
knows `fas_key`, over every octet and the time. Never answers either with a page.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, abort, g, make_response, request

from portal.capabilities import Capability
from portal.cases import kicks, reported
from portal.cases.collected import Gate, acknowledged, collect, forget
from portal.guard import open_to
from portal.kit import kit
from portal.words import date
from portal.writing import writing
from radius.nas import authmon
from radius.nas.authmon import Ask
from radius.nas.family import Misfit

if TYPE_CHECKING:
    from datetime import datetime

    from portal.doors import Door
    from store.entries import Entry

blueprint = Blueprint("gateways", __name__)
FAMILY: Final = "opennds"
LONGEST_REPORT: Final = 4 << 20  # octets: some thousands of guests
SKEW: Final = 600  # seconds that a gateway's clock may be wrong


def polls(door: Door) -> bool:
    """Whether this request is a gateway's own poll, and not a guest."""
    return door.gateway.family == FAMILY and "auth_get" in request.values


def poll(door: Door) -> Response:
    """Authmon's answer."""
    message = authmon.parse({name: request.values.getlist(name) for name in request.values})
    if isinstance(message, Misfit):
        g.why = message.name
        return _plain("", 400)
    tools = kit()
    now = date(tools.now())
    gate = Gate(door, tools.families[FAMILY], tools.privacy, message.gatewayhash, g.doors.timezone)
    with writing() as session:
        if message.ask is Ask.DEAUTHED:
            tools.count(session, _ended(gate, message.text, now))
        elif message.told:
            if entries := acknowledged(session, gate, message.acknowledged, now):
                tools.count(session, entries)
        elif message.ask in {Ask.VIEW, Ask.LIST}:
            return _plain(authmon.answer(collect(session, gate, now)))
        elif message.ask is Ask.CLEAR:
            forget(session, gate, now)
    return _plain(authmon.ACKNOWLEDGED)


def _ended(gate: Gate, text: str, now: datetime) -> list[Entry]:
    told, key = authmon.deauthed(text), gate.door.gateway.options.fas_key
    entry = reported.ended(gate.door, key, told, now) if key is not None and not isinstance(told, Misfit) else None
    if entry is None:
        g.why = "a deauthed guest whom it does not name"
    return [entry] if entry is not None else []


@blueprint.post(f"/in/{FAMILY}/<key>/usage")
@open_to(Capability.GATEWAY)
def usage(key: str) -> Response:
    """The agent's report; it is answered with whom to put out."""
    tools, now = kit(), kit().now()
    request.max_content_length = LONGEST_REPORT
    door = g.doors.find(FAMILY, key)
    body = request.get_data(cache=False)
    secret = door.gateway.options.fas_key if door is not None else None
    if door is None or secret is None or not _proven(secret.octets, body, request.args.get("proof", "")):
        abort(403)
    if (found := kicks.report(body)) is None or abs(found[0] - now) > SKEW:
        g.why = "not a report" if found is None else "the gateway's clock is wrong"
        return _plain("", 400)
    entries = reported.interim(door, secret, found[2], found[0], date(now))
    with writing() as session:
        kicks.settle(session, door, found[1], date(now))
        entries += reported.gone(session, tools.privacy, door, found[2], entries, date(now))
        if entries:
            tools.count(session, entries)
    with writing() as session:
        waiting = kicks.kicks(session, tools.privacy, door, tools.families[FAMILY], date(now))
    return _plain("".join(f"deauth {each.station} {each.order}\n" for each in waiting))


def _proven(key: bytes, body: bytes, said: str) -> bool:
    """sha256 of the key and of sha256 of the key and the body: what a shell with `sha256sum` alone can make."""
    inner = sha256(key + body).hexdigest()
    return hmac.compare_digest(sha256(key + inner.encode()).hexdigest().encode(), said.lower().encode("utf-8", "replace"))


def _plain(text: str, status: int = 200) -> Response:
    answer = make_response(text, status)
    answer.mimetype = "text/plain"
    return answer
