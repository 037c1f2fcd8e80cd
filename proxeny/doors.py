"""A client and a plan of the declared network as the NAS families see them: shared by the road, the pages and the recorder.

Imported by workers: never imports pydantic or SQLAlchemy, and never invents what an entry leaves out.
"""

from __future__ import annotations

from dataclasses import fields
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from radius.nas.family import Gateway, Options
from radius.nas.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proxeny import network as declared


def gateway(row: declared.Client, portal_url: str) -> Gateway:
    """The client as its family sees it; `portal_url` is the origin of the guest app, "" where there is none."""
    return Gateway(
        name=row.name,
        family=row.nas,
        key=row.key,
        portal=portal_url,
        address=_only_address(row.addresses),
        coa_port=row.coa_port,
        options=Options(uam_secret=row.uam_secret, fas_key=row.fas_key, api_secret=row.api_secret, **_of(row.options)),
    )


def plan(row: declared.Plan) -> Plan:
    """The plan as families and the road read it: the same numbers."""
    return Plan(**{each.name: getattr(row, each.name) for each in fields(row)})


def _of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those that this version knows: the rows may be a later one's."""
    known = {each.name for each in fields(Options)}
    return {name: value for name, value in options.items() if name in known}


def _only_address(addresses: tuple[str, ...]) -> str:
    """The literal address of a client that has exactly one; "" for prefixes and lists."""
    if len(addresses) != 1:
        return ""
    try:
        network = ip_network(addresses[0])
    except ValueError:  # told by who looks clients up
        return ""
    return str(network.network_address) if network.num_addresses == 1 else ""
