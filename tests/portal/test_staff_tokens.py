"""/tokens: a program's token is made within its maker's own role, shown once, found in lists, and taken back with a reason."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin.tokens import changing, groups
from portal.cases import tokens as cases
from portal.cases.tokens import State, Unfit, Wanted
from portal.permissions import ALLOWED, PERSONS_ALONE, Permission, grantable, granted
from store import tokens
from store.models import ApiToken, AuditEntry, Role, Staff
from store.session import reading, transaction

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

FORM = {"name": "city dashboard", "becomes": "auditor", "scope": ["OVERVIEW", "REPORTS"], "networks": "192.0.2.7/24\r\n", "lasts": "30"}


def made(room: Room, **more: Any) -> tuple[str, ApiToken]:
    """What the page shows, and the row."""
    answer = room.post("/tokens/new", **FORM | more)
    assert 200 == answer.status_code
    found = re.search(r"pxy_[0-9A-Za-z]{49}", answer.get_data(as_text=True))
    assert found is not None
    with reading(room.database) as session:
        return found[0], session.scalars(select(ApiToken).order_by(ApiToken.created_at.desc(), ApiToken.id.desc())).first()


def test_a_token_is_shown_once_and_lets_its_program_in(staffroom: Room) -> None:
    """The page after the form has it; no page afterwards, and no row."""
    secret, row = made(staffroom)
    assert ("city dashboard", Role.AUDITOR, ["OVERVIEW", "REPORTS"], ["192.0.2.0/24"], staffroom.time + timedelta(days=30)) == (
        row.name, row.role, row.scopes, row.networks, row.expires_at,
    )  # fmt: skip
    for path in ("/tokens", f"/tokens/{row.id}", "/audit"):
        assert secret[4:-4] not in staffroom.page(path)
    with reading(staffroom.database) as session:
        found = tokens.find(session, secret, staffroom.time)
    assert row.id == (found and found.token.id)


def test_what_it_may_do_and_who_made_it_is_on_record(staffroom: Room) -> None:
    """The audit entry has everything of it but the token."""
    secret, row = made(staffroom)
    with reading(staffroom.database) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert ("city-admin@city.example", "add", "token", row.id) == (entry.actor, entry.action, entry.kind, entry.object)
    assert {"name", "role", "scopes", "networks", "ends"} == set(entry.fields)
    assert secret not in repr(entry.fields)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"name": " "}, "1 to 60 characters"),
        ({"name": "x" * 61}, "1 to 60 characters"),
        ({"scope": []}, "Tick at least one"),
        ({"scope": ["SESSIONS_ACT"]}, "Tick at least one"),  # an auditor's may not
        ({"scope": ["TOKENS_ACT"]}, "Tick at least one"),
        ({"scope": ["NO_SUCH"]}, "Tick at least one"),
        ({"networks": "somewhere"}, "One network a line"),
        ({"networks": "\n".join(f"192.0.2.{each}/32" for each in range(17))}, "One network a line"),
        ({"lasts": "4000"}, "within a year"),
        ({"lasts": ""}, "within a year"),
    ],
)
def test_what_cannot_be_comes_back_to_its_field(staffroom: Room, form: dict[str, Any], words: str) -> None:
    """422, with what was typed still there; no token, no audit entry."""
    answer = staffroom.post("/tokens/new", **FORM | form)
    page = answer.get_data(as_text=True)
    assert (422, True) == (answer.status_code, words in page)
    with reading(staffroom.database) as session:
        assert ([], []) == (session.scalars(select(ApiToken)).all(), session.scalars(select(AuditEntry)).all())


def test_two_programs_that_work_have_two_names(staffroom: Room) -> None:
    """The audit log names them; once the first is taken back its name is free."""
    _, row = made(staffroom)
    assert 422 == staffroom.post("/tokens/new", **FORM).status_code
    staffroom.post(f"/tokens/{row.id}/revoke", reason="The dashboard moved elsewhere")
    made(staffroom)


def test_a_token_is_taken_back_with_a_reason(staffroom: Room) -> None:
    """Without one nothing happens; with one it is worth nothing at once, and the log says why."""
    secret, row = made(staffroom)
    assert 422 == staffroom.post(f"/tokens/{row.id}/revoke", reason="no").status_code
    assert 303 == staffroom.post(f"/tokens/{row.id}/revoke", reason="It leaked into a ticket").status_code
    with reading(staffroom.database) as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert None is tokens.find(session, secret, staffroom.time)
    assert ("revoke", "token", row.id, "It leaked into a ticket") == (entry.action, entry.kind, entry.object, entry.reason)
    assert "was taken back" in staffroom.page(f"/tokens/{row.id}")


def test_a_fresh_proof_is_asked_for(staffroom: Room) -> None:
    """Who finds a browser open makes no token."""
    staffroom.client()
    staffroom.later(minutes=11)
    answer = staffroom.post("/tokens/new", **FORM)
    assert (303, True) == (answer.status_code, answer.location.startswith("/prove"))


def test_a_hundred_tokens_work_at_most(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the page says what to do about it."""
    monkeypatch.setattr(tokens, "MOST", 1)
    made(staffroom)
    assert "Take back those" in staffroom.post("/tokens/new", **FORM | {"name": "another"}).get_data(as_text=True)


