"""store.retention: each class goes when its time is over, and nothing that is alive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, func, select

from store import adverts, grants, requests, retention
from store import models as m
from store.adverts import Figure
from store.ids import first_id
from store.privacy import privacy
from store.retention import Kept, purge
from store.session import reading, transaction
from tests.store import guests, rows
from tests.store.rows import NOW
from tests.store.test_adverts import campaign

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

ALL = dict.fromkeys(Kept, timedelta(days=30))


def counts(database: Engine) -> dict[str, int]:
    with reading(database) as session:
        return {table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in m.Base.metadata.sorted_tables}


@pytest.fixture
def filled(database: Engine, seal: Seal) -> Engine:
    with transaction(database) as session:
        rows.keep(session, rows.everything(seal))
        session.add(rows.session(seal, "ended", status=m.SessionStatus.ENDED))
        session.add(rows.session(seal, "stale", status=m.SessionStatus.STALE))
        session.add(m.SessionHop(session_id="ended", at=NOW))
        session.add(m.SessionAddress(session_id="ended", address="192.0.2.1", first_at=NOW, last_at=NOW))
        session.add(m.Order(kind=m.OrderKind.DISCONNECT, session_id="ended", queued_at=NOW, state=m.OrderState.DONE))
    return database


def test_nothing_goes_before_its_time(filled: Engine) -> None:
    """A day before the end of its class every row is there."""
    before = counts(filled)
    assert sum(purge(filled, ALL, NOW + timedelta(days=6)).values()) == 0
    assert counts(filled) == before


def test_everything_goes_after_its_time_but_what_is_alive(filled: Engine) -> None:
    """Open sessions and orders under way stay, and so do the network and its keys; hops and addresses go with their session."""
    before = counts(filled)
    purge(filled, ALL, NOW + timedelta(days=31))
    gone = {name: number - counts(filled)[name] for name, number in before.items() if number != counts(filled)[name]}
    expected = {"session": 2, "session_hop": 1, "session_address": 1, "outbox": 1}
    expected |= dict.fromkeys(
        ("odd_record", "auth_event", "home_change", "drop_minute", "usage_hour", "unknown_access_point", "accounting_key"), 1
    )
    expected |= dict.fromkeys(("account", "consent", "device", "grant", "sign_in_token"), 1)
    expected |= dict.fromkeys(("voucher_batch", "voucher", "challenge", "guess", "message", "placement_hour", "retention_run"), 1)
    expected |= dict.fromkeys(("site_hour", "city_hour", "site_day", "dwell", "dwell_week"), 1)
    expected |= dict.fromkeys(("campaign_day", "campaign_clock", "campaign_span"), 1)
    expected |= {"incident_opening": 1, "idempotency_key": 1, "event": 1, "delivery": 1, "picture": 1, "media": 1}
    assert gone == expected
    purge(filled, ALL, NOW + timedelta(days=32))
    assert counts(filled)["guest_usage"] == 0


def test_a_request_goes_a_time_after_its_answer(database: Engine, seal: Seal) -> None:
    """An open one stays however old it is; one that was answered goes by when that was, not by when it came; and late is what is said."""
    day = timedelta(days=1)
    with transaction(database) as session:
        marks = privacy(session, seal, NOW)
        waits, done = (requests.receive(session, marks, m.RequestKind.ERASE, name, "", "", NOW) for name in ("a1", "a2"))
        requests.settle(session, done, "erased", "ops@city.example", NOW + 20 * day)
        names = waits.id, done.id
    kept = {Kept.PRIVACY_REQUEST: 30 * day}
    assert 0 == purge(database, kept, NOW + 49 * day)[Kept.PRIVACY_REQUEST]
    with reading(database) as session:
        assert NOW + 20 * day == retention.oldest(session, Kept.PRIVACY_REQUEST)
        assert [{}, {Kept.PRIVACY_REQUEST: NOW}] == [retention.late(session, {Kept.PRIVACY_REQUEST: NOW + each * day}) for each in (20, 21)]
    assert 1 == purge(database, kept, NOW + 51 * day)[Kept.PRIVACY_REQUEST]
    with reading(database) as session:
        assert [names[0]] == list(session.scalars(select(m.PrivacyRequest.id)))
        assert (None, {}) == (
            retention.oldest(session, Kept.PRIVACY_REQUEST),
            retention.late(session, {Kept.PRIVACY_REQUEST: NOW + 900 * day}),
        )


def test_a_batch_of_vouchers_goes_in_small_transactions(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten thousand vouchers hold nobody's write up: no transaction takes more of them than of anything else. Others' stay."""
    monkeypatch.setattr(retention, "BATCH", 10)
    with transaction(database) as session:
        for name, ends in (("old", NOW), ("new", NOW + timedelta(days=1))):
            session.add(m.VoucherBatch(id=name, name=name, plan="visitor", created_at=NOW, expires_at=ends))
            session.flush()
            session.add_all(m.Voucher(id=f"{name}-{each}", batch_id=name, code_hash=f"{name}-{each}".encode()) for each in range(35))
    left: list[int] = []
    event.listen(database, "commit", lambda link: left.append(link.exec_driver_sql("SELECT count(*) FROM voucher").scalar() or 0))
    gone = purge(database, {Kept.VOUCHER: timedelta(days=30)}, NOW + timedelta(days=30, hours=1))
    assert (1, 35, 1) == (gone[Kept.VOUCHER], counts(database)["voucher"], counts(database)["voucher_batch"])
    assert 10 >= max(first - then for first, then in pairwise([70, *left]))


