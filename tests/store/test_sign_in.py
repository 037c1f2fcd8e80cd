"""store.sign_in: a token is for one grant, client and device, once, for minutes; on both databases."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from store import grants, sign_in
from store.grants import Bad, redeem, token
from store.session import transaction
from tests.store.guests import LAPTOP, PHONE, admit, at_once
from tests.store.rows import NOW

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from store.sealed import Seal

SECOND = timedelta(seconds=1)


def test_a_token_says_whose_it_is(database: Engine, seal: Seal) -> None:
    """Its name looks like no guest's; redeemed, it gives the grant and the password."""
    with transaction(database) as session:
        grant = admit(session)
        name, password = token(session, seal, grant, "library-wlc", NOW)
        assert re.fullmatch("t-[0-9a-hjkmnp-tv-z]{16}", name)
        assert re.fullmatch("[0-9a-hjkmnp-tv-z]{16}", password)
        assert redeem(session, seal, name, "library-wlc", PHONE, NOW) == (grant, password.encode())


def test_a_gateway_that_missed_the_answer_may_ask_again(database: Engine, seal: Seal) -> None:
    """Within a minute the same client and device are the same sign-in; later, or elsewhere, it is used."""
    with transaction(database) as session:
        name, _ = token(session, seal, admit(session), "library-wlc", NOW)
        assert isinstance(redeem(session, seal, name, "library-wlc", PHONE, NOW), tuple)
        assert isinstance(redeem(session, seal, name, "library-wlc", PHONE, NOW + sign_in.AGAIN), tuple)
        assert redeem(session, seal, name, "library-wlc", PHONE, NOW + sign_in.AGAIN + SECOND) is Bad.USED
        assert redeem(session, seal, name, "library-wlc", LAPTOP, NOW) is Bad.FOREIGN


def test_a_token_is_refused_with_its_reason(database: Engine, seal: Seal) -> None:
    """Unknown, of another gateway or device, too old, or of a grant that is gone."""
    with transaction(database) as session:
        grant = admit(session)
        name, _ = token(session, seal, grant, "library-wlc", NOW)
        assert redeem(session, seal, "t-0000000000000000", "library-wlc", PHONE, NOW) is Bad.UNKNOWN
        assert redeem(session, seal, name, "museum-wlc", PHONE, NOW) is Bad.FOREIGN
        assert redeem(session, seal, name, "library-wlc", LAPTOP, NOW) is Bad.FOREIGN
        assert redeem(session, seal, name, "library-wlc", PHONE, NOW + sign_in.LIFETIME) is Bad.EXPIRED
        grants.revoke(session, grant, "signed out", NOW)
        assert redeem(session, seal, name, "library-wlc", b"", NOW) is Bad.EXPIRED


def test_a_token_used_in_its_last_second_may_still_be_asked_again(database: Engine, seal: Seal) -> None:
    """The minute for a lost answer counts from the first use."""
    last = NOW + sign_in.LIFETIME - SECOND
    with transaction(database) as session:
        name, _ = token(session, seal, admit(session), "library-wlc", NOW)
        assert isinstance(redeem(session, seal, name, "library-wlc", b"", last), tuple)
        assert isinstance(redeem(session, seal, name, "library-wlc", b"", last + 5 * SECOND), tuple)


def test_two_who_redeem_at_once_do_not_both_succeed_later(url: str, database: Engine, seal: Seal) -> None:
    """Of several at the same moment, one is the first use: the others, long after it, find it used."""
    with transaction(database) as session:
        name, _ = token(session, seal, admit(session), "library-wlc", NOW)
    moments = [NOW + number * 2 * sign_in.AGAIN for number in range(3)]

    def use(number: int, database: Engine) -> bool:
        with transaction(database) as session:
            return isinstance(redeem(session, seal, name, "library-wlc", PHONE, moments[number]), tuple)

    taken = at_once(url, [lambda database, number=number: use(number, database) for number in (2, 2, 2, 2)])
    assert sum(taken) == 4
    with transaction(database) as session:
        assert redeem(session, seal, name, "library-wlc", PHONE, moments[2] + sign_in.AGAIN + SECOND) is Bad.USED
