"""/me: a guest's own devices, what is kept, and its end. Real app, real database."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from portal.capabilities import Me, open_account, seal_account
from portal.words import date
from radius.nas import targets
from store import deletions, grants, outbox, usage
from store import models as m
from store.session import reading, transaction
from tests.portal.accounts import devices, me, sign_in
from tests.portal.guests import connect, forms, heading, links, plain
from tests.portal.vouchers import codes, form, say, station, take
from tests.portal.world import VISITOR, coova, cwa
from tests.store import rows

if TYPE_CHECKING:
    from tests.portal.world import World

TV = "02-00-5E-20-00-01"


def count(city: World, table: type[m.Base]) -> int:
    with reading(city.database) as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def live(city: World, address: str) -> m.Grant | None:
    with reading(city.database) as session:
        return grants.live(session, city.privacy.device(address), date(city.time))


def online(city: World, address: str, name: str) -> None:
    """A gateway tells of this device's session."""
    grant = live(city, address)
    assert grant is not None
    with transaction(city.database) as session:
        session.add(
            rows.session(
                city.privacy.seal, name, grant_id=grant.id, client="library-coova", started_at=date(city.time), updated_at=date(city.time),
                station_hash=city.privacy.station(address), access_point="Reading room", seconds=600, input_octets=2_000_000,
            )
        )  # fmt: skip


def test_who_has_just_proven_it_sees_the_account(city: World) -> None:
    """In the browser that typed the voucher the stay leads straight in; the account is masked, the device is this one."""
    guest, stay, code = sign_in(city)
    page = guest.get(path := me(guest, stay))
    assert "My devices and data" == heading(page)
    assert f"…{code[-4:]}" in page.text
    assert code not in page.text
    assert 1 == len(devices(guest, path))
    assert "Device of March 8" in plain(page)
    assert "this device" in page.text


def test_the_pages_close_after_a_quarter_of_an_hour(city: World) -> None:
    """Neither the token nor the cookie opens them then: the voucher is asked for again."""
    guest, stay, code = sign_in(city)
    path = me(guest, stay)
    city.time += 901
    assert 410 == guest.get(path).status_code
    asked = guest.get(f"{stay}/me")
    assert ("Is it you?", [f"{stay}/me"]) == (heading(asked), forms(asked))
    assert 422 == guest.post(f"{stay}/me", data={"code": codes(city)[0]}).status_code
    answer = guest.post(f"{stay}/me", data={"code": code.lower().replace("-", " ")})
    assert 303 == answer.status_code
    assert "My devices and data" == heading(guest.get(answer.headers["Location"]))


def test_a_stay_alone_opens_nothing(city: World) -> None:
    """Another browser with the stay's token, or one whose gateway only says that the device is in, must prove it."""
    guest, stay, _ = sign_in(city)
    stranger = city.client()
    stranger.post(f"{stay}/again")
    assert "Is it you?" == heading(stranger.get(f"{stay}/me"))
    come = stranger.get(coova(res="already", mac=station(7)))
    assert "Is it you?" == heading(stranger.get(f"{come.headers['Location']}/me"))
    assert 200 == guest.get(me(guest, stay)).status_code


def test_a_guest_of_the_terms_has_no_account(city: World) -> None:
    """What is kept of the device is shown, with its dates, and no account."""
    guest = city.client()
    stay, _ = connect(guest)
    assert f"{stay}/kept" == guest.get(f"{stay}/me").headers["Location"]
    page = guest.get(f"{stay}/kept")
    assert "What is kept about you" == heading(page)
    for words in ("mark that cannot be turned back", "Until April 7, 2026.", "You have no account here"):
        assert words in plain(page)


