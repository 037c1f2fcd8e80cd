"""The pages of vouchers: ordered, watched, printed, taken back, closed; never a code where it is not printed."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal import cards, press
from portal.admin.vouchers_print import TITLES
from portal.press import BusyError, JammedError
from store import batches, crockford, grants, minting, vouchers
from store.models import AuditEntry, Grant, Portal, Role, Voucher, VoucherBatch, Way
from store.session import reading, transaction
from tests.portal.staffroom import NOW
from tests.store.guests import PHONE, admit

if TYPE_CHECKING:
    from datetime import datetime

    from werkzeug.test import TestResponse

    from tests.portal.staffroom import Room

FAIR = {"plan": "visitor", "count": "30", "name": "Book fair", "devices": "2", "lasts": "3", "lasts_unit": "days", "begin_by": "2026-04-01"}
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")
WHY = "The fair was called off"


@pytest.fixture(autouse=True)
def asked_for(staffroom: Room) -> None:
    """The portal asks for codes."""
    with transaction(staffroom.database) as session:
        for row in session.scalars(select(Portal)):
            row.ways, row.help = ["terms", "voucher"], {"en": "Help: call 311.", "fr": "Aide : composez le 311."}


def ordered(room: Room, **changes: str) -> str:
    """The path of a batch in the making."""
    answer = room.post("/vouchers/new", **(FAIR | changes))
    assert 303 == answer.status_code, answer.text[-3000:]
    return answer.location


def made(room: Room, **changes: str) -> tuple[str, list[str]]:
    """(the path of a whole batch, its codes as they are printed)"""
    path = ordered(room, **changes)
    while minting.step(room.database, room.privacy, path.rpartition("/")[2], room.time):
        pass
    with reading(room.database) as session:
        rows = batches.vouchers(session, session.get_one(VoucherBatch, path.rpartition("/")[2]))
        return path, [batches.code(room.privacy, row) for row in rows]


def use(room: Room, code: str, device: bytes = PHONE, at: datetime = NOW) -> str:
    """A guest signs in by it; the account."""
    with transaction(room.database) as session:
        found = vouchers.redeem(session, room.privacy, crockford.normal(code), device, {"visitor": 7200}, at)
        assert isinstance(found, vouchers.Redeemed)
        admit(session, device, at, account=found.account, way=Way.VOUCHER)
        return found.account


def voucher_of(room: Room, path: str, number: int) -> str:
    with reading(room.database) as session:
        return batches.vouchers(session, session.get_one(VoucherBatch, path.rpartition("/")[2]))[number].id


def deeds(room: Room) -> list[tuple[str, str, str]]:
    """(what, of which kind, why), of what was done to vouchers."""
    with reading(room.database) as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.kind.startswith("voucher")).order_by(AuditEntry.id))
        return [(row.action, row.kind, row.reason) for row in rows]


def test_a_batch_is_ordered_and_shows_how_far_it_is(staffroom: Room) -> None:
    """Its page counts while it is made, by itself; when it is whole it can be printed. Nothing of it is listed before."""
    path = ordered(staffroom, count="600")
    with reading(staffroom.database) as session:
        row = session.scalars(select(VoucherBatch)).one()
        assert ("Book fair", "visitor", 600, 2, 3 * 86_400) == (row.name, row.plan, row.wanted, row.devices, row.lasts)
        assert ("city-admin@city.example", "2026-04-02T04:00:00+00:00") == (row.made_by, row.expires_at.isoformat())
    assert minting.step(staffroom.database, staffroom.privacy, path.rpartition("/")[2], NOW)
    page = staffroom.page(path)
    assert "250 of 600 vouchers are made" in page
    assert '<section id="state" data-live' in page
    assert "/print" not in page
    assert "Its vouchers" not in page
    assert "250 of 600" in staffroom.page("/vouchers")
    assert 404 == staffroom.get(f"{path}/print").status_code
    assert 404 == staffroom.get(f"{path}/sheet").status_code
    while minting.step(staffroom.database, staffroom.privacy, path.rpartition("/")[2], NOW):
        pass
    page = staffroom.page(path)
    assert "data-live" not in page
    assert f'href="{path}/print"' in page
    assert "600 rows" in page
    fresh = staffroom.get(path, **{"X-Fragment": "1"})
    assert f'<a href="{path}">Show its vouchers</a>' in fresh.text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("count", "0", "from 1 to 10,000"),
        ("count", "10001", "from 1 to 10,000"),
        ("count", "-5", "from 1 to 10,000"),
        ("count", "٣", "from 1 to 10,000"),
        ("devices", "101", "from 1 to 100"),
        ("devices", "many", "from 1 to 100"),
        ("plan", "nobody's", "Choose a plan"),
        ("name", "x" * 101, "At most 100 characters"),
        ("name", "a\u202eb", "At most 100 characters"),
        ("lasts", "400", "a year at most"),
        ("lasts", "9" * 30, "a year at most"),
        ("begin_by", "2026-03-08", "A day from today on"),
        ("begin_by", "9999-12-31", "A day from today on"),
        ("begin_by", "soon", "A day from today on"),
        ("begin_by", "2026-02-30", "A day from today on"),
    ],
)
def test_what_cannot_be_ordered_comes_back_to_its_field(staffroom: Room, field: str, typed: str, said: str) -> None:
    """With what was typed, and nothing is ordered."""
    answer = staffroom.post("/vouchers/new", **(FAIR | {field: typed}))
    assert 422 == answer.status_code
    assert said in re.findall(rf'<p class="error" id="{field}-error">(.*?)</p>', answer.text)[0]
    assert 'value="30"' in answer.text or field == "count"
    with reading(staffroom.database) as session:
        assert None is session.scalar(select(VoucherBatch.id))


def test_a_batch_in_the_making_is_cancelled(staffroom: Room) -> None:
    """It is gone; one that is whole stays, and says what to do instead."""
    path = ordered(staffroom, count="600")
    minting.step(staffroom.database, staffroom.privacy, path.rpartition("/")[2], NOW)
    assert "/vouchers?done=Cancelled" in staffroom.post(f"{path}/cancel").location
    with reading(staffroom.database) as session:
        assert (None, None) == (session.scalar(select(VoucherBatch.id)), session.scalar(select(Voucher.id)))
    whole, _codes = made(staffroom)
    assert "take%20it%20back" in staffroom.post(f"{whole}/cancel").location
    assert ("cancel", "voucher_batch", "") in deeds(staffroom)
    assert 404 == staffroom.post("/vouchers/nobodys/cancel").status_code


def test_no_list_holds_a_code(staffroom: Room) -> None:
    """Pages and CSV show the last four characters at most, to every role; closed, not even those."""
    path, codes = made(staffroom)
    use(staffroom, codes[0])
    texts = [staffroom.page(where) for where in ("/vouchers", path, f"{path}/print")]
    texts += [staffroom.get(f"{where}?format=csv").text for where in ("/vouchers", path)]
    assert not any(set(CODE.findall(text)) - {"K7QM-42XD-9TRA"} or code.replace("-", "") in text for text in texts for code in codes)
    assert all(f"…{code[-4:]}" in texts[1] and f"…{code[-4:]}" in texts[4] for code in codes)
    staffroom.post(f"{path}/close")
    assert not any(f"…{code[-4:]}" in staffroom.page(path) for code in codes)


def test_a_csv_holds_no_formula(staffroom: Room) -> None:
    """A batch may be called like one; a spreadsheet reads it as text."""
    made(staffroom, name="=HYPERLINK(1)")
    rows = list(csv.DictReader(io.StringIO(staffroom.get("/vouchers?format=csv").text.removeprefix("\ufeff"))))
    assert [("'=HYPERLINK(1)", "30", "good")] == [(row["name"], row["made"], row["state"]) for row in rows]


def test_what_is_closed_is_printed_no_more(staffroom: Room) -> None:
    """The copies are wiped; its codes let guests in as before; pages say that printing has ended."""
    path, codes = made(staffroom)
    assert "Closed" in staffroom.post(f"{path}/close").location
    with reading(staffroom.database) as session:
        assert {None} == set(session.scalars(select(Voucher.code)))
    assert f'href="{path}/print"' not in staffroom.page(path)
    assert "nobody can print them again" in staffroom.page(f"{path}/print")
    for sheet in ("sheet", "sheet.pdf"):
        assert "Nothing+is+left" in staffroom.get(f"{path}/{sheet}").location
    use(staffroom, codes[5])
    assert 1 == [action for action, _kind, _why in deeds(staffroom)].count("close")


def test_a_sheet_has_each_code_once_and_is_on_record(staffroom: Room) -> None:
    """What a guest needs, in both languages; never kept by the browser; nothing of the page may run but our own script."""
    path, codes = made(staffroom)
    taken = voucher_of(staffroom, path, 0)
    staffroom.post(f"{path}/of/{taken}/revoke", reason=WHY)
    for form in TITLES:
        answer = staffroom.get(f"{path}/sheet?format={form}")
        assert (200, "no-store") == (answer.status_code, answer.headers["Cache-Control"])
        assert codes[1:] == CODE.findall(answer.text)
        assert f'<div class="{form}">' in answer.text
        assert "style=" not in answer.text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
    for words in (
        "City Wi-Fi",
        "2 hours at a time",
        "2 heures à la fois",
        "2 devices",
        "April 1, 2026",
        "1 avril 2026",
        "call 311",
        "le 311",
    ):
        assert words in answer.text.replace("\xa0", " "), words
    assert 4 == deeds(staffroom).count(("print", "voucher_batch", ""))


def test_a_part_holds_no_more_than_the_press_takes(staffroom: Room) -> None:
    """Together the parts are the batch; what is no part is not there."""
    path, codes = made(staffroom, count=str(cards.PART + 3))
    first, second = (CODE.findall(staffroom.get(f"{path}/sheet?part={part}").text) for part in (1, 2))
    assert (codes, cards.PART) == (first + second, len(first))
    for part in ("0", "3", "-1", "x", "9" * 40, ""):
        assert 404 == staffroom.get(f"{path}/sheet?part={part}").status_code
    assert "505–507" in staffroom.page(f"{path}/print")


@pytest.mark.peer("pango")
def test_a_pdf_is_a_download_that_nobody_keeps(staffroom: Room) -> None:
    """Its name says the batch and the part, and no code."""
    path, _codes = made(staffroom)
    answer = staffroom.get(f"{path}/sheet.pdf?format=labels")
    assert (200, "application/pdf", "no-store") == (answer.status_code, answer.mimetype, answer.headers["Cache-Control"])
    assert f'attachment; filename="vouchers-{path.rpartition("/")[2]}-1.pdf"' == answer.headers["Content-Disposition"]
    assert answer.data.startswith(b"%PDF")


def test_without_pango_the_button_says_why(staffroom: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser prints all the same."""
    path, _codes = made(staffroom)
    monkeypatch.setattr(press, "missing", lambda: "libpango-1.0.so.0")
    page = staffroom.page(f"{path}/print")
    assert "it lacks libpango-1.0.so.0" in page
    assert "sheet.pdf" not in page
    assert f"{path}/sheet?" in page
    assert f"{path}/print" == staffroom.get(f"{path}/sheet.pdf").location


