"""Local logins: who is recognised, what is asked, what comes of the answer. Octets out are test_local_answers.py's."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from radius.actions import Record
from radius.admission import AUTH
from radius.policy import Rule
from radius.questions import ByDirectory, ByStation, ByToken, Verdict
from radius.tables import Limits
from tests.radius.guests import DATE, MAC, STATION, Guests, device, grant, hidden, questions, ticket
from tests.radius.road import ORIGIN, check_answer, only, reasons, replied, verdicts

TOKEN = b"t-0123456789abcdeF"


def told(road: Guests, octets: bytes, verdict: Verdict) -> tuple:
    """What comes of a request once the porter has said this."""
    return road.engine.settled(ticket(road.receive(octets)), verdict, road.now)


def refused(name: str) -> Verdict:
    """The porter says no."""
    return Verdict(False, name)


@pytest.mark.parametrize("station", [STATION, b"aa:bb:cc:dd:ee:01", b"aabb.ccdd.ee01", b"AABBCCDDEE01", b"AABB-CCDD-EE01"])
@pytest.mark.parametrize("user", [b"aa-bb-cc-dd-ee-01", b"AA:BB:CC:DD:EE:01", b"aabbccddee01", b"AABB.CCDD.EE01", b"aabb-ccdd-ee01"])
def test_a_known_station_gets_in_however_its_address_is_spelt(user: bytes, station: bytes) -> None:
    """User-Name equal to Calling-Station-Id, in any separators and case: an Accept from memory, nobody is asked."""
    road = Guests()
    road.knows(grant())
    octets = road.mac(user=user, station=station)
    answer = check_answer(replied(road.receive(octets)), octets)
    assert (2, b"g.Grant0123456789x") == (answer.code, answer.value(25))


def test_call_check_names_the_station_alone() -> None:
    """Service-Type Call-Check (RFC 2865, 5.6): Calling-Station-Id says who, whatever the user name is."""
    road = Guests()
    road.knows(grant())
    asked = road.ask((6, b"\0\0\0\x0a"), (31, STATION), user=b"anything")
    assert 2 == replied(road.receive(asked))[0]
    assert [("refused", "NO_REALM")] == verdicts(road.receive(road.ask((6, b"\0\0\0\x0a"), user=b"anything")))
    assert [("refused", "NO_REALM")] == verdicts(road.receive(road.ask((6, b"\0\0\0\x02"), (31, STATION), user=b"anything")))


@pytest.mark.parametrize("station", [b"AA-BB-CC-DD-EE-02", b"", b"not an address", None])
def test_an_address_typed_as_a_user_name_opens_nothing(station: bytes | None) -> None:
    """A guest who types a neighbour's address is refused: the station itself must be that address."""
    road = Guests()
    road.knows(grant())
    assert [("refused", "MAC_MISMATCH")] == verdicts(road.receive(road.mac(station=station)))


@pytest.mark.parametrize("station", [STATION, b"AA-BB-CC-DD-EE-02"])
def test_call_check_with_another_address_as_user_name_opens_nothing(station: bytes) -> None:
    """Two addresses in one question: whose it is nobody can say."""
    road = Guests()
    road.knows(grant())
    wanted = [("accept", "")] if station == STATION else [("refused", "MAC_MISMATCH")]
    assert wanted == verdicts(road.receive(road.mac((6, b"\0\0\0\x0a"), station=station)))


@pytest.mark.parametrize("station", [b"00-00-00-00-00-00", b"FF-FF-FF-FF-FF-FF", b"01-00-5E-00-00-01"])
def test_an_address_that_many_share_is_nobodys(station: bytes) -> None:
    """Zeros, broadcast and multicast (IEEE 802, 8.2): a client that writes them for every device would let all in by one's grant."""
    road = Guests()
    road.knows(grant(station))
    asked = road.mac((6, b"\0\0\0\x0a"), user=station, station=station)
    assert [("refused", "MAC_MISMATCH")] == verdicts(road.receive(asked))
    (token,) = questions(road.receive(road.ask((2, hidden(b"x", road.ask()[4:20])), (31, station), user=TOKEN)))
    assert b"" == token.device


