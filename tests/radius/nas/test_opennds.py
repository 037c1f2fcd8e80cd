"""openNDS: sealed redirects at four levels, the record that authmon collects, the browser's GET."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import FAMILIES
from radius.nas.family import Arrival, Browse, Gateway, Misfit, Poll, Refused, Target
from radius.nas.opennds import fields, proof
from radius.secret import Secret
from tests.radius.nas.gateways import LEFT, LOGIN, NOTHING, NOW, PLAN, STATION, UNBOUND, gateway

OPENNDS = FAMILIES["opennds"]
KEY = Secret(b"1234567890")
HID = "099ecc5106435c7f21022969cbeb919fe61f50bd12f8b41bb32cea602ba26a9b"
RHID = "17042fd40727cf71f22f55dd1fbde3be866787623c4b813e8549885cc2b3656d"
NAME = "City%20Node%20A"
TEXT = (
    f"hid={HID}, clientip=192.168.1.9, clientmac=aa:bb:cc:dd:ee:01, client_type=cpd_can, cpi_query=, gatewayname={NAME}, "
    "gatewayurl=http%3a%2f%2fstatus.client, version=9.10.0, gatewayaddress=192.168.1.1:2050, gatewaymac=001122334455, "
    "originurl=http%3a%2f%2fa.example%2f, clientif=wlan0, themespec=(null), (null), "
)
IV = "0123456789abcdef"


def gateway_at(level: int, **options: object) -> Gateway:
    return gateway("opennds", fas_key=KEY, fas_level=level, **options)


def clear(text: str) -> dict[str, list[str]]:
    return {"fas": [b64encode(text.encode()).decode()]}


def sealed(text: str, key: bytes = KEY.octets) -> dict[str, list[str]]:
    """As the gateway does it: the key filled to 32 octets, base64 twice."""
    padder = PKCS7(128).padder()
    cipher = Cipher(algorithms.AES(key[:32].ljust(32, b"\0")), modes.CBC(IV.encode())).encryptor()
    inner = b64encode(cipher.update(padder.update(text.encode()) + padder.finalize()) + cipher.finalize())
    return {"fas": [b64encode(inner).decode()], "iv": [IV]}


def arrived(level: int, text: str = TEXT, **options: object) -> Arrival:
    query = sealed(text) if level in {2, 3} else clear(text)
    arrival = OPENNDS.arrival(query, gateway_at(level, **options), NOW)
    assert isinstance(arrival, Arrival)
    return arrival


def test_the_proof_is_the_vectors() -> None:
    """hid is the token's hash, rhid the hash of hid and faskey."""
    assert HID == sha256(b"867e6d3b").hexdigest()
    assert RHID == proof(HID, KEY)


def test_the_ciphers_vector_opens() -> None:
    """What openssl encrypted with the key filled with zeros is read."""
    inner = (
        "arU7oEDKHDso6GwKAtmoXtw2ofPMlbl7wlkZgzkFUAScxxaKocf6lVsPmuQygXdUdLbQ9jK63tR8VLZW6lFovZiH6YIzmS9TkIOZV/uWMyYOYSS/KRg6DZMAqDE6Bhvg"
    )
    text = "hid=099e, clientip=192.168.1.9, clientmac=aa:bb:cc:dd:ee:ff, gatewayname=Node%20A, "
    assert {"fas": [b64encode(inner.encode()).decode()], "iv": [IV]} == sealed(text)
    assert Misfit.MALFORMED is OPENNDS.arrival(sealed(text), gateway_at(3), NOW)  # opened: its hid is too short to be one


@pytest.mark.parametrize("level", [1, 2, 3, 4])
def test_every_level_says_the_same(level: int) -> None:
    """Station, access point, address, destination and proof, whatever the wrapping; proven only where it was sealed."""
    arrival = arrived(level)
    assert (STATION, "00-11-22-33-44-55", "192.168.1.9", "http://a.example/", RHID, level in {2, 3}) == (
        arrival.station,
        arrival.access_point,
        arrival.address,
        arrival.destination,
        arrival.session,
        arrival.proven,
    )
    assert sha256(NAME.encode()).hexdigest() == dict(arrival.words)["gatewayhash"]


def test_fields_are_read_tolerantly() -> None:
    """`(null)` alone is passed over; the first of a name counts; an unescaped plus may come as a space."""
    assert {"themespec": "(null)", "a": "1"} == fields("themespec=(null), (null), a=1, a=2, ")
    text = TEXT + "custom=>>>???>>>, "
    spaced = {name: [value.replace("+", " ") for value in values] for name, values in clear(text).items()}
    assert spaced != clear(text)
    assert isinstance(OPENNDS.arrival(spaced, gateway_at(1), NOW), Arrival)


