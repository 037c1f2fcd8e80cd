"""3. FreeRADIUS and radsecproxy, each below us and each above us: chains of three, Proxy-State and order intact."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow.city import ABOVE_FREERADIUS, ABOVE_RADSECPROXY, CALLED, REALMS, dashed, station, student, ways
from tests.peers import eapol, packets, radclient, twins
from tests.peers.freeradius import SECRET, Upstream, freeradius
from tests.peers.packets import ACCESS_ACCEPT, CALLING, CLASS, PROXY_STATE, SIGNATURE, VENDOR
from tests.peers.program import until
from tests.peers.radsecproxy import radsecproxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.flow.city import City
    from tests.peers.certificates import Certificates

pytestmark = [pytest.mark.peer(name) for name in ("freeradius", "radsecproxy", "eapol_test", "radclient")]

METHODS = ("PEAP-MSCHAPv2", "TTLS-PAP", "EAP-TLS")
BELOW = ("freeradius", "radsecproxy")


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory, city: City) -> Iterator[dict[str, int]]:
    """The ports of two proxies that send everything to the city."""
    folder = tmp_path_factory.mktemp("below")
    upstream = Upstream(city.auth, window=30)
    with freeradius(folder / "fr", upstream=upstream) as fr, radsecproxy(folder / "rsp", upstream) as rsp:
        yield {"freeradius": fr.port, "radsecproxy": rsp.port}


@pytest.mark.parametrize("far", [ABOVE_FREERADIUS, ABOVE_RADSECPROXY, REALMS[2]])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("proxy", BELOW)
def test_a_chain_of_three_carries_every_method(
    tmp_path: Path, below: dict[str, int], authority: Certificates, proxy: str, method: str, far: str
) -> None:
    """Student - proxy below - Proxeny - proxy above - home: success, and the keys match after four hops of re-hiding."""
    way = next(way for way in ways(authority, far) if way.name == method)
    outcome = eapol.sign_in(tmp_path, way, below[proxy], station=station())
    assert outcome.success, outcome.output[-2000:]


@pytest.mark.parametrize("proxy", BELOW)
def test_a_reject_comes_all_the_way_back(tmp_path: Path, below: dict[str, int], authority: Certificates, proxy: str) -> None:
    """Wrong password at the far end, and a realm without a route: both are answered through the chain."""
    wrong = eapol.sign_in(tmp_path, eapol.peap(student(ABOVE_FREERADIUS), "wrong", authority), below[proxy], station=station())
    nowhere = eapol.sign_in(tmp_path, eapol.peap("student@nowhere.example", "x", authority), below[proxy], station=station())
    assert [(False, True)] * 2 == [(each.success, each.answered) for each in (wrong, nowhere)]


@pytest.mark.parametrize("proxy", BELOW)
def test_proxy_state_goes_up_in_order_and_comes_back_in_order(city: City, below: dict[str, int], proxy: str) -> None:
    """RFC 2865, 5.33: theirs first and unmodified, ours last with 12 octets; the reply has the client's, and only those."""
    mine = [b"one", b"2", b"three" * 40]
    rows = [(CALLING, dashed(station()).encode()), *((PROXY_STATE, value) for value in mine)]
    with twins.nas() as nas:
        answer = nas.ask(packets.pap("bob@twin.example", "x", SECRET, *rows), below[proxy])
    assert answer is not None
    assert (ACCESS_ACCEPT, mine) == (answer.code, answer.values(PROXY_STATE))
    arrived = city.twin.requests[-1].values(PROXY_STATE)
    assert arrived[:3] == mine
    assert len(arrived) == (5 if proxy == "freeradius" else 4)  # radsecproxy adds none of its own
    assert len(arrived[-1]) == 12


