"""trace, sessions, kick and access-points: the exact fields for machines, the story for people, exit codes for scripts."""

from __future__ import annotations

import json
import re
import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import structlog

from proxeny import opening, settings
from proxeny.courier import Result
from proxeny.keeper import Keeper
from proxeny.verbs import kick
from proxeny.verbs import sessions as listing
from radius.records import Dropped
from radius.wire import attribute
from store.models import Order, OrderState, Session, SessionStatus
from store.sealed import Seal, create_keys
from store.session import reading
from tests.peers.program import until
from tests.proxeny.installation import NETWORK
from tests.proxeny.test_keeper import STATION, accounting, login, spooled
from tests.store import rows

ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
FIELDS = (
    "id acct_session_id client source access_point ssid realm station framed_ip started_at updated_at ended_at status seconds "
    "input_octets output_octets"
)
TRACE = "id at client access_point ssid site realm station home attempts verdict reason round_trips milliseconds session"


@pytest.fixture
def keeper(installed):
    """A network, and a keeper whose orders the test answers."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    assert installed.apply(NETWORK).exit_code == 0
    loaded = settings.load(installed.settings, {})
    answers = {"text": "ACK", "done": True}
    keeper = Keeper(loaded, lambda errand: keeper.settle(Result(errand.order, **answers)))
    keeper.answers = answers
    keeper.thread.start()
    yield keeper
    keeper.end(5.0)
    keeper.thread.join(10)
    structlog.reset_defaults()


@pytest.fixture
def living(keeper, installed):
    """Three logins and two sessions, one of them ended."""
    keeper.take(
        [login(1), login(2, verdict="reject"), login(3, verdict="refused", reason="JUNK_REALM", attempts=(), home="", realm="gmail.com")]
    )
    until(lambda: keeper.counts["logins"] == 3, "the logins")
    again = accounting(0, session=b"S-2", extra=attribute(25, b"class"))
    records = [accounting(0), accounting(60, 3, 500), again, accounting(30, 2, 70, session=b"S-2")]
    spooled(keeper.settings, records)
    until(lambda: keeper.draining.counts["accounting"] == 4, "the accounting")
    return installed


def shown(result) -> list:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_sessions_for_a_machine(living):
    """The open ones, oldest first; with --all the ended one too; fields, times and figures exact."""
    (row,) = shown(living.run("sessions", "--json"))
    assert list(row) == FIELDS.split()
    assert ISO.fullmatch(row["started_at"])
    assert ISO.fullmatch(row["updated_at"])
    expected = {
        "acct_session_id": "S-1", "client": "library-wlc", "source": "192.0.2.1", "access_point": "lib-1", "ssid": "eduroam",
        "realm": "uni-a.example", "station": STATION.decode(), "framed_ip": "10.0.0.7", "ended_at": None, "status": "open", "seconds": 60,
        "input_octets": 0, "output_octets": 500,
    }  # fmt: skip
    assert {key: row[key] for key in expected} == expected
    both = shown(living.run("sessions", "--json", "--all"))
    assert {each["acct_session_id"]: each["status"] for each in both} == {"S-1": "open", "S-2": "ended"}
    assert all(ISO.fullmatch(each["ended_at"]) for each in both if each["status"] == "ended")


def test_sessions_for_people_mask_the_station(living):
    """The table tells the maker of a station, never the device."""
    out = living.run("sessions", "--all").output
    assert "02-00-00-xx-xx-xx" in out
    assert STATION.decode() not in out
    assert "2 sessions" in out
    assert "1 session open" in living.run("sessions").output


def test_trace_for_a_machine(living):
    """By MAC in any spelling, by user, by session and by login: decision 26's fields, newest first."""
    rows = shown(living.run("trace", "02:00:00:00:00:01", "--json"))
    assert [list(row) for row in rows] == [TRACE.split()] * 3
    accepted = next(row for row in rows if row["verdict"] == "accept")
    expected = {"home": "uni-a-1", "attempts": ["uni-a-2", "uni-a-1"], "round_trips": 9, "milliseconds": 412}
    assert {key: accepted[key] for key in expected} == expected
    session = next(row for row in shown(living.run("sessions", "--json")) if row["acct_session_id"] == "S-1")
    assert accepted["session"] == session["id"]
    for what in (session["id"], "S-1", accepted["id"]):
        assert accepted in shown(living.run("trace", what, "--json"))
    assert len(shown(living.run("trace", "Anonymous@uni-a.example", "--json"))) == 3
    assert len(shown(living.run("trace", "020000000001", "--json", "--limit", "2"))) == 2


def test_trace_for_people(living):
    """The story names the institution, not the person; a refusal says what to do."""
    out = living.run("trace", STATION.decode()).output
    for part in ("University A", "said yes", "said no after 9 round trips", "No institution has the realm gmail.com", "session "):
        assert part in out
    assert STATION.decode() not in out
    assert "anonymous" not in out


def test_trace_by_address_and_time(living):
    """Who held this address now, and at a time when nobody did."""
    now = shown(living.run("trace", "10.0.0.7", "--json"))
    assert {row["session"] for row in now} <= {row["id"] for row in shown(living.run("sessions", "--json", "--all"))}
    assert now
    before = living.run("trace", "10.0.0.7", "--at", "2020-01-01T00:00:00Z", "--json")
    assert (before.exit_code, json.loads(before.stdout)) == (1, [])
    assert living.run("trace", "10.0.0.7", "--at", "yesterday").exit_code == 2
    for words in (("10.0.0.7", "--at", "2020-01-01T00:00:00Z"), ("10.9.9.9",)):  # a failure is said in a line, not by silence
        nobody = living.run("trace", *words)
        assert (nobody.exit_code, nobody.stderr.count("No session is known that had")) == (1, 1)


