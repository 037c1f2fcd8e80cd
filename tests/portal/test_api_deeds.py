"""What programs do beyond the network: the same as the pages, on record under the token's name, and no person where a page masks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from portal.permissions import Permission
from store import batches
from store.models import (
    Account,
    Alert,
    AuditEntry,
    Grant,
    IdempotencyKey,
    Message,
    Order,
    Role,
    Session,
    SessionStatus,
    Voucher,
    VoucherBatch,
)
from store.session import reading
from tests.portal.api_room import Programs
from tests.portal.api_samples import there
from tests.portal.staffroom import Room, room
from tests.screens.desks import furnish
from tests.screens.house import ALERT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WHY = {"reason": "Asked for by the city's service desk"}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, shaped: Path) -> Iterator[Programs]:
    made = room(tmp_path_factory.mktemp("deeds"), shaped)
    furnish(made)
    yield Programs(made)
    made.close()


def said(asked: Programs, method: str, path: str, body: Any = None, status: int = 200, **headers: str) -> Any:
    answer = asked.ask(method, path, body, **headers)
    assert status == answer.status_code, answer.get_data(as_text=True)
    return answer.get_json() if answer.data else None


def last(made: Room) -> AuditEntry:
    with reading(made.database) as session:
        return session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()


def one(made: Room, query: Any) -> Any:
    with reading(made.database) as session:
        return session.scalars(query.limit(1)).first()


def test_a_session_is_ended_with_a_reason_on_record(asked: Programs) -> None:
    """202 with the order's number; the session tells how it stands; the log names the program. Without a reason nothing happens."""
    running = one(asked.room, select(Session).where(Session.status == SessionStatus.OPEN, Session.grant_id.is_not(None)))
    path = f"/sessions/{running.id}"
    assert 422 == asked.ask("POST", f"{path}/disconnect", {}).status_code
    assert 422 == asked.ask("POST", f"{path}/disconnect", {"reason": "       \n "}).status_code
    queued = said(asked, "POST", f"{path}/disconnect", WHY, 202)
    entry = last(asked.room)
    assert ("token program 0", "disconnect", running.id, WHY["reason"]) == (entry.actor, entry.action, entry.object, entry.reason)
    shown = said(asked, "GET", path)
    assert set(queued["orders"]) <= {each["id"] for each in shown["orders"]}
    assert shown["grant"]["revoked_at"] is not None
    assert {"detail", "title", "status", "type", "instance"} == set(said(asked, "POST", f"{path}/extend", WHY, 409))


def test_what_is_sent_twice_under_a_key_is_done_once(asked: Programs) -> None:
    """Two orders of a batch under one key are one batch."""
    wanted = {"plan": "visitor", "count": 3, "begin_by": "2026-04-01T00:00:00Z", "name": "Twice"}
    first, second = (asked.ask("POST", "/voucher-batches", wanted, Idempotency_Key="a batch") for _ in range(2))
    assert (202, 202, first.data, "true") == (first.status_code, second.status_code, second.data, second.headers["Idempotent-Replayed"])
    with reading(asked.room.database) as session:
        assert 1 == len(session.scalars(select(VoucherBatch).where(VoucherBatch.name == "Twice")).all())
    assert (0, 3) == tuple(said(asked, "GET", first.headers["Location"])[key] for key in ("made", "wanted"))


def test_no_list_names_anybody(asked: Programs) -> None:
    """Neither a whole address, nor a number, nor a station, nor a code is in any list or look of an auditor's or a help desk's."""
    with reading(asked.room.database) as session:
        whole = [asked.room.privacy.opened(row.contact, "account", row.id, "contact").decode() for row in session.scalars(select(Account))]
        codes = [batches.code(asked.room.privacy, row) for row in session.scalars(select(Voucher)) if row.code]
    secrets = [each for each in whole if "@" in each or each.startswith("+")] + codes
    assert 30 < len(secrets)
    names = there(asked.room)
    lists = ("sessions", "trace/failures", "accounts", "voucher-batches", "messages", "orders", "privacy/requests", "audit", "webhooks")
    paths = [f"/{each}" for each in lists]
    paths += [f"/{noun}/{names('/api/v1/' + noun + '/{name}')['name']}" for noun in ("sessions", "trace", "accounts", "guests")]
    paths.append(f"/voucher-batches/{names('/api/v1/voucher-batches/{name}')['name']}/vouchers")
    for path in paths:
        text = asked.get(path).get_data(as_text=True)
        assert [] == [each for each in secrets if each in text], path
        assert "02-00-5E" not in text.upper(), path


def test_codes_are_told_where_they_are_asked_for_and_on_record(asked: Programs) -> None:
    """With the scope for batches; how many and by whom is in the log; and they are kept for no second asking."""
    batch = one(asked.room, select(VoucherBatch).where(VoucherBatch.whole_at.is_not(None), VoucherBatch.closed_at.is_(None)))
    found = said(asked, "POST", f"/voucher-batches/{batch.id}/codes", {"most": 2}, Idempotency_Key="codes")["items"]
    entry = last(asked.room)
    assert ("print", batch.id, [None, "API"], [None, len(found)]) == (
        entry.action, entry.object, entry.fields["form"], entry.fields["cards"],
    )  # fmt: skip
    row = said(asked, "POST", "/vouchers/find", {"code": found[0]["code"]})
    assert (found[0]["voucher"], batch.id) == (row["voucher"], row["batch"])
    assert (
        403
        == asked.ask(
            "POST", f"/voucher-batches/{batch.id}/codes", {}, asked.token(Permission.VOUCHERS, Permission.VOUCHERS_ACT)
        ).status_code
    )
    assert None is one(asked.room, select(IdempotencyKey).where(IdempotencyKey.key == "codes"))


