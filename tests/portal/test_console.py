"""UniFi consoles send their guests to /guest/s/<site>/: which gateway that is, our own records say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.doors import Doors
from radius.nas.family import Options
from store.models import Grant, Order, Via
from store.session import reading
from tests.portal.guests import connect, forms, heading, links
from tests.portal.test_flow import rows
from tests.portal.world import FAS, UAM, door

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from portal.doors import Door
    from tests.portal.world import World

QUERY = "id=02:00:5e:00:00:07&ap=02:00:5e:77:00:01&t=1790000000&url=http://news.example%2Ftoday&ssid=City+Wi-Fi"
UUID = "88f7af54-98f8-306a-a1c7-c9349722b1f6"


def console(name: str, site: str) -> Door:
    """The gateway of one site."""
    from dataclasses import replace

    made = door("unifi", f"{name:0<16}", Options(site=site, api_url=f"https://{name}.example", api_secret=UAM), place=name)
    return replace(made, gateway=replace(made.gateway, name=name))


def given(city: World, *made: Door, **access_points: str) -> FlaskClient:
    city.doors = Doors(
        {each.gateway.key: each for each in made}, ("City Wi-Fi",), "UTC", "CA", {"02-00-5E-77-00-01": access_points.get("ap", "")}
    )
    return city.client()


@pytest.mark.parametrize("path", ["/guest/s/default/", "/guest/s/default"])
@pytest.mark.parametrize("site", ["", "default", UUID])
def test_the_only_console_of_a_site(city: World, path: str, site: str) -> None:
    """A site without a name is called default; an id says no name, so any fits. With and without the slash, and no redirect."""
    guest = given(city, console("library", site), door("opennds", "n" * 16, Options(fas_key=FAS)))
    page = guest.get(f"{path}?{QUERY}")
    assert (200, "Free Wi-Fi at library") == (page.status_code, heading(page))


def test_a_guest_of_a_console(city: World) -> None:
    """The whole way: the grant is the gateway's, the order goes to its API; the page in French is the visit's."""
    guest = given(city, console("library", "default"))
    page = guest.get(f"/guest/s/default/?{QUERY}")
    assert [link for link in links(page) if link.endswith("?lang=fr")][0].startswith("/v/")  # noqa: RUF015  at least one is the promise
    connect(guest, f"/guest/s/default/?{QUERY}")
    with reading(city.database) as session:
        order = session.query(Order).one()
        assert ("library", Via.HTTP, 1) == (order.client, order.via, rows(city, Grant))


def test_several_of_one_name(city: World) -> None:
    """The access point tells which; where it is nobody's, or another's, it is no door."""
    both = console("library", "default"), console("museum", "default")
    assert "Free Wi-Fi at museum" == heading(given(city, *both, ap="museum").get(f"/guest/s/default/?{QUERY}"))
    assert "Free Wi-Fi at library" == heading(given(city, *both, ap="library").get(f"/guest/s/default/?{QUERY}"))
    for owner in ("", "somebody"):
        assert 404 == given(city, *both, ap=owner).get(f"/guest/s/default/?{QUERY}").status_code


@pytest.mark.parametrize("path", ["/guest/s/other/", "/guest/s//", "/guest/s/", "/guest/s/default/x", "/guest/s/..%2f/"])
def test_no_such_site(city: World, path: str) -> None:
    """404 with a page, and no form."""
    page = given(city, console("library", "default")).get(f"{path}?{QUERY}")
    assert (404, []) == (page.status_code, forms(page))


@pytest.mark.parametrize("query", ["", "id=x", "id=02:00:5e:00:00:07&t=yesterday"])
def test_what_no_console_sends(city: World, query: str) -> None:
    """400, with the number."""
    page = given(city, console("library", "default")).get(f"/guest/s/default/?{query}")
    assert 400 == page.status_code
    assert 'class="number"' in page.text
