"""What a family of access controllers must tell us, and the values in which it tells it.

Theory of operation. A guest's browser arrives at /in/<family>/<client-key> with whatever its gateway wrote into the query;
`arrival` reads it for a gateway that our own records name, and never takes a target from it that those records do not
allow. `let_in` describes how the guest gets in: the browser goes somewhere (Browse), we send a RADIUS order (Change), we
call the controller's API (Calls), or the gateway collects it (Poll). The road asks `attributes` for what an Access-Accept
says of a plan, and `redirect` for how a station without a grant is sent to the portal. Orders in mid-session come from
`limit` and `disconnect`. Everything is a description: families are pure, and others carry out what they say.

Never trusts a query, never builds a URL to a host that is not registered, never opens a socket.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from radius.secret import Secret  # noqa: TC001  a field of frozen values that are pickled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.plan import Plan, Remaining

Query = "Mapping[str, Sequence[str]]"  # every value of every key, in order, decoded once
Attributes = tuple[tuple[str, str | int], ...]  # dictionary names with values, in order; a name may be there twice
Words = tuple[tuple[str, str], ...]  # name and value, as a form or a query repeats them


class Means(Enum):
    """Who carries out a description."""

    BROWSER = "browser"
    RADIUS = "radius"
    HTTP = "http"
    POLL = "poll"
    NONE = "none"


class Bound(Enum):
    """What a gateway can hold a guest to by itself; what is missing is left out and named in the plan simulator."""

    TIME = "time"
    IDLE = "idle"
    RATE = "rate"
    DATA = "data"


class State(Enum):
    """What the gateway says of the guest that it sends."""

    NOT_YET = "notyet"
    FAILED = "failed"  # our credentials were refused by the gateway
    ALREADY = "already"
    SUCCESS = "success"
    LOGGED_OFF = "logoff"


class Misfit(Enum):
    """Why a query is no arrival; the value is its line of documentation."""

    MISSING = "A parameter that this family always sends is absent."
    MALFORMED = "A parameter is not what its name says (an address, a MAC, a number), or longer than it can be."
    FORGED = "The gateway's signature over the query does not fit its secret."
    FOREIGN = "The query names another gateway, or a target that is not registered for this one."
    UNREADABLE = "The query is encrypted and does not open with the gateway's key."
    STALE = "The query or its token is too old."


@dataclass(frozen=True, slots=True)
class Options:
    """`[client.options]`: what a family needs to know beyond RADIUS. "" and None mean the family's own default."""

    uam_secret: Secret | None = None
    fas_key: Secret | None = None
    api_secret: Secret | None = None
    fas_level: int = 3
    login_url: str = ""  # origin at which guests' browsers reach the gateway's login: "http://10.1.0.1:3990"
    api_url: str = ""
    api_user: str = ""
    api_ca: str = ""  # PEM file of the authority that the API's certificate is checked against; "": the system's
    site: str = ""  # the controller's own name or id of its site
    swap_octets: bool = False  # the NAS counts Input and Output from its own side
    mac_format: str = ""  # an example of the form wanted: "AA-BB-CC-DD-EE-FF", "aabbccddeeff"
    time_unit: str = ""  # s, ms, us
    bytes_unit: str = ""  # B, kB, MB
    role: str = ""  # the role, group policy or ACL of a guest who is in
    portal_acl: str = ""  # the ACL that lets a waiting guest reach the portal
    guest_networks: tuple[str, ...] = ()  # prefixes of guests' addresses where we see them un-NATed (RFC 8908)


@dataclass(frozen=True, slots=True)
class Gateway:
    """One `[[client]]` as its family sees it: from our records, never from a query."""

    name: str
    family: str
    key: str  # 16 characters: its path /in/<family>/<key>
    portal: str  # origin of the guest app: "https://wifi.city.example"
    address: str = ""  # literal, where the client has exactly one; else ""
    coa_port: int = 3799
    options: Options = field(default_factory=Options)

    @property
    def entrance(self) -> str:
        """Where this gateway sends its guests."""
        return f"{self.portal}/in/{self.family}/{self.key}"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A guest at the portal, as far as the gateway's redirect says. Everything but `station` may be "" or empty."""

    station: str  # AA-BB-CC-DD-EE-FF; "" where the family does not say it
    access_point: str = ""  # the radio's or access point's MAC, AA-BB-CC-DD-EE-FF
    ssid: str = ""
    address: str = ""  # the guest's IP address in its own network
    destination: str = ""  # where the guest wanted to go: http or https, else ""
    session: str = ""  # the NAS's own name of the session (Acct-Session-Id, audit-session-id, rhid)
    challenge: str = ""
    state: State = State.NOT_YET
    reason: str = ""  # the gateway's own word for a failure
    proven: bool = False  # signed or sealed by the gateway or by us
    words: Words = ()  # what `let_in` must repeat to the gateway
    back: str = ""  # our page to which the gateway sends the browser afterwards; the guest app's own, never a query's


class Login(NamedTuple):
    """One-time credentials for the NAS's RADIUS request: never the guest's own (decisions-portal, issue 3)."""

    name: str
    password: str


class Browse(NamedTuple):
    """The guest's browser goes to the gateway: a redirect for GET, a form with one button for POST."""

    method: str  # GET or POST
    url: str
    fields: Words = ()  # of the form; a GET has them in its URL already


