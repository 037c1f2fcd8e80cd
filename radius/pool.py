"""Home servers: which one next, how each of them is, and the identifiers in use towards it.

Theory of operation. A Server is alive until an exchange waited three seconds while it said nothing valid to anyone;
then it is a zombie, chosen only where no other lives, and probed with Status-Server. Missed probes make it dead;
three good answers in a row bring it back. What it says to *any* realm counts, so that one silent realm never marks a
shared home. Only an answer whose authenticator fits is a sign of life; ICMP and forgeries are none.

A Lane is the identifiers towards one address: 256 for each shared upstream socket, taken least recently used first,
so an identifier is not used again early (RFC 5080, 2.2.2). Never sends: `engine` does, with what is returned here.
"""

from __future__ import annotations

from collections import deque
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from radius.actions import Link
from radius.message import Code
from radius.secret import Secret, md5

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from radius.exchange import Exchange
    from radius.tables import Home, Route

SOCKETS = 64  # of one source and family in a worker: 16,384 requests in flight to one home; not Final, for tests set fewer
QUARANTINE: Final = 30.0  # seconds before the identifier of an unanswered attempt is used again
TRIAL: Final = 10.0  # seconds before a home without Status-Server is tried with a live request


class Health(Enum):
    """How a home server is."""

    ALIVE = "alive"
    ZOMBIE = "zombie"  # silent: chosen only where none lives
    DEAD = "dead"
    REVIVING = "reviving"  # answers again, but not often enough yet


_ALIVE: Final = Health.ALIVE
_LIVING: Final = (Health.ALIVE, Health.REVIVING)
FALLEN: Final = (Health.ZOMBIE, Health.DEAD)


class Lane:
    """Identifiers towards one address and port, and what waits under each."""

    __slots__ = ("_free", "_quarantine", "address", "late", "links", "pending", "source")

    def __init__(self, address: tuple[str, int], source: str | None) -> None:
        self.address = address
        self.source = source
        self.pending: dict[int, Exchange | Probe] = {}  # slot (socket << 8 | identifier) -> what waits there
        self.late: dict[int, Overdue] = {}  # slots in quarantine
        self._free: deque[int] = deque()
        self._quarantine: deque[tuple[float, int]] = deque()
        self.links: list[Link] = []  # one for each socket in use

    def take(self, waiting: Exchange | Probe, now: float) -> int:
        """A slot for a request; -1 when 64 sockets' identifiers are all in use."""
        while self._quarantine and self._quarantine[0][0] <= now:
            slot = self._quarantine.popleft()[1]
            self.late.pop(slot, None)
            self._free.append(slot)
        if not self._free:
            socket = len(self.links)
            if socket == SOCKETS:
                return -1
            self._free.extend(range(socket << 8, socket + 1 << 8))
            self.links.append(Link(self.address, self.source, socket))
        slot = self._free.popleft()
        self.pending[slot] = waiting
        return slot

    def answered(self, slot: int) -> None:
        """The request under this slot had its answer."""
        if self.pending.pop(slot, None) is not None:
            self._free.append(slot)

    def idle(self, now: float) -> bool:
        """Whether nothing waits for an answer and no identifier rests."""
        return not self.pending and not (self._quarantine and self._quarantine[-1][0] > now)

    def give_up(self, slot: int, now: float) -> None:
        """No answer is waited for any more; one that still comes is known to be late."""
        waiting = self.pending.pop(slot, None)
        if waiting is not None and waiting.server is not None:
            asked = Code.STATUS_SERVER if isinstance(waiting, Probe) else waiting.request.code
            self.late[slot] = Overdue(waiting.server, asked, waiting.authenticator, waiting.server_secret)
            self._quarantine.append((now + QUARANTINE, slot))


class Probe:
    """A Status-Server in flight to a server (RFC 5997)."""

    __slots__ = ("authenticator", "lane", "sent_at", "server", "server_secret", "slot")

    def __init__(self, server: Server, lane: Lane, now: float) -> None:
        self.server = server
        self.lane = lane
        self.server_secret = server.home.secret
        self.slot = -1
        self.authenticator = b""
        self.sent_at = now


