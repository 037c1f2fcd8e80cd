""" "Test this access point": each line turns green, red or neither by what the recorder wrote, and a red one names the setting."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin import ap_places
from portal.admin.ap_checks import Asked, State, lines
from portal.admin.desk import counted
from radius.nas import FAMILIES, targets
from radius.nas.family import Means
from store.ap_seen import Seen, Word
from store.models import AuditEntry, AuthEvent, Client, DropMinute, LoginVerdict, Order, OrderState, Role, Ssid, UnknownAccessPoint, Via
from store.session import reading, transaction
from tests.portal.staffroom import NOW, URL, Room
from tests.store.rows import session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from store.models.base import Base

HERE = "/access-points/lib-1/test"
BEGUN = int(NOW.timestamp())
RUNNING = f"{HERE}?begun={BEGUN}"
KEYS = ("packet", "signature", "known", "ssid", "accounting", "order")


def add(room: Room, rows: Sequence[Base]) -> None:
    with transaction(room.database) as work:
        work.add_all(rows)


def login(room: Room, **more: Any) -> AuthEvent:
    at = room.time - timedelta(seconds=1)
    said = {"access_point": "lib-1", "bssid": "AA-BB-CC-DD-EE-F1", "ssid": "City Wi-Fi", "verdict": LoginVerdict.ACCEPT} | more
    return AuthEvent(began_at=at, at=at, client="library-wlc", source="127.0.0.1", **said)


def dropped(room: Room, reason: str, client: str = "library-wlc", source: str = "127.0.0.1") -> DropMinute:
    return DropMinute(minute=room.time.replace(second=0), source=source, client=client, reason=reason, count=5)


def states(room: Room, path: str = RUNNING) -> dict[str, str]:
    """The lines of the page, by their place in the order."""
    found = re.findall(r"<li(?: class=\"(\w+)\")?><h3>", room.page(path))
    return dict(zip(KEYS, found, strict=True))


def test_the_begin_is_in_the_address(staffroom: Room) -> None:
    """Before it, what it is; the button leads to the moment; a moment that is none, long ago or to come, is before it."""
    assert "Begin the test" in staffroom.page(HERE)
    answer = staffroom.get(f"{HERE}?begin=1")
    assert (303, RUNNING) == (answer.status_code, answer.location)
    for said in ("x", "9" * 11, "9" * 40, "-1", str(BEGUN - 4_000), str(BEGUN + 60), "١٢"):
        assert "Begin the test" in staffroom.page(f"{HERE}?begun={said}"), said


def test_with_nothing_heard_every_line_waits_and_then_the_first_is_red(staffroom: Room) -> None:
    """Within the minute nobody is blamed; afterwards the first line says where to look. The page then stops asking."""
    assert dict.fromkeys(KEYS, "") == states(staffroom)
    assert 'data-live="2"' in staffroom.page(RUNNING)
    staffroom.later(seconds=61)
    assert {**dict.fromkeys(KEYS, ""), "packet": "bad"} == states(staffroom)
    found = staffroom.page(RUNNING)
    assert "data-live" not in found
    assert "RADIUS authentication server" in found


def test_a_login_and_its_accounting_make_it_green(staffroom: Room) -> None:
    """Packet, signature, access point and network by the login; accounting by the session's record."""
    staffroom.later(seconds=10)
    add(staffroom, [login(staffroom)])
    assert {**dict.fromkeys(KEYS[:4], "good"), "accounting": "", "order": ""} == states(staffroom)
    add(staffroom, [session(staffroom.privacy.seal, access_point="lib-1", updated_at=staffroom.time, started_at=staffroom.time)])
    assert {**dict.fromkeys(KEYS[:5], "good"), "order": ""} == states(staffroom)


def test_what_was_before_does_not_count(staffroom: Room) -> None:
    """A login of a second before the test is another's."""
    add(staffroom, [login(staffroom)])
    assert dict.fromkeys(KEYS, "") == states(staffroom)


