"""The wizard for a new gateway: every family is offered, its secret is made and shown once, its configuration is filled in."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin import ap_places, gateways_fields
from radius.nas import FAMILIES, guide
from store.models import AuditEntry, Client, ManagedBy, Role
from store.sealed import Where
from store.session import reading

if TYPE_CHECKING:
    from tests.portal.staffroom import Room

TYPED = {"name": "square-ap", "address": "192.0.2.40", "site": "central-library"}
NEEDED: dict[str, dict[str, str]] = {
    "cisco-lwa": {"options.login_url": "https://login.city.example"},
    "mikrotik": {"options.login_url": "https://hotspot.city.example"},
    "omada": {
        "options.api_url": "https://omada.city.example:8043",
        "options.api_user": "proxeny",
        "options.api_secret": "typed-on-the-controller",
    },
    "ruckus-sz": {"options.api_url": "https://sz.city.example:9443", "options.api_secret": "typed-on-the-controller"},
    "unifi": {"options.api_url": "https://unifi.city.example", "options.api_secret": "typed-on-the-controller"},
}
SHOWN = re.compile(r'id="secret-(\w+)">([^<]+)<')


def made(room: Room, name: str = "square-ap") -> Client:
    with reading(room.database) as work:
        return work.get_one(Client, name)


def opened(room: Room, column: str, name: str = "square-ap") -> str:
    return room.privacy.seal.open(getattr(made(room, name), column), Where("client", name, column)).decode()


def test_every_family_can_be_chosen(staffroom: Room) -> None:
    """Seventeen, each with a line on what it is, in both languages."""
    found, french = staffroom.page("/gateways/new"), staffroom.page("/gateways/new", language="fr")
    assert sorted(FAMILIES) == sorted(re.findall(r'href="/gateways/new/([a-z-]+)"', found))
    assert 17 == len(FAMILIES)
    for about in gateways_fields.ABOUT.values():
        assert about.title in found
        assert str(about.what) in html.unescape(found)
        assert str(about.what) not in html.unescape(french)


def test_every_family_can_be_added(staffroom: Room) -> None:
    """With a name, an address and what it needs, and nothing else: the entry stands, its secrets are made, its guide says them."""
    for number, (nas, family) in enumerate(FAMILIES.items()):
        name = f"new-{nas}"
        answer = staffroom.post(f"/gateways/new/{nas}", **TYPED | {"name": name, "address": f"192.0.2.{40 + number}"} | NEEDED.get(nas, {}))
        text = answer.get_data(as_text=True)
        assert 200 == answer.status_code, (nas, re.findall(r'class="error"[^<]*<', text), re.findall(r'class="wrong"[^<]*<', text))
        row = made(staffroom, name)
        assert (nas, family.radius, ManagedBy.APP, "central-library") == (row.nas, row.radius, row.managed_by, row.site)
        shown = dict(SHOWN.findall(text))
        assert set(gateways_fields.secrets(nas)) & gateways_fields.MADE_HERE == set(shown), nas
        for which, secret in shown.items():
            assert 24 <= len(secret)
            assert secret == opened(staffroom, which, name)
            assert 2 <= text.count(secret), f"{nas}: the guide says it, too"
        assert "typed-on-the-controller" not in text
        assert ("{{ entrance }}" in guide.template(nas)) <= (f"/in/{nas}/{row.key}" in text), nas
        later = staffroom.page(f"/gateways/{name}/guide")
        assert [] == [secret for secret in shown.values() if secret in later]


def test_a_typed_secret_is_taken(staffroom: Room) -> None:
    """As it is; and the audit log knows that one was set, not which."""
    answer = staffroom.post("/gateways/new/hostapd", **TYPED, secret="typed-by-hand-and-long")
    assert 200 == answer.status_code
    assert "typed-by-hand-and-long" == opened(staffroom, "secret")
    with reading(staffroom.database) as work:
        act = work.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert ("add", "client", "square-ap", [None, "set"]) == (act.action, act.kind, act.object, act.fields["secret"])
    assert "typed-by-hand" not in str(act.fields)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "is missing"),
        ({"name": "library-wlc"}, "is there already"),
        ({"name": "new"}, "a page of its own"),
        ({"address": ""}, "address"),
        ({"address": "no address"}, "no address"),
        ({"address": "127.0.0.1"}, "127.0.0.1"),
        ({"site": "nowhere"}, "nowhere"),
        ({"secret": "short"}, "16"),
        ({"name": "x" * 65}, "64 characters"),
        ({"name": "<script>alert(1)</script>", "address": ""}, "&lt;script&gt;"),
    ],
)
def test_what_cannot_stand_is_said_at_its_field(staffroom: Room, wrong: dict[str, str], said: str) -> None:
    """Nothing is added, and what was typed stays in the form, except a secret."""
    answer = staffroom.post("/gateways/new/coova", **TYPED | wrong)
    text = answer.get_data(as_text=True)
    assert (422, True) == (answer.status_code, said in text), text[text.find("<main") :][:3000]
    assert "<script>alert" not in text
    assert 'value="short"' not in text
    with reading(staffroom.database) as work:
        assert ["library-wlc"] == list(work.scalars(select(Client.name)))


def test_no_other_family_and_nobody_else(staffroom: Room) -> None:
    """An unknown family is no page; who may not set secrets has no form."""
    assert 404 == staffroom.get("/gateways/new/nobody").status_code
    assert 404 == staffroom.post("/gateways/new/..", **TYPED).status_code
    assert 403 == staffroom.get("/gateways/new/coova", Role.AUDITOR).status_code
    assert 403 == staffroom.post("/gateways/new/coova", Role.HELP_DESK, **TYPED).status_code


def test_a_guide_executes_nothing(staffroom: Room) -> None:
    """A name with markup in it is text on the last page."""
    answer = staffroom.post("/gateways/new/hostapd", **TYPED | {"name": "<b>square</b>`x`"})
    text: Any = answer.get_data(as_text=True)
    assert 200 == answer.status_code
    assert "<b>square</b>" not in text
    assert "&lt;b&gt;square&lt;/b&gt;" in text


def test_every_family_that_speaks_radius_names_its_settings() -> None:
    """For a test that fails: where its server, secret, naming, network and accounting stand."""
    assert {name for name, family in FAMILIES.items() if family.radius} == set(ap_places.PLACES)
    for name, places in ap_places.PLACES.items():
        assert all(str(each) for each in places[:5]), name
