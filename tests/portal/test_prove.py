"""/s/<stay>/me: who signed in proves it once more, in the way of the account; another's proof is as wrong as none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from portal.capabilities import Stay, open_stay
from radius.nas.family import Misfit
from store import accounts
from store.directory import Person
from store.models import Account, Challenge, Grant, Purpose, Way
from store.refusal import Refusal
from store.session import reading, transaction
from tests.portal import mail
from tests.portal.accounts import me, sign_in
from tests.portal.guests import connect, forms, heading, links
from tests.portal.vouchers import codes

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World


def owned(city: World, way: Way, identity: str, contact: str = "") -> tuple[FlaskClient, str]:
    """A browser and the stay of a guest who signed in like this some time ago."""
    guest = city.client()
    stay, _ = connect(guest)
    found = open_stay(city.tokens, stay.removeprefix("/s/"), city.time)
    assert isinstance(found, Stay)
    with transaction(city.database) as session:
        from portal.words import date

        account = accounts.known(session, city.privacy, way, identity, date(city.time), contact=contact or identity)
        grant = session.get_one(Grant, found.grant)
        grant.account_id, grant.way = account.id, way
    return guest, stay


def test_by_a_code(city: World) -> None:
    """It goes to the address that the account has, and to no other; typed here it opens the account's pages, once."""
    mail.by_code(city)
    guest, stay = owned(city, Way.EMAIL, mail.ADDRESS)
    page = guest.get(f"{stay}/me")
    assert ("Is it you?", [f"{stay}/me/send"]) == (heading(page), forms(page))
    assert mail.ADDRESS not in page.text
    assert f"{stay}/me?sent=1" == guest.post(f"{stay}/me/send", data={"email": mail.OTHER}).headers["Location"]
    assert [mail.ADDRESS] == [each.to for each in mail.sent(city)]
    code = mail.newest(city).code
    assert 422 == guest.post(f"{stay}/me", data={"code": mail.other(code)}).status_code
    answer = guest.post(f"{stay}/me", data={"code": code})
    assert 303 == answer.status_code
    assert "My devices and data" == heading(guest.get(answer.headers["Location"]))
    with reading(city.database) as session:
        assert [Purpose.ACCOUNT] == session.scalars(select(Challenge.purpose)).all()


def test_by_the_link_of_that_mail(city: World) -> None:
    """Whoever reads the mail may open the pages where it is read: its button, not its address, does it."""
    mail.by_code(city)
    guest, stay = owned(city, Way.EMAIL, mail.ADDRESS)
    guest.post(f"{stay}/me/send")
    reader = city.client()
    page = reader.get(mail.newest(city).link)
    assert 200 == page.status_code
    answer = reader.post(forms(page)[0], data={"answer": "yes"})
    assert (303, "/me/") == (answer.status_code, answer.headers["Location"][:4])


def test_codes_are_counted(city: World) -> None:
    """Five wrong codes kill one; asking again and again sends no more than a day's five."""
    mail.by_code(city)
    guest, stay = owned(city, Way.EMAIL, mail.ADDRESS)
    guest.post(f"{stay}/me/send")
    code = mail.newest(city).code
    for _ in range(5):
        guest.post(f"{stay}/me", data={"code": mail.other(code)})
    assert 422 == guest.post(f"{stay}/me", data={"code": code}).status_code
    for _ in range(20):
        city.time += 301
        assert guest.post(f"{stay}/me/send").status_code in (303, 429)
    assert 5 >= len(mail.sent(city))


def test_by_the_card(city: World) -> None:
    """The directory vouches for the very entry; another's card is wrong, and makes no account here."""
    known = {name: Person(f"uid={name.decode()}", f"k-{name.decode()}") for name in (b"2004000017", b"2004000018")}
    gone: list[bool] = []
    city.more["directory"] = lambda name, *_: Refusal.UNREACHABLE if gone else known.get(name, Refusal.UNKNOWN_USER)
    guest, stay = owned(city, Way.CARD, "k-2004000017", "2004000017")
    said = [
        guest.post(f"{stay}/me", data={"name": name, "password": "1234"}).status_code for name in ("2004000018", "nobody", "", "2004000017")
    ]
    assert [422, 422, 422, 303] == said
    with reading(city.database) as session:
        assert 1 == len(session.scalars(select(Account.id)).all())
    gone.append(True)
    assert 503 == guest.post(f"{stay}/me", data={"name": "2004000017", "password": "1234"}).status_code


def test_vouchers_are_not_guessed(city: World) -> None:
    """Another's voucher is no proof; who tries many waits, and then the right one has to wait, too."""
    guest, stay, code = sign_in(city)
    city.time += 901
    statuses = [guest.post(f"{stay}/me", data={"code": other}).status_code for other in codes(city, 12)]
    assert (422, 429) == (statuses[0], statuses[-1])
    assert 429 == guest.post(f"{stay}/me", data={"code": code}).status_code
    city.time += 60
    assert 303 == guest.post(f"{stay}/me", data={"code": code}).status_code


@pytest.mark.parametrize("way", [Way.OIDC, Way.SPONSOR])
def test_ways_that_are_proven_at_sign_in_alone(city: World, way: Way) -> None:
    """The page says so, and takes nothing."""
    guest, stay = owned(city, way, "guest-017")
    page = guest.get(f"{stay}/me")
    assert ([], True) == (forms(page), "for a quarter of an hour after you sign in" in page.text)
    assert [404, 404] == [guest.post(f"{stay}/{path}", data={"code": "1"}).status_code for path in ("me", "me/send")]


def test_what_is_provisional_opens_nothing(city: World) -> None:
    """Whoever has yet to read the mail has no account: what is kept of the device is shown."""
    mail.by_code(city)
    guest = city.client()
    stay = mail.online(guest)
    assert f"{stay}/kept" == guest.get(f"{stay}/me").headers["Location"]
    assert 404 == guest.post(f"{stay}/me", data={"code": "123456"}).status_code


def test_the_cookie_opens_its_own_device_alone(city: World) -> None:
    """The proof of one device, carried into the stay of another of the same account, opens nothing; nor does a cookie with another's."""
    guest, stay, code = sign_in(city, 7)
    _, theirs, _ = sign_in(city, 8, code)
    assert "Is it you?" == heading(guest.get(f"{theirs}/me"))
    assert f"/me/{'x' * 30}" not in links(guest.get(me(guest, stay)))
    assert not isinstance(open_stay(city.tokens, stay.removeprefix("/s/"), city.time), Misfit)


def test_the_code_that_kept_them_online_is_proof_enough(city: World) -> None:
    """In this browser, for a quarter of an hour; a press of the button without a right code proves nothing."""
    mail.by_code(city)
    guest = city.client()
    stay = mail.online(guest)
    code = mail.newest(city).code
    assert 303 == guest.post(f"{stay}/code", data={"code": code}).status_code
    assert (303, "/me/") == ((answer := guest.get(f"{stay}/me")).status_code, answer.headers["Location"][:4])
    stranger = city.client()
    assert 303 == stranger.post(f"{stay}/code", data={"code": mail.other(code)}).status_code
    assert "Is it you?" == heading(stranger.get(f"{stay}/me"))
    city.time += 901
    assert "Is it you?" == heading(guest.get(f"{stay}/me"))
