"""The pages of the ways in that write to the guest or ask others; as in states.py, which has the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from portal.words import date
from proxeny.demo_shops import sow
from proxeny.simulated.sample import SHIPPED
from store.directory import Person
from store.pictures import keep
from store.refusal import Refusal
from store.session import transaction
from store.stills import logo
from tests.portal import mail, shops
from tests.portal.world import coova
from tests.screens.steps import Posted, arrived, connected, offer

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.portal.world import World

    State = Callable[[World, str], str | Posted]


def at(way: str, *others: str) -> State:
    """The way's own page."""

    def page(city: World, language: str) -> str:
        ready(city, way, *others)
        return arrived(city, language, coova(city.url)).replace("?", f"/{way}?")

    return page


def ready(city: World, *ways: str) -> None:
    """Every door has these ways, and whoever they need answers."""
    offer(city, *ways, "terms")
    mail.by_code(city, *ways, "terms")
    city.more["directory"] = lambda *_: Refusal.WRONG_PASSWORD


def said(way: str, **fields: str) -> State:
    """The answer to the way's own form."""
    return lambda city, language: Posted(str(at(way)(city, language)), fields)


def asked(city: World, language: str, way: str = "email") -> tuple[FlaskClient, str]:
    """A guest who was sent a code: the browser, and where it was led."""
    field = {"email": mail.ADDRESS} if way == "email" else {"phone": "416 555 0123"}
    path = str(at(way)(city, language))
    guest = city.client()
    answer = guest.post(path, data=field)
    assert 303 == answer.status_code, answer.text
    return guest, answer.headers["Location"]


def code(way: str, **fields: str) -> State:
    """The step at which the code is typed; with fields, the answer to them."""

    def page(city: World, language: str) -> str | Posted:
        _, path = asked(city, language, way)
        if way == "email":  # it was online for its minutes already
            city.time += 3_600
            _, path = asked(city, language, way)
        step = f"{path.partition('?')[0].partition('/code')[0]}/code?lang={language}"
        return Posted(step, fields) if fields else step

    return page


def provisional(city: World, language: str) -> str:
    guest, _ = asked(city, language)
    city.time += 140
    return f"{guest.get('/').headers['Location'].partition('?')[0]}?lang={language}"


def provisional_wrong(city: World, language: str) -> Posted:
    return Posted(provisional(city, language).replace("?", "/code?"), {"code": mail.other(mail.newest(city).code)})


def provisional_over(city: World, language: str) -> str:
    stay = provisional(city, language)
    city.time += 700
    return stay


def link(city: World, language: str) -> str:
    asked(city, language)
    return f"{mail.newest(city).link.partition('?')[0]}?lang={language}"


def link_pressed(answer: str) -> State:
    return lambda city, language: Posted(link(city, language), {"answer": answer})


def denied(city: World, language: str) -> str:
    """The status page, after whoever reads the mail has said no."""
    stay = provisional(city, language)
    city.client().post(mail.newest(city).link, data={"answer": "no"})
    return stay


def forgotten(city: World, language: str) -> str:
    """Page one of a device that was let in by mail, and that its gateway has forgotten."""
    stay = provisional(city, language)
    city.client().post(stay.replace("?", "/code?"), data={"code": mail.newest(city).code})
    return arrived(city, language, coova(city.url))


def card_away(city: World, language: str) -> Posted:
    path = str(at("card")(city, language))
    city.more["directory"] = lambda *_: Refusal.UNREACHABLE
    return Posted(path, {"name": "21234000000017", "password": "0000"})


def with_a_shop(show: State) -> State:
    """The same page at a place where a bakery is shown."""

    def page(city: World, language: str) -> str | Posted:
        with transaction(city.database) as session:
            sow(session, date(city.time))
        shops.read(city)
        city.adverts = [run for run in city.adverts if "Bread" in run.advert.title["en"]]
        crest(city)
        return show(city, language)

    return page


def crest(city: World) -> None:
    """The city's own colour and sign."""
    with transaction(city.database) as session:
        shown = keep(session, logo((SHIPPED / "logo.png").read_bytes()), date(city.time))
    made = {key: replace(door, words=replace(door.words, logo=shown, accent="#005ea5")) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=made)


def welcome(city: World, language: str) -> str:
    offer(city, "terms", "voucher", "email")
    return arrived(city, language, coova(city.url))


def crowded(city: World, language: str) -> Posted:
    """A card whose two devices are both online."""
    path = str(at("card")(city, language))
    plans = {key: replace(door, ways={"card": replace(door.ways["card"], devices=1)}) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=plans)
    city.more["directory"] = lambda *_: Person("uid=guest-017,dc=example", "17")
    fields = {"name": "21234000000017", "password": "0000"}
    other = arrived(city, language, coova(city.url, mac="02-00-5E-00-00-09")).replace("?", "/card?")
    assert city.client().post(other, data=fields).status_code in {302, 303}
    return Posted(path, fields)


WAYS: dict[str, State] = {
    "welcome-advert": with_a_shop(welcome),
    "online-advert": with_a_shop(connected),
    "shop": with_a_shop(lambda _city, language: f"/p/millers-oven?lang={language}"),
    "email": at("email", "voucher"),
    "email-wrong": said("email", email="guest-017"),
    "email-code": code("email"),
    "email-code-wrong": code("email", code="000000"),
    "provisional": provisional,
    "provisional-wrong": provisional_wrong,
    "provisional-over": provisional_over,
    "provisional-address": lambda city, language: provisional(city, language).replace("?", "/email?"),
    "provisional-denied": denied,
    "welcome-again": forgotten,
    "front-link": lambda city, language: (ready(city, "email"), Posted(f"/?lang={language}", {"email": mail.ADDRESS}))[1],
    "mail-link": link,
    "mail-yes": link_pressed("yes"),
    "mail-no": link_pressed("no"),
    "sms": at("sms", "email"),
    "sms-wrong": said("sms", phone="12"),
    "sms-code": code("sms"),
    "card": at("card", "voucher"),
    "card-wrong": said("card", name="21234000000017", password="0000"),
    "card-away": card_away,
    "crowded": crowded,
}