@pytest.mark.parametrize(
    ("reason", "client", "source", "line", "said"),
    [
        ("BAD_MESSAGE_AUTHENTICATOR", "library-wlc", "127.0.0.1", "signature", "Shared secret"),
        ("BAD_AUTHENTICATOR", "library-wlc", "127.0.0.1", "signature", "Shared secret"),
        ("NO_MESSAGE_AUTHENTICATOR", "library-wlc", "127.0.0.1", "signature", "RADIUS authentication server"),
        ("UNKNOWN_CLIENT", "", "198.51.100.7", "packet", "198.51.100.7"),
    ],
)
def test_a_packet_that_was_dropped_says_why(staffroom: Room, reason: str, client: str, source: str, line: str, said: str) -> None:
    """At once, within the minute, and with the controller's setting."""
    staffroom.later(seconds=5)
    add(staffroom, [dropped(staffroom, reason, client, source)])
    assert "bad" == states(staffroom)[line]
    assert said in staffroom.page(RUNNING)


def test_an_access_point_that_calls_itself_something_else_is_told(staffroom: Room) -> None:
    """What came, and what we expect; both the login's and the list's of the unknown."""
    staffroom.later(seconds=5)
    add(staffroom, [login(staffroom, access_point="", bssid="02-00-00-00-00-09", nas_identifier="lobby", ssid="")])
    seen = UnknownAccessPoint(client="library-wlc", bssid="02-00-00-00-00-10", first_seen=staffroom.time, last_seen=staffroom.time)
    add(staffroom, [seen])
    assert "bad" == states(staffroom)["known"]
    found = staffroom.page(RUNNING)
    assert "02-00-00-00-00-09 / lobby, 02-00-00-00-00-10" in found
    assert "AA-BB-CC-DD-EE-F0/44" in found
    assert "Called-Station-Id: AP-MAC:SSID" in found


def test_a_network_that_is_declared_nowhere_is_looked_at(staffroom: Room) -> None:
    """Not wrong, and said; without a name it is wrong."""
    staffroom.later(seconds=5)
    add(staffroom, [login(staffroom, ssid="Backroom")])
    assert "warn" == states(staffroom)["ssid"]
    add(staffroom, [Ssid(name="Backroom")])
    assert "good" == states(staffroom)["ssid"]


def test_an_order_about_nobody_is_sent_when_asked(staffroom: Room) -> None:
    """One Disconnect for a station that no device has, audited; its NAK proves port and secret, its silence is red."""
    staffroom.later(seconds=5)
    add(staffroom, [login(staffroom)])
    answer = staffroom.post(RUNNING)
    assert (303, RUNNING) == (answer.status_code, answer.location)
    with reading(staffroom.database) as work:
        order = work.scalars(select(Order)).one()
        whom = targets.unpack(staffroom.privacy.opened(order.target, "outbox", str(order.id), "target"))
        act = work.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (Via.RADIUS, "library-wlc", "") == (order.via, order.client, order.session_id)
    assert ("test", "access_point", "lib-1") == (act.action, act.kind, act.object)
    assert "2" == whom.station[1], "locally administered: nobody's"
    assert ("source", "127.0.0.1") in whom.words
    assert "Under way" in staffroom.page(RUNNING)
    for outcome, state, expected in (
        ("NAK 503 Session-Context-Not-Found", OrderState.FAILED, "good"),
        ("ACK", OrderState.DONE, "good"),
        ("no answer", OrderState.FAILED, "bad"),
    ):
        with transaction(staffroom.database) as work:
            row = work.get_one(Order, order.id)
            row.outcome, row.state = outcome, state
        assert expected == states(staffroom)["order"], outcome
    assert "Dynamic authorization" in staffroom.page(RUNNING)


