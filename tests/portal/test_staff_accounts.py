"""Accounts: the list, one of them with all that is kept, its devices, written out for its owner, and erased with what stays until when."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from store import audit, audit_chain, consents, requests
from store.audit import FIRST
from store.models import Account, AuditEntry, AuditKey, Device, Grant, PortalTerms, PrivacyRequest, RequestKind, RequestState, Role, Way
from store.models import Session as Accounting
from store.session import reading, transaction
from tests.portal.helped import ADDRESS, STATION, account_of, library, row, stay
from tests.portal.staffroom import NOW
from tests.portal.test_staff_trace import accounting, keep

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

LAPTOP, OTHER = "02-00-5E-00-00-43", "guest-018@example.org"
WHY = "Request 2026-014, by letter"


@pytest.fixture
def here(staffroom: Room) -> Room:
    return library(staffroom)


def lived(room: Room) -> str:
    """An account with two devices, an open session, words it agreed to, and a request to be erased; its id."""
    mine = stay(room)
    stay(room, station=LAPTOP)
    keep(room, accounting(room, grant_id=mine.id, realm=""))
    with transaction(room.database) as session:
        digest = consents.words("Be kind to the network.")
        session.add(PortalTerms(digest=digest, language="en", portal="library", text="Be kind to the network.", at=room.time))
        consents.agreed(session, mine.account_id or "", consents.TERMS, digest, "en", "library", room.time)
        requests.receive(session, room.privacy, RequestKind.ERASE, mine.account_id or "", ADDRESS, "desk@city.example", room.time)
    return mine.account_id or ""


def ref(room: Room, account: str, station: str) -> str:
    """What a form calls a device of this account."""
    from store import belongings

    return belongings.ref(room.privacy, account, room.privacy.device(station))


def test_one_page_tells_all_that_is_kept(here: Room) -> None:
    """How it was verified, devices, stays, sessions, words that were agreed to; the contact in part, and no station."""
    name = lived(here)
    page = here.page(f"/accounts/{name}", Role.AUDITOR)
    for said in (
        "gu…@example.org",
        "E-mail",
        "Online until",
        "Be kind to the network.",
        "One request about their data is open",
        "/sessions/06h0session00001",
    ):
        assert said in page, said
    assert (False, False) == (ADDRESS in page, STATION in page)
    assert [] == [deed for deed in ("erase", "export", "devices") if f"/accounts/{name}/{deed}" in page]


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", {"email", "voucher"}),
        ("way=voucher", {"voucher"}),
        ("state=online", {"email"}),
        ("state=away", {"voucher"}),
        ("site=central-library", {"email"}),
        ("site=central", set()),
        ("days=1", {"email"}),
    ],
)
def test_filters_are_exact(here: Room, query: str, shown: set[str]) -> None:
    """Each by itself; the list shows contacts in part."""
    names = {"email": stay(here).account_id}
    with transaction(here.database) as session:
        old = account_of(session, here, "…9TRA", Way.VOUCHER)
        old.last_seen, names["voucher"] = NOW - timedelta(days=3), old.id
    page = here.page(f"/accounts?{query}", Role.HELP_DESK)
    assert shown == {name for name, account in names.items() if f"/accounts/{account}" in page}
    assert ADDRESS not in page


def test_the_whole_address_finds_its_account(here: Room) -> None:
    """Posted, so that it is in no address; a part finds nothing, and a guest without an account is the desk's."""
    mine = stay(here)
    assert f"/accounts/{mine.account_id}" == here.post("/accounts", Role.HELP_DESK, q=ADDRESS.upper()).location
    assert 404 == here.post("/accounts", Role.HELP_DESK, q="guest-017").status_code
    other = stay(here, "", station=LAPTOP, way=Way.TERMS)
    assert f"/desk/{other.id}" in here.post("/accounts", Role.HELP_DESK, q=other.support).get_data(as_text=True)
    assert ADDRESS not in repr(here.lines)


def test_an_export_of_the_list_holds_no_contact(here: Room) -> None:
    """Neither whole nor in part; and only for whoever may export."""
    mine = stay(here)
    said = here.get("/accounts?format=csv").get_data(as_text=True)
    assert (True, False) == (f"\r\n{mine.account_id},email," in said, "example.org" in said)
    assert 403 == here.get("/accounts?format=csv", Role.HELP_DESK).status_code


def test_everything_is_written_out_after_a_fresh_proof(here: Room) -> None:
    """As its owner gets it; on record, with the address under the account's own key, and in the register of requests."""
    name = lived(here)
    answer = here.post(f"/accounts/{name}/export")
    found = json.loads(answer.get_data(as_text=True))
    assert ("application/json", ADDRESS, 2) == (answer.mimetype, found["account"]["contact"], len(found["devices"]))
    assert STATION not in answer.get_data(as_text=True)
    with reading(here.database) as session:
        (entry,) = session.query(AuditEntry)
        assert ("export", "account", name, {"contact": ADDRESS}) == (
            entry.action, entry.kind, entry.object, audit.opened(session, here.privacy, entry)
        )  # fmt: skip
        states = {each.kind: each.state for each in session.query(PrivacyRequest)}
        assert {RequestKind.ACCESS: RequestState.DONE, RequestKind.ERASE: RequestState.OPEN} == states
    here.later(minutes=11)
    assert here.post(f"/accounts/{name}/export").location.startswith("/prove?next=")


