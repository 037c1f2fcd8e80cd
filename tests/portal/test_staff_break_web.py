"""What somebody at a browser might try against the staff app, each with a real request; and that it comes to nothing."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, false, select

from portal.admin import setup, tables, telling
from portal.admin.central import Central
from store import factors, staff
from store.models import AuditEntry, Client, Policy, Role, Site, Span, Staff, VisitorCount
from store.session import reading, transaction
from store.visitors import periods
from tests.portal.staffroom import NOW, URL
from tests.store import rows

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

STATION = "02:12:34:AB:CD:EF"
LISTS = ("/access-points", "/access-points/unknown", "/alerts", "/audit", "/backups", "/gateways", "/homes", "/policy", "/realms")


def cursor(*key: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def a_session(room: Room, **more: Any) -> str:
    with transaction(room.database) as session:
        session.add(rows.session(room.privacy.seal, started_at=NOW, updated_at=NOW, **more))
    return "0123456789abcdef"


@pytest.mark.parametrize("number", [f"58e4b1f4/{STATION.lower()}/1234", "021234ABCDEF-58E4", "0212.34ab.cdef", "02-12-34-AB-CD-EF"])
def test_a_gateways_number_of_a_session_names_no_station(staffroom: Room, number: str) -> None:
    """Many controllers put the station into Acct-Session-Id: no page shows that part before somebody revealed it, and no title ever."""
    where = f"/sessions/{a_session(staffroom, acct_session_id=number)}"
    page = staffroom.page(where, Role.HELP_DESK)
    assert number not in page
    assert "12:34:ab" not in page.lower()
    assert not any(part in page.lower() for part in ("12:34:ab", "1234abcdef", "1234.abcd", "12-34-ab"))
    staffroom.post(f"{where}/reveal", Role.HELP_DESK, reason="a ticket's number")
    revealed = staffroom.page(where, Role.HELP_DESK)
    assert number in revealed
    assert number not in revealed.partition("</title>")[0]


def test_a_number_without_a_station_is_shown_as_it_is() -> None:
    """Numbers that hold no hardware address stay what the gateway's own log says."""
    kept = ["80F0001A", "5E8F7C4A1B2C3D4E", "A-0123456789abcdef", "5f3c9b0e-7a11-4f6e-9d1c-2b7f6a0c9e55", ""]
    assert kept == [telling.unnamed(each) for each in kept]


@pytest.mark.parametrize("key", [["\ud800"], ["\0"], [1, "\ud800"], [1.5, "x"], [["t", "2026-03-09T00:00:00+00:00"], "\ud800"], [1, "x"]])
def test_a_cursor_that_somebody_made_up_is_no_fault_of_ours(staffroom: Room, key: list[Any]) -> None:
    """Whatever a cursor holds, a list answers that it is none, or with a page."""
    for where in (*LISTS, "/sessions", "/sessions/all", "/sites", "/staff", "/trace"):
        assert staffroom.get(f"{where}?after={cursor(*key)}").status_code in (200, 400), where


def test_nul_is_refused_wherever_it_stands(staffroom: Room) -> None:
    """PostgreSQL holds none: the second value of a name is looked at as the first is."""
    assert 400 == staffroom.post("/alerts/acknowledge", id=["one", "\0"]).status_code
    assert 400 == staffroom.get("/sites?q=a&q=%00").status_code


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "9999-12-31T00:00"])
def test_the_last_day_there_is_is_a_day_without_entries(staffroom: Room, day: str) -> None:
    """The ends of the calendar are no fault in any zone."""
    assert [200, 200] == [staffroom.get(f"/audit?{key}={day}").status_code for key in ("since", "until")]


@pytest.mark.parametrize("bounds", ["1, nan", "1, 0x10", "a, b"])
def test_bounds_that_are_no_numbers_are_refused_by_name(staffroom: Room, bounds: str) -> None:
    """A rule's bounds are judged, and the form comes back."""
    answer = staffroom.post("/policy/vlan", direction="reply", clamp=f"Session-Timeout = {bounds}")
    assert (422, True) == (answer.status_code, "lowest, highest" in answer.get_data(as_text=True))


