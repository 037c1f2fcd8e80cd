"""A voucher's code: typed as people type, used once or by as many devices as it is for, refused with the right words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.words import date
from store import batches, grants
from store.models import Grant, Guess, Voucher, Way
from store.session import reading, transaction
from tests.portal.guests import heading, plain
from tests.portal.vouchers import codes, error, form, say, station, take
from tests.portal.world import SHORT, cwa

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from tests.portal.world import World

WRONG = "This is none of our codes. Compare each letter and number."


@pytest.fixture(autouse=True)
def taken(city: World) -> None:
    take(city, "terms")


def held(city: World, number: int = 7) -> Grant | None:
    with reading(city.database) as session:
        return grants.live(session, city.privacy.device(station(number)), date(city.time))


def test_a_code_lets_its_holder_in(city: World, guest: FlaskClient) -> None:
    """However it is typed: small letters, spaces, O for 0; the grant is the voucher's own account's, until the voucher's end."""
    (code,) = codes(city)
    typed = f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')}\n"
    answer = say(guest, form(guest), typed)
    assert 303 == answer.status_code
    grant = held(city)
    assert (Way.VOUCHER, "visitor", 7200) == (grant.way, grant.plan, (grant.ends_at - grant.starts_at).total_seconds())
    assert 200 == guest.get(guest.get("/").headers["Location"]).status_code
    with reading(city.database) as session:
        assert grant.account_id == session.scalar(select(Voucher.account_id))
        assert 0 == session.scalar(select(func.count()).select_from(Guess))


def test_the_form_is_one_field_that_takes_whatever_is_pasted(guest: FlaskClient) -> None:
    """A label, a hint that is read with it, no correction of what is typed, and no limit that cuts a pasted code."""
    page = guest.get(form(guest))
    field = re.findall(r"<input [^>]*>", page.text)
    assert 1 == len(field)
    for part in ('id="code"', 'name="code"', 'autocomplete="off"', 'autocapitalize="characters"', 'spellcheck="false"', 'maxlength="64"'):
        assert part in field[0]
    assert '<label for="code">' in page.text
    assert 'aria-describedby="code-hint"' in field[0]
    assert "I have a code" == heading(page)


def test_a_wrong_code_stays_in_its_field(guest: FlaskClient) -> None:
    """What was typed is there to be mended, its fault announced and read with the field."""
    page = say(guest, form(guest), "k7qm 42xd 9trb")
    assert 422 == page.status_code
    assert WRONG == error(page)
    assert 'value="K7QM-42XD-9TRB"' in page.text
    assert 'aria-describedby="code-error code-hint" aria-invalid="true"' in page.text
    assert "Retry-After" not in page.headers


def test_a_used_code_says_when(city: World, guest: FlaskClient) -> None:
    """Another device's holder reads when it was used, in the place's own time; and that a phone may be another device."""
    (code,) = codes(city)
    say(guest, form(guest), code)
    city.pass_time(3600)
    page = say(city.client(), form(city.client(), 8), code)
    assert "This code was used on another device (1:59 a.m.)." == error(page)
    assert "take another Wi-Fi address" in plain(page)
    city.pass_time(86_400)
    page = say(city.client(), form(city.client(), 8) + "?lang=fr", code)
    assert "dim. 8 mars" in error(page)


def test_the_same_device_signs_in_again(city: World, guest: FlaskClient) -> None:
    """Until its voucher's end, with what is left of it; then it is over."""
    (code,) = codes(city, lasts=timedelta(hours=3))
    say(guest, form(guest), code)
    first = held(city)
    with transaction(city.database) as session:
        grants.revoke(session, grants.of(session, first.id), "signed out", date(city.time))
    city.pass_time(5400)
    assert 303 == say(guest, form(guest), code).status_code
    again = held(city)
    assert (first.account_id, timedelta(minutes=90)) == (again.account_id, again.ends_at - again.starts_at)
    city.pass_time(5400)
    page = say(guest, form(guest), code)
    assert "The time of this code is over (5:59 a.m.). The staff can give you another." == error(page)


