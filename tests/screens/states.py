"""How each state of the guests' pages is reached: a city and a language in, the path to photograph out, or the form to send."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from portal.words import date
from store import grants, outbox
from store.models import OrderKind
from store.session import transaction
from tests.portal import vouchers
from tests.portal.world import CWA_KEY, coova, cwa
from tests.screens import published, splash
from tests.screens.own import OWN
from tests.screens.parties import PARTIES
from tests.screens.steps import Posted, arrived, connect, connected, grant, offer, use
from tests.screens.ways import WAYS

if TYPE_CHECKING:
    from collections.abc import Callable

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


def failed(city: World, language: str) -> str:
    return arrived(city, language, coova(city.url, res="failed", reason="reject"))


def signed_out_by_gateway(city: World, language: str) -> str:
    return arrived(city, language, coova(city.url, res="logoff"))


def online(city: World, language: str) -> str:
    stay = connected(city, language)
    use(city, 2_100, 262_000_000)
    city.time += 2_100
    return stay


def ending(city: World, language: str) -> str:
    stay = connected(city, language)
    use(city, 6_950, 941_000_000)
    city.time += 6_950
    return stay


def ended(city: World, language: str) -> str:
    stay = connected(city, language)
    city.time += 7_300
    return stay


def spent(city: World, language: str) -> str:
    stay = connected(city, language)
    use(city, 900, 1_000_000_000)
    return stay


def connecting(city: World, language: str) -> str:
    return connected(city, language, cwa(city))


def gave_up(city: World, language: str) -> str:
    stay = connected(city, language, cwa(city))
    with transaction(city.database) as session:
        order = outbox.latest(session, grant(city, session).id, OrderKind.GRANT)
        assert order is not None
        outbox.settle(session, order.id, done=False, outcome="no answer", now=date(city.time))
    return stay


def signed_out(city: World, language: str) -> str:
    guest, stay = connect(city, language)
    guest.post(stay.replace("?", "/out?"))
    return stay


def stopped(city: World, language: str) -> str:
    stay = connected(city, language)
    with transaction(city.database) as session:
        grants.revoke(session, grant(city, session), "kicked", date(city.time))
    return stay


def front(city: World, language: str) -> str:
    return f"/?lang={language}"


def unknown_door(city: World, language: str) -> str:
    return f"/in/coova/nobody?lang={language}"


def unreadable(city: World, language: str) -> str:
    return f"/in/cisco-cwa/{CWA_KEY}?lang={language}"


def too_old(city: World, language: str) -> str:
    return f"/v/nothing?lang={language}"


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
    "welcome-from-the-city": splash.from_the_city(welcome),
    "at": splash.at,
    "eduroam-found": splash.found,
    "eduroam-not-found": splash.nothing_found,
    "open-data": published.open_data,
    "front": front,
    "voucher": voucher,
    "voucher-wrong": voucher_wrong,
    "voucher-waits": voucher_waits,
    "voucher-used": voucher_used,
    **WAYS,
    **PARTIES,
    **OWN,
    "unknown-door": unknown_door,
    "unreadable": unreadable,
    "too-old": too_old,
    **{name: text(name) for name in ("terms", "privacy", "help", "accessibility", "eduroam")},
}
