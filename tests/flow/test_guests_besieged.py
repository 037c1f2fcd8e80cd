"""Guests besieged, with a running controller: every vendor's MAC authentication, foreign tokens, spent quotas, a frozen porter."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proxeny import opening
from proxeny.settings import load
from store import grants, keys
from store.keys import keyed_hash
from store.models import Grant, Way
from store.session import transaction
from tests.peers import packets, twins
from tests.peers.controller import OPERATOR, client, controller, network
from tests.peers.freeradius import SECRET
from tests.peers.nas import COA, DISCONNECT, ERROR_CAUSE, Nas, number, session_rows, vendors
from tests.peers.packets import ACCESS_ACCEPT, ACCESS_REJECT, CALLING, CHAP_PASSWORD, CLASS, REPLY_MESSAGE, USER_NAME, USER_PASSWORD
from tests.peers.program import busy, free_port, until
from tests.store.guests import noon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.controller import Controller
    from tests.peers.packets import Packet, Row

CALL_CHECK = (6, number(10))
STATION = "02-00-5E-10-00-01"
CHILLI = 14559
NOT_FOUND = 503  # RFC 5176, 3.5


class City:
    """The controller, and its database as the portal would write to it."""

    def __init__(self, road: Controller) -> None:
        self.road = road
        self.database, self.seal = opening.store(load(road.settings, {}))
        with transaction(self.database) as session:
            self.key = keys.named(session, self.seal, keys.DEVICE, datetime.now(UTC))

    def admit(self, station: str, plan: str = "day") -> str:
        """A grant for two hours, known to the worker when this returns."""
        now = datetime.now(UTC)
        with transaction(self.database) as session:
            made = grants.admit(
                session, device=keyed_hash(self.key, station.encode()), plan=plan, seconds=7200, portal="city", way=Way.TERMS, terms="",
                language="en", client="nas", access_point="", ssid="", site="", account=None, provisional=False, now=now,
            )  # fmt: skip
        until(lambda: self.ask(mab(station)).code == ACCESS_ACCEPT, "the grant on the road")
        return made.id

    def token(self, grant: str) -> tuple[str, str]:
        with transaction(self.database) as session:
            return grants.token(session, self.seal, session.get_one(Grant, grant), "nas", datetime.now(UTC))

    def ask(self, octets: bytes, seconds: float = 10) -> Packet:
        with twins.nas() as nas:
            answer = nas.ask(octets, self.road.auth, seconds=seconds * busy())
        assert answer is not None, self.road.log[-2000:]
        return answer


@contextmanager
def besieged(folder: Path, **keys: object) -> Iterator[City]:
    """One gateway of CoovaChilli's family; a plan for the day, and one of 5 GB."""
    tables = network(
        operator={**OPERATOR, "timezone": noon().key},
        clients=[client(nas="coova", **keys)],
        homes=[],
        realms=[],
        plan=[{"name": "day", "session": "2h"}, {"name": "five", "session": "2h", "day_data": "5 GB"}],
        portal=[{"name": "city", "plan": "day", "ways": ["terms"]}],
    )
    with controller(folder, tables) as road:
        yield City(road)
        road.fault_free()


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with besieged(tmp_path_factory.mktemp("city")) as made:
        made.admit(STATION)
        yield made


def request(*rows: Row, password: bytes | None = None) -> bytes:
    vector = os.urandom(16)
    hidden = [] if password is None else [(USER_PASSWORD, packets.hide(password, vector, SECRET))]
    return packets.request([*rows, *hidden], SECRET, authenticator=vector)


def mab(station: str) -> bytes:
    return request((USER_NAME, station.encode()), (CALLING, station.encode()), CALL_CHECK, password=station.encode())


def spelt(form: str) -> bytes:
    """STATION as this example writes addresses."""
    digits = STATION.replace("-", "")
    digits = digits.lower() if form.islower() else digits
    for separator, size in ((":", 2), ("-", 2), (".", 4)):
        if separator in form:
            return separator.join(digits[at : at + size] for at in range(0, 12, size)).encode()
    return digits.encode()