def test_two_stations_are_none() -> None:
    """Two Calling-Station-Ids (RFC 2865, 5.44: at most one): refused, whoever asks and in whatever order."""
    road = Guests()
    road.knows(grant())
    other = (31, b"AA-BB-CC-DD-EE-02")
    actions = road.receive(road.mac(other)) + road.receive(road.pap(TOKEN, b"x", other))
    actions += road.receive(road.pap(b"ada@city.example", b"x", other))
    assert 3 * [("refused", "TWO_STATIONS")] == verdicts(actions)


def test_mac_authentication_by_eap_is_refused_for_what_it_is() -> None:
    """A switch that sends the address as an EAP-MD5 identity: EAP-Failure, and staff read what to set, not that a realm is missing."""
    road = Guests()
    road.knows(grant())
    eap = (79, bytes((2, 1)) + (5 + len(MAC)).to_bytes(2, "big") + b"\x01" + MAC)
    asked = road.ask((6, b"\0\0\0\x0a"), eap, (31, STATION), user=MAC)
    actions = road.receive(asked)
    assert b"\4\1\0\4" == check_answer(replied(actions), asked).value(79)
    assert [("refused", "MAC_BY_EAP")] == verdicts(actions)


def test_an_unknown_station_is_asked_about() -> None:
    """Memory that does not hold a station proves nothing: the porter is asked with its hash, the client and the source."""
    road = Guests()
    assert [ByStation(device(), "library", "127.0.0.1")] == questions(road.receive(road.mac()))


def test_eap_and_realms_go_their_own_way() -> None:
    """An identity with a realm, and any EAP, is none of the local half's business."""
    road = Guests()
    road.knows(grant())
    eap = (79, bytes((2, 1)) + (5 + len(MAC)).to_bytes(2, "big") + b"\x01" + MAC)
    assert [("refused", "NO_REALM")] == verdicts(road.receive(road.ask(eap, user=MAC)))
    assert 1 == len(road.receive(road.ask((6, b"\0\0\0\x0a"), (31, STATION))))  # to uni-a


def test_without_a_guests_half_nothing_is_local() -> None:
    """No device key: MAC authentication is an identity without a realm, as ever, and a local realm is served by nobody."""
    road = Guests()
    road.engine.adopt(replace(road.engine.tables, device_key=b""), road.now)
    assert [("refused", "NO_REALM")] == verdicts(road.receive(road.mac()))
    assert [("refused", "LOCAL_UNAVAILABLE")] == verdicts(road.receive(road.pap(b"ada@city.example", b"secret")))


def test_a_token_is_asked_about_with_its_password() -> None:
    """PAP: the password in clear, hidden only between the client and us."""
    road = Guests()
    asked = road.pap(TOKEN, b"a-password-of-more-than-16")
    expected = ByToken(TOKEN.decode(), b"a-password-of-more-than-16", b"", b"", "library", device())
    assert [expected] == questions(road.receive(asked))


@pytest.mark.parametrize("challenge", [None, b"sixteen octets.."])
def test_a_token_is_asked_about_with_its_chap(challenge: bytes | None) -> None:
    """CHAP: its 17 octets and the challenge, which is the authenticator where no CHAP-Challenge is sent (RFC 2865, 2.2)."""
    road = Guests()
    more = [(60, challenge)] if challenge else []
    asked = road.ask((3, bytes(17)), *more, user=TOKEN)
    assert [ByToken(TOKEN.decode(), b"", bytes(17), challenge or asked[4:20], "library", b"")] == questions(road.receive(asked))


@pytest.mark.parametrize(
    "name", [b"t-0123456789abcde", b"t-0123456789abcdeFF", b"T-0123456789abcdeF", b"t-0123456789abcde ", b"t-" + 16 * b"\xc3"]
)
def test_what_only_looks_like_a_token_is_none(name: bytes) -> None:
    """A token has its one form; anything else is an identity without a realm, or none at all."""
    road = Guests()
    assert {"NO_REALM", "BAD_REALM"} >= {reason for _, reason in verdicts(road.receive(road.pap(name, b"x")))}


