"""What a gateway's entry may say, family by family: the fields of its form, the secrets it has, and what the family is.

One table: a form shows what its family reads and nothing else. That each name is one the network file knows, and each
family's list whole, is a test's. Never judges a value: `Desk.change` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import lazy_gettext as _

from portal.admin.forms import Field, Kind
from radius.nas import FAMILIES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class About(NamedTuple):
    """A family, for whoever chooses."""

    title: str  # the maker's own name: the same in every language
    what: Any  # one line
    options: tuple[str, ...] = ()  # of [client.options], but its secrets
    secrets: tuple[str, ...] = ()  # of [client.options]


_ROAMS: Final = ("guest_networks", "swap_octets", "mac_format")
ABOUT: Final[Mapping[str, About]] = {
    "generic": About("RADIUS", _("Any access point, switch or controller that speaks RADIUS. Take this for eduroam alone."), _ROAMS),
    "hostapd": About(
        "hostapd, OpenWrt", _("Access points that ask us by hardware address or 802.1X and show no page."), ("swap_octets", "mac_format")
    ),
    "coova": About(
        "CoovaChilli", _("The open gateway that sends guests to our page with a signed address."), ("login_url", *_ROAMS), ("uam_secret",)
    ),
    "opennds": About(
        "openNDS", _("OpenWrt's portal gateway: it fetches who may go online from us, and needs no RADIUS."),
        ("login_url", "fas_level", "site"), ("fas_key",),
    ),
    "mikrotik": About("MikroTik", _("RouterOS with its hotspot: we give you its login page."), ("login_url", "role", *_ROAMS)),
    "cisco-cwa": About(
        "Cisco, central web authentication", _("Catalyst 9800, AireOS and IOS: the controller redirects, and we let in by an order."),
        ("portal_acl", "role", *_ROAMS),
    ),
    "cisco-lwa": About(
        "Cisco, local web authentication", _("The controller's own sign-in with our page before it."), ("login_url", "role", *_ROAMS)
    ),
    "aruba": About("Aruba", _("ArubaOS controllers and gateways with a captive portal."), ("login_url", "role", "portal_acl", *_ROAMS)),
    "aruba-instant": About(
        "Aruba Instant and Instant On", _("Access points without a controller, with an external page."), ("login_url", "role", *_ROAMS)
    ),
    "meraki-click": About("Meraki, click-through", _("The cloud's simplest splash page: no RADIUS, no end by us."), ("login_url",)),
    "meraki-signon": About("Meraki, sign-on", _("Splash page with our RADIUS behind it."), ("login_url", "role", *_ROAMS)),
    "meraki-cwa": About(
        "Meraki, central web authentication", _("As Cisco's: a redirect by RADIUS, and orders from us."), ("portal_acl", "role", *_ROAMS)
    ),
    "unifi": About(
        "UniFi", _("Ubiquiti's consoles: guests are let in through the console's interface."),
        ("api_url", "api_user", "api_ca", "site", "bytes_unit"), ("api_secret",),
    ),
    "omada": About(
        "Omada", _("TP-Link's controllers: guests are let in through the controller's interface."),
        ("api_url", "api_user", "api_ca", "site", "time_unit"), ("api_secret",),
    ),
    "ruckus-sz": About(
        "Ruckus SmartZone", _("SmartZone and Virtual SmartZone with its northbound interface."),
        ("api_url", "api_user", "api_ca", "login_url", "role", *_ROAMS), ("api_secret",),
    ),
    "ruckus-zd": About("Ruckus ZoneDirector, Unleashed", _("Controllers with a WISPr hotspot service."), ("login_url", "role", *_ROAMS)),
    "cambium": About("Cambium", _("cnPilot and XV access points with guest access by an external page."), ("login_url", *_ROAMS)),
}  # fmt: skip

_UNSET: Final = _("As the family does")
_OPTIONS: Final[Mapping[str, Field]] = {
    "login_url": Field(
        "options.login_url", _("Address of its login"), hint=_("Where guests' browsers reach it, with port: http://10.1.0.1:3990")
    ),
    "api_url": Field("options.api_url", _("Address of its interface (API)"), hint=_("https and a name that its certificate has")),
    "api_user": Field("options.api_user", _("User of the interface")),
    "api_ca": Field(
        "options.api_ca", _("File of its certificate's issuer"), hint=_("The whole path on this machine; empty where the system knows it")
    ),
    "site": Field("options.site", _("The controller's own name of its site")),
    "role": Field("options.role", _("Role, group or ACL of a guest who is in"), hint=_("As the controller calls it; empty for none")),
    "portal_acl": Field("options.portal_acl", _("ACL or role of a guest who waits"), hint=_("It must be named so on the controller")),
    "guest_networks": Field(
        "options.guest_networks", _("Guests' networks"), Kind.LIST, _("One a line, only where we see guests' own addresses: 10.20.0.0/16")
    ),
    "swap_octets": Field("options.swap_octets", _("It counts input and output from its own side"), Kind.FLAG),
    "mac_format": Field(
        "options.mac_format",
        _("How it writes hardware addresses in orders"),
        hint=_("By example: aa:bb:cc:dd:ee:ff; empty as the family does"),
    ),
    "time_unit": Field("options.time_unit", _("Unit of times"), Kind.CHOICE, _UNSET, {"s": "s", "ms": "ms", "us": "µs"}),
    "bytes_unit": Field("options.bytes_unit", _("Unit of data"), Kind.CHOICE, _UNSET, {"B": "B", "kB": "kB", "MB": "MB"}),
    "fas_level": Field("options.fas_level", _("FAS level"), Kind.NUMBER, _("1 to 4; empty for 3")),
}
SECRETS: Final[Mapping[str, Field]] = {
    "secret": Field("secret", _("RADIUS secret"), Kind.SECRET),
    "coa_secret": Field("coa_secret", _("Secret of orders"), Kind.SECRET, _("Only where it differs from the RADIUS secret")),
    "uam_secret": Field("options.uam_secret", _("UAM secret"), Kind.SECRET, _("Signs what the gateway sends its guests with")),
    "fas_key": Field("options.fas_key", _("FAS key"), Kind.SECRET, _("Seals what the gateway sends its guests with")),
    "api_secret": Field("options.api_secret", _("Key or password of the interface"), Kind.SECRET, _("Made on the controller, typed here")),
}
LENGTH: Final = 28  # characters of a secret that is made here
MADE_HERE: Final = frozenset({"secret", "uam_secret", "fas_key"})  # both sides are told by us; a controller's key is told to us


def radius(nas: str) -> bool:
    """Whether this family sends us RADIUS for guests."""
    return FAMILIES[nas].radius if nas in FAMILIES else True


def secrets(nas: str) -> tuple[str, ...]:
    """Names of the secrets that this family has, the most important first."""
    return (*(("secret",) if radius(nas) else ()), *about(nas).secrets)


def about(nas: str) -> About:
    """The family; one of a later version is treated as any NAS, as the road does."""
    return ABOUT.get(nas, ABOUT["generic"])


def fields(nas: str, sites: Mapping[str, str], *, new: bool) -> Sequence[Field]:
    """The form of a gateway of this family. `new`: with a name and its secrets, and without what is seldom said."""
    speaks = radius(nas)
    needed = FAMILIES[nas].needs if nas in FAMILIES else frozenset()
    options = [
        _OPTIONS[name] if name not in needed else _needed(_OPTIONS[name]) for name in about(nas).options if not new or name not in _ROAMS
    ]
    name = [Field("name", _("Name"), hint=_("How you call it: it stays, and the trace speaks of it"), needed=True)] if new else []
    address = Field(
        "address", _("Addresses"), Kind.LIST, _("Where its RADIUS comes from, one a line: 192.0.2.20 or 192.0.2.0/28"), needed=speaks
    )
    site = Field("site", _("Site"), Kind.CHOICE, _("Where its guests are, unless an access point says it better"), sites)
    first = [*name, *([address] if speaks else []), site]
    if new:
        return [*first, *(_made_if_empty(each) for each in secrets(nas)), *options]
    return [*first, *options, *(_of_radius(nas) if speaks else [])]


def _made_if_empty(name: str) -> Field:
    """A secret's field in the form of a new gateway."""
    of = SECRETS[name]
    return Field(of.key, of.title, of.kind, made_if_empty(), of.choices) if name in MADE_HERE else of


def made_if_empty() -> Any:
    """What an empty field of such a secret means."""
    return _("Leave it empty: one of %(num)s random characters is made, and shown on the next page, once", num=LENGTH)


def _needed(of: Field) -> Field:
    return Field(of.key, of.title, of.kind, of.hint, of.choices, of.default, needed=True)


def _of_radius(nas: str) -> Sequence[Field]:
    """What is seldom said, and so not asked of a new one."""
    port = FAMILIES[nas].port if nas in FAMILIES else 3799
    return (
        Field("coa_port", _("Port of orders"), Kind.NUMBER, _("Where it takes Disconnect and CoA; its family's is %(port)s", port=port)),
        Field("rate", _("Packets a second"), Kind.NUMBER, _("More are dropped; empty for no limit")),
        Field(
            "require_message_authenticator", _("Message-Authenticator required"), Kind.FLAG,
            _("Switch it off only for a device that cannot sign its requests: anyone on the way could forge them"), default=True,
        ),
    )  # fmt: skip
