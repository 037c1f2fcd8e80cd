"""What a home's Accept may carry through us: secrets re-hidden, privileges and VLANs of strangers taken off, ours put on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow.city import dashed, station
from tests.peers import controller, radclient
from tests.peers.controller import client, home, network, realm
from tests.peers.freeradius import freeradius

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.peers.controller import Controller

pytestmark = [pytest.mark.peer("freeradius"), pytest.mark.peer("radclient")]

LONG = "l" * 230
USERS = f"""
"tunnel@rules.example" Cleartext-Password := "x"
    Tunnel-Password:1 := "first", Tunnel-Password:2 := "{LONG}", Reply-Message := "between",
    Tunnel-Password:4 := "fourth"

"keys@rules.example" Cleartext-Password := "x"
    MS-MPPE-Send-Key := 0x{"11" * 32}, MS-MPPE-Recv-Key := 0x{"22" * 32}, Class := 0x01, Class += 0x02, Class += 0x03

"vlan@rules.example" Cleartext-Password := "x"
    Tunnel-Type := VLAN, Tunnel-Medium-Type := IEEE-802, Tunnel-Private-Group-Id := "666", Egress-VLANID := 1,
    Session-Timeout := 999999, Cisco-AVPair := "shell:priv-lvl=15", Cisco-AVPair += "audit-session-id=1", Reply-Message := "hello"

"short@rules.example" Cleartext-Password := "x"
    Session-Timeout := 10

"admin@rules.example" Cleartext-Password := "x"
    Service-Type := Administrative-User

"prompt@rules.example" Cleartext-Password := "x"
    Service-Type := NAS-Prompt-User

"framed@rules.example" Cleartext-Password := "x"
    Service-Type := Framed-User
"""

RULES = [
    {"name": "our guests", "direction": "reply", "codes": ["Access-Accept"], "clamp": {"Session-Timeout": [60, 28800]}},
    {
        "name": "our VLAN",
        "direction": "reply",
        "codes": ["Access-Accept"],
        "set": {"Tunnel-Type": "VLAN", "Tunnel-Medium-Type": "IEEE-802", "Tunnel-Private-Group-Id": "120"},
    },
]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controller]:
    """A home that answers with everything a home might, behind a controller with two rules."""
    with freeradius(tmp_path_factory.mktemp("home"), users=USERS, signed=True) as peer:
        tables = network(clients=[client()], homes=[home("far", peer.port)], realms=[realm("rules.example", "far")], policy=RULES)
        with controller.controller(tmp_path_factory.mktemp("rules"), tables) as made:
            yield made
            made.fault_free()


def _ask(running: Controller, user: str) -> radclient.Answer:
    lines = f"User-Name={user}@rules.example\nUser-Password=x\nCalling-Station-Id={dashed(station())}\nMessage-Authenticator=0x00"
    return radclient.ask(running.auth, lines)


def test_every_tunnel_password_arrives(running: Controller) -> None:
    """Three tags, one of 230 octets: all readable on our hop, in order (RFC 2868, 3.5)."""
    answer = _ask(running, "tunnel")
    assert answer.code == "Access-Accept", answer.output
    passwords = [(name, value.strip('"')) for name, value in answer.attributes if name.startswith("Tunnel-Password")]
    assert [
        ("Tunnel-Password:1", "first"),
        ("Tunnel-Password:2", LONG),
        ("Tunnel-Password:4", "fourth"),
    ] == passwords


def test_keys_and_every_class_arrive(running: Controller) -> None:
    """MPPE keys are the home's (RFC 2548, 2.4); Class is untouched and all of it there (RFC 2865, 5.25)."""
    answer = _ask(running, "keys")
    assert ["0x" + "11" * 32] == answer.values("MS-MPPE-Send-Key")
    assert ["0x" + "22" * 32] == answer.values("MS-MPPE-Recv-Key")
    assert ["0x01", "0x02", "0x03"] == answer.values("Class")


def test_a_strangers_vlan_is_taken_off_and_ours_put_on(running: Controller) -> None:
    """Tunnel-*, VLANs and shell privileges of a foreign home go, what is harmless stays, our VLAN and our clamp come."""
    answer = _ask(running, "vlan")
    assert answer.code == "Access-Accept"
    told = {name.partition(":")[0]: value.strip('"') for name, value in answer.attributes}
    assert ("VLAN", "IEEE-802", "120") == tuple(told.get(f"Tunnel-{name}") for name in ("Type", "Medium-Type", "Private-Group-Id"))
    assert 1 == sum(name.startswith("Tunnel-Private-Group-Id") for name, _ in answer.attributes)
    assert "Egress-VLANID" not in told
    assert ["audit-session-id=1"] == answer.values("Cisco-AVPair")
    assert ("28800", "hello") == (told["Session-Timeout"], told["Reply-Message"])


def test_a_short_session_is_clamped_up(running: Controller) -> None:
    """Ten seconds would be a reconnection storm: the rule's minimum stands."""
    assert ["60"] == _ask(running, "short").values("Session-Timeout")


@pytest.mark.parametrize("user", ["admin", "prompt"])
def test_a_stranger_makes_nobody_an_administrator(running: Controller, user: str) -> None:
    """Service-Type Administrative or NAS-Prompt of a foreign home: the Accept becomes a Reject (decisions, 4)."""
    answer = _ask(running, user)
    assert ("Access-Reject", []) == (answer.code, answer.values("Service-Type"))


def test_an_ordinary_service_type_passes(running: Controller) -> None:
    """Framed is what every home sends."""
    answer = _ask(running, "framed")
    assert ("Access-Accept", ["Framed-User"]) == (answer.code, answer.values("Service-Type"))
