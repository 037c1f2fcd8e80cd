"""1. A student signs in: eapol_test -> Proxeny -> FreeRADIUS, three homes, every method; and who is turned away, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow.city import CALLED, REALMS, dashed, station, student, ways
from tests.peers import eapol, packets, twins
from tests.peers.freeradius import SECRET
from tests.peers.packets import ACCESS_REJECT, CALLING, EAP_MESSAGE, PROXY_STATE, REPLY_MESSAGE, SIGNATURE
from tests.peers.program import until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.flow.city import City
    from tests.peers.certificates import Certificates

pytestmark = [pytest.mark.peer(name) for name in ("freeradius", "radsecproxy", "eapol_test")]

METHODS = ("PEAP-MSCHAPv2", "TTLS-PAP", "TTLS-MSCHAPV2", "EAP-TLS")

JUNK = (
    "student",  # no realm
    "student@",
    "student@uni-a",  # no dot
    "student@@uni-a.example",
    "student@other@uni-a.example",
    "student@uni-a..example",
    "student@.uni-a.example",
    "student@uni-a.example.",
    "student@uni-a.example ",
    " student@uni-a.example",
    "student@uni a.example",
    "student@uni-a.example\n",
    "student@uni-a\t.example",
    "student@uni-a.ex\0ample",
    "student@uni-ä.example",
    "student@gmail.com",
    "student@hotmail.co.uk",
    "student@host.local",
    "student@myabc.com",
    "0310410@wlan.mnc410.mcc310.3gppnetwork.org",
    "host/laptop.uni-a.example",
    "DOMAIN\\student",
    "student@%{User-Name}",
    "student@$(id).example",
    "student@../etc.example",
    "student@*",
)


@pytest.mark.parametrize("realm", REALMS)
@pytest.mark.parametrize("method", METHODS)
def test_the_right_credential_opens_every_home(tmp_path: Path, city: City, authority: Certificates, realm: str, method: str) -> None:
    """Success, and the MPPE keys of the Accept are those the student derived (RFC 2548, 2.4: re-hidden on our hop)."""
    way = next(way for way in ways(authority, realm) if way.name == method)
    outcome = eapol.sign_in(tmp_path, way, city.auth, station=station())
    assert (True, True) == (outcome.success, outcome.keys_match), outcome.output[-2000:]


@pytest.mark.parametrize("method", METHODS[:3])
def test_a_wrong_password_is_the_homes_reject(tmp_path: Path, city: City, authority: Certificates, method: str) -> None:
    """The home's Access-Reject reaches the student; no key does."""
    way = next(way for way in ways(authority, REALMS[0], "wrong") if way.name == method)
    outcome = eapol.sign_in(tmp_path, way, city.auth, station=station())
    assert (False, False, True) == (outcome.success, outcome.keys_match, outcome.answered), outcome.output[-2000:]


def test_an_unknown_realm_is_told_so_at_once(tmp_path: Path, city: City, authority: Certificates) -> None:
    """No route: Access-Reject, never silence (design, 3)."""
    outcome = eapol.sign_in(tmp_path, eapol.peap("student@nowhere.example", "x", authority), city.auth, station=station())
    assert (False, True, 0) == (outcome.success, outcome.answered, outcome.rounds)


@pytest.mark.parametrize("name", [*JUNK, "student@refused.example", "student@nowhere.example"])
def test_junk_is_refused_here_and_reaches_no_home(city: City, name: str) -> None:
    """EAP asked: EAP-Failure with the Response's identifier, no Reply-Message (RFC 3579, 2.6.5), Proxy-State echoed."""
    rows = [(CALLING, dashed(station()).encode()), (PROXY_STATE, b"below")]
    seen = len(city.twin.distinct)
    with twins.nas() as nas:
        octets = packets.request([(packets.USER_NAME, name.encode()), _identity(name), *rows], SECRET, identifier=5)
        answer = nas.ask(octets, city.auth)
    assert answer is not None
    assert answer.code == ACCESS_REJECT
    assert answer.rows[0][0] == SIGNATURE
    assert answer.values(EAP_MESSAGE) == [bytes((4, 1, 0, 4))]
    assert answer.values(REPLY_MESSAGE) == []
    assert answer.values(PROXY_STATE) == [b"below"]
    assert len(city.twin.distinct) == seen


def _identity(name: str) -> packets.Row:
    said = name.encode()
    return EAP_MESSAGE, bytes((2, 1)) + (5 + len(said)).to_bytes(2, "big") + b"\x01" + said


def test_without_eap_the_reject_says_why(city: City) -> None:
    """Reply-Message carries the row's reason; the User-Name is not echoed (decisions, 9)."""
    with twins.nas() as nas:
        octets = packets.pap("student@refused.example", "x", SECRET, (CALLING, dashed(station()).encode()))
        answer = nas.ask(octets, city.auth)
    assert answer is not None
    assert (ACCESS_REJECT, [b"Not a member"]) == (answer.code, answer.values(REPLY_MESSAGE))


def test_the_trace_tells_the_story_of_one_login(tmp_path: Path, city: City, authority: Certificates) -> None:
    """`proxeny trace MAC`: client, access point, SSID, realm, home, verdict, round trips; one row per conversation."""
    mac = station()
    way = eapol.peap(student(REALMS[1]), "right-password", authority)
    attributes = (f"30:s:{CALLED}",)
    assert eapol.sign_in(tmp_path, way, city.auth, station=mac, attributes=attributes).success
    rows = until(lambda: city.controller.trace(dashed(mac)), "the login in the trace", 15, 0.2)
    assert len(rows) == 1
    told = {key: rows[0][key] for key in ("client", "access_point", "ssid", "site", "realm", "home", "attempts", "verdict")}
    wanted = {"client": "nas", "access_point": "lib-1", "ssid": "eduroam", "site": "library", "realm": REALMS[1]}
    assert {**wanted, "home": "uni-b", "attempts": ["uni-b"], "verdict": "accept"} == told
    assert rows[0]["round_trips"] > 5
    assert student(REALMS[1]) not in str(rows)  # the outer identity is a keyed hash (decisions, 26)

    assert not eapol.sign_in(
        tmp_path, eapol.peap(student(REALMS[1]), "wrong", authority), city.auth, station=mac, attributes=attributes
    ).success
    rows = until(lambda: rows if len(rows := city.controller.trace(dashed(mac))) == 2 else [], "the second login", 15, 0.2)
    assert sorted(row["verdict"] for row in rows) == ["accept", "reject"]


def test_a_refusal_is_in_the_trace_with_its_reason(city: City) -> None:
    """Why can't X connect? The trace says it, also where no home was asked."""
    mac = dashed(station())
    with twins.nas() as nas:
        assert nas.ask(packets.eap("student@nowhere.example", SECRET, (CALLING, mac.encode())), city.auth) is not None
    rows = until(lambda: city.controller.trace(mac), "the refusal in the trace", 15, 0.2)
    assert [("refused", "nowhere.example")] == [(row["verdict"], row["realm"]) for row in rows]
    assert rows[0]["reason"]
