"""store.tokens: what a token is worth, to whom, from where and until when; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, select

from store import tokens
from store.models import ApiToken, Role, Staff
from store.retention import Kept, purge
from store.session import reading, transaction
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

DAY = timedelta(days=1)


def made(database: Engine, **more: Any) -> tuple[ApiToken, str]:
    with transaction(database) as session:
        maker = session.scalars(select(Staff)).first()
        if maker is None:
            maker = Staff(name="ops@city.example", role=Role.CITY_ADMIN, created_at=NOW)
            session.add(maker)
            session.flush()
        said = {"name": "dashboard", "role": Role.AUDITOR, "scopes": ["SESSIONS"], "networks": [], "lasts": 30 * DAY} | more
        return tokens.make(session, maker, now=NOW, **said)


def test_the_database_has_the_tokens_digest_alone(database: Engine) -> None:
    """A copy of the database lets nobody use the API."""
    row, secret = made(database)
    with reading(database) as session:
        kept = session.get_one(ApiToken, row.id)
        said = repr({column.key: getattr(kept, column.key) for column in ApiToken.__table__.columns})
    assert (tokens.digest(secret), secret[-4:]) == (bytes(kept.digest), kept.tail)
    assert secret[4:-6] not in said


def test_a_token_is_known_by_its_shape() -> None:
    """Fifty-three letters and digits behind a mark, with a check: every character that is mistyped is noticed."""
    secret = tokens.fresh()
    assert (True, tokens.LENGTH, True) == (secret.startswith("pxy_"), len(secret), secret[4:].isalnum())
    for at in range(4, len(secret)):
        mistyped = secret[:at] + ("a" if secret[at] != "a" else "b") + secret[at + 1 :]
        assert not tokens.shaped(mistyped)
    for odd in ("", "pxy_", secret + " ", secret[:-1], "é" * tokens.LENGTH, "pxy_" + "0" * 49):
        assert not tokens.shaped(odd), odd


def test_a_token_is_found_in_one_statement_and_nonsense_in_none(database: Engine) -> None:
    """Whoever sends rubbish costs the database nothing."""
    row, secret = made(database)
    seen: list[str] = []
    event.listen(database, "before_cursor_execute", lambda _c, _u, statement, *_: seen.append(statement))
    with reading(database) as session:
        found = tokens.find(session, secret, NOW)
        asked = [each for each in seen if "api_token" in each]
        nothing = tokens.find(session, secret[:-1] + "!", NOW)
    assert (row.id, "ops@city.example", None) == (found and found.token.id, found and found.maker.name, nothing)
    assert (1, 1) == (len(asked), len([each for each in seen if "api_token" in each]))


@pytest.mark.parametrize(("after", "good"), [(timedelta(), True), (30 * DAY - timedelta(seconds=1), True), (30 * DAY, False)])
def test_a_token_ends(database: Engine, after: timedelta, good: bool) -> None:
    """Until its moment, and not at it."""
    _, secret = made(database)
    with reading(database) as session:
        assert good == (tokens.find(session, secret, NOW + after) is not None)


def test_no_token_lasts_longer_than_a_year(database: Engine) -> None:
    """Whoever asks for more gets 366 days."""
    row, _ = made(database, lasts=4000 * DAY)
    assert NOW + 366 * DAY == row.expires_at


def test_a_revoked_token_is_worth_nothing_and_is_revoked_once(database: Engine) -> None:
    """At once; a second press changes nothing."""
    row, secret = made(database)
    with transaction(database) as session:
        assert (True, False) == (tokens.revoke(session, row, NOW + DAY), tokens.revoke(session, row, NOW + 2 * DAY))
    with reading(database) as session:
        assert (None, NOW + DAY) == (tokens.find(session, secret, NOW + DAY), session.get_one(ApiToken, row.id).revoked_at)


def test_a_token_ends_with_its_makers_work(database: Engine) -> None:
    """Disable somebody, and what they made lets nobody in; enable them, and it does."""
    _, secret = made(database)
    with transaction(database) as session:
        session.scalars(select(Staff)).one().disabled_at = NOW
    with reading(database) as session:
        assert (None, 0) == (tokens.find(session, secret, NOW), tokens.count(session, NOW))


@pytest.mark.parametrize(
    ("networks", "address", "good"),
    [
        ([], "203.0.113.9", True),
        (["192.0.2.0/24", "2001:db8::/32"], "192.0.2.7", True),
        (["192.0.2.0/24", "2001:db8::/32"], "2001:db8::1", True),
        (["192.0.2.0/24"], "::ffff:192.0.2.7", True),
        (["192.0.2.0/24"], "203.0.113.9", False),
        (["192.0.2.0/24"], "2001:db8::1", False),
        (["192.0.2.0/24"], "", False),
    ],
)
def test_a_token_may_be_bound_to_networks(networks: list[str], address: str, good: bool) -> None:
    """Of either family; from an address that nobody knows, no."""
    assert good == tokens.admits(ApiToken(networks=networks), address)


def test_use_is_written_once_a_minute(database: Engine) -> None:
    """Most requests write nothing."""
    row, secret = made(database)
    for seconds in (0, 59, 60):
        with transaction(database) as session:
            found = tokens.find(session, secret, NOW + timedelta(seconds=seconds))
            assert found is not None
            assert (seconds != 59) == tokens.stale(found.token, NOW + timedelta(seconds=seconds))
            tokens.touch(session, row, NOW + timedelta(seconds=seconds))
    with reading(database) as session:
        assert NOW + timedelta(seconds=60) == session.get_one(ApiToken, row.id).used_at


def test_those_that_end_soon_are_found(database: Engine) -> None:
    """Neither those that were revoked nor those with time left."""
    soon, _ = made(database, lasts=3 * DAY)
    made(database, lasts=100 * DAY)
    gone, _ = made(database, lasts=2 * DAY)
    with transaction(database) as session:
        tokens.revoke(session, gone, NOW)
        assert [soon.id] == [each.id for each in tokens.ending(session, NOW, 14 * DAY)]


def test_a_token_is_forgotten_three_months_after_its_end(database: Engine) -> None:
    """One that was taken back as well: until then a token that turns up somewhere can be told whose it was."""
    row, _ = made(database, lasts=30 * DAY)
    with transaction(database) as session:
        tokens.revoke(session, row, NOW + DAY)
    gone = [purge(database, {}, NOW + days * DAY)[Kept.API_TOKEN] for days in (119, 121)]
    assert [0, 1] == gone