def test_another_device_is_signed_out(city: World) -> None:
    """Its grant ends and its gateway is told of its session; this device stays online."""
    guest, stay, code = sign_in(city, 7)
    other, theirs, _ = sign_in(city, 8, code)
    online(city, station(8), "their-session")
    path = me(guest, stay)
    assert "Online now" in guest.get(path).text
    mine = [link for link in devices(guest, path) if "in your hand" in guest.get(link).text]
    away = next(link for link in devices(guest, path) if link not in mine)
    assert (303, path) == ((answer := guest.post(f"{away}/out")).status_code, answer.headers["Location"])
    assert (None, True) == (live(city, station(8)), live(city, station(7)) is not None)
    with reading(city.database) as session:
        order = session.scalars(select(outbox.Order).where(outbox.Order.kind == m.OrderKind.REVOKE)).one()
        assert ("their-session", "library-coova", m.Via.RADIUS) == (order.session_id, order.client, order.via)
    assert "You are signed out" == heading(other.get(theirs))


def test_too_many_devices_lead_to_the_list(city: World) -> None:
    """The plan is full: the page leads to the account, there another is signed out, and then there is room."""
    take(city, "terms")
    one = {**city.doors.by_key}
    city.doors = replace(
        city.doors,
        by_key={key: replace(door, plans={**door.plans, "visitor": replace(VISITOR, devices=1)}) for key, door in one.items()},
    )
    code = codes(city, devices=3)[0]
    first, second = city.client(), city.client()
    assert 303 == say(first, form(first, 7), code).status_code
    crowded = say(second, form(second, 8), code)
    assert "Too many devices" == heading(crowded)
    path = next(link for link in links(crowded) if link.startswith("/me/"))
    second.post(f"{devices(second, path)[0]}/out")
    assert 303 == say(second, form(second, 8), code).status_code


def test_a_device_is_named_and_forgotten(city: World) -> None:
    """What its owner calls it stands in the list, sealed in the database; forgotten it is gone from the list and offline."""
    guest, stay, _ = sign_in(city)
    path = me(guest, stay)
    (link,) = devices(guest, path)
    guest.post(f"{link}/name", data={"label": "  Télé <b>\x07 du salon " + "x" * 90})
    assert "Télé &lt;b&gt; du salon" in guest.get(path).text
    with reading(city.database) as session:
        label = session.scalars(select(m.Device.label)).one()
        assert label is not None
        assert b"salon" not in label
    guest.post(f"{link}/forget")
    assert [] == devices(guest, path)
    assert live(city, station(7)) is None
    assert 404 == guest.get(link).status_code


@pytest.mark.parametrize("spelling", ["02005e200001", "02:00:5e:20:00:01", "0200.5E20.0001", " 02-00-5E-20-00-01 "])
def test_a_device_without_a_browser_is_added(city: World, spelling: str) -> None:
    """Its address in any spelling; it may be online as long as this device, under the account's plan, and is never followed."""
    guest, stay, _ = sign_in(city)
    path = me(guest, stay)
    city.time += 600
    page = guest.post(f"{path}/add", data={"address": spelling, "label": "Television"})
    assert ("Added", True) == (heading(page), "made up" in page.text)  # its second digit says so
    mine, theirs = live(city, station(7)), live(city, TV)
    assert mine is not None
    assert theirs is not None
    assert (mine.ends_at, "visitor", mine.account_id) == (theirs.ends_at, theirs.plan, theirs.account_id)
    online(city, TV, "tv")
    assert ("Television" in guest.get(path).text, "Online now" in guest.get(path).text) == (True, False)
    told = json.loads(guest.get(f"{path}/data.json").text)
    assert [] == told["sessions"]


@pytest.mark.parametrize(
    "address", ["", "hello", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "02:00:5e:20:00", "x" * 5000]
)
def test_what_is_no_device(city: World, address: str) -> None:
    """Nothing, a group's address, nobody's: the form comes back with what is wrong."""
    guest, stay, _ = sign_in(city)
    page = guest.post(f"{me(guest, stay)}/add", data={"address": address})
    assert (422, True) == (page.status_code, "no device’s address" in page.text)
    assert 1 == count(city, m.Device)