class Server:
    """One home server as this worker knows it."""

    __slots__ = (
        "acct_lane",
        "answers",
        "attends",
        "health",
        "heard",
        "home",
        "lane",
        "misses",
        "name",
        "probe",
        "probe_at",
        "retired",
        "trial",
    )

    def __init__(self, home: Home, lane: Lane, acct_lane: Lane) -> None:
        self.name = home.name
        self.home = home
        self.lane = lane
        self.acct_lane = acct_lane
        self.health = Health.ALIVE
        self.heard = float("-inf")  # when it last said anything valid, to anyone
        self.misses = 0
        self.answers = 0
        self.probe: Probe | None = None  # the one in flight
        self.probe_at: float | None = None  # when to send the next; None: no need
        self.attends = False  # whether it has ever answered a Status-Server: many that are said to do not
        self.trial: Exchange | None = None  # the live request that tries a home whose probes tell nothing
        self.retired = False  # no longer in the network; finishes what it began

    def choosable(self, now: float) -> bool:
        """Whether a home that is not alive may have a live request: one at a time where probes tell nothing."""
        if self.home.status_server and self.health is not Health.DEAD:
            return True
        if self.home.status_server and self.attends:
            return False
        return (self.trial is None or self.trial.over) and (self.probe_at is None or self.probe_at <= now)

    def silent(self, now: float) -> bool:
        """An exchange waited in vain and nobody else heard it either: a zombie. True where that is news."""
        if self.health is not Health.ALIVE:
            return False
        self.health, self.misses, self.answers = Health.ZOMBIE, 0, 0
        self.probe_at = now if self.home.status_server else now + TRIAL
        return True

    def missed(self, sent_at: float, now: float, jitter: float) -> bool:
        """A probe sent at `sent_at` stayed unanswered. True where that changes its health. `jitter` lies in 0..1."""
        if self.health is Health.ALIVE:
            return self.heard < sent_at and self.silent(now)
        timing, before = self.home.timing, self.health
        self.misses, self.answers = self.misses + 1, 0
        if self.misses >= timing.zombie_misses or before is Health.REVIVING:
            self.health = Health.DEAD
        pause = timing.dead_probe * (0.7 + 0.6 * jitter) if self.health is Health.DEAD else timing.zombie_probe
        self.probe_at = max(now, sent_at + pause) if self.home.status_server else now + TRIAL
        return self.health is not before

    def sign(self, now: float) -> bool:
        """It said something valid. True where that changes its health."""
        self.heard = now
        if self.health is Health.ALIVE:
            return False
        self.answers, self.misses = self.answers + 1, 0
        before = self.health
        timing = self.home.timing
        if self.health is Health.ZOMBIE or self.answers >= timing.revive_answers:
            self.health, self.probe_at = Health.ALIVE, None
        else:
            self.health = Health.REVIVING
            self.probe_at = now + (timing.revive_probe if self.home.status_server else 0.0)
        return before is not self.health


class Overdue(NamedTuple):
    """An attempt given up: what it takes to know its answer, should one still come.

    Below Server: a compiled NamedTuple evaluates its annotations.
    """

    server: Server
    asked: int  # its code
    authenticator: bytes
    secret: Secret  # the home's, as it was then
    came: bool = False  # its answer came once: the same octets again are no sign of life


class Pool:
    """All home servers of this worker."""

    def __init__(self) -> None:
        self.servers: dict[str, Server] = {}
        self.lanes: dict[tuple[tuple[str, int], str | None], Lane] = {}  # (home's address, our source) -> Lane
        self.unwell: dict[str, Server] = {}  # those not alive, by name: the only ones a tick has to look at

    def adopt(self, homes: Sequence[Home], now: float) -> None:
        """A new network: health is carried over by name and address; homes that left finish what they began.

        A home that is not alive and whose row changed is asked at once: what was wrong with it may be mended.
        """
        known = self.servers
        self.servers = {}
        for home in homes:
            lane = self._lane((home.address, home.port), home.source)
            acct_lane = self._lane((home.address, home.acct_port), home.source)
            server = known.get(home.name)
            if server is None or server.lane is not lane:
                server = Server(home, lane, acct_lane)
            if server.health is not _ALIVE and server.home != home:
                server.probe_at = now
            server.home, server.acct_lane = home, acct_lane
            self.servers[home.name] = server
        for name, server in known.items():
            server.retired = self.servers.get(name) is not server
        self.unwell = {name: server for name, server in self.servers.items() if server.health is not _ALIVE}
        self._sweep(now)

    def _lane(self, address: tuple[str, int], source: str | None) -> Lane:
        return self.lanes.setdefault((address, source), Lane(address, source))

    def listens(self, lane: Lane) -> bool:
        """Whether an answer on this lane would find it: one of a home that left may be swept, and its like be there since."""
        return self.lanes.get((lane.address, lane.source)) is lane

    def _sweep(self, now: float) -> None:
        """Lanes that no server of the network uses, nothing waits on and no identifier rests in: the home may come back."""
        used = {lane for server in self.servers.values() for lane in (server.lane, server.acct_lane)}
        for key in [key for key, lane in self.lanes.items() if lane not in used and lane.idle(now)]:
            del self.lanes[key]

    def choose(self, route: Route, station: bytes, held: str, tried: tuple[str, ...], now: float) -> Server | None:
        """The home for a request; `held` is the one that issued its State, `tried` were tried for this request.

        Alive before zombie, in the route's order; None where none can be asked.
        """
        servers = self.servers
        holder = servers.get(held) if held and held not in tried else None
        if holder is not None and holder.health in _LIVING:  # a conversation moves only when its home is a zombie or dead
            return holder
        spare = None
        for name in _by_rendezvous(route.homes, station) if route.balance else route.homes:
            server = servers.get(name)
            if server is None or name in tried:
                continue
            if server.health is _ALIVE:
                return server
            if spare is None and server.choosable(now):
                spare = server
        return spare

    def due(self, now: float) -> list[Server]:
        """Servers whose next Status-Server is due."""
        return [server for server in self._probed() if server.probe_at is not None and server.probe_at <= now]

    def next_probe(self) -> float | None:
        """When the next Status-Server is due."""
        return min((server.probe_at for server in self._probed() if server.probe_at is not None), default=None)

    def _probed(self) -> Iterator[Server]:
        return (server for server in self.unwell.values() if server.home.status_server and server.probe is None)


def _by_rendezvous(names: Sequence[str], station: bytes) -> Sequence[str]:
    """In an order of the station's own, over all of them: when one goes, only its stations move."""
    return sorted(names, key=lambda name: md5(station + name.encode()).digest())
