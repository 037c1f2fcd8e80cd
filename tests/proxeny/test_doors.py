"""proxeny.doors: a declared client as its family sees it."""

from __future__ import annotations

from dataclasses import fields

import pytest

from proxeny import doors
from proxeny.network import OPTION_SECRETS, Client, Plan
from proxeny.portal_rows import OPTIONS
from radius.nas import plan as road
from radius.nas.family import Options
from radius.secret import Secret

SECRET = Secret(b"0123456789abcdef")


def test_a_gateway_carries_what_was_declared() -> None:
    """Its name, key, port, address, options and their secrets; its entrance is below the portal's origin."""
    row = Client("box", ("192.0.2.1/32",), nas="coova", coa_port=3800, key="k" * 16, options={"site": "x"}, uam_secret=SECRET)
    gateway = doors.gateway(row, "https://wifi.city.example")
    assert f"https://wifi.city.example/in/coova/{'k' * 16}" == gateway.entrance
    assert ("box", "192.0.2.1", 3800, "x", SECRET) == (
        gateway.name,
        gateway.address,
        gateway.coa_port,
        gateway.options.site,
        gateway.options.uam_secret,
    )


@pytest.mark.parametrize(
    ("addresses", "address"),
    [(("192.0.2.0/24",), ""), (("192.0.2.1/32", "192.0.2.2/32"), ""), ((), ""), (("2001:db8::1/128",), "2001:db8::1"), (("nonsense",), "")],
)
def test_only_one_address_is_its_address(addresses: tuple[str, ...], address: str) -> None:
    """A prefix or a list names none."""
    assert address == doors.gateway(Client("box", addresses), "").address


def test_a_later_versions_options_are_passed_over() -> None:
    """An option that this version does not know changes nothing."""
    assert Options() == doors.gateway(Client("box", options={"warp_factor": 9}), "").options


def test_every_option_can_be_declared() -> None:
    """The network file has each option that families read, and no other."""
    assert {each.name for each in fields(Options)} == OPTIONS.keys() | set(OPTION_SECRETS)


def test_a_plan_is_the_same_on_the_road() -> None:
    """Number for number."""
    row = Plan("visitor", session=7_200, day_data=10**9, extend_times=2, extend_by=1_800)
    assert road.Plan("visitor", session=7_200, day_data=10**9, extend_times=2, extend_by=1_800) == doors.plan(row)