def test_what_else_cannot_be_added(city: World) -> None:
    """This very device; one too many; any, where the account is offline or the gateway's family knows no addresses."""
    guest, stay, _ = sign_in(city, devices=2)
    path = me(guest, stay)
    assert "in your hand" in guest.post(f"{path}/add", data={"address": station(7)}).text
    assert 200 == guest.post(f"{path}/add", data={"address": TV}).status_code
    assert "as many devices as you may" in guest.post(f"{path}/add", data={"address": "02-00-5E-20-00-02"}).text
    made = {key: replace(door, gateway=replace(door.gateway, family="opennds")) for key, door in city.doors.by_key.items()}
    doors, city.doors = city.doors, replace(city.doors, by_key=made)
    assert "cannot let a device in by its address" in guest.post(f"{path}/add", data={"address": "02-00-5E-20-00-03"}).text
    city.doors = doors
    guest.post(f"{stay}/out")
    for link in devices(guest, path):
        guest.post(f"{link}/out")
    assert "Sign in on this device first" in guest.get(f"{path}/add").text


@pytest.mark.parametrize("way", ["terms", "voucher", "gone"])
def test_a_device_of_somebody_else_stays_theirs_and_nobody_is_told(city: World, way: str) -> None:
    """Whoever types an address that was heard in the air is answered as for any other, and changes and learns nothing."""
    victim = station(9)
    theirs = city.client()
    if way == "terms":
        connect(theirs, coova(mac=victim))
    else:
        sign_in(city, 9)
    if way == "gone":
        city.time += 7_300
    before = live(city, victim)
    with reading(city.database) as session:
        owner = session.get_one(m.Device, city.privacy.device(victim)).account_id
    guest, stay, _ = sign_in(city)
    path = me(guest, stay)
    known = guest.post(f"{path}/add", data={"address": victim, "label": "One"})
    unknown = guest.post(f"{path}/add", data={"address": TV, "label": "One"})
    assert ("Added", "Added") == (heading(known), heading(unknown))
    assert known.text == unknown.text
    pages = [re.sub(r"[0-9a-f]{18}|May be online until|Online now", "", guest.get(link).text) for link in devices(guest, path)[-2:]]
    assert pages[0] == pages[1]
    after = live(city, victim)
    assert (before.id if before else None) == (after.id if after else None)
    with reading(city.database) as session:
        assert owner == session.get_one(m.Device, city.privacy.device(victim)).account_id


def test_addresses_are_not_tried_out(city: World) -> None:
    """Twenty a day; then none, whatever the address."""
    guest, stay, _ = sign_in(city, devices=99)
    path = me(guest, stay)
    answers = [guest.post(f"{path}/add", data={"address": f"02-00-5E-30-00-{number:02X}"}).status_code for number in range(21)]
    assert [200] * 20 + [422] == answers


def test_everything_that_is_kept(city: World) -> None:
    """To read and to take along: account, devices, sign-ins, connections with place and octets, consents, use; and until when."""
    guest, stay, _ = sign_in(city)
    online(city, station(7), "mine")
    with transaction(city.database) as session:
        account = session.scalars(select(m.Account.id)).one()
        usage.spend(session, [(account, date(city.time), 600, 2_000_000)], city.zone)
    path = me(guest, stay)
    page, file = guest.get(f"{path}/data"), guest.get(f"{path}/data.json")
    guest.get(f"{path}/data.json")
    with reading(city.database) as session:  # twice within a day is one row of the register
        assert [("access", "downloaded", account)] == [
            (row.kind.value, row.outcome, row.account_id) for row in session.scalars(select(m.PrivacyRequest))
        ]
    assert ("application/json", 'attachment; filename="wifi-2026-03-08.json"') == (file.mimetype, file.headers["Content-Disposition"])
    told = json.loads(file.text)
    assert ["voucher", 1, 1, 1, 2, 1] == [
        told["account"]["way"],
        *(len(told[key]) for key in ("devices", "grants", "sessions", "usage", "consents")),
    ]
    assert ("Reading room", 2_000_000) == tuple(told["sessions"][0][key] for key in ("access_point", "octets_up"))
    assert "2027-03-08T06:59:59+00:00" == told["kept_until"]["session"]["until"]
    for words in ("Reading room", "Until March 8, 2027.", "Terms of use"):
        assert words in plain(page)
    assert len(page.data) < 100_000