def test_an_origin_that_is_no_address_is_another_sites(staffroom: Room) -> None:
    """Nonsense in Origin or Referer makes no fault, and lets no form through."""
    send: dict[str, Any] = {"base_url": URL, "data": {"token": staffroom.token(None), "name": "x", "password": "y"}}
    assert 403 == staffroom.client(None).post("/sign-in", headers={"Origin": "http://["}, **send).status_code
    data = {"token": staffroom.token()}
    staffroom.later(minutes=11)
    answer = staffroom.client().post("/me/codes", base_url=URL, data=data, headers={"Referer": "http://["})
    assert (303, True) == (answer.status_code, answer.location.startswith("/prove?"))


def test_a_saved_filter_is_one_line(staffroom: Room) -> None:
    """What goes into an address has no line's end."""
    assert 400 == staffroom.post("/filters", page="/sites", name="mine", query="a\r\nSet-Cookie: x=y").status_code


@pytest.mark.parametrize("where", ["cross-site", "same-site", "none"])
def test_no_link_from_elsewhere_speaks_in_our_name(staffroom: Room, where: str) -> None:
    """A notice, and the button beside it, are shown after a form of ours alone: a link in a mail has its own words nowhere."""
    link = f"/sites?done={quote('Call 555-0100 and say your code')}&undo={quote('site 1-1')}"
    told = staffroom.get(link, **{"Sec-Fetch-Site": where}).get_data(as_text=True)
    assert "555-0100" not in told
    assert 'value="site 1-1"' not in told
    assert "555-0100" in staffroom.get(link, **{"Sec-Fetch-Site": "same-origin"}).get_data(as_text=True)


@pytest.mark.parametrize("name", ["central-library/remove", "central-library/take-over", "//central-library", "..", "new"])
def test_no_name_leads_to_anothers_page(staffroom: Room, name: str) -> None:
    """A site whose address would ask whether another is to go, or be another's page, cannot be made; nor a rule."""
    assert 422 == staffroom.post("/sites/new", id=name, name="A site").status_code
    assert 422 == staffroom.post("/policy/new", name=name, direction="reply", remove="Tunnel-Type").status_code
    with reading(staffroom.database) as session:
        assert (None, None) == (session.get(Site, name), session.get(Policy, name))


def test_of_two_browsers_that_set_up_one_person_the_first_has_it(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who was let in by the same link, and comes second, replaces nobody's second factor."""
    with transaction(staffroom.database) as session:
        _person, link = staff.invite(session, "new@city.example", Role.HELP_DESK, staffroom.time)
    first, second = staffroom.app.test_client(), staffroom.app.test_client()
    chosen = "walrus-kettle-orbit-42"
    for browser in (first, second):
        form = {"token": staffroom.token(None), "password": chosen, "again": chosen}
        assert 303 == browser.post(f"/setup/{link}", base_url=URL, data=form).status_code
    monkeypatch.setattr(factors, "step_of", lambda *_given: 7)  # any code is right
    tokens = [_token(browser.get("/setup", base_url=URL).get_data(as_text=True)) for browser in (first, second)]
    offered = setup.offered

    def meanwhile(person: Staff) -> Any:
        monkeypatch.setattr(setup, "offered", offered)
        assert 200 == first.post("/setup", base_url=URL, data={"token": tokens[0], "code": "123456"}).status_code
        return offered(person)

    monkeypatch.setattr(setup, "offered", meanwhile)
    assert 409 == second.post("/setup", base_url=URL, data={"token": tokens[1], "code": "123456"}).status_code
    assert 200 == first.get("/me", base_url=URL).status_code


def _token(page: str) -> str:
    return page.partition('name="token" value="')[2].partition('"')[0]


def test_a_kept_secret_is_sent_nowhere_else_without_a_fresh_proof(staffroom: Room) -> None:
    """A console's address is where its secret goes: whoever finds a browser open cannot have it sent to themselves."""
    options = {"options.api_url": "https://192.0.2.50:8443", "options.api_user": "proxeny", "options.site": "default"}
    new = {"name": "console", "address": "192.0.2.50", **options, "options.api_secret": "a-secret-of-the-console"}
    assert 200 == staffroom.post("/gateways/new/unifi", **new).status_code
    staffroom.later(minutes=11)
    elsewhere = options | {"options.api_url": "https://192.0.2.66"}
    answer = staffroom.post("/gateways/console/edit", **elsewhere)
    assert (303, "/prove?next=%2Fgateways%2Fconsole%2Fedit") == (answer.status_code, answer.location)
    with reading(staffroom.database) as session:
        assert "https://192.0.2.50:8443" == session.get_one(Client, "console").options["api_url"]
    same = staffroom.post("/gateways/console/edit", **options, **{"options.bytes_unit": ""})
    assert (303, "/gateways/console?done=Saved.") == (same.status_code, same.location)


def test_a_form_takes_no_key_that_it_does_not_show(staffroom: Room) -> None:
    """Secrets, an overlap, a place and who keeps an entry are not among a gateway's settings, whatever is posted."""
    more = {"secret": "y" * 30, "previous_secret": "y" * 30, "weak_secret": "on", "secret_overlap_until": "2099-01-01", "position": "0"}
    more |= {"managed_by": "file", "nas": "unifi", "name": "other", "options.uam_secret": "z" * 30, "options.uam_secret_file": "x"}
    assert 303 == staffroom.post("/gateways/library-wlc/edit", address="127.0.0.1/32", rate="7", **more).status_code
    with reading(staffroom.database) as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "change"))
    assert {"address", "rate", "site", "require_message_authenticator"} == set(entry.fields)