def test_several_devices_share_one_voucher(city: World, guest: FlaskClient) -> None:
    """As many as it is for come in, with one account; the next is told that it is used."""
    (code,) = codes(city, devices=2, lasts=timedelta(days=2))
    assert [303, 303, 422] == [say(guest, form(guest, number), code).status_code for number in (1, 2, 3)]
    assert held(city, 1).account_id == held(city, 2).account_id


def test_each_refusal_has_its_words(city: World, guest: FlaskClient) -> None:
    """Expired, taken back, of a plan that is gone; a closed batch's codes are good."""
    (late,) = codes(city, expires_at=date(city.time) + timedelta(hours=1))
    (gone,), (festival,), (closed,) = codes(city), codes(city, plan="festival"), codes(city, name="closed")
    with reading(city.database) as session:
        ids = [batches.of_code(session, city.privacy, gone).id]
    batches.revoke(city.database, ids, date(city.time))
    with transaction(city.database) as session:
        batches.close(session, batches.named(session, "closed")[0], date(city.time))
    city.pass_time(3600)
    path = form(guest)
    assert "The time of this code is over (3:59 a.m.). The staff can give you another." == error(say(guest, path, late))
    for code in (gone, festival):
        assert "This code is not good any more. The staff can give you another." == error(say(guest, path, code))
    assert 303 == say(guest, path, closed).status_code


def test_a_vouchers_plan_is_its_batchs(city: World, guest: FlaskClient) -> None:
    """Whatever plan the portal has for others."""
    (code,) = codes(city, plan=SHORT.name)
    say(guest, form(guest), code)
    assert "short" == held(city).plan


def test_who_guesses_waits_and_is_told_how_long(city: World, guest: FlaskClient) -> None:
    """After a few free tries each takes longer, up to half a minute, with the seconds; a good code waits, too."""
    (code,) = codes(city)
    path, said = form(guest), []
    assert [422] * 6 == [say(guest, path, f"0000-0000-000{number}").status_code for number in range(6)]
    for _ in range(7):
        page = say(guest, path, "0000-0000-0009")
        assert (429, "0000-0000-0009") == (page.status_code, re.findall('value="([^"]*)"', page.text)[0])
        said.append(int(page.headers["Retry-After"]))
        assert f"Wait {said[-1]} second" in error(page)
        city.pass_time(said[-1])
        assert 422 == say(guest, path, "0000-0000-0009").status_code
    assert [1, 2, 4, 8, 16, 30, 30] == said
    assert "Several codes were wrong. Wait 30 seconds, then try again." == error(say(guest, path, code))
    city.pass_time(30)
    assert 303 == say(guest, path, code).status_code


def test_staff_hear_of_a_guesser_once(city: World, guest: FlaskClient) -> None:
    """One line when the wait grows no more: whose tries, by the visit's number, never what was typed or by which device."""
    path = form(guest)
    for _ in range(20):
        say(guest, path, "0000-0000-0009")
        city.pass_time(30)
    told = [line for line in city.lines if line["event"] == "guessing"]
    assert [("voucher", "device", 11, "library-coova")] == [(line["what"], line["whose"], line["tries"], line["gateway"]) for line in told]
    assert re.fullmatch(r"\w{3}-\w{3}", told[0]["number"])
    assert not re.search("0000|5E-10", str(city.lines), re.IGNORECASE)


def test_a_code_of_ours_is_no_guess(city: World, guest: FlaskClient) -> None:
    """Whoever tries a used code again and again learns nothing, and does not wait for the good one."""
    used, good = codes(city, 2)
    say(guest, form(guest, 1), used)
    path = form(guest, 2)
    assert [422] * 20 == [say(guest, path, used).status_code for _ in range(20)]
    assert 303 == say(guest, path, good).status_code