def test_trace_that_finds_nothing(living, keeper):
    """Exit 1, with the packets that were dropped as a hint; without an argument it is a usage error."""
    keeper.take([Dropped(time.monotonic(), "192.0.2.77", "library-wlc", "BAD_MESSAGE_AUTHENTICATOR", 212)])
    until(lambda: not keeper._drops, "the drops")
    nothing = living.run("trace", "02-00-00-99-99-99")
    assert nothing.exit_code == 1
    until(lambda: "signed with a different secret than ours" in living.run("trace", "192.0.2.77").output, "the count")
    assert "212 packets from 192.0.2.77" in living.run("trace", "192.0.2.77").output
    assert living.run("trace").exit_code == 2
    assert living.run("trace", "00-00").exit_code == 1  # a fragment finds nothing


def test_kick_says_what_the_nas_said(living, keeper):
    """By Acct-Session-Id or id; `ACK` alone is success."""
    kicked = living.run("kick", "S-1")
    assert (kicked.exit_code, kicked.output) == (0, "ACK\n")
    keeper.answers.update(text="NAK 503 Session-Context-Not-Found", done=False)
    name = shown(living.run("sessions", "--json"))[0]["id"]
    refused = living.run("kick", name)
    assert (refused.exit_code, refused.output) == (1, "NAK 503 Session-Context-Not-Found\n")
    keeper.answers.update(text="no answer")
    silent = living.run("kick", name, "--json")
    assert silent.exit_code == 1
    assert json.loads(silent.stdout)["outcome"] == "no answer"


def test_kick_of_nobody_and_of_two(living, keeper):
    """Unknown: exit 1 and a remedy. Two open sessions of one Acct-Session-Id: their ids, and nobody is kicked."""
    assert living.run("kick", "nobody").exit_code == 1
    other = accounting(0, session=b"S-1", extra=b"")
    spooled(keeper.settings, [(b"k" * 32, "library-wlc", "192.0.2.2 5", "127.0.0.1 1813", other[4])])
    until(lambda: keeper.draining.counts["accounting"] == 5, "the second")
    ambiguous = living.run("kick", "S-1")
    assert ambiguous.exit_code == 1
    for row in shown(living.run("sessions", "--json")):
        assert row["id"] in ambiguous.output
    assert "Traceback" not in ambiguous.output


def test_kick_without_a_controller_leaves_no_order_behind(living, keeper, monkeypatch):
    """Nobody carries it out: told within the wait, and the order is void, not waiting for a later controller."""
    keeper.end(5.0)
    keeper.thread.join(10)
    monkeypatch.setattr(kick, "WAIT", 0.5)
    result = living.run("kick", "S-1")
    assert result.exit_code == 1
    assert result.output.startswith("no answer: nobody carried the order out")
    database, _ = opening.store(keeper.settings)
    with reading(database) as work:
        assert {order.state for order in work.query(Order)} == {OrderState.FAILED}
        assert work.query(Session).count() == 2
    database.dispose()


def test_unknown_access_points_can_be_adopted(living, keeper):
    """What --unknown prints is a network file that adopts them."""
    stranger = accounting(0, session=b"S-9")
    octets = stranger[4].replace(b"02-00-5E-00-01-02", b"02-00-5E-99-99-99")
    spooled(keeper.settings, [(b"u" * 32, *stranger[1:4], octets)])
    until(lambda: keeper.draining.counts["accounting"] == 5, "the stranger")
    (row,) = shown(living.run("access-points", "--unknown", "--json"))
    expected = {"client": "library-wlc", "bssid": "02-00-5E-99-99-99", "nas_identifier": "ap", "ssid": "eduroam", "sightings": 1}
    assert {key: row[key] for key in expected} == expected
    assert ISO.fullmatch(row["last_seen"])
    printed = living.run("access-points", "--unknown").output
    assert living.apply(NETWORK + printed).exit_code == 0
    assert [each["name"] for each in shown(living.run("access-points", "--json"))] == ["lib-1", "new-1"]


def test_following_shows_logins_as_they_come(living, keeper, monkeypatch):
    """--follow prints each new login of whom was asked for, once, and nothing of others."""
    turns = iter(range(6))

    def turn(_seconds: float) -> None:
        number = next(turns)
        if number == 5:
            raise KeyboardInterrupt
        if number == 1:
            keeper.take([login(20, realm="uni-b.example"), login(21, station=b"02-00-00-00-00-55")])
            until(lambda: keeper.counts["logins"] == 5, "the logins")

    monkeypatch.setattr("proxeny.verbs.trace.time", SimpleNamespace(sleep=turn))
    result = living.run("trace", STATION.decode(), "--follow", "--json")
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert [row["realm"] for row in rows][-1] == "uni-b.example"
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(datetime.fromisoformat(row["at"]) <= datetime.now(UTC) for row in rows)


def test_a_station_of_the_past_is_for_nobody_alone(tmp_path):
    """From a day after its last word on a machine gets it masked, too: then it takes two people."""
    path = tmp_path / "seal.key"
    create_keys(path)
    seal = Seal(path)
    one = rows.session(seal, status=SessionStatus.ENDED, ended_at=rows.NOW, started_at=rows.NOW)
    day = timedelta(days=1)
    at = (rows.NOW + day - timedelta(seconds=1), rows.NOW + day)
    station = rows.CANARIES[4]
    assert [station, listing.masked(station)] == [listing.row(one, seal, moment)["station"] for moment in at]
    one.status, one.ended_at = SessionStatus.OPEN, None
    assert station == listing.row(one, seal, rows.NOW + 9 * day)["station"]
