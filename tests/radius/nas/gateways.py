"""Gateways, plans and guests that the tests of the families share. Never a real controller's."""

from __future__ import annotations

from typing import Any

from radius.dictionary import load
from radius.nas.family import Attributes, Gateway, Login, Options
from radius.nas.plan import Plan, Remaining

NOW = 1_790_000_000.0
PORTAL = "https://wifi.city.example"
KEY = "k3y0f16character"
STATION = "AA-BB-CC-DD-EE-01"
LOGIN = Login("t-0123456789abcdef", "one-time")
PLAN = Plan("free", up=2_000_000, down=10_000_000, idle=900)
LEFT = Remaining(seconds=7_200, octets=5_000_000_000)  # more than 4 GiB
NOTHING = Plan("open")
UNBOUND = Remaining()
LOW = 5_000_000_000 % 2**32


def gateway(family: str, address: str = "", **options: Any) -> Gateway:
    return Gateway(f"{family}-1", family, KEY, PORTAL, address, options=Options(**options))


def encoded(attributes: Attributes) -> bytes:
    """The attributes as octets: each must be one that the dictionary knows and that holds its value."""
    known = load()
    return b"".join(known.encode(known.key(name), value) for name, value in attributes)