def test_before_and_after_an_erasure(here: Room) -> None:
    """What goes and what stays is said before, with its last day and why; afterwards the same page tells it for good. Nothing by halves."""
    name = lived(here)
    other = stay(here, OTHER, station="02-00-5E-00-00-44")
    here.post(f"/accounts/{name}/reveal", reason=WHY)
    before = here.page(f"/accounts/{name}/erase")
    assert f'action="/accounts/{name}/erase"' in before
    assert 422 == here.post(f"/accounts/{name}/erase", reason="no").status_code
    assert 303 == here.post(f"/accounts/{name}/erase", reason=WHY).status_code
    after = here.page(f"/accounts/{name}")
    for page in (before, after):
        assert "Kept until March 9, 2027" in page
        assert "The law asks to tell" in page
    assert (True, WHY in after) == ("An account that was erased" in after, True)
    with reading(here.database) as session:
        assert [other.account_id] == [each.id for each in session.query(Account)]
        assert {other.id} == {each.id for each in session.query(Grant).filter(Grant.account_id.is_not(None))}
        assert 1 == session.query(Accounting).count()  # sealed, and nobody's
        settled = session.query(PrivacyRequest).one()
        assert (RequestState.DONE, None, {"session": {"rows": 1, "until": (NOW + timedelta(days=365)).isoformat()}}) == (
            settled.state, settled.contact, settled.left
        )  # fmt: skip
        assert [] == session.query(AuditKey).filter_by(subject=name).all()
        assert None is audit.opened(session, here.privacy, session.query(AuditEntry).filter_by(action="reveal").one())
    assert 404 == here.post(f"/accounts/{name}/erase", reason=WHY).status_code


def test_the_chain_holds_after_an_erasure(here: Room) -> None:
    """What it said of the person cannot be read any more, and every digest is as it was."""
    name = lived(here)
    here.post(f"/accounts/{name}/reveal", reason=WHY)
    here.post(f"/accounts/{name}/erase", reason=WHY)
    with reading(here.database) as session:
        rows = session.query(AuditEntry).order_by(AuditEntry.id).all()
        assert (["reveal", "erase"], FIRST) == ([each.action for each in rows], bytes(rows[0].previous))
        verdict = audit_chain.verify(session, here.privacy)
        assert (None, 2) == (verdict.flaw, verdict.rows)


def test_staff_erase_as_often_as_they_are_asked(here: Room) -> None:
    """Whoever erases on their own pages waits after two a day, so that no plan begins anew; a written request is no such thing."""
    for _ in range(3):
        name = stay(here).account_id
        assert 303 == here.post(f"/accounts/{name}/erase", reason=WHY).status_code
        here.later(minutes=1)


@pytest.mark.parametrize("role", [Role.HELP_DESK, Role.NETWORK_OPS, Role.AUDITOR])
def test_only_whoever_answers_for_privacy_writes_out_and_erases(here: Room, role: Role) -> None:
    """The others see the account, without those buttons."""
    name = lived(here)
    assert [403, 403] == [here.post(f"/accounts/{name}/{deed}", role, reason=WHY).status_code for deed in ("export", "erase")]
    assert f"/accounts/{name}/export" not in here.page(f"/accounts/{name}", role)


def test_a_device_is_signed_out_or_forgotten(here: Room) -> None:
    """One of this account's; the others stay. Another's, by whatever name, is not there."""
    name = lived(here)
    other = stay(here, OTHER, station="02-00-5E-00-00-44")
    assert "The device is signed out." in here.page(
        here.post(f"/accounts/{name}/devices/{ref(here, name, STATION)}/sign-out", Role.HELP_DESK).location
    )
    assert "was not signed in" in here.page(
        here.post(f"/accounts/{name}/devices/{ref(here, name, STATION)}/sign-out", Role.HELP_DESK).location
    )
    assert 303 == here.post(f"/accounts/{name}/devices/{ref(here, name, LAPTOP)}/forget", Role.HELP_DESK).status_code
    assert None is row(here, Device, here.privacy.device(LAPTOP)).account_id
    for theirs in (ref(here, other.account_id or "", "02-00-5E-00-00-44"), ref(here, name, "02-00-5E-00-00-44"), "nothing"):
        assert 404 == here.post(f"/accounts/{name}/devices/{theirs}/forget", Role.HELP_DESK).status_code
    with reading(here.database) as session:
        assert ["disconnect", "forget"] == [each.action for each in session.query(AuditEntry)]


def test_a_contact_is_revealed_for_a_reason(here: Room) -> None:
    """In this browser, for a quarter of an hour; an access code's end is all that is kept of one."""
    name = lived(here)
    here.post(f"/accounts/{name}/reveal", Role.HELP_DESK, reason=WHY)
    assert ADDRESS in here.page(f"/accounts/{name}", Role.HELP_DESK)
    assert ADDRESS not in here.page(f"/accounts/{name}")
    assert 422 == here.post(f"/accounts/{name}/reveal", reason="").status_code
    assert 404 == here.post("/accounts/06h0nobody000001/reveal", reason=WHY).status_code