def test_an_account_is_written_out_and_erased_and_the_chain_holds(asked: Programs) -> None:
    """The document has the whole contact; afterwards there is no account, what stays is told, and the log verifies."""
    with reading(asked.room.database) as session:
        account = session.scalars(select(Account).join(Grant, Grant.account_id == Account.id).order_by(Account.id).limit(1)).one()
        contact = asked.room.privacy.opened(account.contact, "account", account.id, "contact").decode()
    assert contact == said(asked, "POST", f"/accounts/{account.id}/export", status=200)["account"]["contact"]
    assert contact not in json.dumps(said(asked, "GET", f"/accounts/{account.id}"))
    gone = said(asked, "POST", f"/accounts/{account.id}/erase", WHY)
    assert 1 <= gone["grants"]
    assert 404 == asked.get(f"/accounts/{account.id}").status_code
    verdict = said(asked, "POST", "/audit/verify", {})
    assert (None, True) == (verdict["flaw"], verdict["rows"] > 5)


def test_a_guest_is_found_by_what_stands_in_the_body(asked: Programs) -> None:
    """The mark is in no log line, and a fragment finds nobody."""
    grant = one(asked.room, select(Grant).where(Grant.support != ""))
    found = said(asked, "POST", "/guests/find", {"what": grant.support})
    assert grant.support in [each["support_number"] for each in found["stays"]]
    assert 404 == asked.ask("POST", "/guests/find", {"what": grant.support[:4]}).status_code
    assert grant.support not in repr(asked.room.lines)


def test_alerts_are_taken_notice_of_silenced_and_closed(asked: Programs) -> None:
    """Each is on record; a silence ends; twice is once."""
    taken = said(asked, "POST", f"/alerts/{ALERT}/acknowledge")
    assert ("token program 0", "alert") == (taken["acknowledged_by"], last(asked.room).kind)
    assert taken["acknowledged_at"] == said(asked, "POST", f"/alerts/{ALERT}/acknowledge")["acknowledged_at"]
    quiet = said(asked, "POST", f"/alerts/{ALERT}/silence", {"hours": 2, "why": "Somebody is at it"})
    assert quiet["silenced_until"] is not None
    assert 204 == asked.ask("DELETE", f"/silences?rule={quiet['rule']}&object={quiet['object']}").status_code
    assert 404 == asked.ask("DELETE", f"/silences?rule={quiet['rule']}&object={quiet['object']}").status_code
    said(asked, "POST", f"/alerts/{ALERT}/close")
    assert None is not one(asked.room, select(Alert).where(Alert.id == ALERT)).closed_at


def test_an_overview_tells_of_alerts_to_whom_they_are_told(asked: Programs) -> None:
    """A token without that scope learns of none, whatever its role may."""
    assert None is asked.get("/overview", asked.token(Permission.OVERVIEW, role=Role.AUDITOR)).get_json()["alerts"]
    assert isinstance(said(asked, "GET", "/overview")["alerts"], int)


def test_of_a_webhooks_address_those_who_may_not_change_it_see_the_host(asked: Programs) -> None:
    """Its path is often a password by another name."""
    shown = {each["url"] for each in asked.get("/webhooks", asked.token(Permission.WEBHOOKS, role=Role.AUDITOR)).get_json()["items"]}
    assert 1 <= len(shown)
    assert all(each.endswith("/…") or each.count("/") == 2 for each in shown), shown


def test_who_asks_is_told_what_it_may(asked: Programs) -> None:
    """Its scopes as far as its role goes, and when it ends."""
    me = asked.get("/me", asked.token(Permission.SESSIONS, Permission.TOKENS_ACT, "NO_SUCH", role=Role.AUDITOR)).get_json()
    assert (["SESSIONS"], "auditor") == (me["scopes"], me["role"])


def test_messages_and_orders_are_done_again_or_not(asked: Programs) -> None:
    """What cannot be says why, in a word for the program; an address is told in part."""
    settled = one(asked.room, select(Message).where(Message.settled_at.is_not(None)))
    problem = said(asked, "POST", f"/messages/{settled.id}/again", status=409)
    assert ("forgotten", "It cannot be done as things stand") == (problem["reason"], problem["title"])
    waits = one(asked.room, select(Order).where(Order.settled_at.is_(None)))
    assert "failed" == said(asked, "POST", f"/orders/{waits.id}/cancel")["state"]


@pytest.mark.parametrize(
    "path", ["/sessions", "/trace/failures", "/accounts", "/voucher-batches", "/alerts?state=all", "/tokens", "/audit"]
)
def test_a_page_of_many_costs_as_many_statements_as_one_of_few(asked: Programs, path: str) -> None:
    """However many rows are told of."""
    costs = []
    for limit in (2, 200):
        asked.get("/me")  # it was used within the minute
        with counted(asked.room.database) as seen:
            assert 200 == asked.get(f"{path}{'&' if '?' in path else '?'}limit={limit}").status_code
        costs.append(len(seen))
    assert (costs[0], True) == (costs[1], costs[1] < 16)