def test_erased(city: World) -> None:
    """Account, devices, consents and use are gone, the gateway is told, the sealed record stays and its date is told."""
    guest, stay, code = sign_in(city, 7)
    other, _, _ = sign_in(city, 8, code)
    online(city, station(7), "mine")
    path = me(guest, stay)
    asked = guest.get(f"{path}/erase")
    assert ("Erase what is kept about me", True) == (heading(asked), "kept until March 8, 2027, because" in plain(asked))
    page = guest.post(forms(asked)[0])
    assert "Erased" == heading(page)
    for words in ("2 devices are forgotten.", "The record of one connection is kept until March 8, 2027, because"):
        assert words in plain(page)
    assert [0, 0, 0, 1] == [count(city, table) for table in (m.Account, m.Consent, m.GuestUsage, m.Session)]
    assert [None, None] == [live(city, station(number)) for number in (7, 8)]
    with reading(city.database) as session:
        (said,) = session.scalars(select(m.PrivacyRequest))
        assert ("erase", "done", "", "", None) == (said.kind.value, said.state.value, said.received_by, said.settled_by, said.contact)
        assert ["session", 1] == [part for each, stays in said.left.items() for part in (each, stays["rows"])]
        assert {"mine"} == {order.session_id for order in session.scalars(select(m.Order).where(m.Order.session_id != ""))}
    assert 410 == guest.get(path).status_code
    assert 410 == guest.post(f"{path}/erase").status_code
    assert "You are signed out" == heading(guest.get(stay))
    assert 422 == say(other, form(other, 8), code).status_code
    deletions.purge(city.database, {}, date(city.time) + timedelta(minutes=11))
    assert [0, 0, 1] == [count(city, table) for table in (m.Device, m.Grant, m.Session)]


def test_what_others_share_is_not_erased(city: World) -> None:
    """A device that somebody else signed in with before keeps their grants; the account's own are gone."""
    theirs, _, _ = sign_in(city, 7)
    city.time += 7_300
    guest, stay, _ = sign_in(city, 7)
    guest.post(f"{me(guest, stay)}/erase")
    deletions.purge(city.database, {}, date(city.time) + timedelta(minutes=11))
    assert [1, 1, 1] == [count(city, table) for table in (m.Account, m.Device, m.Grant)]
    assert theirs is not guest


def test_a_mail_read_elsewhere_opens_them_too(city: World) -> None:
    """Without a visit there is no door and no device in hand: the list is whole, and devices can be added and put out."""
    guest, stay, _ = sign_in(city)
    online(city, station(7), "mine")
    found = open_account(city.tokens, me(guest, stay).removeprefix("/me/"), city.time)
    assert isinstance(found, Me)
    reader, path = city.client(), f"/me/{seal_account(city.tokens, Me(found.account), city.time)}"
    page = reader.get(path)
    assert ("My devices and data", "this device" in page.text, "Online now" in page.text) == (heading(page), False, True)
    for more in ("add", "data", "data.json", "erase"):
        assert 200 == reader.get(f"{path}/{more}").status_code
    assert "Added" == heading(reader.post(f"{path}/add", data={"address": TV}))
    reader.post(f"{devices(reader, path)[0]}/out")
    reader.post(f"{devices(reader, path)[0]}/out")
    assert [None, None] == [live(city, station(7)), live(city, TV)]


def test_whoever_has_a_device_put_out_is_not_asked_where(city: World) -> None:
    """At gateways that tell of no session the guest is named as when let in: by the order's own target, sealed."""
    guest, stay, code = sign_in(city, 7)
    other = city.client()
    page = other.get(cwa(city, station=station(8)))
    answer = other.post(next(link for link in links(page) if "/voucher" in link), data={"code": code})
    assert 303 == answer.status_code
    path = me(guest, stay)
    for link in devices(guest, path):
        if "in your hand" not in guest.get(link).text:
            guest.post(f"{link}/out")
    with reading(city.database) as session:
        order = session.scalars(select(m.Order).where(m.Order.kind == m.OrderKind.REVOKE)).one()
        target = targets.unpack(city.privacy.opened(order.target, "outbox", str(order.id), "target"))
        assert (station(8), "0a0b0c0d", "library-cisco-cwa") == (target.station, target.session, order.client)
