"""The story of a login: what a help desk reads, and that it claims no more than the row shows."""

from __future__ import annotations

from datetime import UTC, datetime

from proxeny import story
from store.models import AuthEvent, LoginVerdict, Session, SessionStatus

NOW = datetime(2026, 3, 8, 6, 59, 59, 123456, tzinfo=UTC)
HOUSES = {"uni-a.example": "University A"}


def event(**changes) -> AuthEvent:
    fields = {
        "id": "06h0abc", "began_at": NOW, "at": NOW, "client": "library-wlc", "source": "192.0.2.1", "nas_identifier": "ap",
        "access_point": "lib-1", "bssid": "AA-BB-CC-DD-EE-FF", "ssid": "eduroam", "site": "central-library", "user_hash": b"u" * 16,
        "realm": "uni-a.example", "rule": "uni-a.example", "station_hash": b"\xab" * 16, "acct_session_id": "", "home": "uni-a-1",
        "attempts": ["uni-a-2", "uni-a-1"], "verdict": LoginVerdict.ACCEPT, "reason": "", "round_trips": 9, "milliseconds": 412.4,
        "own_milliseconds": 3.1, "session_id": None, "grant_id": None,
    }  # fmt: skip
    return AuthEvent(**(fields | changes))


def told(**changes) -> str:
    return "\n".join(story.told(event(**changes), None, HOUSES))


def test_the_fields_for_a_machine_are_these():
    """Decision 26, word for word."""
    row = story.row(event())
    assert (
        " ".join(row) == "id at client access_point ssid site realm station home attempts verdict reason round_trips milliseconds session"
    )
    assert (row["at"], row["station"], row["verdict"], row["milliseconds"]) == ("2026-03-08T06:59:59.123Z", "ab" * 16, "accept", 412)
    assert set(story.session_row(Session(id="s", started_at=NOW, station_hash=b"", status=SessionStatus.OPEN))) == set(row)


def test_an_accept_names_the_way():
    """Who, where, which rule, every home asked, how long and how much of that was ours."""
    text = told()
    for part in (
        "University A",
        "lib-1",
        "eduroam",
        "library-wlc",
        "uni-a-2 then uni-a-1",
        "9 round trips",
        "412 ms, 3 of them ours",
        "said yes",
    ):
        assert part in text


def test_a_guest_is_let_in_or_turned_away_by_a_grant():
    """No home and no institution is in it: the grant is named, and what there was of it."""
    local = {"home": "", "attempts": [], "realm": "", "rule": "(mac)", "grant_id": "06h0def", "round_trips": 1}
    text = told(**local)
    for part in ("a guest, device", "(MAC authentication); decided here by the grant 06h0def", "Let in: there is a grant"):
        assert part in text
    text = told(**local, verdict=LoginVerdict.REFUSED, reason="NO_GRANT")  # as the road tells it (decision 0012, 5)
    assert "A device was sent to the portal." in text
    assert "refused" not in text
    text = told(**local, verdict=LoginVerdict.REFUSED, reason="PORTER_SILENT")
    assert "was refused here" in text
    text = told(**local, verdict=LoginVerdict.REFUSED, reason="GRANT_SPENT_DAY_DATA")
    assert "The day's data is used up." in text
    assert "institution" not in text


def test_a_reject_is_the_homes_to_explain():
    """A home's no is told as its own, with the usual cause and who can see more (decisions-portal, 25)."""
    text = told(verdict=LoginVerdict.REJECT)
    assert "University A said no after 9 round trips. Usually a mistyped or changed password; only University A can see which." in text


def test_an_abandoned_login_points_to_the_certificate():
    """The usual sign of a distrusted certificate is told as usual, not as certain; what the device said itself is certain."""
    text = told(verdict=LoginVerdict.ABANDONED, round_trips=3, eap=True)
    assert "Usually its profile does not trust" in text
    text = told(verdict=LoginVerdict.REJECT, reason="CERTIFICATE_DISTRUSTED")
    assert "The device stopped after seeing University A's certificate: its profile does not trust it." in text
    assert "Install the profile again." in text


def test_nobody_is_named():
    """No story shows more of a station than the beginning of its hash."""
    assert "abababababab" in told()
    assert "ab" * 16 not in told()


def test_what_is_unknown_is_said_so():
    """A login without place, realm, rule or home still makes a story."""
    text = told(
        access_point="",
        bssid="",
        nas_identifier="",
        ssid="",
        site="",
        realm="",
        rule="",
        attempts=[],
        verdict=LoginVerdict.REFUSED,
        reason="NO_REALM",
    )
    assert "an unnamed place" in text
    assert "no home was asked" in text
    assert "name@institution" in text


def test_the_session_is_told_with_it():
    """What became of it: since when, how much, at which address."""
    session = Session(
        id="06h0xyz", started_at=NOW, ended_at=None, status=SessionStatus.OPEN, terminate_cause="", framed_ip="10.0.0.7",
        seconds=60, input_octets=5, output_octets=7,
    )  # fmt: skip
    text = "\n".join(story.told(event(session_id="06h0xyz"), session, HOUSES))
    assert "session 06h0xyz since 2026-03-08T06:59:59.123Z, still open: 60 s, 5 octets up, 7 down, address 10.0.0.7" in text
