"""store.grants: one live grant a device, places of an account, the feed that misses nothing; on both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store import grants
from store.models import Device, Grant, Way
from store.session import reading, transaction
from tests.store import rows
from tests.store.guests import LAPTOP, PHONE, admit, at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    import pytest
    from sqlalchemy import Engine

    from store.sealed import Seal

HOUR = timedelta(hours=1)


def test_a_guest_is_admitted_for_the_plans_time(database: Engine) -> None:
    """The grant lasts as long as the plan says, belongs to the device, and has a number to read aloud."""
    with transaction(database) as session:
        grant = admit(session)
    assert (grant.starts_at, grant.ends_at, grant.extensions) == (NOW, NOW + 2 * HOUR, 0)
    assert grants.subject(grant) == "d" + PHONE.hex()
    assert re.fullmatch(r"[2-79AC-HJKMNP-RTV-Y]{3}-[2-79AC-HJKMNP-RTV-Y]{3}", grant.support)
    with reading(database) as session:
        assert grants.live(session, PHONE, NOW).id == grant.id
        assert grants.live(session, LAPTOP, NOW) is None
        assert grants.live(session, PHONE, NOW + 2 * HOUR) is None
        assert session.get(Device, PHONE).last_seen == NOW


def test_a_plan_without_an_end_lasts_a_year(database: Engine) -> None:
    """Where the plan sets no time, gateways that count it in 32 bits still can."""
    with transaction(database) as session:
        assert admit(session, seconds=None).ends_at == NOW + timedelta(days=365)


def test_who_comes_again_keeps_the_grant_and_its_end(database: Engine) -> None:
    """Signing in twice makes no second grant and no second two hours; where the guest is now is known."""
    with transaction(database) as session:
        first = admit(session).id
    with transaction(database) as session:
        again = admit(session, now=NOW + HOUR, access_point="lib-2")
    assert (again.id, again.starts_at, again.ends_at, again.access_point) == (first, NOW, NOW + 2 * HOUR, "lib-2")


def test_a_grant_that_ended_is_followed_by_a_new_one(database: Engine) -> None:
    """Two hours at a time, as often as the guest comes."""
    with transaction(database) as session:
        first = admit(session).id
    with transaction(database) as session:
        assert admit(session, now=NOW + 2 * HOUR).id != first


def test_a_provisional_grant_is_confirmed_in_place(database: Engine, seal: Seal) -> None:
    """Confirming gives the whole time to the same grant, now the account's."""
    with transaction(database) as session:
        session.add_all(rows.guests(seal)[:1])
        account = rows.guests(seal)[0].id
        first = admit(session, provisional=True, seconds=600, way=Way.EMAIL)
    with transaction(database) as session:
        assert admit(session, now=NOW + HOUR / 60, provisional=True, seconds=600).ends_at == NOW + HOUR / 6
        confirmed = admit(session, now=NOW + HOUR / 30, account=account, way=Way.EMAIL)
    assert (confirmed.id, confirmed.provisional, confirmed.ends_at) == (first.id, False, NOW + HOUR / 30 + 2 * HOUR)
    assert grants.subject(confirmed) == account


def test_another_plan_or_guest_replaces_the_grant(database: Engine, seal: Seal) -> None:
    """A device has one live grant: the newest; the other is revoked and says why, and both are told to followers."""
    with transaction(database) as session:
        session.add_all(rows.guests(seal)[:1])
        account = rows.guests(seal)[0].id
        old = admit(session).id
    with transaction(database) as session:
        new = admit(session, plan="resident", account=account)
    with reading(database) as session:
        replaced = grants.of(session, old)
        assert (replaced.revoked_at, replaced.why) == (NOW, "replaced")
        assert grants.live(session, PHONE, NOW).id == new.id
        assert {grant.id for grant in grants.changed_since(session, 1, 10)} == {old, new.id}
    with transaction(database) as session:
        other = grants.account(session, Way.EMAIL, b"another", NOW).id
        assert admit(session, plan="resident", account=other).id not in {old, new.id}


def test_who_is_online_and_then_says_who_they_are_begins_anew(database: Engine, seal: Seal) -> None:
    """Under the same plan, in place: a voucher is worth its whole time to a guest who was let in by the terms alone."""
    later = NOW + timedelta(hours=1)
    with transaction(database) as session:
        session.add_all(rows.guests(seal)[:1])
        old = admit(session)
        known = admit(session, now=later, account=rows.guests(seal)[0].id)
        again = admit(session, now=later + timedelta(minutes=1), account=rows.guests(seal)[0].id)
        assert (old.id, old.id, later + timedelta(hours=2)) == (known.id, again.id, again.ends_at)


def test_extending_is_bounded(database: Engine) -> None:
    """As often as the plan says, while the grant lives."""
    with transaction(database) as session:
        grant = admit(session)
        said = [grants.extend(session, grant, 2, 1800, NOW) for _ in range(3)]
        assert (said, grant.ends_at) == ([True, True, False], NOW + 3 * HOUR)
        assert not grants.extend(session, grant, 9, 1800, NOW + 3 * HOUR)
        assert grants.revoke(session, grant, "signed out", NOW)
        assert not grants.extend(session, grant, 9, 1800, NOW)
        assert not grants.revoke(session, grant, "again", NOW)
        assert grant.why == "signed out"