def test_a_door_without_vouchers_takes_none(city: World, guest: FlaskClient) -> None:
    """A way in that the portal does not have has no page."""
    path = form(guest)
    (code,) = codes(city)
    doors = {key: replace(door, ways={"terms": SHORT}) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=doors)
    assert [404, 404] == [guest.get(path).status_code, say(guest, path, code).status_code]


@pytest.mark.parametrize(
    "typed",
    [
        "",
        " ",
        "\0",
        "K7QM-42XD-9TR\0",
        "\u212a7QM-42XD-9TRA",
        "\u04107QM-42XD-9TRA",
        '"><script>alert(1)</script>',
        "{{ 7 * 7 }}",
        "=1+1",
        "A" * 60_000,
        "K7QM-42XD-9TRA" * 9,
        "\ud83d\ude00" * 12,
    ],
    ids=lambda typed: ascii(typed[:16]),
)
def test_whatever_is_sent_is_none_of_our_codes(city: World, guest: FlaskClient, typed: str) -> None:
    """What no code can be is refused without a row, and shown again as text alone."""
    page = guest.post(form(guest), data={"code": typed.encode("utf-8", "surrogatepass")})
    assert 422 == page.status_code
    assert error(page) in {WRONG, "Type the code of your voucher."}
    assert not re.search("<script|\0", page.text)
    assert 64 >= len(unescape(re.findall('value="([^"]*)"', page.text)[0]))
    with reading(city.database) as session:
        assert 0 == session.scalar(select(func.count()).select_from(Guess))


def test_bodies_that_are_no_form_of_ours(city: World, guest: FlaskClient) -> None:
    """No field, several, a file, JSON, too much: a page that says what to do, never a fault of ours."""
    path = form(guest)
    (code,) = codes(city)
    assert [422, 422, 422, 413, 422] == [
        guest.post(path).status_code,
        guest.post(path, data={"other": code}).status_code,
        guest.post(path, json={"code": code}).status_code,
        guest.post(path, data={"code": "A" * 70_000}).status_code,
        guest.post(path, data={"code": ["0", code]}).status_code,
    ]
    assert None is held(city)
    assert 303 == guest.post(path, data={"code": [code, "0"]}).status_code


def test_a_form_is_another_devices_not(city: World, guest: FlaskClient) -> None:
    """A visit's token signs in its own device: the code comes to whoever's form it was, and the token's time ends."""
    (code,) = codes(city)
    path = form(guest, 1)
    city.pass_time(31 * 60)
    assert 410 == say(guest, path, code).status_code
    assert 404 == say(guest, path.replace("/v/", "/w/"), code).status_code
    assert 410 == say(guest, path[:20] + ("A" if path[20] != "A" else "B") + path[21:], code).status_code
    assert None is held(city, 1)


def test_a_gateway_that_is_told_by_others(city: World, guest: FlaskClient) -> None:
    """A controller that asks us is told by an order, whichever way the guest came in."""
    (code,) = codes(city)
    path = re.sub("/go$", "/voucher", re.findall(r'action="([^"]*)"', guest.get(cwa(city)).text)[0])
    answer = say(guest, path, code)
    assert (303, "/s/") == (answer.status_code, answer.headers["Location"][:3])


def test_every_word_is_french_too(city: World, guest: FlaskClient) -> None:
    """The page, its label and each refusal in the guest's language."""
    (code,) = codes(city)
    say(guest, form(guest, 1), code)
    path = form(guest, 2)
    said = [error(say(guest, f"{path}?lang=fr", each)) for each in ("", "0000-0000-0000", code)]
    assert all(re.search("code|billet", each) for each in said)
    assert not any(re.search(r"\b(the|your|This|Type)\b", each) for each in said)
    assert "J’ai un code" == heading(guest.get(f"{path}?lang=fr"))
