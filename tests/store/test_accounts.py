"""store.accounts and Privacy.account: one account for one identity and way, its contact sealed; on both databases."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from store import accounts, keys
from store.models import Account, Way
from store.privacy import privacy
from store.session import reading, transaction
from tests.store.guests import at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.privacy import Privacy
    from store.sealed import Seal

ADDRESS = "guest-017@example.org"


def marks(database: Engine, seal: Seal) -> Privacy:
    with transaction(database) as session:
        return privacy(session, seal, NOW)


def test_an_account_is_made_once_and_found_again(database: Engine, seal: Seal) -> None:
    """The same identity is the same account, which remembers the newest language and when it was last seen."""
    ours = marks(database, seal)
    with transaction(database) as session:
        first = accounts.known(session, ours, Way.EMAIL, ADDRESS, NOW, "fr").id
    with transaction(database) as session:
        again = accounts.known(session, ours, Way.EMAIL, ADDRESS, NOW + timedelta(days=1))
        assert (again.id, again.language, again.last_seen) == (first, "fr", NOW + timedelta(days=1))
        assert ours.opened(again.contact, "account", first, "contact") == ADDRESS.encode()
        assert ADDRESS.encode() not in bytes(again.contact or b"") + bytes(again.identity_hash)


def test_another_way_is_another_account(database: Engine, seal: Seal) -> None:
    """An identity of one way never equals the same words of another: not the account, and not its hash."""
    ours = marks(database, seal)
    with transaction(database) as session:
        found = {accounts.known(session, ours, way, ADDRESS, NOW).id for way in Way}
    assert len(found) == len(Way)
    assert len({ours.account(way, ADDRESS) for way in Way}) == len(Way)


def test_a_contact_that_is_not_the_identity(database: Engine, seal: Seal) -> None:
    """What to write to may be given; one that is there stays."""
    ours = marks(database, seal)
    with transaction(database) as session:
        accounts.known(session, ours, Way.CARD, "card 017", NOW, contact=ADDRESS)
        account = accounts.known(session, ours, Way.CARD, "card 017", NOW, contact="other@example.org")
        assert ours.opened(account.contact, "account", account.id, "contact") == ADDRESS.encode()


def test_nobody_has_no_hash(database: Engine, seal: Seal) -> None:
    """An empty identity is nobody's; the key is made with the others and stays the same."""
    ours = marks(database, seal)
    assert ours.account(Way.EMAIL, "") == b""
    with reading(database) as session:
        assert keys.made(session, [keys.ACCOUNT])
    assert marks(database, seal).account(Way.SMS, "x") == ours.account(Way.SMS, "x") != b""


def test_two_at_once_are_one_account(database: Engine, seal: Seal, url: str) -> None:
    """Two requests for one new identity get one row."""
    ours = marks(database, seal)

    def work(_: int, engine: Engine) -> str:
        with transaction(engine) as session:
            return accounts.known(session, ours, Way.EMAIL, ADDRESS, NOW).id

    found = at_once(url, [partial(work, each) for each in range(3)])
    assert len(set(found)) == 1
    with reading(database) as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 1
