"""proxeny.portal_checks: what plans, portals, sites and gateways mean together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from proxeny import portal_checks
from proxeny.network import KEYS, Client, District, Network, Plan, Portal, Realm, Site
from proxeny.settings import load
from radius.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.settings import Settings

PLAN = Plan("visitor", session=7_200, day_data=10**9, up=2_000_000)
CITY = Portal("city", "visitor", sponsors=("@city.example",))
DIRECTORY = '[directory]\nuri = "ldaps://d.example"\nbase = "dc=example"\n'
MAIL = '[mail]\nurl = "smtp://127.0.0.1:25"\nfrom = "wifi@city.example"\n'
OIDC = '[oidc.city]\nissuer = "https://id.city.example"\nclient_id = "w"\nclient_secret = "s"\nlabel = "City"\n'
SMS = '[sms]\nurl = "https://sms.example/send?to={to}&text={text}"\ncountries = ["CA"]\n'


def settings(folder: Path, text: str = "[guest]\n") -> Settings:
    path = folder / "proxeny.toml"
    path.write_text(text)
    return load(path, {})


def network(**sections: list[Any]) -> Network:
    return Network({section: {getattr(row, key) if key else "": row for row in sections.get(section, [])} for section, key in KEYS.items()})


def found(folder: Path, text: str = "[guest]\n", **sections: list[Any]) -> list[str]:
    return [str(finding) for finding in portal_checks.findings(network(plan=[PLAN], **sections), settings(folder, text))]


def warned(folder: Path, text: str = "[guest]\n", **sections: list[Any]) -> list[str]:
    return [str(finding) for finding in portal_checks.warnings(network(**{"plan": [PLAN], **sections}), settings(folder, text))]


@pytest.mark.parametrize("way", ["card", "email", "sponsor", "oidc:city"])
def test_nothing_is_typed_in_clear(tmp_path: Path, way: str) -> None:
    """Passwords and addresses need https:, unless the pages never leave this machine."""
    portal = replace(CITY, ways=("terms", way))
    clear, sealed = '[guest]\nurl = "http://wifi.city.example"\n', '[guest]\nurl = "https://wifi.city.example"\n'
    words = f'portal "city": ways: "{way}": guests would type in clear, for [guest] url is http://wifi.city.example. '
    assert [words + "Give [guest] a certificate and key, or an https: url behind a proxy"] == found(
        tmp_path, clear + DIRECTORY + MAIL + OIDC, portal=[portal]
    )
    for text in (sealed, "[guest]\n", ""):
        assert [] == found(tmp_path, text + DIRECTORY + MAIL + OIDC, portal=[portal])


@pytest.mark.parametrize(
    ("way", "section", "what"),
    [("email", MAIL, "a mail server"), ("sponsor", MAIL, "a mail server"), ("sms", SMS, "a gateway for text messages")],
)
def test_codes_need_somebody_to_send_them(tmp_path: Path, way: str, section: str, what: str) -> None:
    """A way in whose codes nobody sends would leave guests waiting: it is refused until the settings say who does."""
    portal = replace(CITY, ways=("terms", way))
    told = f'portal "city": ways: "{way}" needs {what}. Write [{"sms" if way == "sms" else "mail"}] into proxeny.toml, or take it out'
    assert [told] == found(tmp_path, portal=[portal])
    assert [] == found(tmp_path, "[guest]\n" + section, portal=[portal])


def test_terms_alone_may_go_in_clear(tmp_path: Path) -> None:
    """Who only accepts terms types nothing."""
    assert [] == found(tmp_path, '[guest]\nurl = "http://wifi.city.example"\n', portal=[CITY])


def test_a_gateway_needs_its_options_once_guests_come(tmp_path: Path) -> None:
    """Without a portal a family's needs are nobody's; with one they are a fault, and options answer it."""
    gateway = Client("box", nas="opennds", radius=False)
    keyed = replace(gateway, fas_key=Secret(b"0123456789abcdef"))
    assert [] == found(tmp_path, client=[gateway])
    assert ['client "box": options: must say fas_key'] == [
        line.partition(".")[0] for line in found(tmp_path, portal=[CITY], client=[gateway])
    ]
    assert [] == found(tmp_path, portal=[CITY], client=[keyed])


def test_a_gateways_portal_is_its_sites_or_the_only_one() -> None:
    """A site's own comes first; with one portal everybody has it; with several, who names none has none."""
    other = replace(CITY, name="arena")
    named, bare = Client("a", site="s"), Client("b")
    site = Site("s", "S", portal="arena")
    several = network(portal=[CITY, other], site=[site], client=[named, bare])
    assert [other, None] == [portal_checks.portal_of(client, several) for client in (named, bare)]
    assert [CITY, CITY] == [portal_checks.portal_of(client, network(portal=[CITY])) for client in (named, bare)]
    assert None is portal_checks.portal_of(named, network())


def test_a_gateway_without_a_decision_is_told(tmp_path: Path) -> None:
    """With several portals, each gateway that brings guests must lead to one."""
    told = warned(tmp_path, portal=[CITY, replace(CITY, name="arena")], client=[Client("a", nas="coova"), Client("wlc")])
    assert [
        'client "a": site: there are several portals, and which is its guests\' is not said. Give it a site, and the site a portal'
    ] == told


