"""What a local login is answered with, octet for octet: the plan in the family's words, the way to the portal, or neither."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from radius.actions import Reply
from radius.nas.asked import LIFETIME, unpack
from radius.nas.family import Asked
from radius.nas.tokens import Tokens
from radius.policy import Rule
from radius.questions import Verdict
from radius.tables import Place
from tests.radius.guests import DATE, VISIT_KEY, Guests, grant, ticket
from tests.radius.road import BOOK, check_answer, only, replied, verdicts

CLASS = bytes((25, 20)) + b"g.Grant0123456789x"
AUDIT = (26, b"\0\0\0\x09" + b"\x01" + bytes((2 + 17 + 24,)) + b"audit-session-id=0A0A0A0A0000001A5F2B3C4D")


def number(kind: int, value: int) -> bytes:
    """A plain number."""
    return bytes((kind, 6)) + value.to_bytes(4, "big")


def vendor(name: str, value: str | int) -> bytes:
    """A vendor's attribute by its name, as the dictionary writes it."""
    return BOOK.encode(BOOK.key(name), value)


def accept(road: Guests, octets: bytes) -> bytes:
    """The attributes of the Accept behind Message-Authenticator."""
    answer = replied(road.receive(octets))
    assert 2 == check_answer(answer, octets).code
    return answer[38:]


def test_a_plain_nas_is_told_times_and_the_grant() -> None:
    """Golden: Session-Timeout of what is left, Idle-Timeout, Acct-Interim-Interval, Class; then the client's Proxy-State."""
    road = Guests()
    road.knows(grant())
    octets = road.mac((33, b"the client's own"))
    expected = number(27, 3600) + number(28, 900) + number(85, 300) + CLASS + bytes((33, 18)) + b"the client's own"
    assert expected == accept(road, octets)


def test_a_repetition_gets_the_same_octets_and_the_next_request_less_time() -> None:
    """Ten seconds later there are ten seconds less."""
    road = Guests()
    road.knows(grant())
    octets = road.mac()
    first = accept(road, octets)
    assert first == accept(road, octets)
    road.now += 10.0
    assert first.replace(number(27, 3600), number(27, 3590)) == accept(road, road.mac())


def test_more_than_four_gigabytes_are_said_whole() -> None:
    """5 GB left of today's 6: coova's Max-Total-Octets with its Gigawords; rates in kbit/s where the plan has any."""
    road = Guests("coova")
    road.knows(grant(plan="daily", day_octets=10**9, day_ends=DATE + 9, day_seconds=600))
    left = vendor("ChilliSpot-Max-Total-Octets", 5 * 10**9 % 2**32) + vendor("ChilliSpot-Max-Total-Gigawords", 1)
    assert number(27, 3000) + number(85, 300) + left + CLASS == accept(road, road.mac())
    road.knows(grant())
    rates = vendor("ChilliSpot-Bandwidth-Max-Up", 2000) + vendor("ChilliSpot-Bandwidth-Max-Down", 10000)
    assert number(27, 3600) + number(28, 900) + number(85, 300) + rates + CLASS == accept(road, road.mac())


def test_no_session_is_longer_than_a_month() -> None:
    """A grant for years: the NAS asks again after 31 days, and never gets a number that some count as negative."""
    road = Guests()
    road.knows(grant(ends_at=DATE + 10 * 365 * 86_400))
    assert number(27, 31 * 86_400) == accept(road, road.mac())[:6]


def test_an_attribute_that_does_not_fit_is_left_out_and_counted() -> None:
    """A role of 300 characters in `[client.options]`: the guest gets in without it, and UNWRITABLE counts."""
    road = Guests("cisco-cwa", role="x" * 300)
    road.knows(grant())
    assert b"xxx" not in accept(road, road.mac())
    assert 1 == road.engine.counts["UNWRITABLE"]


def test_the_road_sends_a_strange_station_to_the_portal() -> None:
    """cisco-cwa: an Accept with both AVPairs, whose URL is sealed, fits, and says what the request said; told as a refusal."""
    road = Guests("cisco-cwa")
    octets = road.mac((4, b"\x0a\0\0\x02"), (5, b"\0\0\0\x0d"), AUDIT)
    actions = road.engine.settled(ticket(road.receive(octets)), Verdict(False, "NO_GRANT"), road.now)
    answer = check_answer(replied(actions), octets)
    acl, url = (value[6:].decode() for value in answer.values(26))
    assert (2, None, "url-redirect-acl=PROXENY-PORTAL") == (answer.code, answer.value(25), acl)
    assert len(answer.values(26)[1]) <= 253
    where, _, query = url.removeprefix("url-redirect=").partition("?")
    assert "https://wifi.city.example/in/cisco-cwa/0123456789abcdef" == where
    (sealed,) = parse_qs(query)["v"]
    opened = Tokens(VISIT_KEY, bytes).open("road", sealed, DATE + 60, LIFETIME)
    asked = Asked("AA-BB-CC-DD-EE-01", "02-00-00-00-0A-01", "City Wi-Fi", "0A0A0A0A0000001A5F2B3C4D", "10.0.0.2", 13)
    assert (asked, "127.0.0.1 40000", "") == unpack(opened)
    assert [("refused", "NO_GRANT")] == verdicts(actions)
    assert (1, 1, 0) == tuple(road.engine.counts[name] for name in ("NO_GRANT", "to_portal", "accept"))