def test_a_class_without_a_time_is_kept(filled: Engine) -> None:
    """Only what is named goes; accounting keys always after seven days, and never sooner."""
    assert purge(filled, {}, NOW + timedelta(days=8)) == {
        Kept.ACCOUNTING_KEY: 1,
        Kept.SIGN_IN_TOKEN: 1,
        Kept.CHALLENGE: 2,
        Kept.LISTENER_KEY: 0,
        Kept.API_ANSWER: 1,
        Kept.API_TOKEN: 0,
        Kept.ERASED: 0,
        Kept.UNUSED: 0,
        Kept.VISITORS: 0,
        Kept.PICTURE: 2,
    }
    assert purge(filled, {Kept.ACCOUNTING_KEY: timedelta(days=1)}, NOW + timedelta(days=2))[Kept.ACCOUNTING_KEY] == 0
    assert purge(filled, {Kept.DROPS: timedelta(days=1)}, NOW + timedelta(days=2))[Kept.DROPS] == 1
    assert counts(filled)["auth_event"] == 1


def test_a_certificate_of_ours_ages_from_its_last_use(database: Engine) -> None:
    """One in use never; a former one three months after it was retired, however old; a request three months after it was made."""
    old, late = NOW - timedelta(days=900), NOW - timedelta(days=10)
    with transaction(database) as session:
        for name, used, retired in (("used", old, None), ("former", old, late), ("gone", old, old), ("request", None, None)):
            session.add(m.ListenerKey(id=name, listener="guest", key=b"k", created_at=old, used_from=used, retired_at=retired))
    assert 2 == purge(database, {}, NOW)[Kept.LISTENER_KEY]
    with reading(database) as session:
        assert ["former", "used"] == sorted(session.scalars(select(m.ListenerKey.id)))


