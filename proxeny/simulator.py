"""The plan simulator: of each family that a plan meets, what its gateways enforce, what we do, and what is left out.

A gateway that holds a limit by itself does so to the second or octet. Where it cannot, we end the session when its own
reports say that the limit is reached, if it reports and can be told: as late as its reports are apart. What neither does is
left out, and named. Values only: never promises for a family what radius/nas does not say of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from proxeny.measures import with_unit
from radius.nas import FAMILIES
from radius.nas.family import Bound, Means
from radius.nas.generic import INTERIM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from proxeny.network import Client, Network, Portal
    from proxeny.network import Plan as Row
    from radius.nas.family import Family
    from radius.nas.plan import Plan

HELD: Final = {  # of [[plan]]: what a gateway or we hold a guest to, and what kind of limit it is
    "session": Bound.TIME,
    "day_time": Bound.TIME,
    "day_data": Bound.DATA,
    "month_data": Bound.DATA,
    "up": Bound.RATE,
    "down": Bound.RATE,
    "idle": Bound.IDLE,
}
_COUNTED: Final = frozenset({Bound.TIME, Bound.DATA})  # what accounting tells us, so that we can end what passes it
_SHOWN: Final = 3  # clients named
POSTS: Final = 30  # seconds between two of openNDS's agent's reports of use (config/gateways/opennds), which sends no RADIUS


@dataclass(frozen=True, slots=True)
class Simulation:
    """One plan at the gateways of one family."""

    family: str
    plan: str
    clients: tuple[str, ...]
    gateway: tuple[str, ...] = ()  # "session 2h": held by the gateway
    ours: tuple[str, ...] = ()  # ended by us, once the gateway's reports show it
    loose: tuple[str, ...] = ()  # left out

    def __str__(self) -> str:
        parts = [("the gateway holds", self.gateway), ("we end", self.ours), ("left out", self.loose)]
        words = "; ".join(f"{who} {', '.join(what)}" for who, what in parts if what) or "no limit to hold"
        return f'Plan "{self.plan}" at {self.family} ({some(self.clients)}): {words}'


def simulated(network: Network, portal_of: Callable[[Client, Network], Portal | None]) -> Iterator[Simulation]:
    """Every plan that guests of a family's gateways can come under, in the order of the names."""
    met: dict[tuple[str, str], list[str]] = {}
    for client in network.of("client"):
        portal = portal_of(client, network) if _brings_guests(client, network) else None
        for name in sorted({portal.plan, *portal.plans.values()}) if portal else ():
            met.setdefault((client.nas if client.nas in FAMILIES else "generic", name), []).append(client.name)
    for (nas, name), clients in sorted(met.items()):
        plan = network.rows["plan"].get(name)
        if plan is not None:
            yield simulate(plan, FAMILIES[nas], tuple(clients))  # type: ignore[arg-type]  # rows are typed by section


def _brings_guests(client: Client, network: Network) -> bool:
    """A generic NAS is often eduroam's alone: it counts where its site names a portal."""
    known = client.nas in FAMILIES and client.nas != "generic"
    return known or getattr(network.rows["site"].get(client.site or ""), "portal", None) is not None


def simulate(plan: Plan | Row, family: Family, clients: tuple[str, ...]) -> Simulation:
    """One plan, one family."""
    told = {who: tuple(f"{key} {with_unit(key, value)}" for key, value in held) for who, held in holders(plan, family).items()}
    return Simulation(family.name, plan.name, clients, **told)


def holders(plan: Plan | Row, family: Family) -> dict[str, tuple[tuple[str, int], ...]]:
    """The plan's limits, key and value, by who holds them: `gateway`, `ours`, `loose`."""
    kinds: dict[str, list[tuple[str, int]]] = {"gateway": [], "ours": [], "loose": []}
    for key, bound in HELD.items():
        if (value := getattr(plan, key)) is not None:
            kinds[_holder(bound, family)].append((key, value))
    return {who: tuple(held) for who, held in kinds.items()}


class Delay(NamedTuple):
    """How late we are where a gateway does not hold a limit itself, or where several devices share one."""

    seconds: int  # between two of its reports
    octets: int | None  # that one device can use in between; None where nothing holds its rate


def delay(plan: Plan | Row, family: Family) -> Delay:
    """Of this family under this plan: at most the time between two reports, and what fits into it."""
    seconds = INTERIM if family.radius else POSTS
    rates = [plan.up, plan.down]
    held = Bound.RATE in family.holds and None not in rates
    return Delay(seconds, sum(rate or 0 for rate in rates) * seconds // 8 if held else None)


def _holder(bound: Bound, family: Family) -> str:
    if bound in family.holds:
        return "gateway"
    reports = family.radius or family.ends is Means.POLL  # openNDS's agent posts what its guests used
    return "ours" if bound in _COUNTED and reports and family.ends is not Means.NONE else "loose"


def some(names: tuple[str, ...]) -> str:
    """The first few names, and how many more."""
    rest = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")