@pytest.mark.parametrize("name", ["NO_GRANT", "GRANT_SPENT_DAY_DATA", "TOO_MANY_SESSIONS", "PLAN_GONE"])
def test_whatever_a_guest_can_mend_leads_to_the_portal(name: str) -> None:
    """The page says more than a Reject could."""
    road = Guests("meraki-cwa")
    actions = road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, name), road.now)
    assert (2, [("refused", name)]) == (replied(actions)[0], verdicts(actions))


@pytest.mark.parametrize("name", ["PORTER_SILENT", "PORTER_BUSY"])
def test_our_own_trouble_does_not(name: str) -> None:
    """Whoever has a grant would be asked to sign in again: refused, and the NAS asks again."""
    road = Guests("cisco-cwa")
    assert 3 == replied(road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, name), road.now))[0]


@pytest.mark.parametrize("nas", ["generic", "coova", "mikrotik", "hostapd"])
def test_a_family_that_leads_by_itself_is_told_no(nas: str) -> None:
    """A Reject makes such a NAS open its own portal page."""
    road = Guests(nas)
    assert 3 == replied(road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, "NO_GRANT"), road.now))[0]


def test_a_url_that_would_not_fit_goes_without_the_ssid() -> None:
    """247 octets hold a long portal address, or an SSID of 32 octets, but not both."""
    road = Guests("cisco-cwa")
    road.client = replace(road.client, gateway=replace(road.gateway, portal="https://" + "guests." * 6 + "wifi.city.example"))
    road.place = Place(bssid="02-00-00-00-0A-01", ssid="S" * 32)
    road.engine.adopt(road.tables(road.engine.tables.homes.values()), road.now)
    actions = road.engine.settled(ticket(road.receive(road.mac(AUDIT))), Verdict(False, "NO_GRANT"), road.now)
    answer = replied(actions)
    url = answer[answer.index(b"url-redirect=") :].decode("ascii", "ignore").removeprefix("url-redirect=")
    (sealed,) = parse_qs(urlsplit(url).query)["v"]
    asked, _, _ = unpack(Tokens(VISIT_KEY, bytes).open("road", sealed, DATE, LIFETIME))
    assert ("", "0A0A0A0A0000001A5F2B3C4D") == (asked.ssid, asked.session)


def test_a_url_that_never_fits_is_refused_and_counted() -> None:
    """Nothing is ever cut: the guest is refused, and UNWRITABLE says why."""
    road = Guests("cisco-cwa")
    road.client = replace(road.client, gateway=replace(road.gateway, portal="https://" + "guests." * 25 + "example"))
    road.engine.adopt(road.tables(road.engine.tables.homes.values()), road.now)
    actions = road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, "NO_GRANT"), road.now)
    assert (3, 1) == (replied(actions)[0], road.engine.counts["UNWRITABLE"])


def test_no_portal_no_way_there() -> None:
    """Without a guest app a redirecting family refuses too."""
    road = Guests("cisco-cwa")
    road.engine.adopt(replace(road.engine.tables, visit_key=b""), road.now)
    assert 3 == replied(road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, "NO_GRANT"), road.now))[0]


def test_a_rule_that_refuses_makes_our_accept_a_reject() -> None:
    """The operator's rules stand above a grant."""
    road = Guests()
    road.knows(grant())
    rule = Rule("no-guests", "reply", refuse={"Acct-Interim-Interval": 300})
    road.engine.adopt(road.tables(road.engine.tables.homes.values(), rules=(rule,)), road.now)
    assert [("refused", "REFUSED_BY_POLICY")] == verdicts(road.receive(road.mac()))


def test_an_answer_that_would_not_fit_is_refused_not_cut() -> None:
    """Fifteen Proxy-States of 253 octets leave no room for an Accept: TOO_LONG, and every Proxy-State goes back."""
    road = Guests()
    road.knows(grant())
    name = b"aabbccddee01"
    asked = road.ask((31, name), *[(33, bytes(253))] * 15, (33, bytes(203)), user=name)
    answer = check_answer(replied(road.receive(asked)), asked)
    assert (3, 16) == (answer.code, len(answer.values(33)))


def test_a_reject_of_a_stranger_waits_its_turn() -> None:
    """A device in a loop waits a second from its sixth Reject on, as with every Reject of ours."""
    road = Guests()
    for _ in range(5):
        assert 1 == len(only(road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, "NO_GRANT"), road.now), Reply))
    assert [] == only(road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, "NO_GRANT"), road.now), Reply)
    assert 1 == len(only(road.wait(1.1), Reply))


def test_nothing_of_a_password_comes_back() -> None:
    """Neither answer nor record repeats what was asked with."""
    road = Guests()
    asked = road.pap(b"ada@city.example", b"correct horse battery")
    actions = road.engine.settled(ticket(road.receive(asked)), Verdict(False, "DIRECTORY_WRONG"), road.now)
    assert b"horse" not in repr(actions).encode()


def test_a_clock_that_is_not_set_yet_seals_all_the_same() -> None:
    """A machine that begins before 1970: the URL is handed out, and will be found too old; nothing raises."""
    road = Guests("cisco-cwa")
    road.engine.date(-1e9)
    assert 2 == replied(road.engine.settled(ticket(road.receive(road.mac())), Verdict(False, "NO_GRANT"), road.now))[0]