def test_the_help_desk_sends_no_order_about_an_access_point(staffroom: Room) -> None:
    """Whoever may not see the network cannot learn by an order which access points there are."""
    for name in ("lib-1", "no-such"):
        assert 403 == staffroom.post(f"/access-points/{name}/test", Role.HELP_DESK).status_code


@pytest.mark.parametrize("role", [Role.NETWORK_OPS, Role.HELP_DESK, Role.AUDITOR])
def test_a_link_to_undo_is_nobody_elses(staffroom: Room, role: Role) -> None:
    """The numbers in a notice undo a change of one's own alone, and never who keeps an entry."""
    location = staffroom.post("/sites/central-library", name="Another name").location
    link = location.partition("undo=")[2].replace("+", " ")
    assert link.startswith("site ")
    assert staffroom.post("/undo", role, undo=link).status_code in (403, 409)
    assert 303 == staffroom.post("/undo", undo=link).status_code


def test_a_name_that_a_provider_vouches_for_is_one_line() -> None:
    """What somebody calls themselves there holds nothing that a database refuses or a page shows turned around."""
    claims = {"sub": "1", "name": "A\0\ud800\u202eB\nC", "email": "x\0@city.example", "email_verified": True}
    who, _role = Central().by_claims("https://id.city.example", claims)
    assert ("ABC", "x@city.example") == (who.shown, who.email)


def test_no_cursor_tells_how_few_somebody_are(staffroom: Room) -> None:
    """Fewer than five people are no number: nor in the place of a page among others, whatever place is asked for."""
    week = periods(NOW.date() - timedelta(days=7), ZoneInfo("America/Toronto"))[list(Span).index(Span.WEEK)]
    few = {"span": Span.WEEK, "begins_at": week.begins_at, "country": "CA", "logins": 9}
    with transaction(staffroom.database) as session:
        session.add_all(VisitorCount(institution=f"University {count}", visitors=count, **few) for count in (1, 2, 3, 4, 7))
    seen = []
    for count in (2, 3, 4, 5):
        after = cursor(count, "", "", ["t", week.begins_at.isoformat()])
        page = staffroom.page(f"/visitors?span=week&begin={week.begins_at:%Y-%m-%d}&after={after}")
        seen.append([each for each in (1, 2, 3, 4, 7) if f"University {each}" in page])
    assert 4 * [[1, 2, 3, 4]] == seen


def test_of_two_that_write_the_same_at_once_the_second_is_told(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two presses of a button are two requests: who comes second is told so, and it is no fault of ours."""
    monkeypatch.setattr(tables, "delete", lambda model: delete(model).where(false()))  # the other's row came after we looked
    answers = [staffroom.post("/filters", page="/sites", name="mine", query="q=a").status_code for _ in range(2)]
    assert ([303, 409], "somebody was faster") == (answers, staffroom.lines[-1]["why"])


def test_the_identity_that_is_asked_is_the_one_that_was_judged(staffroom: Room) -> None:
    """One that is this home's only where it is cut off is not sent anywhere."""
    asked: list[str] = []
    staffroom.tools["ask"] = lambda identity, *_rest, **_more: asked.append(identity) or {"error": "none runs"}
    whole = f"{239 * 'x'}@uni-a.example.evil.example"
    staffroom.post("/homes/uni-a-1/test", identity=whole, password="a-password")
    staffroom.post("/homes/uni-a-1/test", identity="x@uni-a.example", password="a-password")
    assert ["x@uni-a.example"] == asked
