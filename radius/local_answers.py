"""What a local login is answered with: an Accept that says the plan, an Accept that leads to the portal, or a Reject.

The family turns plan and remainder into attributes; the operator's reply rules have the last word on them, as they have
on a home's. Class carries the grant, so that accounting names it. Of the identity nothing is repeated: a token's name is
spent, a station's address the client knows. Never sends a secret, and never an attribute that was cut to fit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import forward
from radius.actions import Reason, Record
from radius.message import Code, Type
from radius.nas import FAMILIES
from radius.nas.asked import ROAD, pack
from radius.nas.family import Family, Gateway
from radius.nas.generic import Generic
from radius.nas.tokens import Tokens
from radius.station import asked
from radius.wire import LONGEST, attribute

if TYPE_CHECKING:
    from collections.abc import Callable

    from radius.actions import Actions
    from radius.duplicates import Duplicates
    from radius.exchange import Exchange
    from radius.grants import LiveGrant
    from radius.nas.family import Attributes
    from radius.nas.plan import Plan, Remaining
    from radius.refusals import Refusals
    from radius.tables import Client, Tables

LONGEST_SESSION: Final = 31 * 86_400  # seconds: what lasts longer is asked for again
_BOUNDED: Final = frozenset(("Session-Timeout", "Idle-Timeout"))
_GENERIC: Final = Generic()
_ACCEPT: Final = int(Code.ACCESS_ACCEPT)
_CLASS: Final = int(Type.CLASS)
_ROOM: Final = LONGEST - 38  # beside the header and Message-Authenticator


class Answers:
    """Ends local logins."""

    tables: Tables  # swapped with the network

    def __init__(self, duplicates: Duplicates, refusals: Refusals, entropy: Callable[[int], bytes], counts: dict[str, int]) -> None:
        self._entropy = entropy
        self._tokens: Tokens | None = None
        self._duplicates = duplicates
        self._refusals = refusals
        self._counts = counts

    def adopt(self, tables: Tables) -> None:
        """A new version of the network."""
        self.tables = tables
        self._tokens = Tokens(tables.visit_key, self._entropy) if tables.visit_key else None

    def admit(self, exchange: Exchange, grant: LiveGrant, plan: Plan, left: Remaining, now: float) -> Actions:
        """An Accept that says the plan and what is left of it; Class is "g." and the grant."""
        client = exchange.client
        said = _family(client).attributes(plan, left, _gateway(client))
        attributes = self._written(said, exact=False) or []
        attributes.append(attribute(_CLASS, b"g." + grant.id.encode()))
        return self._answer(exchange, attributes, now)

    def to_portal(self, exchange: Exchange, reason: Reason, now: float, moment: float, words: str) -> Actions:
        """The family's Accept that leads to the portal; a Reject where that is how its NAS is told to lead there itself."""
        attributes = self._led(exchange, moment)
        if attributes is None:
            return self.refuse(exchange, reason, now, words)
        return self._answer(exchange, attributes, now, reason)

    def refuse(self, exchange: Exchange, reason: Reason, now: float, words: str = "") -> Actions:
        """A Reject; the time until now was ours."""
        exchange.conversation.own = now - exchange.began
        return self._refusals.refuse(exchange, reason, now, words)

    def _led(self, exchange: Exchange, moment: float) -> list[bytes] | None:
        """The attributes that lead to the portal, `moment` in seconds since 1970; None where there is no such way.

        The SSID is left out where the URL would not fit with it: the portal can do without.
        """
        client, tokens = exchange.client, self._tokens
        family, gateway = _family(client), client.gateway
        if tokens is None or gateway is None or not gateway.portal or family.__class__.redirect is Family.redirect:
            return None
        whole = asked(exchange)
        origin = exchange.key[0]
        for said in (whole, whole._replace(ssid="")) if whole.ssid else (whole,):
            token = tokens.seal(ROAD, pack(said, _text(origin.peer), _text(origin.local)), moment)
            named = family.redirect(f"{gateway.entrance}?v={token}", said, gateway)
            attributes = None if named is None else self._written(named, exact=True)
            if attributes is not None:
                return attributes
        self._counts[Reason.UNWRITABLE.name] += 1
        return None

    def _written(self, named: Attributes, *, exact: bool) -> list[bytes] | None:
        """In octets. What does not fit is left out and counted; None instead where all of it is needed."""
        written, out = self.tables.written, []
        for name, value in named:
            try:
                out.append(written(name, min(value, LONGEST_SESSION) if name in _BOUNDED and isinstance(value, int) else value))
            except ValueError:
                if exact:
                    return None
                self._counts[Reason.UNWRITABLE.name] += 1
        return out

    def _answer(self, exchange: Exchange, attributes: list[bytes], now: float, why_not: Reason | None = None) -> Actions:
        """An Accept; with `why_not` one that leads to the portal, and told as the refusal that it is to the guest."""
        talk = exchange.conversation
        ruled = self.tables.policy.plan(_ACCEPT, talk.route.realm, talk.place.site, talk.client, None).apply(attributes)
        if isinstance(ruled, Reason):
            return self.refuse(exchange, ruled, now)
        body = b"".join(ruled) + forward.proxy_states(exchange.request)
        if len(body) > _ROOM:
            return self.refuse(exchange, Reason.TOO_LONG, now)
        reply = forward.reply(exchange, _ACCEPT, body)
        verdict, reason = ("accept", "") if why_not is None else ("refused", why_not.name)
        self._counts[verdict] += 1
        if why_not is not None:
            self._counts[reason] += 1
            self._counts["to_portal"] += 1
        talk.own = now - exchange.began
        talk.note(exchange.request, self._counts)
        record = Record(talk.login(verdict, reason, now))
        self._duplicates.answered(exchange, reply.octets, now)
        return (reply, record)


def _family(client: Client) -> Family:
    return FAMILIES.get(client.nas, _GENERIC)


def _gateway(client: Client) -> Gateway:
    """The client as its family sees it, or as much of it as is known."""
    return client.gateway or Gateway(client.name, client.nas, "", "")


def _text(address: object) -> str:
    """ "address port" of a socket address, text as it is, "" for none."""
    return f"{address[0]} {address[1]}" if isinstance(address, tuple) else str(address or "")