CHAP = (CHAP_PASSWORD, b"\x07" + hashlib.md5(b"any").digest())
SHAPES = {  # User-Name, Calling-Station-Id, further attributes, User-Password
    "Cisco WLC": ("aabbccddeeff", "aa-bb-cc-dd-ee-ff", [CALL_CHECK], b"a password of the WLAN"),
    "Catalyst": ("aabbccddeeff", "AA-BB-CC-DD-EE-FF", [CALL_CHECK], b"020005e100001"),
    "Catalyst, groups of four": ("aabb.ccdd.eeff", "aabb.ccdd.eeff", [CALL_CHECK], None),
    "Aruba, CHAP": ("aabbccddeeff", "aabbccddeeff", [CALL_CHECK, CHAP], None),
    "Ruckus": ("aabbccddeeff", "AA-BB-CC-DD-EE-FF", [(6, number(2))], b"020005e100001"),
    "MikroTik, no password": ("AA:BB:CC:DD:EE:FF", "AA:BB:CC:DD:EE:FF", [], b""),
    "hostapd": ("aabbccddeeff", "AA-BB-CC-DD-EE-FF", [(61, number(19))], b"020005e10000"),
    "UniFi": ("aa-bb-cc-dd-ee-ff", "AA-BB-CC-DD-EE-FF", [(6, number(2))], b"02-00-5e-10-00-01"),
    "Meraki": ("aabbccddeeff", "AA-BB-CC-DD-EE-FF", [CALL_CHECK], b"020005e100001"),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_every_vendors_mac_authentication_finds_the_grant(city: City, shape: str) -> None:
    """However User-Name, password and Calling-Station-Id are written."""
    user, calling, more, password = SHAPES[shape]
    answer = city.ask(request((USER_NAME, spelt(user)), (CALLING, spelt(calling)), *more, password=password))
    assert (ACCESS_ACCEPT, True) == (answer.code, (answer.value(CLASS) or b"").startswith(b"g."))


EAP_MAB = packets.identity("02005e100001")
REFUSED = {
    "the wrong address as user name": ([(USER_NAME, b"02005e100001"), (CALLING, b"02-00-5E-10-00-02"), CALL_CHECK], "not that of"),
    "EAP-MD5": ([(USER_NAME, b"02005e100001"), (CALLING, STATION.encode()), CALL_CHECK, EAP_MAB], None),
    "two stations": ([(USER_NAME, b"02005e100001"), (CALLING, STATION.encode()), (CALLING, b"02-00-5E-10-00-02")], "two Calling"),
    "no station": ([(USER_NAME, b"02005e100001"), CALL_CHECK], "not that of"),
    "253 octets": ([(USER_NAME, b"0" * 253), (CALLING, b"0" * 253), CALL_CHECK], "no realm"),
    "no ASCII": ([(USER_NAME, "é".encode() * 6), (CALLING, "é".encode() * 8), CALL_CHECK], "not a network access identifier"),
    "CHAP of 16 octets": ([(USER_NAME, b"02005e100001"), (CALLING, STATION.encode()), (CHAP_PASSWORD, bytes(16))], "a length it cannot"),
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_is_no_mac_authentication_is_refused_in_words(city: City, shape: str) -> None:
    """An Access-Reject at once; with EAP no Reply-Message (RFC 3579, 2.6.5)."""
    rows, words = REFUSED[shape]
    answer = city.ask(request(*rows))
    assert ACCESS_REJECT == answer.code
    said = (answer.value(REPLY_MESSAGE) or b"").decode()
    assert words in said if words else not said


def test_a_token_raced_for_by_two_devices_is_its_own_devices(city: City) -> None:
    """Twenty at once: every answer to the device it was made for is an Accept of one grant, every other a Reject."""
    name, password = city.token(city.admit("02-00-5E-20-00-01"))
    answers: list[tuple[bool, Packet]] = []

    def sign_in(own: bool) -> None:
        station = b"02-00-5E-20-00-01" if own else b"02-00-5E-20-00-02"
        answers.append((own, city.ask(request((USER_NAME, name.encode()), (CALLING, station), password=password.encode()))))

    threads = [threading.Thread(target=sign_in, args=(turn % 2 == 0,)) for turn in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert 20 == len(answers)
    assert {(True, ACCESS_ACCEPT), (False, ACCESS_REJECT)} == {(own, answer.code) for own, answer in answers}
    assert 1 == len({answer.value(CLASS) for own, answer in answers if own})


def test_a_frozen_porter_shuts_out_nobody_who_is_in(city: City) -> None:
    """Known devices are answered at once, strangers refused within seconds and then at once; thawed, it serves again."""
    os.kill(city.road.porter[0], signal.SIGSTOP)
    try:
        began = time.monotonic()
        assert ACCESS_ACCEPT == city.ask(mab(STATION)).code
        assert time.monotonic() - began < 5 * busy()
        for within in (20.0, 2.5):
            began = time.monotonic()
            refused = city.ask(mab("02-00-5E-30-00-01"))
            assert (ACCESS_REJECT, True) == (refused.code, time.monotonic() - began < within * busy())
            assert b"What only the porter knows could not be learned in time." == refused.value(REPLY_MESSAGE)
    finally:
        os.kill(city.road.porter[0], signal.SIGCONT)
    city.admit("02-00-5E-30-00-02")


class Das:
    """A gateway's ear for orders, which answers as it is told."""

    def __init__(self, port: int) -> None:
        self.nas = Nas("", 0, 0, SECRET, "", "")
        self.heard: list[Packet] = []
        self.cause: int | None = NOT_FOUND
        self.nas.listen(port, self._obey)

    def _obey(self, order: Packet) -> int | None:
        self.heard.append(order)
        return self.cause


def test_a_spent_quota_is_one_disconnect_and_no_storm(tmp_path: Path) -> None:
    """5 GB in two sessions, one without Start and Class: each ended once, though the NAS refuses; a foreign Class costs nobody anything."""
    port = free_port()
    das = Das(port)
    with besieged(tmp_path, coa_port=port) as city:
        one, victim = "02-00-5E-40-00-01", "02-00-5E-40-00-02"
        grant, other = city.admit(one, "five"), city.admit(victim, "five")
        accept = city.ask(mab(one))
        octets = {kind: int.from_bytes(value, "big") for kind, value in vendors(accept, CHILLI)}
        assert 5 * 10**9 == octets[3] + (octets[23] << 32)  # Max-Total-Octets and -Gigawords
        nas = Nas("127.0.0.1", city.road.auth, city.road.acct, SECRET, "127.0.0.1", "gate")

        def account(session: str, status: int, seconds: int, used: int, class_: bytes | None) -> None:
            rows = session_rows(
                session, status, mac=one, called="AA-BB-CC-00-00-01:City", user=one.encode(), address="10.0.0.9", seconds=seconds,
                used=(used // 2, used - used // 2),
            )  # fmt: skip
            nas.account([*rows, *([(CLASS, class_)] if class_ else [])])

        account("a", 1, 0, 0, accept.value(CLASS))
        account("b", 3, 20, 1000, None)
        account("c", 3, 20, 1000, b"g." + other.encode())
        for _ in range(2):
            account("a", 3, 30, 5 * 10**9, accept.value(CLASS))
        until(lambda: len(das.heard) == 3, "an order for each session")
        account("a", 3, 40, 5 * 10**9 + 10**6, accept.value(CLASS))
        spent = until(lambda: answer if (answer := city.ask(mab(one))).code == ACCESS_REJECT else None, "the spent quota on the road")
        assert b"The day's data of the plan is used up." == spent.value(REPLY_MESSAGE)
        story = until(lambda: text if "NAK 503" in (text := city.road.must("trace", one)) else "", "the NAS's answers in the trace")
        assert {DISCONNECT} == {order.code for order in das.heard}
        assert [(b"a", 1), (b"b", 1), (b"c", 1)] == sorted((order.value(44), len(order.values(44))) for order in das.heard)
        assert all(order.value(ERROR_CAUSE) is None for order in das.heard)
        assert "used today" in story
        assert "5.0 GB" in story
        assert ACCESS_ACCEPT == city.ask(mab(victim)).code
        assert "used today 0:00:00 and 0 B" in city.road.must("trace", victim)
        assert COA not in {order.code for order in das.heard}
        assert grant in city.road.must("trace", grant)
        written = city.road.log.lower()
        for form in (one, one.replace("-", ":"), one.replace("-", ""), "0200.5e40.0001", SECRET):
            assert form.lower() not in written