def test_a_token_without_a_password_is_refused() -> None:
    """Neither PAP nor CHAP: nothing to compare."""
    road = Guests()
    assert [("refused", "LOCAL_NEEDS_PASSWORD")] == verdicts(road.receive(road.ask(user=TOKEN)))
    assert [("refused", "LOCAL_NEEDS_PASSWORD")] == verdicts(road.receive(road.pap(TOKEN, b"")))


def test_a_user_of_our_own_realm_is_asked_about() -> None:
    """The part before the @, the password in clear, and where it is asked."""
    road = Guests()
    expected = ByDirectory("city.example", b"ada.lovelace", b"correct horse", "library", "central-library", device())
    assert [expected] == questions(road.receive(road.pap(b"ada.lovelace@City.Example", b"correct horse")))
    trial = road.engine.datagram(road.pap(b"ada@city.example", b"x"), ORIGIN, AUTH, road.now, replace(road.client, trial=True))
    assert [expected._replace(user=b"ada", password=b"x", trial=True)] == questions(trial)


def test_our_own_realm_takes_passwords_only() -> None:
    """EAP, CHAP and an empty password are refused with their own Reason; EAP with EAP-Failure (RFC 3579, 2.6.5)."""
    road = Guests()
    user = b"ada@city.example"
    eap = road.ask((79, bytes((2, 9)) + (5 + len(user)).to_bytes(2, "big") + b"\x01" + user), user=user)
    actions = road.receive(eap)
    assert b"\4\x09\0\4" == check_answer(replied(actions), eap).value(79)
    actions += road.receive(road.ask((3, bytes(17)), user=user)) + road.receive(road.pap(user, b""))
    assert 3 * [("refused", "LOCAL_NEEDS_PASSWORD")] == verdicts(actions)


def test_the_porters_word_is_done() -> None:
    """Accepted with a grant, or refused with the porter's Reason and words."""
    road = Guests()
    asked = road.pap(TOKEN, b"secret")
    answer = check_answer(replied(told(road, asked, Verdict(True, "", grant()))), asked)
    assert (2, b"g.Grant0123456789x") == (answer.code, answer.value(25))
    asked = road.pap(TOKEN, b"secret")
    actions = told(road, asked, Verdict(False, "TOKEN_EXPIRED", None, "Please open the page again"))
    assert (3, b"Please open the page again") == (
        check_answer(replied(actions), asked).code,
        check_answer(replied(actions), asked).value(18),
    )
    assert [("refused", "TOKEN_EXPIRED")] == verdicts(actions)


def test_a_word_nobody_understands_is_a_refusal() -> None:
    """A Reason of another version, or an Accept without a grant, lets nobody in."""
    road = Guests()
    for verdict in (Verdict(False, "OF_ANOTHER_VERSION"), Verdict(True), Verdict(False, "")):
        assert [("refused", "LOCAL_UNAVAILABLE")] == verdicts(told(road, road.pap(TOKEN, b"secret"), verdict))


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"ends_at": DATE}, "GRANT_SPENT_ENDED"),
        ({"plan": "daily", "day_seconds": 3600, "day_ends": DATE + 9}, "GRANT_SPENT_DAY_TIME"),
        ({"plan": "daily", "day_octets": 6 * 10**9, "day_ends": DATE + 9}, "GRANT_SPENT_DAY_DATA"),
        ({"plan": "daily", "month_octets": 20 * 10**9, "month_ends": DATE + 9}, "GRANT_SPENT_MONTH_DATA"),
        ({"plan": "forgotten"}, "PLAN_GONE"),
    ],
)
def test_a_grant_that_allows_nothing_is_asked_about_and_then_refused(more: dict, name: str) -> None:
    """Another may have followed it a moment ago; where none has, the Reason is the one that memory would have given."""
    road = Guests()
    road.knows(grant(**more))
    actions = road.receive(road.mac())
    assert [ByStation(device(), "library", "127.0.0.1")] == questions(actions)
    assert [("refused", name)] == verdicts(road.engine.settled(ticket(actions), Verdict(True, "", grant(**more)), road.now))
    assert [("refused", name)] == verdicts(told(road, road.mac(), refused("PORTER_SILENT")))


