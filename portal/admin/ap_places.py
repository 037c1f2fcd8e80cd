"""Where each family's controller has the settings that a failed test points at, in that controller's own words.

Menus and options are written as the maker's screens have them, in one language; the sentences around them are the page's.
A place that is "" the family does not have: nobody is told to look for it. Never a guess of a menu: what the documents
leave open is named by the RADIUS attribute.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping


class Places(NamedTuple):
    """The settings of one family."""

    server: Any  # address and port of ours, for logins
    secret: Any
    called: Any  # what it calls the access point: Called-Station-Id, NAS-Identifier
    ssid: Any  # what makes it say the network's name
    accounting: Any
    orders: Any  # Disconnect and CoA; "" where this family takes none by RADIUS


_CALLED: Final = "Called-Station-Id: AP-MAC:SSID"
PLACES: Final[Mapping[str, Places]] = {
    "generic": Places(
        _("RADIUS authentication server"), _("Shared secret"), _CALLED, _CALLED, _("RADIUS accounting server"),
        _("Dynamic authorization (RFC 5176)"),
    ),
    "hostapd": Places(
        "auth_server_addr, auth_server_port", "auth_server_shared_secret", "nas_identifier", "ssid",
        "acct_server_addr, acct_server_port, acct_server_shared_secret", "radius_das_port, radius_das_client",
    ),
    "coova": Places(
        "HS_RADIUS, HS_RADAUTH", "HS_RADSECRET", "HS_NASID, HS_NASMAC", "HS_SSID", "HS_RADACCT, HS_DEFINTERIMINTERVAL", "HS_COAPORT"
    ),
    "mikrotik": Places(
        "/radius add service=hotspot address=… authentication-port=…", "/radius … secret=…", "/system identity", "/ip hotspot",
        "/ip hotspot profile set … radius-accounting=yes radius-interim-update=300s; /radius … accounting-port=…",
        "/radius incoming set accept=yes port=…",
    ),
    "cisco-cwa": Places(
        "Security > AAA > RADIUS > Authentication (AireOS); radius server … address ipv4 … (9800)", "Shared Secret; key (9800)",
        "Called-Station-Id: AP MAC address:SSID", "Called-Station-Id: AP MAC address:SSID",
        "Security > AAA > RADIUS > Accounting; Interim Update", "Support for CoA (AireOS); aaa server radius dynamic-author (9800)",
    ),
    "cisco-lwa": Places(
        "Security > AAA > RADIUS > Authentication (AireOS); radius server … address ipv4 … (9800)", "Shared Secret; key (9800)",
        "Called-Station-Id: AP MAC address:SSID", "Called-Station-Id: AP MAC address:SSID",
        "Security > AAA > RADIUS > Accounting; Interim Update", "Support for CoA (AireOS); aaa server radius dynamic-author (9800)",
    ),
    "aruba": Places(
        "aaa authentication-server radius … host", "aaa authentication-server radius … key", _CALLED, _CALLED,
        "AAA profile: RADIUS accounting server group, RADIUS interim accounting", "aaa rfc-3576-server … key",
    ),
    "aruba-instant": Places(
        "Security > Authentication servers; Dynamic RADIUS proxy", "Security > Authentication servers > Shared key", _CALLED, _CALLED,
        "Network > Security > Accounting, Accounting interval", "Security > Authentication servers > RFC 3576",
    ),
    "meraki-signon": Places(
        "Wireless > Access control > RADIUS servers", "Wireless > Access control > RADIUS servers > Secret", _CALLED, _CALLED,
        "Wireless > Access control > RADIUS accounting servers", "Wireless > Access control > RADIUS CoA support",
    ),
    "meraki-cwa": Places(
        "Wireless > Access control > RADIUS servers", "Wireless > Access control > RADIUS servers > Secret", _CALLED, _CALLED,
        "Wireless > Access control > RADIUS accounting servers", "Wireless > Access control > RADIUS CoA support",
    ),
    "ruckus-sz": Places(
        "Services > Authentication", "Services > Authentication > Shared Secret", _CALLED, _CALLED,
        "Services > Accounting; Interim update", "",
    ),
    "ruckus-zd": Places(
        "AAA Servers (RADIUS)", "AAA Servers > Shared Secret", _CALLED, _CALLED,
        "AAA Servers (RADIUS Accounting); Interim update", "CoA-DM (3799)",
    ),
    "cambium": Places(
        "AAA Servers > Authentication Server", "AAA Servers > Secret", _CALLED, _CALLED, "AAA Servers > Accounting Server; Interim update",
        "AAA Servers > Dynamic authorization",
    ),
}  # fmt: skip


def of(nas: str) -> Places:
    """The family's; one that is not known here is any NAS."""
    return PLACES.get(nas, PLACES["generic"])
