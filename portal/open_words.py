"""What open data says of itself, for people: titles, descriptions of datasets and of each column.

Said in every language on the page and in the catalogue, in English in the data package, which knows one. Never a promise that
portal/cases/disclosure.py does not keep.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from collections.abc import Mapping


class Words(NamedTuple):
    """A title, and what there is to know."""

    title: Any
    text: Any


CATALOGUE: Final = Words(
    _("Open data of the public Wi-Fi"),
    _("Where the city’s Wi-Fi is, and how much it is used. No line stands for fewer than ten people, and nothing tells of anybody."),
)
HOTSPOTS: Final = Words(_("Wi-Fi hotspots"), _("Every place with public Wi-Fi: where it is, when it can be reached, how to get in."))
USAGE: Final = Words(
    _("Monthly use of the Wi-Fi, by place"),
    _(
        "Visitors and connections are rounded down to 5, the rest to the nearest 5. A place with fewer than 10 visitors or connections in "
        "a month has empty cells, and so has one whose visitors were not counted. A month does not change once it is published; what "
        "was withdrawn is said on the page, with the reason."
    ),
)
COLUMNS: Final[Mapping[str, Mapping[str, Any]]] = {
    "hotspots": {
        "site_id": _("The place’s identifier; it stays"),
        "name": _("What the place is called"),
        "address": _("Street address"),
        "ward": _("District of the city"),
        "lat": _("Latitude, degrees, WGS 84"),
        "lon": _("Longitude, degrees, WGS 84"),
        "ssid": _("Names of the open networks in the air"),
        "indoor_outdoor": _("Whether it reaches indoors, outdoors, or both"),
        "opening_hours": _("When it can be reached"),
        "activated_on": _("Since when there is Wi-Fi"),
        "status": _("“active”, or “planned” where there is none yet"),
        "accessible_entrance": _("Whether one gets in without steps"),
    },
    "usage_monthly": {
        "site_id": _("The place, as in the list of hotspots"),
        "month": _("Year and month, local time"),
        "sessions": _("Connections begun, rounded down to 5"),
        "unique_accounts_rounded": _("Different visitors, as far as devices and institutions tell them apart; rounded down to 5"),
        "minutes": _("Minutes online of all connections together, rounded to 5"),
        "gb_down": _("Data to the visitors in GB (10^9 octets), rounded to 5"),
        "gb_up": _("Data from the visitors in GB (10^9 octets), rounded to 5"),
        "median_session_min": _("Half of the connections were shorter: minutes, rounded to 5"),
        "roaming_share": _("Share of connections by visitors of universities and colleges, to 0.05; empty below 1,000 connections"),
    },
}