def test_no_token_may_more_than_its_maker(staffroom: Room) -> None:
    """Judged when it is made, and again at each request: a maker who is given a smaller role takes their tokens along."""
    for maker in Role:
        person = Staff(name="x", role=maker, created_at=staffroom.time)
        for role in cases.OFFERED:
            with reading(staffroom.database) as session:
                wrongs = cases.judge(session, Wanted("x", role.value, [each.name for each in grantable(role)]), person, staffroom.time)
            assert (grantable(role) <= grantable(maker)) == (Unfit.ROLE not in wrongs)
            assert granted([each.name for each in Permission], role, maker) <= ALLOWED[maker] & ALLOWED[role]


def test_what_needs_a_person_no_token_may(staffroom: Room) -> None:
    """Neither sign-in, masks, openings, people, tokens, adverts, open data nor a shop's pages: not offered, not taken, worth nothing."""
    apart = {"SELF", "REVEAL", "INCIDENTS", "INCIDENTS_ACT", "INCIDENTS_DECIDE", "TOKENS_ACT", "STAFF_ACT", "EXPORT"}
    apart |= {"SPLASH", "SPLASH_ACT", "OPEN_DATA_ACT"}
    assert apart == {each.name for each in PERSONS_ALONE if not each.name.startswith("SHOP")}
    assert {each for each in Permission if each.name.startswith("SHOP")} < PERSONS_ALONE
    page = staffroom.page("/tokens/new?role=city-admin")
    assert {each.name for each in grantable(Role.CITY_ADMIN)} == set(re.findall(r'name="scope" value="(\w+)"', page))
    assert frozenset() == granted([each.name for each in PERSONS_ALONE], Role.CITY_ADMIN, Role.CITY_ADMIN)


def test_scopes_stand_under_what_they_do() -> None:
    """Whatever changes something is below "May change"; nothing is in both, nothing in neither."""
    reads, changes = groups(Role.CITY_ADMIN)
    assert grantable(Role.CITY_ADMIN) == frozenset(reads) | frozenset(changes)
    assert [] == [each for each in reads if changing(each.name)]
    assert [Permission.SECRETS] == [each for each in changes if "_" not in each.name]


def test_each_state_is_found_by_its_filter(staffroom: Room) -> None:
    """What the list says of a token is what the filter finds, for every state."""
    ends = {"works": 90, "soon": 10, "ended": 30, "revoked": 90, "orphaned": 90}
    ids = [staffroom.staff(Role.CITY_ADMIN, name) for name in ("ops@city.example", "former@city.example")]
    with transaction(staffroom.database) as session:
        admin, gone = (session.get_one(Staff, each) for each in ids)
        rows = {
            name: tokens.make(session, gone if name == "orphaned" else admin, name, Role.AUDITOR, ["OVERVIEW"], [],
                              timedelta(days=days), staffroom.time - timedelta(days=31 if name == "ended" else 0))[0]
            for name, days in ends.items()
        }  # fmt: skip
        rows["revoked"].revoked_at = gone.disabled_at = staffroom.time
    expected = {State.WORKS: "works", State.ENDS: "soon", State.ENDED: "ended", State.REVOKED: "revoked", State.ORPHANED: "orphaned"}
    for state, name in expected.items():
        page = staffroom.page(f"/tokens?state={state.value}")
        assert [rows[name].id] == re.findall(r'<a href="/tokens/([0-9a-z]{8,})">', page), state


def test_a_list_of_tokens_comes_as_a_file(staffroom: Room) -> None:
    """With what each may do, and nothing that lets anybody in."""
    secret, row = made(staffroom, name="=danger()")
    line = staffroom.page("/tokens?format=csv").splitlines()[1]
    assert (True, False, True) == (row.id in line, secret in line, "'=danger()" in line)