def test_an_account_is_made_once(url: str, database: Engine) -> None:
    """Two sign-ins of one identity at once are one account."""

    def sign_in(database: Engine) -> str:
        with transaction(database) as session:
            return grants.account(session, Way.CARD, b"i" * 16, NOW).id

    assert len(set(at_once(url, [sign_in] * 4))) == 1


def test_one_device_at_two_places_gets_one_grant(url: str, database: Engine) -> None:
    """However many connections admit a device at the same moment, it has one grant."""

    def go(database: Engine) -> str:
        with transaction(database) as session:
            return admit(session).id

    assert len(set(at_once(url, [go] * 6))) == 1
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(Grant)) == 1


def test_the_last_place_of_an_account_is_given_once(url: str, database: Engine) -> None:
    """Devices that come at the same moment do not exceed the account's number of devices."""
    with transaction(database) as session:
        account = grants.account(session, Way.CARD, b"i" * 16, NOW).id

    def go(device: bytes, database: Engine) -> bool:
        with transaction(database) as session:
            if not grants.room(session, account, device, 2, NOW):
                return False
            admit(session, device, account=account)
            return True

    assert sum(at_once(url, [partial(go, bytes([number]) * 16) for number in range(6)])) == 2
    with reading(database) as session:
        mine = grants.devices(session, account, NOW)
        assert len(mine) == 2
        assert grants.devices(session, account, NOW + 2 * HOUR) == []
    with transaction(database) as session:
        assert grants.room(session, account, mine[0].device_hash, 2, NOW)
        assert not grants.room(session, account, PHONE, 2, NOW)
        assert grants.room(session, account, PHONE, None, NOW)


def test_the_feed_is_read_in_pieces(database: Engine) -> None:
    """However small the pieces, each change comes once; with a moment, only what is live then."""
    with transaction(database) as session:
        made = [admit(session, bytes([number]) * 16).id for number in range(5)]
        grants.revoke(session, grants.of(session, made[1]), "signed out", NOW)
    with reading(database) as session:
        assert grants.newest(session) == 6
        seen, number = [], 0
        while page := grants.changed_since(session, number, 2):
            seen += [grant.id for grant in page]
            number = page[-1].changed
        assert (seen, number) == ([made[0], *made[2:], made[1]], 6)
        assert [grant.id for grant in grants.changed_since(session, 3, 9, alive_at=NOW)] == made[3:]


def test_usage_is_told_to_those_it_concerns(database: Engine) -> None:
    """Who follows an account hears of all its devices, and of none that ended."""
    with transaction(database) as session:
        account = grants.account(session, Way.CARD, b"i" * 16, NOW).id
        one, two = (admit(session, device, account=account).id for device in (PHONE, LAPTOP))
        alone, other = (admit(session, bytes([number]) * 16) for number in range(2))
        grants.revoke(session, other, "signed out", NOW)
        subjects = {account, grants.subject(alone), grants.subject(other), "d" + "00" * 16}
        assert {grant.id for grant in grants.followers(session, subjects, NOW)} == {one, two, alone.id}


def test_sessions_of_a_guest_are_found(database: Engine, seal: Seal) -> None:
    """By account, by device, by grant; without one device where simultaneous use is counted; closed ones never."""
    with transaction(database) as session:
        account = grants.account(session, Way.CARD, b"i" * 16, NOW).id
        one, two = (admit(session, device, account=account) for device in (PHONE, LAPTOP))
        alone = admit(session, b"a" * 16)
        session.add_all(
            [
                rows.session(seal, "s1", grant_id=one.id),
                rows.session(seal, "s2", grant_id=two.id),
                rows.session(seal, "s3", grant_id=two.id, status="ended"),
                rows.session(seal, "s4", grant_id=alone.id),
                rows.session(seal, "s5"),
            ]
        )
    with reading(database) as session:

        def found(*whose: object) -> list[str]:
            return [each.id for each in grants.open_sessions(session, *whose)]

        assert found(account) == ["s1", "s2"]
        assert found(account, PHONE) == ["s2"]
        assert found(grants.of(session, two.id)) == ["s2"]
        assert found("d" + (b"a" * 16).hex()) == ["s4"]
        assert found("d" + PHONE.hex()) == []


def test_a_support_number_is_nobody_elses(database: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A number that a grant of the last days has is not given again."""
    letters = iter("K7Q42M" * 2 + "NEWNEW")
    monkeypatch.setattr("store.grants.secrets.choice", lambda _: next(letters))
    with transaction(database) as session:
        assert admit(session).support == "K7Q-42M"
        assert admit(session, LAPTOP).support == "NEW-NEW"


def test_a_guest_keeps_the_number_that_was_shown(database: Engine) -> None:
    """The grant has the number of the page before it, unless another grant has it already."""
    with transaction(database) as session:
        assert admit(session, support="K7Q-42M").support == "K7Q-42M"
        assert admit(session, LAPTOP, support="K7Q-42M").support not in {"", "K7Q-42M"}


def test_a_guest_is_found_by_the_number_read_aloud(database: Engine) -> None:
    """In capitals or not, with a blank or nothing for the dash, while the grant lives; its id finds it for ever."""
    with transaction(database) as session:
        grant = admit(session)
        spoken = grant.support
        for said in (spoken, spoken.lower(), spoken.replace("-", " "), f" {spoken.replace('-', '')} "):
            assert grants.named(session, said, NOW) == [grant]
        assert grants.named(session, spoken, NOW + 2 * HOUR) == []
        assert grants.named(session, grant.id, NOW + 2 * HOUR) == [grant]
        assert grants.named(session, "", NOW) == []
