"""CoovaChilli (and what speaks its UAM): a signed redirect, a logon by GET, limits and ends by RADIUS.

Theory of operation. Chilli sends the guest with `res`, `challenge`, `mac`, `called` and, where it has a uamsecret, `md`,
a signature over the whole URL before it. We send the browser to /logon with a response over the challenge; chilli asks
us by RADIUS and comes back with `res=success`. Where neither `login_url` is registered nor the query is signed, no URL
is safe to send a guest to, and a CoA with CoovaChilli-Session-State lets the waiting client in instead (chilli with
`macauth` and `coaport`; read in its source, not yet seen on a device).

Never takes `uamip` from a query that its secret did not sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from radius.nas import amounts, uam
from radius.nas.family import Arrival, Attributes, Bound, Browse, Change, Means, Misfit, Refused, State
from radius.nas.generic import Generic, filled, nas, user
from radius.nas.mac import read
from radius.nas.query import LONGEST_URL, RAW, address, destination, one, origin, parse, url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway, Login, Target, Way
    from radius.nas.plan import Plan, Remaining

_STATES: Final = {
    "success": State.SUCCESS,
    "already": State.ALREADY,
    "failed": State.FAILED,
    "logoff": State.LOGGED_OFF,
}  # notyet, splash, challenge and whatever else: the guest is not in
_PORT: Final = 3990
_AUTHORIZED: Final = 1  # CoovaChilli-Session-State


class Coova(Generic):
    """CoovaChilli 1.3 and newer."""

    name: ClassVar[str] = "coova"
    grants: ClassVar[Means] = Means.BROWSER
    limits: ClassVar[Means] = Means.RADIUS
    holds: ClassVar[frozenset[Bound]] = frozenset(Bound)
    names: ClassVar[bool] = True  # from 1.9 on

    def arrival(self, query: Mapping[str, Sequence[str]], gateway: Gateway, now: float) -> Arrival | Misfit:
        """`md` is demanded wherever the gateway has a `uam_secret`."""
        come, query = _unnested(query, gateway)
        secret = gateway.options.uam_secret
        if secret is not None and not uam.signed(come, secret):
            return Misfit.FORGED
        if not one(query, "mac"):
            return Misfit.MISSING
        challenge = one(query, "challenge")
        login = _login(query) if secret is not None else ""
        if not (station := read(one(query, "mac"))) or login is None or (challenge and not _fits(challenge)):
            return Misfit.MALFORMED
        return Arrival(
            station=station,
            access_point=read(one(query, "called")),
            ssid=one(query, "ssid", 32),
            address=address(one(query, "ip")),
            destination=destination(one(query, "userurl", LONGEST_URL)),
            session=one(query, "sessionid", 64),
            challenge=challenge,
            state=_STATES.get(one(query, "res"), State.NOT_YET),
            reason=one(query, "reason", 32),
            proven=secret is not None,
            words=(("login", login),) if login else (),
        )

    def let_in(self, arrival: Arrival, gateway: Gateway, login: Login, plan: Plan, left: Remaining) -> Way:
        """GET /logon with a CHAP response; in clear where chilli gave no challenge; by CoA where no login is known."""
        if not (where := _where(arrival, gateway)):
            return self._authorized(arrival, gateway, plan, left)
        secret = gateway.options.uam_secret
        words = [("username", login.name)]
        if arrival.challenge:
            mixed = uam.challenge(arrival.challenge, secret)
            words.append(("response", uam.chap(login.password.encode(), mixed)))
        else:
            words.append(("password", login.password))
        if back := arrival.back or arrival.destination:
            words.append(("userurl", back))
        return Browse("GET", url(f"{where}/logon", words))

    def reaches(self, arrival: Arrival, gateway: Gateway) -> tuple[str, ...]:
        """The registered login, else the one that was signed."""
        where = _where(arrival, gateway)
        return (where,) if where else ()

    def afresh(self, gateway: Gateway) -> str:
        """/prelogin makes a new challenge and redirects as ever."""
        registered = origin(gateway.options.login_url)
        return f"{registered}/prelogin" if registered else ""

    def attributes(self, plan: Plan, left: Remaining, gateway: Gateway) -> Attributes:
        """Everything: time, idleness, octets with their Gigawords, kbit/s."""
        return (
            *super().attributes(plan, left, gateway),
            *amounts.octets(left.octets, "ChilliSpot-Max-Total-Octets", "ChilliSpot-Max-Total-Gigawords"),
            *amounts.rate(plan.up, "ChilliSpot-Bandwidth-Max-Up", 1000),
            *amounts.rate(plan.down, "ChilliSpot-Bandwidth-Max-Down", 1000),
        )

    def limit(self, target: Target, plan: Plan, left: Remaining, gateway: Gateway) -> Way:
        """A CoA; chilli counts both time and octets from the session's start, so what was used is added."""
        named = self.session(target, gateway)
        if not named:
            return Refused("CoovaChilli finds a session by its User-Name, which is not known")
        return Change(disconnect=False, attributes=(*nas(target), *named, *self.attributes(plan, amounts.whole(left, target), gateway)))

    def session(self, target: Target, gateway: Gateway) -> Attributes:
        """User-Name, which chilli demands, and Acct-Session-Id where it is known; nothing else."""
        name = user(target) or self.station(target.station, gateway)
        return filled(("User-Name", name), ("Acct-Session-Id", target.acct_session_id)) if name else ()

    def _authorized(self, arrival: Arrival, gateway: Gateway, plan: Plan, left: Remaining) -> Way:
        if not arrival.session:
            return Refused("neither `login_url` nor `uam_secret` is declared for this gateway, so there is no login to go to")
        named = filled(("User-Name", self.station(arrival.station, gateway)), ("Acct-Session-Id", arrival.session))
        state = (("CoovaChilli-Session-State", _AUTHORIZED),)
        return Change(disconnect=False, attributes=(*named, *state, *self.attributes(plan, left, gateway)))


def _unnested(query: Mapping[str, Sequence[str]], gateway: Gateway) -> tuple[str, Mapping[str, Sequence[str]]]:
    """(the URL as chilli made it, its query); with a uamhomepage the whole URL comes inside `loginurl`."""
    nested = one(query, "loginurl", LONGEST_URL * 2)
    begin = gateway.entrance + "?"
    if nested and "res" not in query:
        return (nested, parse(nested.removeprefix(begin))) if nested.startswith(begin) else ("", {})
    return begin + next(iter(query.get(RAW, ())), ""), query


def _login(query: Mapping[str, Sequence[str]]) -> str | None:
    """The origin that `uamip` and `uamport` say; "" where they say none, None where they say nonsense."""
    host, port = one(query, "uamip"), one(query, "uamport") or str(_PORT)
    if not host:
        return ""
    literal = address(host)
    return origin(f"http://{f'[{literal}]' if ':' in literal else literal}:{port}") or None if literal else None


def _where(arrival: Arrival, gateway: Gateway) -> str:
    registered = origin(gateway.options.login_url)
    return registered or (origin(dict(arrival.words).get("login", "")) if arrival.proven else "")


def _fits(challenge: str) -> bool:
    try:
        return bool(uam.challenge(challenge, None))
    except ValueError:
        return False