@pytest.mark.parametrize(
    ("fault", "status", "said"), [(BusyError(), 503, "Somebody else prints"), (JammedError("why"), 500, "the log says")]
)
def test_a_press_that_fails_is_a_page(staffroom: Room, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, said: str) -> None:
    """With what to do; and what was not printed is not on record as printed."""

    def jam(_page: str) -> bytes:
        raise fault

    path, _codes = made(staffroom)
    monkeypatch.setattr(press, "missing", lambda: "")
    monkeypatch.setattr(press, "pdf", jam)
    answer = staffroom.get(f"{path}/sheet.pdf")
    assert (status, True) == (answer.status_code, said in answer.text)
    assert "print" not in [action for action, _kind, _why in deeds(staffroom)]


def test_printing_a_batch_needs_a_fresh_proof(staffroom: Room) -> None:
    """And the right to; the help desk prints one. Another site's page makes nobody print."""
    path, codes = made(staffroom)
    one = f"{path}/of/{voucher_of(staffroom, path, 3)}"
    assert [403, 200] == [staffroom.get(f"{where}/sheet", Role.HELP_DESK).status_code for where in (path, one)]
    assert [codes[3]] == CODE.findall(staffroom.get(f"{one}/sheet", Role.HELP_DESK).text)
    assert [403, 403] == [staffroom.get(f"{where}/sheet", Role.AUDITOR).status_code for where in (path, one)]
    assert 403 == staffroom.get(f"{path}/sheet", **{"Sec-Fetch-Site": "cross-site"}).status_code
    staffroom.later(minutes=11)
    for where in ("print", "sheet", "sheet.pdf"):
        assert staffroom.get(f"{path}/{where}").location.startswith("/prove?next=")
    assert 200 == staffroom.get(f"{one}/sheet").status_code
    assert [("print", "voucher", "")] * 3 == [deed for deed in deeds(staffroom) if deed[0] == "print"]


