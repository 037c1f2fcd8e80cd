"""CoovaChilli: what its redirect says, the logon, and orders."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.nas import FAMILIES, uam
from radius.nas.family import Arrival, Browse, Change, Gateway, Misfit, Refused, State, Target
from radius.nas.query import parse
from radius.secret import Secret
from tests.radius.nas.gateways import KEY, LEFT, LOGIN, LOW, NOTHING, NOW, PLAN, PORTAL, STATION, UNBOUND, encoded, gateway

COOVA = FAMILIES["coova"]
SECRET = Secret(b"uamsecret")
SIGNING = gateway("coova", uam_secret=SECRET)
PLAIN = gateway("coova", login_url="http://10.1.0.1:3990")
CHALLENGE = "00112233445566778899aabbccddeeff"
QUERY = (
    f"res=notyet&uamip=10.1.0.1&uamport=3990&challenge={CHALLENGE}&called=00-11-22-33-44-55&mac=AA-BB-CC-DD-EE-01"
    "&ip=10.1.0.7&ssid=City%20Wi-Fi&nasid=library&sessionid=5f3a01&userurl=http%3a%2f%2fa.example%2f"
)


def signed(query: str, secret: Secret = SECRET) -> str:
    return f"{query}&md={uam.signature(f'{SIGNING.entrance}?{query}', secret)}"


def arrived(query: str, at: Gateway = SIGNING) -> Arrival:
    arrival = COOVA.arrival(parse(query), at, NOW)
    assert isinstance(arrival, Arrival)
    return arrival


def test_a_signed_redirect_is_read_whole() -> None:
    """Station, access point, SSID, address, session, challenge and destination, and that the gateway said so."""
    expected = Arrival(
        station=STATION,
        access_point="00-11-22-33-44-55",
        ssid="City Wi-Fi",
        address="10.1.0.7",
        destination="http://a.example/",
        session="5f3a01",
        challenge=CHALLENGE,
        proven=True,
        words=(("login", "http://10.1.0.1:3990"),),
    )
    assert expected == arrived(signed(QUERY))


@pytest.mark.parametrize("query", [QUERY, QUERY + "&md=00", signed(QUERY, Secret(b"x")), signed(QUERY).replace("10.1.0.1", "10.6.6.6"), ""])
def test_an_unsigned_redirect_is_refused_where_there_is_a_secret(query: str) -> None:
    """Without the gateway's signature over every octet nothing is believed."""
    assert Misfit.FORGED is COOVA.arrival(parse(query), SIGNING, NOW)


def test_a_redirect_inside_loginurl_is_unpacked() -> None:
    """With a uamhomepage the whole URL, signature and all, comes as one value."""
    nested = quote(f"{SIGNING.entrance}?{signed(QUERY)}", safe="")
    assert arrived(signed(QUERY)) == arrived(f"loginurl={nested}")
    elsewhere = quote(f"https://evil.example/?{signed(QUERY)}", safe="")
    assert Misfit.FORGED is COOVA.arrival(parse(f"loginurl={elsewhere}"), SIGNING, NOW)


@pytest.mark.parametrize(
    ("query", "misfit"),
    [
        ("res=notyet", Misfit.MISSING),
        ("mac=nonsense", Misfit.MALFORMED),
        (f"mac={STATION}&challenge=xyz", Misfit.MALFORMED),
    ],
)
def test_what_is_no_redirect_says_why(query: str, misfit: Misfit) -> None:
    """A missing station and values that are not what they say."""
    assert misfit is COOVA.arrival(parse(query), PLAIN, NOW)


@pytest.mark.parametrize(
    "place", ["uamip=gateway.example", "uamip=10.1.0.1&uamport=x", "uamip=10.1.0.1%40evil.example", "uamip=1&uamport=0x1"]
)
def test_a_signed_place_is_still_a_literal_address(place: str) -> None:
    """A signature does not make a name or a trick into an address."""
    assert Misfit.MALFORMED is COOVA.arrival(parse(signed(f"mac={STATION}&{place}")), SIGNING, NOW)


def test_the_states() -> None:
    """Chilli's res= and its reason."""
    words = {
        "success": State.SUCCESS,
        "already": State.ALREADY,
        "failed": State.FAILED,
        "logoff": State.LOGGED_OFF,
        "splash": State.NOT_YET,
    }
    assert words == {word: arrived(f"res={word}&mac={STATION}", PLAIN).state for word in words}
    assert "reject" == arrived(f"res=failed&reason=reject&mac={STATION}", PLAIN).reason


