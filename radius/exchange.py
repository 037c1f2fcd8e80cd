"""The life of one request from a client: begun, tried at one home or several, answered or given up.

An Exchange is also its own entry in the duplicates table: while `reply` is None it is in flight, afterwards it holds
the octets that a retransmission gets (RFC 5080, 2.2.2). A Conversation joins the exchanges of one login by State.
Holds state only: what happens next is decided in `engine`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from radius import eap
from radius.actions import Reason
from radius.records import Login
from radius.tables import Action, Place, Route

if TYPE_CHECKING:
    from collections.abc import Hashable

    from radius.actions import Origin
    from radius.message import Message
    from radius.pool import Lane, Server
    from radius.secret import Secret
    from radius.tables import Client

_DISTRUST: Final = Reason.CERTIFICATE_DISTRUSTED.name


class Exchange:
    """One request admitted, and what became of it."""

    __slots__ = (
        "asked", "attempt", "authenticator", "began", "client", "conversation", "copy", "key", "lane", "octets", "over",
        "reply", "request", "secret", "sent_at", "server", "server_secret", "slot", "tried",
    )  # fmt: skip

    def __init__(self, key: tuple[Origin, int], client: Client, secret: Secret, request: Message, began: float) -> None:
        self.key = key  # (origin, code and identifier)
        self.client = client  # as it was when the request came: a new network does not change an exchange
        self.secret = secret
        self.request: Message = request
        self.asked = request.octets[4:20]  # its authenticator outlives it, to know a retransmission by
        self.began = began
        self.reply: bytes | None = None  # what the client was answered
        self.over = False  # answered, dropped or superseded: timers let go of it
        self.copy = False  # an accounting record sent on beside our own answer: no client waits for this one
        self.conversation: Conversation = NOBODY
        # The attempt in flight.
        self.attempt = 0
        self.tried: tuple[str, ...] = ()
        self.server: Server | None = None
        self.server_secret: Secret = secret
        self.lane: Lane | None = None
        self.slot = -1
        self.authenticator = b""  # the Request Authenticator we sent to the home
        self.octets = b""
        self.sent_at = began

    def finish(self, reply: bytes | None) -> None:
        """Answered, or to be forgotten: what only a request in flight needs is let go."""
        self.reply = reply
        self.over = True
        self.octets = b""
        self.server = self.lane = None
        self.conversation = NOBODY

    def rest(self, now: float) -> None:
        """Nobody waits any more: the identifier in use rests before it is used again."""
        if self.lane is not None:
            self.lane.give_up(self.slot, now)
        self.conversation.busy = False
        self.finish(None)


class Conversation:
    """One login: the exchanges that State strings together."""

    __slots__ = (
        "acct_session_id", "began", "busy", "client", "distrust", "eap", "grant", "held", "nas_identifier", "over", "own", "peer", "place",
        "round_trips", "route", "state", "station", "tried", "user_name",
    )  # fmt: skip

    def __init__(self, client: str, peer: Hashable, user_name: bytes, station: bytes, route: Route, place: Place, began: float) -> None:
        self.client = client
        self.peer = peer
        self.user_name = user_name
        self.station = station
        self.route = route
        self.place = place
        self.began = began
        self.held = ""  # the home that holds the State, or was asked last
        self.tried: tuple[str, ...] = ()
        self.state: Hashable | None = None  # its latest Challenge's key in the table, (client, State)
        self.busy = False  # the round that this State asks for has come and is in flight
        self.round_trips = 1
        self.own = 0.0  # seconds that we ourselves cost: waiting on silent homes
        self.over = False  # told
        self.nas_identifier = self.acct_session_id = b""
        self.eap = False
        self.distrust = ""  # the Reason's name, where the device said that it distrusts the home's certificate
        self.grant = ""  # the grant that decided, where we did

    def note(self, request: Message, counts: dict[str, int]) -> None:
        """Keep of its latest request what its record will tell."""
        self.nas_identifier = request.value(32) or b""
        self.acct_session_id = request.value(44) or b""
        packet = request.value(79)
        self.eap = packet is not None
        if packet is not None and eap.distrusts(packet):
            self.distrust = _DISTRUST
            counts[_DISTRUST] += 1

    def login(self, verdict: str, reason: str, now: float, cui: bytes = b"") -> Login:
        """The record of a finished conversation: it is over."""
        self.over = True
        place, route, peer = self.place, self.route, self.peer
        return Login(
            self.began,
            now,
            self.client,
            peer[0] if isinstance(peer, tuple) else str(peer),
            place.access_point,
            place.bssid,
            place.ssid,
            place.site,
            self.user_name,
            route.realm,
            route.rule,
            self.station,
            self.nas_identifier,
            self.acct_session_id,
            self.held,
            self.tried,
            verdict,
            reason,
            self.round_trips,
            (now - self.began) * 1000,
            self.own * 1000,
            cui,
            self.eap,
            self.grant,
        )


NOBODY: Final = Conversation("", None, b"", b"", Route("", "", Action.REJECT), Place(), 0.0)  # of an exchange that is no login