def test_an_account_with_a_bound_on_sessions_is_always_counted() -> None:
    """`simultaneous` needs the store's open sessions: the porter is asked; a device's own grant needs nobody."""
    road = Guests()
    road.knows(grant(plan="family", account="a1"))
    assert 1 == len(questions(road.receive(road.mac())))
    assert [("refused", "TOO_MANY_SESSIONS")] == verdicts(told(road, road.mac(), refused("TOO_MANY_SESSIONS")))
    road.knows(grant(plan="family"))
    assert 2 == replied(road.receive(road.mac()))[0]


@pytest.mark.parametrize("name", ["PORTER_SILENT", "PORTER_BUSY"])
def test_without_the_porter_whom_memory_knows_stays_in(name: str) -> None:
    """Nobody can count its sessions just now: the guest is let in; a stranger is refused with the reason."""
    road = Guests()
    road.knows(grant(plan="family", account="a1"))
    assert [("accept", "")] == verdicts(told(road, road.mac(), refused(name)))
    other = road.mac(user=b"02-00-00-00-00-09", station=b"02-00-00-00-00-09")
    assert [("refused", name)] == verdicts(told(road, other, refused(name)))


def test_a_question_ends_in_time() -> None:
    """After `limits.asked_seconds` without a word: refused as PORTER_SILENT; the word that comes later changes nothing."""
    road = Guests(limits=Limits(asked_seconds=2.0))
    asked = ticket(road.receive(road.mac()))
    assert [] == verdicts(road.wait(1.9))
    assert [("refused", "PORTER_SILENT")] == verdicts(road.wait(0.2))
    assert () == road.engine.settled(asked, Verdict(True, "", grant()), road.now)
    assert 0 == road.engine.in_flight


def test_questions_are_bounded() -> None:
    """Beyond `limits.asked` a stranger is refused as PORTER_BUSY at once, and there is room again after an answer."""
    road = Guests(limits=Limits(asked=2))
    first = ticket(road.receive(road.mac()))
    road.receive(road.mac())
    assert [("refused", "PORTER_BUSY")] == verdicts(road.receive(road.mac()))
    assert 2 == road.engine.in_flight
    road.engine.settled(first, refused("NO_GRANT"), road.now)
    assert 1 == len(questions(road.receive(road.mac())))


def test_strangers_leave_room_for_sign_ins() -> None:
    """A quarter of the places is kept from stations: a flood of addresses does not shut out whoever signed in at the portal."""
    road = Guests(limits=Limits(asked=8))
    crowd = [road.mac(station=b"02-00-00-00-00-%02X" % number, user=b"02-00-00-00-00-%02X" % number) for number in range(8)]
    actions = [road.receive(octets) for octets in crowd]
    assert [6, 2] == [
        sum(map(len, map(questions, actions))),
        [verdict for each in actions for verdict in verdicts(each)].count(("refused", "PORTER_BUSY")),
    ]
    signed_in = [road.receive(road.pap(TOKEN, b"secret")) for _ in range(3)]
    assert [1, 1, 0] == [len(questions(each)) for each in signed_in]


def test_a_repetition_while_asked_asks_nobody() -> None:
    """RFC 5080, 2.2.2: in flight, nothing; answered, the same octets."""
    road = Guests()
    octets = road.mac()
    asked = ticket(road.receive(octets))
    assert () == road.receive(octets)
    answer = replied(road.engine.settled(asked, Verdict(True, "", grant()), road.now))
    assert answer == replied(road.receive(octets))


def test_a_superseded_question_answers_nobody() -> None:
    """The client reused the identifier for a new request: the old one's word is dropped, the new one's is sent."""
    road = Guests()
    old = ticket(road.receive(road.mac()))
    road.identifier -= 2
    new_octets = road.mac()
    new = ticket(road.receive(new_octets))
    assert () == road.engine.settled(old, Verdict(True, "", grant()), road.now)
    assert 2 == check_answer(replied(road.engine.settled(new, Verdict(True, "", grant()), road.now)), new_octets).code
    assert () == road.engine.settled(new, Verdict(True, "", grant()), road.now)
    assert () == road.wait(20.0)