def test_who_may_not_act_on_sessions_sends_no_order(staffroom: Room) -> None:
    """An auditor watches; the button is not there, and its form refused."""
    staffroom.later(seconds=5)
    add(staffroom, [login(staffroom)])
    assert "Send an order" in staffroom.page(RUNNING)
    assert "Send an order" not in staffroom.page(RUNNING, Role.AUDITOR)
    assert 403 == staffroom.post(RUNNING, Role.AUDITOR).status_code
    with reading(staffroom.database) as work:
        assert [] == list(work.scalars(select(Order)))


def test_a_gateway_without_radius_is_not_listened_for(staffroom: Room) -> None:
    """The page says so and sends no order."""
    with transaction(staffroom.database) as work:
        row = work.get_one(Client, "library-wlc")
        row.nas, row.radius = "unifi", False
    assert "sends no RADIUS" in staffroom.page(RUNNING)
    assert 409 == staffroom.post(RUNNING).status_code


def test_an_access_point_that_is_not_there(staffroom: Room) -> None:
    """404, as everywhere."""
    assert 404 == staffroom.get("/access-points/nobody/test").status_code
    assert 404 == staffroom.post("/access-points/nobody/test").status_code


def test_no_statement_is_asked_for_each_row(staffroom: Room) -> None:
    """As many at a thousand logins as at ten."""
    staffroom.later(seconds=5)

    def fill(count: int) -> int:
        add(staffroom, [login(staffroom, acct_session_id=str(number)) for number in range(count)])
        with counted(staffroom.database) as seen:
            staffroom.page(RUNNING)
        return len(seen)

    fill(1)
    assert fill(10) == fill(1_000)


STRANGE = Word(NOW, "library-wlc", "192.0.2.1", "", "02-00-00-00-00-01", "", "", accepted=True)
HERE_ONCE = STRANGE._replace(access_point="lib-1", bssid="")
RED = {  # of each line: what was seen when it is red
    "packet": Seen(),
    "signature": Seen(drops=Counter({"BAD_MESSAGE_AUTHENTICATOR": 2})),
    "known": Seen(logins=[STRANGE]),
    "ssid": Seen(logins=[HERE_ONCE]),
    "accounting": Seen(logins=[HERE_ONCE]),
    "order": Seen(order=Order(client="library-wlc", state=OrderState.FAILED, outcome="no answer")),
}


def red(nas: str) -> dict[str, tuple[str, str]]:
    """Each line that is red: what it says, and where to look."""
    asked = Asked("lib-1", "AA-BB-CC-DD-EE-F0/44", "library-wlc", ("192.0.2.1",), {"City Wi-Fi"}, "1812, 1813", orders=True, over=True)
    found = {key: next(line for line in lines(asked, seen, ap_places.of(nas)) if line.key == key) for key, seen in RED.items()}
    assert dict.fromkeys(RED, State.BAD) == {key: line.state for key, line in found.items()}
    return {key: (f"{line.title} {line.text}", str(line.place)) for key, line in found.items()}


def test_every_family_names_its_setting_in_both_languages(staffroom: Room) -> None:
    """Each red line, in English and in French, has the words of that family's controller; orders where it takes them."""
    told = {}
    for language in ("en", "fr"):
        with staffroom.app.test_request_context("/", base_url=URL, headers={"Accept-Language": language}):
            staffroom.app.preprocess_request()
            told[language] = {nas: red(nas) for nas in ap_places.PLACES}
            for nas, places in ap_places.PLACES.items():
                named = (places.server, places.secret, places.called, places.ssid, places.accounting, places.orders)
                assert [*map(str, named)] == [place for _text, place in told[language][nas].values()], nas
    for nas, places in ap_places.PLACES.items():
        assert [] == [key for key in KEYS if told["en"][nas][key][0] == told["fr"][nas][key][0]], nas
        assert (FAMILIES[nas].ends is Means.RADIUS) == bool(str(places.orders)), nas