def test_a_voucher_is_found_by_its_code(staffroom: Room) -> None:
    """However it is typed, in no address and no log; its page says how it stands, and whose it became."""
    path, codes = made(staffroom)
    account = use(staffroom, codes[2])
    answer = staffroom.post("/vouchers/find", Role.HELP_DESK, code=codes[2].lower().replace("-", " "))
    assert f"{path}/of/{voucher_of(staffroom, path, 2)}" == answer.location
    page = staffroom.page(answer.location, Role.HELP_DESK)
    assert "in use" in page
    assert "1 of 2" in page
    assert f'href="/accounts/{account}"' in page
    assert not any(codes[2] in str(line) or codes[2].replace("-", "") in str(line) for line in staffroom.lines)
    for typed in ("", "0000-0000-0000", "x" * 5_000, "'; DROP TABLE voucher; --"):
        answer = staffroom.post("/vouchers/find", code=typed)
        assert (422, True) == (answer.status_code, "This is none of our codes" in answer.text)


def test_one_is_taken_back(staffroom: Room) -> None:
    """With a reason, on record; whoever is online by it is put out."""
    path, codes = made(staffroom)
    use(staffroom, codes[1])
    there = f"{path}/of/{voucher_of(staffroom, path, 1)}"
    assert 422 == staffroom.post(f"{there}/revoke", Role.HELP_DESK, reason="no").status_code
    assert "1 voucher taken back. 1 device put out" in _said(staffroom.post(f"{there}/revoke", Role.HELP_DESK, reason=WHY))
    assert ("revoke", "voucher", WHY) == deeds(staffroom)[-1]
    with reading(staffroom.database) as session:
        assert None is grants.live(session, PHONE, staffroom.time)
        assert 1 == len(session.scalars(select(Voucher).where(Voucher.revoked_at.is_not(None))).all())
    assert "taken back" in staffroom.page(there)
    assert 404 == staffroom.post(f"/vouchers/nobodys/of/{voucher_of(staffroom, path, 1)}/revoke", reason=WHY).status_code


