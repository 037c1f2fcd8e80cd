"""How each state of a guest's own pages is reached: what is kept, the proof, devices, one more, download, the end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.cases import erase
from portal.doors import Notice
from portal.words import date
from store import grants, guesses, usage
from store.models import Account
from store.session import transaction
from tests.portal import vouchers
from tests.portal.accounts import devices
from tests.screens.steps import Posted
from tests.store import rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.testing import FlaskClient

    from tests.portal.world import World

NOTICE = Notice(
    {"en": "Municipal Act, 2001, s. 11", "fr": "Loi de 2001 sur les municipalités, art. 11"},
    {"en": "To offer public Wi-Fi and keep it safe", "fr": "Offrir le Wi-Fi public et en assurer la sûreté"},
    {"en": "City Clerk", "fr": "Greffe municipal"},
    {"en": "+1 905 555 0100"},
    {"en": "1 Main Street, Example", "fr": "1, rue Principale, Exemple"},
)


def signed_in(city: World, language: str, code: str = "", number: int = 7) -> tuple[FlaskClient, str, str]:
    """(browser, its stay, the voucher) of a guest who has just used it."""
    vouchers.take(city, "terms")
    code = code or vouchers.codes(city, devices=5)[0]
    guest = city.client()
    guest.post(vouchers.form(guest, number, city.url), data={"code": code})
    return guest, guest.get("/", headers={"Accept-Language": language}).headers["Location"].partition("?")[0], code


def lived(city: World, language: str) -> str:
    """The path of the account's pages, of somebody with two devices, a television and an hour online."""
    _, _, code = signed_in(city, language, number=8)
    city.time += 600
    guest, stay, _ = signed_in(city, language, code)
    now = date(city.time)
    with transaction(city.database) as session:
        grant = grants.live(session, city.privacy.device(vouchers.station(7)), now)
        assert grant is not None
        session.add(
            rows.session(
                city.privacy.seal, "mine", grant_id=grant.id, client="library-coova", access_point="Reading room", started_at=now,
                updated_at=now, seconds=2_400, input_octets=3_000_000, output_octets=81_000_000,
            )
        )  # fmt: skip
        usage.spend(session, [(grant.account_id or "", now, 2_400, 84_000_000)], city.zone)
    path = guest.get(f"{stay}/me").headers["Location"]
    guest.post(f"{path}/add", data={"address": "A4:83:E7:10:2B:3C", "label": "Television"})
    guest.post(f"{devices(guest, path)[0]}/name", data={"label": "Old tablet"})
    return str(path)


def own(more: str) -> Callable[[World, str], str]:
    """One of the account's pages."""
    return lambda city, language: f"{lived(city, language)}{more}?lang={language}"


def device(city: World, language: str) -> str:
    return f"{devices(city.client(), lived(city, language))[0]}?lang={language}"


def added(city: World, language: str) -> Posted:
    return Posted(f"{lived(city, language)}/add?lang={language}", {"address": "02-00-5E-20-00-01", "label": ""})


def add_wrong(city: World, language: str) -> Posted:
    return Posted(f"{lived(city, language)}/add?lang={language}", {"address": "television", "label": "Television"})


def erased(city: World, language: str) -> Posted:
    return Posted(f"{lived(city, language)}/erase?lang={language}", {})


def erased_often(city: World, language: str) -> Posted:
    posted, now = erased(city, language), date(city.time)
    with transaction(city.database) as session:
        name = erase.counter(city.privacy, session.scalars(select(Account)).one())
        for _ in range(erase.MOST):
            guesses.taken(session, name, now, most=erase.MOST, window=erase.DAY)
    return posted


def proof(city: World, language: str) -> str:
    return f"{signed_in(city, language)[1]}/me?lang={language}"


def proof_wrong(city: World, language: str) -> Posted:
    return Posted(proof(city, language), {"code": "K7QM-42XD-9TRB"})


def ledger(city: World, language: str) -> str:
    return f"{signed_in(city, language)[1]}/kept?lang={language}"


def notice(city: World, language: str) -> str:
    city.house = replace(city.house, notice=NOTICE)
    return f"/privacy?lang={language}"


OWN: dict[str, Callable[[World, str], str | Posted]] = {
    "me": own(""),
    "device": device,
    "add": own("/add"),
    "add-wrong": add_wrong,
    "added": added,
    "data": own("/data"),
    "erase": own("/erase"),
    "erased": erased,
    "erased-often": erased_often,
    "kept": ledger,
    "proof": proof,
    "proof-wrong": proof_wrong,
    "privacy-notice": notice,
}
