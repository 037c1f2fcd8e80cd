"""The configuration guide of each family: a template beside this file, filled in with one gateway's own values.

A template says `{{ name }}` where a value stands; PLACEHOLDERS lists the names that there are. The staff app fills one in
for a gateway, docs/nas/ has every one with samples. What the vendor's documents leave open a guide says under "Not
certain". Never puts a secret into a guide that it was not handed for this once: only where to find it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from radius.nas.generic import INTERIM

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from radius.nas.family import Gateway

FOLDER: Final = Path(__file__).parent / "guides"
PLACEHOLDERS: Final[Mapping[str, str]] = {
    "client_name": "name of the `[[client]]` row",
    "nas": "its family",
    "client_address": "its address, where it has exactly one, or an example",
    "entrance": "the URL that guests are sent to",
    "portal": "origin of the guest pages",
    "capport": "URL of the captive portal API for its guests",
    "portal_host": "its host name",
    "portal_port": "its port",
    "portal_path": "path of the entrance",
    "radius_address": "our address for RADIUS",
    "auth_port": "port for authentication",
    "acct_port": "port for accounting",
    "coa_port": "port at which the gateway takes orders",
    "interim": "seconds between reports of use",
    "ssid": "name of the guests' network",
    "login_url": "`login_url` of its options, or an example",
    "api_url": "`api_url` of its options, or an example",
    "api_user": "`api_user` of its options, or an example",
    "controller_site": "`site` of its options, or an example: the controller's own name of its site",
    "role": "`role` of its options, or an example",
    "portal_acl": "`portal_acl` of its options, or an example",
    "secret_hint": "where the RADIUS secret is found",
    "uam_secret_hint": "where the UAM secret is found",
    "fas_key_hint": "where the FAS key is found",
    "api_secret_hint": "where the API's secret is found",
    "secret": "the RADIUS secret where it is shown this once, else …",
    "uam_secret": "the UAM secret, likewise",
    "fas_key": "the FAS key, likewise",
}
_MARK: Final = re.compile(r"\{\{ *([a-z_]+) *\}\}")
_LOGINS: Final = {"coova": "http://10.1.0.1:3990"}  # where the maker's port is not that of the scheme
STORED: Final = "(the `{}` of `{}` in the network file)"
_UNTOLD: Final = "…"
_SECRETS: Final = ("secret", "uam_secret", "fas_key", "api_secret")


def template(family: str) -> str:
    """The guide of a family as it is kept; KeyError where there is none."""
    path = FOLDER / f"{family}.md"
    if not re.fullmatch(r"[a-z-]+", family) or not path.is_file():
        raise KeyError(family)
    return path.read_text(encoding="utf-8")


def render(text: str, words: Mapping[str, str]) -> str:
    """A template with every mark replaced; KeyError where one has no word."""
    return _MARK.sub(lambda mark: words[mark[1]], text)


def words(
    gateway: Gateway, *, radius_address: str, auth_port: int, acct_port: int, ssid: str, shown: Mapping[str, str] | None = None,
    stored: str = STORED,
) -> dict[str, str]:  # fmt: skip
    """What PLACEHOLDERS lists, for one gateway; examples stand where its options say nothing.

    `shown`: the secrets that this guide may say, by name; of the others `stored` says where they are.
    """
    options, portal = gateway.options, urlsplit(gateway.portal)
    return {
        "client_name": gateway.name,
        "nas": gateway.family,
        "client_address": gateway.address or "192.0.2.20",
        "entrance": gateway.entrance,
        "portal": gateway.portal,
        "capport": f"{gateway.portal}/capport/{gateway.key}",
        "portal_host": portal.hostname or "",
        "portal_port": str(portal.port or {"http": 80}.get(portal.scheme, 443)),
        "portal_path": urlsplit(gateway.entrance).path,
        "radius_address": radius_address,
        "auth_port": str(auth_port),
        "acct_port": str(acct_port),
        "coa_port": str(gateway.coa_port),
        "interim": str(INTERIM),
        "ssid": ssid,
        "login_url": options.login_url or _LOGINS.get(gateway.family, "http://10.1.0.1"),
        "api_url": options.api_url or "https://controller.city.example",
        "api_user": options.api_user or "proxeny",
        "controller_site": options.site or "default",
        "role": options.role or "guests",
        "portal_acl": options.portal_acl or "portal-only",
        **_secrets(gateway.name, shown or {}, stored),
    }


def _secrets(name: str, shown: Mapping[str, str], stored: str) -> dict[str, str]:
    """Each secret where it may be said, else where it is found."""
    hints = {f"{each}_hint": f"`{shown[each]}`" if each in shown else stored.format(each, name) for each in _SECRETS}
    return hints | {each: shown.get(each, _UNTOLD) for each in _SECRETS if each != "api_secret"}


def before_sign_in(hosts: Sequence[str]) -> str:
    """A guide's last section, where guests sign in at hosts that are not ours; "" where they do not."""
    if not hosts:
        return ""
    listed = "".join(f"- `{host}`\n" for host in hosts)
    return f"""
## Before sign-in

Guests sign in at a provider whose pages they must reach while they are not online yet. Let these names through, port 443, as
well as name look-ups (the gateway calls it walled garden, passthrough, pre-authorization access or allowed domains):

{listed}
Never let through the names by which phones look for a portal, or the whole of a large provider's domain: no portal would open.
"""