def test_a_whole_batch_is_taken_back(staffroom: Room) -> None:
    """By whoever may, freshly proven, with a reason: all that are left."""
    path, codes = made(staffroom)
    use(staffroom, codes[0])
    assert 403 == staffroom.post(f"{path}/revoke", Role.HELP_DESK, reason=WHY).status_code
    assert 422 == staffroom.post(f"{path}/revoke").status_code
    assert "30 vouchers taken back. 1 device put out" in _said(staffroom.post(f"{path}/revoke", reason=WHY))
    with reading(staffroom.database) as session:
        assert None is session.scalar(select(Voucher.id).where(Voucher.revoked_at.is_(None)))
        assert None is session.scalar(select(Grant.id).where(Grant.revoked_at.is_(None), Grant.account_id.is_not(None)))
    assert ("revoke", "voucher_batch", WHY) == deeds(staffroom)[-1]
    staffroom.later(minutes=11)
    assert staffroom.post(f"{path}/revoke", reason=WHY).location.startswith("/prove")


def _said(answer: TestResponse) -> str:
    from urllib.parse import unquote

    return unquote(answer.location.replace("\xa0", " "))


def test_one_voucher_for_the_desk(staffroom: Room) -> None:
    """The help desk makes one and prints it: good at once, of the day's own batch; a second is of the same."""
    pages = [staffroom.post("/vouchers/one", Role.HELP_DESK, plan="visitor", devices="1").location for _ in range(2)]
    assert pages[0].split("/of/")[0] == pages[1].split("/of/")[0]
    sheets = [staffroom.get(f"{page.removesuffix('/print')}/sheet?format=roll", Role.HELP_DESK).text for page in pages]
    (first,), (second,) = (CODE.findall(sheet) for sheet in sheets)
    assert first != second
    use(staffroom, second)
    assert 422 == staffroom.post("/vouchers/one", plan="nobody's").status_code
    assert 422 == staffroom.post("/vouchers/one", plan="visitor", devices="0").status_code
    with reading(staffroom.database) as session:
        row = session.scalars(select(VoucherBatch)).one()
        assert ("Desk 2026-03-09", 2, minting.DESK) == (row.name, row.wanted, row.made_by)
        assert timedelta(days=7) < row.expires_at - NOW <= timedelta(days=8)


def test_what_became_of_a_batch_is_counted_and_drawn(staffroom: Room) -> None:
    """By the operator's days; filters of its list say the same."""
    path, codes = made(staffroom)
    use(staffroom, codes[0])
    use(staffroom, codes[1], b"l" * 16, NOW - timedelta(hours=11))
    page = staffroom.page(path)
    assert [("March 9, 2026", "1"), ("March 8, 2026", "1")] == re.findall(r'<th scope="row">([^<]+)</th><td class="num">(\d+)</td>', page)
    assert "2 rows" in staffroom.page(f"{path}?state=in+use")
    assert "28 rows" in staffroom.page(f"{path}?state=unused")
    assert "No voucher stands so" in staffroom.page(f"{path}?state=taken+back")
    assert "image/svg+xml" == staffroom.get(f"{path}/used.svg").mimetype


def test_what_surprises_guests_is_said(staffroom: Room) -> None:
    """No portal that asks for codes; a plan that lets fewer devices be online."""
    path, _codes = made(staffroom, devices="50")
    with transaction(staffroom.database) as session:
        for row in session.scalars(select(Portal)):
            row.ways = ["terms"]
    for where in (path, "/vouchers/new", "/vouchers/one"):
        assert "No portal asks for a code yet" in staffroom.page(where)