def test_many_rows_go_in_small_transactions(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many are old, no transaction deletes more than a batch, and all of them go."""
    monkeypatch.setattr(retention, "BATCH", 7)
    with transaction(database) as session:
        session.add_all(m.DropMinute(minute=NOW, source=f"192.0.2.{n}", client="", reason="TOO_SHORT", count=1) for n in range(20))
        session.add_all(m.AccountingKey(key=bytes([n]) * 32, at=NOW) for n in range(21))
    assert purge(database, ALL, NOW + timedelta(days=31)) == {**dict.fromkeys(Kept, 0), Kept.DROPS: 20, Kept.ACCOUNTING_KEY: 21}


def test_a_device_goes_after_its_last_grant(database: Engine) -> None:
    """Who came back keeps the device and the account; who did not is forgotten with every grant, and tokens go at once."""
    day = timedelta(days=1)
    with transaction(database) as session:
        account = grants.account(session, m.Way.CARD, b"i" * 16, NOW).id
        other = grants.account(session, m.Way.CARD, b"j" * 16, NOW).id
        for now in (NOW, NOW + 20 * day):
            guests.admit(session, guests.PHONE, now, account=account)
        guests.admit(session, guests.LAPTOP, NOW, account=other)
        guests.admit(session, b"f" * 16, NOW, seconds=None)
    kept = {Kept.GRANT: 400 * day, Kept.DEVICE: 30 * day, Kept.ACCOUNT: 30 * day}
    gone = purge(database, kept, NOW + 31 * day)
    assert (gone[Kept.GRANT], gone[Kept.DEVICE], gone[Kept.ACCOUNT]) == (0, 1, 1)
    with reading(database) as session:
        assert sorted(map(bytes, session.scalars(select(m.Device.hash)))) == [b"f" * 16, guests.PHONE]
        assert session.scalars(select(m.Account.id)).all() == [account]
        assert len(session.scalars(select(m.Grant.id)).all()) == 3
    assert purge(database, kept, NOW + 51 * day)[Kept.DEVICE] == 1
    with reading(database) as session:
        assert session.scalars(select(m.Device.hash)).all() == [b"f" * 16]


def test_a_trail_goes_a_week_after_its_sessions_last_word(database: Engine, seal: Seal) -> None:
    """What records said one by one is let go when no repetition is recognised any more; an open session keeps it, however old."""
    old, young = first_id(NOW), first_id(NOW + timedelta(days=3))
    with transaction(database) as session:
        session.add_all(
            [
                rows.session(seal, old, status=m.SessionStatus.ENDED), rows.session(seal, old[:-1] + "1"),
                rows.session(seal, old[:-1] + "2", status=m.SessionStatus.ENDED, updated_at=NOW + timedelta(days=5)),
                rows.session(seal, young, status=m.SessionStatus.ENDED, updated_at=NOW + timedelta(days=3)),
            ]
        )  # fmt: skip
        session.flush()
        session.add_all(
            m.SessionTrail(session_id=name, leg=leg, places="[]", points=b"p")
            for name in (old, old[:-1] + "1", old[:-1] + "2", young)
            for leg in (0, 1)
        )
    assert purge(database, {}, NOW + timedelta(days=8))[Kept.ACCOUNTING_KEY] == 2
    with reading(database) as session:
        assert set(session.scalars(select(m.SessionTrail.session_id))) == {old[:-1] + "1", old[:-1] + "2", young}
    purge(database, {}, NOW + timedelta(days=13))
    with reading(database) as session:
        assert set(session.scalars(select(m.SessionTrail.session_id))) == {old[:-1] + "1"}


def test_figures_that_a_cap_is_kept_by_stay_while_it_runs(database: Engine) -> None:
    """Of what runs or is paused with a cap on all its views; of what ended, or has none, they go with their class."""
    kinds = {"runs": ("live", 9), "paused": ("paused", 9), "over": ("ended", 9), "uncapped": ("live", None)}
    with transaction(database) as session:
        for slug, (state, cap) in kinds.items():
            name = campaign(session, slug, state=m.CampaignState(state), total_cap=cap)
            session.flush()
            adverts.count(session, [Figure(f"{slug}-1", name, NOW, "mall", "en", 5)])
    assert 4 + 4 + 4 + 2 == purge(database, ALL, NOW + timedelta(days=31))[Kept.ADVERT_FIGURES]
    with reading(database) as session:
        kept = select(m.Campaign.state).join(m.CampaignDay, m.CampaignDay.campaign_id == m.Campaign.id)
        assert ["live", "paused"] == sorted(session.scalars(kept))
        gone = (m.PlacementHour, m.CampaignClock, m.CampaignSpan)
        assert [0, 0, 0] == [session.scalar(select(func.count()).select_from(each)) for each in gone]
        assert Kept.ADVERT_FIGURES not in retention.late(session, {Kept.ADVERT_FIGURES: NOW + timedelta(days=1)})


def test_the_days_of_four_weeks_go_together(database: Engine) -> None:
    """With their places and hours, once the first of them is too old: of a total that shrank by one day that day could be told."""
    first = datetime(2026, 2, 23, tzinfo=UTC)
    told = [first + timedelta(days=days, hours=12) for days in (0, 13, 27, 28)]
    with transaction(database) as session:
        name = campaign(session)
        session.flush()
        adverts.count(session, [Figure("bakery-1", name, at, "mall", "en", 5) for at in told])
    kept, old = timedelta(days=60), first + timedelta(seconds=1)
    assert 0 == purge(database, {Kept.ADVERT_FIGURES: kept}, first + kept)[Kept.ADVERT_FIGURES]
    with reading(database) as session:
        said = [retention.late(session, {Kept.ADVERT_FIGURES: each}) for each in (first, old)]
    assert [{}, {Kept.ADVERT_FIGURES: first}] == said
    assert 3 + 1 + 1 == purge(database, {Kept.ADVERT_FIGURES: kept}, old + kept)[Kept.ADVERT_FIGURES]
    with reading(database) as session:
        assert [first + timedelta(days=28)] == list(session.scalars(select(m.CampaignDay.day)))
        assert {} == retention.late(session, {Kept.ADVERT_FIGURES: old})
