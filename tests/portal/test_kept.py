"""The privacy ledger and the notice: each date is the purge's own, each number is the settings' own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.cases import kept
from portal.cases.kept import Held, Line
from portal.doors import KEPT
from portal.words import date
from store import grants, messages, retention, usage
from store import models as m
from store.messages import Content
from store.retention import Kept
from store.session import reading, transaction
from tests.portal.accounts import sign_in
from tests.portal.guests import connect, plain
from tests.portal.vouchers import station
from tests.portal.world import STATION
from tests.screens.own import NOTICE
from tests.store import rows

if TYPE_CHECKING:
    from tests.portal.world import World

TABLES = {
    Held.ACCOUNT: m.Account,
    Held.DEVICE: m.Device,
    Held.GRANT: m.Grant,
    Held.SESSION: m.Session,
    Held.LOGIN: m.AuthEvent,
    Held.USAGE: m.GuestUsage,
    Held.ORDER: m.Order,
    Held.CONSENT: m.Consent,
    Held.MESSAGE: m.Message,
}
HOUR = timedelta(hours=1)


def busy(city: World, address: str) -> str:
    """The grant of this device, with everything that a guest leaves behind; the grant's id."""
    now = date(city.time)
    with transaction(city.database) as session:
        grant = grants.live(session, city.privacy.device(address), now)
        assert grant is not None
        session.add(
            rows.session(city.privacy.seal, "s", grant_id=grant.id, status=m.SessionStatus.ENDED, started_at=now, updated_at=now + HOUR)
        )
        session.add(m.AuthEvent(began_at=now, at=now, client="library-coova", verdict=m.LoginVerdict.ACCEPT, grant_id=grant.id))
        session.add(m.Order(kind=m.OrderKind.GRANT, grant_id=grant.id, queued_at=now, state=m.OrderState.DONE))
        usage.spend(session, [(grants.subject(grant), now, 60, 1_000)], city.zone)
        return grant.id


def lines(city: World, grant: str) -> list[Line]:
    with reading(city.database) as session:
        row = session.get_one(m.Grant, grant)
        if row.account_id is None:
            return kept.of_grant(session, row, KEPT)
        return kept.of_account(session, session.get_one(m.Account, row.account_id), KEPT, date(city.time))


def left(city: World, table: type[m.Base]) -> int:
    with reading(city.database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize("owned", [False, True])
def test_every_date_is_the_purges_own(city: World, owned: bool) -> None:
    """An hour before the moment that the ledger names the last row is there; at the next purge after it none is."""
    if owned:
        sign_in(city, 7)
    else:
        connect(city.client())
    grant = busy(city, station(7) if owned else STATION)
    if owned:
        with transaction(city.database) as session:
            now, account = date(city.time), session.scalars(select(m.Account)).one()
            words = {"purpose": "code", "language": "en", "expires_at": now + HOUR, "now": now}
            messages.queue(session, city.privacy, m.MessageKind.MAIL, "x", Content("x"), **words).to_hash = account.identity_hash
    told = lines(city, grant)
    assert {Held.GRANT, Held.DEVICE, Held.SESSION, Held.LOGIN, Held.USAGE, Held.ORDER} <= {line.held for line in told}
    days = {Kept(name): timedelta(days=count) for name, count in KEPT.items()}
    ends = sorted({line.until for line in told if line.until})
    for until in ends:
        mine = [line for line in told if line.until == until and line.held in TABLES]
        retention.purge(city.database, days, until - HOUR)
        assert [] == [line for line in mine if not 0 < left(city, TABLES[line.held]) <= line.number]
        retention.purge(city.database, days, until + HOUR)
        assert [] == [line for line in mine if left(city, TABLES[line.held])]


def test_the_notice_has_the_settings_numbers(city: World) -> None:
    """Each class as it is kept; half a year is six months, not seven."""
    city.house = replace(city.house, kept=KEPT | {"session": 184, "auth_event": 90, "account": 730})
    page = plain(city.client().get("/privacy"))
    for words in ("under seal: 6 months.", "The log of sign-ins: 3 months.", "Your account: 24 months after", "mark: 30 days after"):
        assert words in page


def test_the_law_is_said_in_the_guests_language(city: World) -> None:
    """Authority, purpose and whom to ask, where the settings have them; else nothing stands in for them."""
    assert "Legal authority" not in city.client().get("/privacy").text
    city.house = replace(city.house, notice=NOTICE)
    for language, words in (
        ("en", ("Municipal Act, 2001", "City Clerk")),
        ("fr", ("Loi de 2001 sur les municipalités", "Greffe municipal")),
    ):
        page = plain(city.client().get("/privacy", headers={"Accept-Language": language}))
        for text in (*words, "+1 905 555 0100"):
            assert text in page


def test_a_stay_shows_its_own_grant_alone(city: World) -> None:
    """What another device left behind is not counted in."""
    other = city.client()
    connect(other)
    busy(city, STATION)
    guest, stay, _ = sign_in(city, 7)
    page = plain(guest.get(f"{stay}/kept"))
    assert ("That you signed in: when, where, how" in page, "One connection" in page) == (True, False)