class Change(NamedTuple):
    """A RADIUS order (RFC 5176)."""

    disconnect: bool  # Disconnect-Request; else CoA-Request
    attributes: Attributes
    port: int | None = None  # None: the client's `coa_port`


class Request(NamedTuple):
    """One HTTP request; `body` is sent as JSON where it is a mapping, as a form where it is Words, and as it is where it is octets."""

    method: str
    url: str
    headers: Words = ()
    body: Mapping[str, Any] | Words | bytes | None = None


class Response(NamedTuple):
    """What came back: status 0 where nothing did, with the reason in words as its body. Header names in lower case; cookies
    are kept by who carries it out.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outcome(NamedTuple):
    """What became of a conversation with a controller, in words for the order's record."""

    done: bool
    text: str
    again: bool = False  # not done now, and worth another try: nothing answered, or the controller has trouble of its own


Conversation = "Generator[Request, Response, Outcome]"  # yields requests, is sent their responses, returns how it ended


class Calls(NamedTuple):
    """A conversation with the controller's API; `begin()` makes a new one for each try."""

    begin: Any  # Callable[[], Conversation]


class Poll(NamedTuple):
    """The gateway collects it: `record` is what its next poll is answered with."""

    record: str


class Refused(NamedTuple):
    """It cannot be done, and why, in words for staff."""

    why: str


Way = Browse | Change | Calls | Poll | Refused


class Target(NamedTuple):
    """Whom an order means: what the NAS has said of the station so far; "" and b"" where it has not."""

    station: str = ""  # AA-BB-CC-DD-EE-FF
    user_name: bytes = b""
    acct_session_id: str = ""
    session: str = ""  # Arrival.session: audit-session-id, rhid
    nas_identifier: str = ""
    nas_address: str = ""
    nas_port: int | None = None
    address: str = ""  # the guest's IP address
    access_point: str = ""
    ssid: str = ""
    words: Words = ()
    used_seconds: int = 0  # of this session so far: many a NAS counts new limits from the session's start
    used_octets: int = 0


class Asked(NamedTuple):
    """What a RADIUS Access-Request says of the station: what `redirect` may put into the URL it hands out."""

    station: str  # AA-BB-CC-DD-EE-FF
    access_point: str = ""
    ssid: str = ""
    session: str = ""  # Cisco-AVPair audit-session-id=
    nas_address: str = ""
    nas_port: int | None = None


class Family:
    """The defaults: RFC 2865 and 5176 alone. A family overrides what it does otherwise."""

    name: ClassVar[str] = "generic"
    grants: ClassVar[Means] = Means.NONE  # how a guest is let in
    ends: ClassVar[Means] = Means.RADIUS  # how a session is ended
    limits: ClassVar[Means] = Means.NONE  # how limits change in mid-session
    posts: ClassVar[bool] = False  # whether the guest's browser sends the gateway a form (Browse by POST)
    radius: ClassVar[bool] = True  # whether it speaks RADIUS at all
    holds: ClassVar[frozenset[Bound]] = frozenset({Bound.TIME, Bound.IDLE})
    port: ClassVar[int] = 3799  # of Disconnect and CoA, where the client does not say
    needs: ClassVar[frozenset[str]] = frozenset()  # names of Options without which it cannot work
    names: ClassVar[bool] = False  # whether it can write the station and its session into DHCP's option 114 (RFC 8910)

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """What the redirect's query says; `now` in seconds since 1970."""
        raise NotImplementedError

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """How this guest gets in; `login` is for families whose NAS asks us by RADIUS."""
        raise NotImplementedError

    def origins(self, gateway: Gateway) -> tuple[str, ...]:
        """The origins that a form on our page may be sent to (CSP form-action): registered ones only."""
        raise NotImplementedError

    def reaches(self, arrival: Arrival, gateway: Gateway) -> tuple[str, ...]:
        """The origins that `let_in` may send this guest's browser to: `origins`, and what a signed query adds to them."""
        return self.origins(gateway)

    def afresh(self, gateway: Gateway) -> str:
        """Where a browser is sent for a redirect like a new guest's; "" where this family knows no such place, or none is registered."""
        return ""

    def lacks(self, options: Options) -> str:
        """What `[client.options]` must still say for this family to work, in words for staff; "" where nothing."""
        return ", ".join(name for name in sorted(self.needs) if not getattr(options, name))

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """What an Access-Accept says of the plan. Never a 0, never a limit that the family cannot hold."""
        raise NotImplementedError

    def redirect(self, url: str, asked: Asked, gateway: Gateway) -> Attributes | None:
        """The Accept that sends a station to `url`; None where a Reject makes the NAS send it by itself."""
        return None

    def station(self, mac: str, gateway: Gateway) -> str:
        """AA-BB-CC-DD-EE-FF in the form that this family's NAS wants in orders."""
        raise NotImplementedError

    def limit(self, target: Target, plan: Plan, left: Remaining, gateway: Gateway) -> Way:
        """New limits in mid-session."""
        return Refused("this family takes no new limits in mid-session")

    def disconnect(self, target: Target, gateway: Gateway) -> Way:
        """End the session."""
        raise NotImplementedError
