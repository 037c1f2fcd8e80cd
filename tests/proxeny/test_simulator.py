"""proxeny.simulator: who holds a guest to what."""

from __future__ import annotations

from dataclasses import fields

from proxeny.network import Client, Network, Plan, Portal
from proxeny.portal_checks import portal_of
from proxeny.simulator import simulate, simulated
from radius.nas import FAMILIES
from radius.nas.family import Means

WHOLE = Plan("whole", session=7_200, day_time=3_600, day_data=10**9, month_data=10**10, up=2_000_000, down=10**7, idle=900)
LIMITS = {"session", "day_time", "day_data", "month_data", "up", "down", "idle"}


def named(words: tuple[str, ...]) -> set[str]:
    return {word.partition(" ")[0] for word in words}


def test_every_limit_is_someones() -> None:
    """In every family each limit is held by the gateway, ended by us, or named as left out: never two, never none."""
    for family in FAMILIES.values():
        told = simulate(WHOLE, family, ("c",))
        parts = [named(told.gateway), named(told.ours), named(told.loose)]
        assert set.union(*parts) == LIMITS
        assert len(LIMITS) == sum(map(len, parts))
        assert {bound.value for bound in family.holds} >= {"rate"} or {"up", "down"} <= parts[2]


def test_we_end_only_what_we_can() -> None:
    """A family whose sessions nobody can end, or that reports nothing, has nothing ended by us."""
    for family in FAMILIES.values():
        if family.ends is Means.NONE:
            assert () == simulate(WHOLE, family, ("c",)).ours


def test_a_plan_without_limits_has_nothing_to_hold() -> None:
    """It says so."""
    assert 'Plan "free" at coova (c): no limit to hold' == str(simulate(Plan("free"), FAMILIES["coova"], ("c",)))


def test_a_line_tells_all_of_it() -> None:
    """Amounts in the network file's own words; the first few gateways by name."""
    told = str(simulate(WHOLE, FAMILIES["meraki-signon"], ("a", "b", "c", "d", "e")))
    assert told == (
        'Plan "whole" at meraki-signon (a, b, c and 2 more): the gateway holds session 2h, day_time 1h, idle 15m; '
        "we end day_data 1 GB, month_data 10 GB; left out up 2 Mbit/s, down 10 Mbit/s"
    )


def test_every_plan_meets_the_families_of_its_gateways() -> None:
    """One line for each family and plan, gateways together; a generic NAS counts where its site names a portal."""
    network = Network()
    network.rows["plan"] |= {"whole": WHOLE, "free": Plan("free"), "unused": Plan("unused")}
    network.rows["portal"]["city"] = Portal("city", "whole", plans={"terms": "free"})
    network.rows["client"] |= {name: Client(name, nas=nas) for name, nas in (("a", "coova"), ("b", "coova"), ("wlc", "generic"))}
    assert [("coova", "free", ("a", "b")), ("coova", "whole", ("a", "b"))] == [
        (each.family, each.plan, each.clients) for each in simulated(network, portal_of)
    ]


def test_every_limit_of_a_plan_is_simulated() -> None:
    """A key that a plan gains later is not forgotten here: it is a limit, or known to be ours alone."""
    ours = {"name", "devices", "simultaneous", "extend_times", "extend_by"}
    assert LIMITS == {each.name for each in fields(Plan)} - ours
