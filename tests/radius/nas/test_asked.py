"""What the road tells the portal survives packing, stays small, and nothing that a stranger writes raises."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from radius.nas.asked import pack, unpack
from radius.nas.family import Asked, Misfit

MAC = "02-00-00-00-00-01"
macs = some.binary(min_size=6, max_size=6).map(lambda octets: octets.hex("-").upper())
texts = some.text(max_size=60).filter(lambda text: len(text.encode()) < 200)


@given(
    some.builds(
        Asked,
        station=macs,
        access_point=some.just("") | macs,
        ssid=texts,
        session=texts | some.from_regex(r"[0-9A-F]{24}|[0-9a-f]{24}|[0-9a-fA-F]{23}", fullmatch=True),
        nas_address=some.just("") | some.ip_addresses().map(str),
        nas_port=some.none() | some.integers(0, (1 << 32) - 1),
    ),
    some.just("") | some.builds("{} {}".format, some.ip_addresses(), some.integers(0, 65_535)) | texts,
)
def test_what_is_packed_is_read(asked: Asked, source: str) -> None:
    """unpack(pack(x)) is x, whatever the NAS calls its sessions and wherever it is."""
    assert (asked, source, "192.0.2.1 1812") == unpack(pack(asked, source, "192.0.2.1 1812"))


@given(some.binary(max_size=300))
def test_any_octets_are_read(octets: bytes) -> None:
    """What was not packed here is MALFORMED or something of the right types; nothing raises."""
    found = unpack(octets)
    assert found is Misfit.MALFORMED or isinstance(found[0], Asked)


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_part_is_missing(cut: int) -> None:
    """Cut anywhere, it is MALFORMED."""
    whole = pack(Asked(MAC, MAC, "City", "0A0A0A0A0000001A5F2B3C4D", "192.0.2.7", 13), "192.0.2.7 49152", "192.0.2.1 1812")
    assert Misfit.MALFORMED is unpack(whole[:-cut])


def test_the_usual_case_is_small() -> None:
    """Everything a v4 network says, with an SSID of 32 octets, in 90 octets: with the sealing, 163 characters."""
    asked = Asked(MAC, MAC, "S" * 32, "0A0A0A0A0000001A5F2B3C4D", "192.0.2.7", 13)
    assert 89 >= len(pack(asked, "192.0.2.7 49152", "192.0.2.1 1812"))


def test_a_link_local_neighbour_keeps_its_interface() -> None:
    """ "fe80::1%2 1812" is no address alone: it is carried as it is written."""
    assert (Asked(MAC), "fe80::1%2 1812", "") == unpack(pack(Asked(MAC), "fe80::1%2 1812", ""))