def test_a_provider_and_sponsors_must_be_there(tmp_path: Path) -> None:
    """A way that names a provider needs its section; a sponsor's way needs somebody who may say yes."""
    portal = replace(CITY, ways=("oidc:cty", "sponsor"), sponsors=())
    assert [
        'portal "city": ways: "oidc:cty" needs a provider. Did you mean "city"?',
        'portal "city": ways: "sponsor" needs sponsors: nobody could let a guest in. Write sponsors = ["@city.example"], or take it out',
    ] == found(tmp_path, "[guest]\n" + OIDC + MAIL, portal=[portal])
    assert ['portal "city": ways: "oidc:city" needs a provider. Write [oidc.city] into proxeny.toml, or take it out'] == found(
        tmp_path, portal=[replace(CITY, ways=("oidc:city",))]
    )


def test_a_districts_slip_is_told(tmp_path: Path) -> None:
    """Where districts are declared, a site's must be one; where none is, any word will do."""
    sites = [Site("a", "A", district="Lakshore"), Site("b", "B", district="Lakeshore"), Site("c", "C")]
    assert ['site "a": district: there is no district "Lakshore". Did you mean "Lakeshore"?'] == warned(
        tmp_path, district=[District("Lakeshore")], site=sites
    )
    assert [] == warned(tmp_path, site=sites)


def test_a_family_of_before_goes_on(tmp_path: Path) -> None:
    """A name that an earlier version took is told, and the road treats it as a generic NAS."""
    assert warned(tmp_path, client=[Client("old", nas="meraki")])[0].startswith('client "old": nas: "meraki" is no family of this version')


def test_what_nobody_holds_is_told(tmp_path: Path) -> None:
    """A rate that a family cannot hold is a warning, and names the gateways."""
    told = warned(tmp_path, portal=[CITY], client=[Client("splash", nas="meraki-click", radius=False)])
    assert [
        'plan "visitor": the family "meraki-click" cannot hold a guest to day_data 1 GB, up 2 Mbit/s (splash). It is left out there'
    ] == told


def test_a_day_beyond_its_month_is_told(tmp_path: Path) -> None:
    """A limit that is never reached is likely a slip."""
    assert ['plan "p": day_data: is more than month_data, so that it is never reached'] == warned(
        tmp_path, plan=[Plan("p", day_data=2, month_data=1)]
    )


def test_what_the_settings_leave_off_is_told(tmp_path: Path) -> None:
    """A portal needs [guest], a realm of our own accounts needs [directory]."""
    rows: dict[str, list[Any]] = {"portal": [CITY], "realm": [Realm("city.example", "local")]}
    assert [
        'realm "city.example": action: has no directory to ask: its logins are refused. Write [directory] into proxeny.toml',
        'portal "city": has no page: guests are turned away. Write [guest] into proxeny.toml',
    ] == warned(tmp_path, "", **rows)
    assert [] == warned(tmp_path, "[guest]\n" + DIRECTORY, **rows)


def test_a_form_that_browsers_warn_of_is_said(tmp_path: Path) -> None:
    """Pages by https, a gateway by http that is posted to; not where it has https too, is gone to by a redirect, or pages are http."""
    sealed, clear = '[guest]\nurl = "https://wifi.city.example"\n', '[guest]\nurl = "http://wifi.city.example"\n'
    by_http, by_https = {"login_url": "http://10.1.0.1"}, {"login_url": "https://wlc.city.example"}
    rows = [
        Client("wlc", nas="cisco-lwa", options=by_http),
        Client("safe", nas="cisco-lwa", options=by_https),
        Client("zd", ("192.0.2.2/32",), nas="ruckus-zd"),
        Client("router", nas="mikrotik", options=by_http),
    ]
    told = [line for line in warned(tmp_path, sealed, client=rows, portal=[CITY]) if "a form by http" in line]
    assert ['client "wlc": options.login_url', 'client "zd": options.login_url'] == [line[: line.index(": guests")] for line in told]
    assert [] == [line for line in warned(tmp_path, clear, client=rows, portal=[CITY]) if "a form by http" in line]


def test_what_travels_in_clear_is_said(tmp_path: Path) -> None:
    """A controller's API without TLS, and a coova gateway whose redirects nobody signs; with either mended nothing is said."""
    api = Client("console", nas="unifi", radius=False, options={"api_url": "http://10.0.0.2"}, api_secret=Secret(b"a-key"))
    words = [line for line in warned(tmp_path, client=[api]) if "in clear" in line]
    assert ['client "console": options.api_url: is http://10.0.0.2: api_secret travels in clear'] == [
        line.split(". Write")[0] for line in words
    ]
    assert [] == [line for line in warned(tmp_path, client=[replace(api, options={"api_url": "https://10.0.0.2"})]) if "clear" in line]
    gate = Client("hall", ("192.0.2.1",), Secret(b"s" * 16), nas="coova")
    assert [True, False, False] == [
        any("redirects are not proven" in line for line in warned(tmp_path, portal=[CITY], client=[each]))
        for each in (gate, replace(gate, uam_secret=Secret(b"u" * 16)), replace(gate, options={"login_url": "http://10.1.0.1:3990"}))
    ]
