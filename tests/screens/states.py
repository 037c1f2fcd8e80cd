"""How each state of the guests' pages is reached: a city and a language in, the path to photograph out, or the form to send."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from portal.words import date
from store import grants, outbox, usage
from store.models import OrderKind
from store.session import transaction
from tests.portal import vouchers
from tests.portal.world import CWA_KEY, STATION, VISITOR, coova, cwa

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.portal.world import World


EVERY = ("terms", "voucher", "email", "sms", "card", "sponsor", "oidc:city")


def welcome(city: World, language: str) -> str:
    return arrived(city, language, coova(city.url))


def offering(*ways: str) -> Callable[[World, str], str]:
    """Page one of a portal with these ways in, the first of them the big button."""

    def page(city: World, language: str) -> str:
        offer(city, *ways)
        return arrived(city, language, coova(city.url))

    return page


def offer(city: World, *ways: str) -> None:
    """From now on every door has these ways in."""
    served = dict.fromkeys(ways, VISITOR)
    made = {key: replace(door, ways=served) for key, door in city.doors.by_key.items()}
    city.doors = replace(city.doors, by_key=made)
    city.house = replace(city.house, providers={"city": {"en": "City account", "fr": "Compte de la Ville"}})


def failed(city: World, language: str) -> str:
    return arrived(city, language, coova(city.url, res="failed", reason="reject"))


def signed_out_by_gateway(city: World, language: str) -> str:
    return arrived(city, language, coova(city.url, res="logoff"))


def online(city: World, language: str) -> str:
    stay = connected(city, language)
    _use(city, 2_100, 262_000_000)
    city.time += 2_100
    return stay


def ending(city: World, language: str) -> str:
    stay = connected(city, language)
    _use(city, 6_950, 941_000_000)
    city.time += 6_950
    return stay


def ended(city: World, language: str) -> str:
    stay = connected(city, language)
    city.time += 7_300
    return stay


def spent(city: World, language: str) -> str:
    stay = connected(city, language)
    _use(city, 900, 1_000_000_000)
    return stay


def connecting(city: World, language: str) -> str:
    return connected(city, language, cwa(city))


def gave_up(city: World, language: str) -> str:
    stay = connected(city, language, cwa(city))
    with transaction(city.database) as session:
        order = outbox.latest(session, _grant(city, session).id, OrderKind.GRANT)
        assert order is not None
        outbox.settle(session, order.id, done=False, outcome="no answer", now=date(city.time))
    return stay


def signed_out(city: World, language: str) -> str:
    guest, stay = _connect(city, language)
    guest.post(stay.replace("?", "/out?"))
    return stay


def stopped(city: World, language: str) -> str:
    stay = connected(city, language)
    with transaction(city.database) as session:
        grants.revoke(session, _grant(city, session), "kicked", date(city.time))
    return stay


def front(city: World, language: str) -> str:
    return f"/?lang={language}"


def unknown_door(city: World, language: str) -> str:
    return f"/in/coova/nobody?lang={language}"


def unreadable(city: World, language: str) -> str:
    return f"/in/cisco-cwa/{CWA_KEY}?lang={language}"


def too_old(city: World, language: str) -> str:
    return f"/v/nothing?lang={language}"


class Posted(NamedTuple):
    """A page that answers a form."""

    path: str
    fields: dict[str, str]


def voucher(city: World, language: str) -> str:
    vouchers.take(city, "terms")
    return arrived(city, language, coova(city.url)).replace("?", "/voucher?")


def voucher_wrong(city: World, language: str) -> Posted:
    return Posted(voucher(city, language), {"code": "K7QM-42XD-9TRB"})


def voucher_waits(city: World, language: str) -> Posted:
    asked = voucher_wrong(city, language)
    for _ in range(10):
        city.client().post(asked.path, data=asked.fields)
        city.time += 30
    city.client().post(asked.path, data=asked.fields)
    return asked


def voucher_used(city: World, language: str) -> Posted:
    (code,) = vouchers.codes(city)
    vouchers.take(city)
    other = city.client()
    other.post(vouchers.form(other, 8, city.url), data={"code": code})
    city.time += 86_400
    return Posted(voucher(city, language), {"code": code})


def text(name: str) -> Callable[[World, str], str]:
    def page(city: World, language: str) -> str:
        found = re.search(r'href="(/terms[^"]*)"', city.client().get(welcome(city, language)).text)
        assert found is not None
        return found[1].replace("&amp;", "&").replace("/terms", f"/{name}", 1)

    return page


def arrived(city: World, language: str, path: str) -> str:
    """The path of page one in this language, of a guest who came by that one."""
    action = re.search(r'(?:action|href)="(/v/[^"/?]+)', city.client().get(path).text)
    assert action is not None
    return f"{action[1]}?lang={language}"


def connected(city: World, language: str, path: str = "") -> str:
    """The status page's path of a guest who connected."""
    return _connect(city, language, path)[1]


def _connect(city: World, language: str, path: str = "") -> tuple[FlaskClient, str]:
    guest = city.client()
    come = guest.get(path or coova(city.url), headers={"Accept-Language": language})
    action = re.search(r'action="(/v/[^"]+)"', come.text)
    assert action is not None, come.text
    assert 303 == guest.post(action[1].replace("&amp;", "&")).status_code
    stay = guest.get("/").headers["Location"]
    return guest, f"{stay}?lang={language}"


def _grant(city: World, session: object) -> object:
    found = grants.live(session, city.privacy.device(STATION), date(city.time))
    assert found is not None
    return found


def _use(city: World, seconds: int, octets: int) -> None:
    from portal.cases.remainders import time_zone

    with transaction(city.database) as session:
        whose = grants.subject(_grant(city, session))
        usage.spend(session, [(whose, date(city.time) + timedelta(seconds=1), seconds, octets)], time_zone(city.doors.timezone))


STATES: dict[str, Callable[[World, str], str | Posted]] = {
    "welcome": welcome,
    "welcome-ways": offering(*EVERY),
    "welcome-code": offering("voucher", "terms"),
    "welcome-email": offering("email", "sms", "voucher"),
    "welcome-card": offering("card", "sponsor", "terms"),
    "welcome-provider": offering("oidc:city", "voucher"),
    "online": online,
    "ending": ending,
    "connecting": connecting,
    "failed": failed,
    "gave-up": gave_up,
    "spent": spent,
    "ended": ended,
    "signed-out": signed_out,
    "signed-out-by-gateway": signed_out_by_gateway,
    "stopped": stopped,
    "front": front,
    "voucher": voucher,
    "voucher-wrong": voucher_wrong,
    "voucher-waits": voucher_waits,
    "voucher-used": voucher_used,
    "unknown-door": unknown_door,
    "unreadable": unreadable,
    "too-old": too_old,
    **{name: text(name) for name in ("terms", "privacy", "help", "accessibility", "eduroam")},
}
