"""What the staff's pages of plans ask of the network's own code: what typed values mean, which gateways a plan meets, who holds it.

Handed to the pages as `Desk.tools`, and by `proxeny check` said in lines (proxeny/simulator.py). Never writes anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from proxeny import doors, portal_checks, portal_rows, simulator
from proxeny.entry import Entry, Report
from radius.nas import FAMILIES
from radius.nas.family import Means

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxeny.network import Network
    from radius.nas.plan import Plan


def tools(network: Callable[[], Network | None]) -> dict[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    return {
        "plan": plan,
        "plan_held": held,
        "plan_meets": lambda name: meets(network(), name),
        "told_by": lambda of: told_by(network(), of),
    }


def plan(fields: Mapping[str, Any]) -> Plan | list[tuple[str, str]]:
    """An entry as the network file has it, as the road reads it; or what is wrong: (key, words)."""
    report = Report("", "")
    entry = Entry(report, ("plan", 0), {key: value for key, value in fields.items() if value is not None})
    row = portal_rows.plan(entry)
    entry.done()
    if report.faults:
        return [(fault.key.partition(": ")[2], f"{fault.what}. {fault.remedy}".rstrip(". ") + ".") for fault in report.faults]
    return doors.plan(row)


def held(plan: Plan, family: str) -> dict[str, Any]:
    """Limits, key and value, by who holds them (`gateway`, `ours`, `loose`); how late we are; how the gateway hears of changes."""
    spoken = FAMILIES[family]
    late = simulator.delay(plan, spoken)
    reports = spoken.radius or spoken.ends is Means.POLL
    ways = {"limits": spoken.limits.value, "ends": spoken.ends.value}
    return {"family": family, **simulator.holders(plan, spoken), "seconds": late.seconds, "octets": late.octets, "reports": reports, **ways}


def meets(network: Network | None, name: str) -> dict[str, tuple[str, ...]]:
    """Families whose guests can come under this plan, with their gateways."""
    if network is None:
        return {}
    return {each.family: each.clients for each in simulator.simulated(network, portal_checks.portal_of) if each.plan == name}


def told_by(network: Network | None, clients: Mapping[str, int]) -> tuple[int, int]:
    """Of so many sessions at each gateway: how many can be told of new limits while they last, and how many cannot."""
    rows: Mapping[str, Any] = network.rows["client"] if network is not None else {}
    families = {name: FAMILIES.get(getattr(rows.get(name), "nas", "")) for name in clients}
    able = sum(count for name, count in clients.items() if (family := families[name]) is not None and family.limits is not Means.NONE)
    return able, sum(clients.values()) - able