def test_logon_by_chap_never_shows_the_password() -> None:
    """GET /logon at the signed address, with the response over the mixed challenge."""
    response = uam.chap(b"one-time", uam.challenge(CHALLENGE, SECRET))
    expected = f"http://10.1.0.1:3990/logon?username=t-0123456789abcdef&response={response}&userurl=http%3A%2F%2Fa.example%2F"
    arrival = arrived(signed(QUERY))
    assert Browse("GET", expected) == COOVA.let_in(arrival, SIGNING, LOGIN, PLAN, LEFT)
    assert ("http://10.1.0.1:3990",) == COOVA.reaches(arrival, SIGNING)
    assert () == COOVA.origins(SIGNING)


def test_the_registered_login_wins() -> None:
    """Where login_url is declared the query's address is not looked at; without a challenge the token goes as it is."""
    arrival = arrived(f"mac={STATION}&uamip=10.6.6.6&uamport=80", PLAIN)
    assert () == arrival.words
    expected = "http://10.1.0.1:3990/logon?username=t-0123456789abcdef&password=one-time"
    assert Browse("GET", expected) == COOVA.let_in(arrival, PLAIN, LOGIN, PLAN, LEFT)
    assert ("http://10.1.0.1:3990",) == COOVA.origins(PLAIN) == COOVA.reaches(arrival, PLAIN)


def test_without_a_login_the_waiting_client_is_let_in_by_coa() -> None:
    """CoovaChilli-Session-State names the client by its address and session; without a session it is refused."""
    bare = gateway("coova")
    way = COOVA.let_in(arrived(f"mac={STATION}&sessionid=5f3a01&uamip=10.6.6.6", bare), bare, LOGIN, PLAN, LEFT)
    assert isinstance(way, Change)
    assert not way.disconnect
    assert (("User-Name", STATION), ("Acct-Session-Id", "5f3a01"), ("CoovaChilli-Session-State", 1)) == way.attributes[:3]
    assert encoded(way.attributes)
    assert isinstance(COOVA.let_in(arrived(f"mac={STATION}", bare), bare, LOGIN, PLAN, LEFT), Refused)


def test_attributes_are_kbit_and_gigawords() -> None:
    """Every limit of the plan in chilli's units, and none that the plan has not."""
    expected = (
        ("Session-Timeout", 7_200),
        ("Idle-Timeout", 900),
        ("Acct-Interim-Interval", 300),
        ("ChilliSpot-Max-Total-Octets", LOW),
        ("ChilliSpot-Max-Total-Gigawords", 1),
        ("ChilliSpot-Bandwidth-Max-Up", 2_000),
        ("ChilliSpot-Bandwidth-Max-Down", 10_000),
    )
    assert expected == COOVA.attributes(PLAN, LEFT, SIGNING)
    assert (("Acct-Interim-Interval", 300),) == COOVA.attributes(NOTHING, UNBOUND, SIGNING)


def test_orders_name_the_user_and_the_session() -> None:
    """User-Name is demanded, Acct-Session-Id narrows, and a new limit counts from the session's start."""
    target = Target(STATION, b"guest", "5f3a01", nas_identifier="library", used_seconds=800, used_octets=1)
    named = (("NAS-Identifier", "library"), ("User-Name", "guest"), ("Acct-Session-Id", "5f3a01"))
    assert Change(disconnect=True, attributes=named) == COOVA.disconnect(target, SIGNING)
    way = COOVA.limit(target, PLAN, LEFT, SIGNING)
    assert isinstance(way, Change)
    assert named == way.attributes[:3]
    assert ("Session-Timeout", 8_000) in way.attributes
    assert ("ChilliSpot-Max-Total-Octets", LOW + 1) in way.attributes
    assert isinstance(COOVA.disconnect(Target(acct_session_id="5f3a01"), SIGNING), Refused)


@given(st.text(alphabet="abc0123456789.:@/\\%[]-", max_size=40), st.text(max_size=8))
def test_no_unsigned_query_names_a_place(host: str, port: str) -> None:
    """Whatever uamip says, a query without a signature leads nowhere but to what is registered."""
    read = {"mac": [STATION], "uamip": [host], "uamport": [port], "sessionid": ["1"]}
    arrival = COOVA.arrival(read, PLAIN, NOW)
    assert isinstance(arrival, Arrival)
    way = COOVA.let_in(arrival, PLAIN, LOGIN, PLAN, LEFT)
    assert isinstance(way, Browse)
    assert way.url.startswith("http://10.1.0.1:3990/logon?")


def test_the_entrance_is_what_is_signed() -> None:
    """The URL under the signature is the one that this gateway was given."""
    assert f"{PORTAL}/in/coova/{KEY}" == SIGNING.entrance


def test_a_fresh_redirect_is_had_where_it_is_registered() -> None:
    """By /prelogin of the declared login; a gateway that only signs has none, nor has any other family."""
    assert ("http://10.1.0.1:3990/prelogin", "") == (COOVA.afresh(PLAIN), COOVA.afresh(SIGNING))
    assert {"coova"} == {
        name for name, family in FAMILIES.items() if family.names or family.afresh(gateway(name, login_url="http://10.1.0.1"))
    }