def test_what_the_porter_said_stays_out_of_memory() -> None:
    """An answer may be overtaken by a revocation: only the stream of grants changes what is known."""
    road = Guests()
    told(road, road.mac(), Verdict(True, "", grant()))
    assert 0 == len(road.engine.local.grants)


def test_the_trace_tells_of_a_local_login() -> None:
    """One record each: its rule, no home, the grant that decided, our own time."""
    road = Guests()
    road.knows(grant())
    asked = road.receive(road.pap(TOKEN, b"secret"))
    road.now += 0.25
    (record,) = only(road.engine.settled(ticket(asked), Verdict(False, "TOKEN_USED", grant()), road.now), Record)
    login = record.record
    assert ("(token)", "", "refused", "TOKEN_USED", "Grant0123456789x") == (
        login.rule,
        login.home,
        login.verdict,
        login.reason,
        login.grant,
    )
    assert (250, 250) == (round(login.milliseconds), round(login.own_milliseconds))
    (record,) = only(road.receive(road.mac()), Record)
    login = record.record
    assert ("(mac)", "", "accept", "", "Grant0123456789x") == (login.rule, login.home, login.verdict, login.reason, login.grant)
    assert ("lib-1", "central-library", STATION) == (login.access_point, login.site, login.station)


def test_the_operators_reply_rules_have_the_last_word() -> None:
    """[[policy]] for Access-Accept applies to an Accept of ours; a rule that refuses makes it a Reject."""
    road = Guests()
    road.knows(grant())
    rule = Rule("night", "reply", clamp={"Session-Timeout": (60, 600)}, set={"Filter-Id": "guests"})
    road.engine.adopt(road.tables(road.engine.tables.homes.values(), rules=(rule,)), road.now)
    octets = road.mac()
    answer = check_answer(replied(road.receive(octets)), octets)
    assert ((600).to_bytes(4, "big"), b"guests") == (answer.value(27), answer.value(11))


def test_the_calendar_may_be_set_in_mid_day() -> None:
    """Grants end by the calendar, as the shell tells it: what it is told is all the engine knows of dates."""
    road = Guests()
    road.knows(grant(ends_at=DATE + 10))
    assert 2 == replied(road.receive(road.mac()))[0]
    road.engine.date(DATE + 60 - road.now)
    assert 1 == len(questions(road.receive(road.mac())))


def test_a_new_network_keeps_grants_and_questions() -> None:
    """`adopt` swaps the tables; what was known and asked stays; fewer grants where the new limit says so."""
    road = Guests()
    road.knows(grant(), grant(b"02-00-00-00-00-09"))
    asked = ticket(road.receive(road.mac(user=b"02-00-00-00-00-0a", station=b"02-00-00-00-00-0a")))
    road.engine.adopt(replace(road.engine.tables, limits=Limits(grants=1)), road.now)
    assert 1 == len(road.engine.local.grants)
    assert [("refused", "NO_GRANT")] == verdicts(road.engine.settled(asked, refused("NO_GRANT"), road.now))


def test_passwords_are_not_looked_at_in_mac_authentication() -> None:
    """What the client sends as password is a custom of its own: any, or none; one of an impossible length is still refused."""
    road = Guests()
    road.knows(grant())
    for more in ([], [(2, hidden(b"shared", bytes(16)))], [(3, b"\1" + hashlib.md5(b"x").digest())]):
        assert 2 == replied(road.receive(road.ask(*more, (31, STATION), user=MAC)))[0]
    assert [("refused", "BAD_PASSWORD_ATTRIBUTE")] == verdicts(road.receive(road.ask((2, bytes(15)), (31, STATION), user=MAC)))


def test_an_unsigned_request_is_dropped_before_anything_is_asked() -> None:
    """The gate stands before the local half too (CVE-2024-3596)."""
    road = Guests()
    assert ["NO_MESSAGE_AUTHENTICATOR"] == reasons(road.receive(road.ask((31, STATION), user=MAC, signed=False), ORIGIN))
    assert 0 == road.engine.in_flight