@pytest.mark.parametrize(
    ("query", "misfit"),
    [
        ({}, Misfit.MISSING),
        ({"fas": ["***"], "iv": [IV]}, Misfit.UNREADABLE),
        (sealed(TEXT, b"another key"), Misfit.UNREADABLE),
        ({**sealed(TEXT), "iv": ["short"]}, Misfit.UNREADABLE),
        (clear(TEXT), Misfit.UNREADABLE),
        (sealed("clientmac=aa:bb:cc:dd:ee:01"), Misfit.MISSING),
        (sealed(f"hid={HID}, clientmac=x"), Misfit.MALFORMED),
        (sealed("hid=../x, clientmac=aa:bb:cc:dd:ee:01"), Misfit.MALFORMED),
    ],
)
def test_what_does_not_open_says_why(query: dict[str, list[str]], misfit: Misfit) -> None:
    """Absent, of another key, cut, in clear where it should be sealed, without an identity."""
    assert misfit is OPENNDS.arrival(query, gateway_at(3), NOW)


def test_another_gateways_name_is_foreign() -> None:
    """Where `site` names the gateway, a query of another one is refused."""
    assert Misfit.FOREIGN is OPENNDS.arrival(sealed(TEXT), gateway_at(3, site="Node B"), NOW)
    assert arrived(3, site="City Node A").station


@pytest.mark.parametrize("level", [3, 4])
def test_a_grant_waits_for_the_poll(level: int) -> None:
    """Minutes, kbit/s and kB; what the plan does not limit is the gateway's own default."""
    at = gateway_at(level)
    assert Poll(f"{RHID} 120 2000 10000 5000000 5000000 bm9uZQ==") == OPENNDS.let_in(arrived(level), at, LOGIN, PLAN, LEFT)
    assert Poll(f"{RHID} 0 0 0 0 0 bm9uZQ==") == OPENNDS.let_in(arrived(level), at, LOGIN, NOTHING, UNBOUND)
    assert () == OPENNDS.reaches(arrived(level), at)


def test_level_2_goes_where_the_seal_says() -> None:
    """The browser carries the proof to the sealed literal address, in the sealed folder."""
    arrival = arrived(2, TEXT + "authdir=secret_dir, ")
    expected = f"http://192.168.1.1:2050/secret_dir/?tok={RHID}&redir=http%3A%2F%2Fa.example%2F"
    assert Browse("GET", expected) == OPENNDS.let_in(arrival, gateway_at(2), LOGIN, PLAN, LEFT)
    assert ("http://192.168.1.1:2050",) == OPENNDS.reaches(arrival, gateway_at(2))


def test_level_1_goes_only_where_it_is_registered() -> None:
    """In clear nothing proves gatewayaddress: login_url, or nowhere."""
    way = OPENNDS.let_in(arrived(1), gateway_at(1, login_url="http://192.168.7.1:2050"), LOGIN, PLAN, LEFT)
    assert isinstance(way, Browse)
    assert way.url.startswith(f"http://192.168.7.1:2050/opennds_auth/?tok={RHID}&")
    assert isinstance(OPENNDS.let_in(arrived(1), gateway_at(1), LOGIN, PLAN, LEFT), Refused)


@pytest.mark.parametrize("place", ["evil.example:80", "10.0.0.1:x", "10.0.0.1@evil.example:80", "10.0.0.1", ":", "[::1]:99999"])
def test_a_sealed_place_is_a_literal_address_or_none(place: str) -> None:
    """What is no address and port leads nowhere; a folder with a slash is not taken."""
    arrival = arrived(2, TEXT.replace("192.168.1.1:2050", place) + "authdir=../x, ")
    assert {"gatewayhash"} == set(dict(arrival.words))


def test_kicks_are_collected_too() -> None:
    """There is no RADIUS: the agent on the gateway gets the station's address."""
    assert Poll("aa:bb:cc:dd:ee:01") == OPENNDS.disconnect(Target(STATION), gateway_at(3))
    assert isinstance(OPENNDS.disconnect(Target(), gateway_at(3)), Refused)
    assert () == OPENNDS.attributes(PLAN, LEFT, gateway_at(3))


def test_what_is_missing_is_named() -> None:
    """faskey always; at level 1 the login too; no level 0."""
    assert "fas_key" == OPENNDS.lacks(gateway("opennds").options)
    assert ("login_url", "") == (OPENNDS.lacks(gateway_at(1).options), OPENNDS.lacks(gateway_at(4).options))
    assert OPENNDS.lacks(gateway_at(0).options).startswith("fas_level")
    assert Misfit.MISSING is OPENNDS.arrival(clear(TEXT), gateway("opennds"), NOW)


@given(st.binary(max_size=64), st.text(max_size=20), st.integers(1, 4))
def test_any_octets_are_read(octets: bytes, iv: str, level: int) -> None:
    """Nothing raises, whatever `fas` holds."""
    for fas in (b64encode(octets), b64encode(b64encode(octets))):
        OPENNDS.arrival({"fas": [fas.decode()], "iv": [iv]}, gateway_at(level), NOW)