def test_what_we_do_not_understand_passes_octet_for_octet(city: City) -> None:
    """Unknown attributes, vendors and extended types keep their octets and their order; additions stand between them and Proxy-State."""
    rows = [
        (packets.USER_NAME, b"bob@TWIN.example"),
        (CALLING, dashed(station()).encode()),
        (VENDOR, b"\x00\x00\x63\x63\x0b\x05abc"),
        (packets.REPLY_MESSAGE, b"\x00\xff"),
        (192, b"experimental"),
        (241, b"\x01\x02\x03"),
        (245, b"\x01\x80part one"),
        (245, b"\x01\x00part two"),
        (VENDOR, b"\x00\x00\x63\x63\x0b\x04de"),
        (CLASS, b"first"),
        (4, b"\x7f\x00\x00"),  # NAS-IP-Address of three octets
        (CLASS, b"second"),
        (packets.CALLED, CALLED.encode()),
    ]
    with twins.nas() as nas:
        answer = nas.ask(packets.request([*rows, packets.identity("bob@TWIN.example"), (PROXY_STATE, b"p")], SECRET), city.auth)
    assert answer is not None
    arrived = city.twin.requests[-1]
    assert packets.signature_holds(arrived.octets, SECRET)
    assert arrived.rows[0][0] == SIGNATURE
    assert arrived.rows[1 : len(rows) + 1] == tuple(rows)
    added = {kind: value for kind, value in arrived.rows[len(rows) + 1 :] if kind in (126, 89)}
    assert {126: b"1wifi.city.example", 89: b"\0"} == added  # RFC 5580, 4.1; RFC 4372, 2.1
    assert [b"p"] == arrived.values(PROXY_STATE)[:-1]
    assert arrived.rows[-1][0] == PROXY_STATE


def test_operator_name_of_a_proxy_below_is_left_alone(city: City) -> None:
    """One Operator-Name, the first one's (RFC 5580, 4.1): ours is only added where none is."""
    rows = [(CALLING, dashed(station()).encode()), (126, b"1campus.example")]
    with twins.nas() as nas:
        assert nas.ask(packets.pap("bob@twin.example", "x", SECRET, *rows), city.auth) is not None
    assert [b"1campus.example"] == city.twin.requests[-1].values(126)


def test_our_own_proxy_state_coming_back_is_a_loop(city: City) -> None:
    """A home that sends our request to us again is not answered: dropped, before it multiplies."""
    with twins.nas() as nas:
        assert nas.ask(packets.pap("bob@twin.example", "x", SECRET, (CALLING, dashed(station()).encode())), city.auth) is not None
        ours = city.twin.requests[-1].values(PROXY_STATE)[-1]
        seen = len(city.twin.distinct)
        looped = packets.pap("bob@twin.example", "x", SECRET, (PROXY_STATE, ours), identifier=1)
        nas.send(looped, city.auth)
        last = packets.pap("bob@twin.example", "x", SECRET, (CALLING, dashed(station()).encode()), identifier=2)
        assert nas.ask(last, city.auth) is not None
        assert [0, 2] == [octets[1] for octets in nas.take()]
    assert len(city.twin.distinct) == seen + 1


@pytest.mark.parametrize("proxy", BELOW)
@pytest.mark.parametrize("far", [ABOVE_FREERADIUS, ABOVE_RADSECPROXY])
def test_accounting_is_stored_here_and_forwarded_where_asked(city: City, below: dict[str, int], proxy: str, far: str) -> None:
    """`accounting = "forward"`: the far home has the record too, and ours is in `sessions`."""
    session = f"chain-{proxy}-{far}"
    sent = radclient.ask(
        below[proxy] + 1,
        f"User-Name={student(far)}\nAcct-Status-Type=Start\nAcct-Session-Id={session}\nNAS-Identifier=ap-1\nCalling-Station-Id={dashed(station())}",
        kind="acct",
        seconds=8,
    )
    assert sent.code == "Accounting-Response", sent.output
    until(lambda: session in city.institutions[REALMS[0]].accounting, "the record at the far home")
    until(lambda: session in {each["acct_session_id"] for each in city.controller.sessions()}, "the session here", 15, 0.2)


def test_accounting_of_other_realms_ends_here(city: City) -> None:
    """`accounting = "local"`, the default (RFC 7593, 5): stored and answered here, and the home never hears of it."""
    sent = radclient.ask(
        city.acct, f"User-Name={student(REALMS[1])}\nAcct-Status-Type=Start\nAcct-Session-Id=stays-here\nNAS-Identifier=ap-1", kind="acct"
    )
    assert sent.code == "Accounting-Response"
    until(lambda: "stays-here" in {each["acct_session_id"] for each in city.controller.sessions()}, "the session here", 15, 0.2)
    assert "stays-here" not in city.institutions[REALMS[1]].accounting
