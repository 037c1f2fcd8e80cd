"""The words for webhooks: what each event is and what its JSON holds, why an address is not taken, why a webhook is paused.

Never the words of a log: those are in English, and stand where they are written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext as later

from portal.cases.webhooks import Why
from portal.outward import Bad
from store.events import BACKLOG, EventKind
from store.hooks import FAILING, GONE
from store.models import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping

_SESSION: Final = {
    "site": "central-library",
    "access_point": "lib-1",
    "ssid": "City Wi-Fi",
    "gateway": "library-wlc",
    "realm": "",
    "started_at": "2026-03-09T14:00:00+00:00",
}
_ENDED: Final = {"ended_at": "2026-03-09T15:10:00+00:00", "cause": "User-Request", "seconds": 4200}
_BATCH: Final = {"batch": "06h0c5v1e7k2m9qa", "batch_name": "Summer festival", "plan": "visitor"}
_ADVERT: Final = {"business": "millers-oven", "name": "Bread from this morning", "version": 3}
_ALERT: Final = {
    "rule": "home-dead",
    "object": "uni-a-1",
    "opened_at": "2026-03-09T14:00:00+00:00",
    "details": {"realms": "uni-a.example"},
}
TITLES: Final[Mapping[EventKind, Any]] = {
    EventKind.SESSION_STARTED: later("A session began"),
    EventKind.SESSION_ENDED: later("A session ended"),
    EventKind.VOUCHER_BATCH_MADE: later("A batch of vouchers is ready"),
    EventKind.VOUCHER_REDEEMED: later("A voucher was used for the first time"),
    EventKind.VOUCHER_REVOKED: later("Vouchers were taken back"),
    EventKind.ADVERT_SUBMITTED: later("An advert was handed in"),
    EventKind.ADVERT_APPROVED: later("An advert was approved"),
    EventKind.ADVERT_REJECTED: later("An advert was rejected"),
    EventKind.ADVERT_LIVE: later("An advert is shown from now on"),
    EventKind.ADVERT_ENDED: later("An advert is not shown any more"),
    EventKind.ALERT_OPENED: later("An alert was opened"),
    EventKind.ALERT_ACKNOWLEDGED: later("Somebody took notice of an alert"),
    EventKind.ALERT_CLOSED: later("An alert was closed"),
    EventKind.ACCOUNT_ERASED: later("An account was erased"),
    EventKind.PORTAL_PUBLISHED: later("A portal page was published"),
    EventKind.PING: later("A test"),
}
EXAMPLES: Final[Mapping[EventKind, Mapping[str, Any]]] = {
    EventKind.SESSION_STARTED: _SESSION,
    EventKind.SESSION_ENDED: {**_SESSION, **_ENDED, "octets_up": 5_400_000, "octets_down": 91_000_000},
    EventKind.VOUCHER_BATCH_MADE: {"name": "Summer festival", "plan": "visitor", "vouchers": 5000},
    EventKind.VOUCHER_REDEEMED: {**_BATCH, "ends_at": "2026-03-09T16:00:00+00:00"},
    EventKind.VOUCHER_REVOKED: {**_BATCH, "vouchers": 120},
    EventKind.ADVERT_SUBMITTED: _ADVERT,
    EventKind.ADVERT_APPROVED: _ADVERT,
    EventKind.ADVERT_REJECTED: _ADVERT,
    EventKind.ADVERT_LIVE: _ADVERT,
    EventKind.ADVERT_ENDED: _ADVERT,
    EventKind.ALERT_OPENED: _ALERT,
    EventKind.ALERT_ACKNOWLEDGED: _ALERT,
    EventKind.ALERT_CLOSED: _ALERT,
    EventKind.ACCOUNT_ERASED: {},
    EventKind.PORTAL_PUBLISHED: {"version": 7},
    EventKind.PING: {"webhook": "City dashboard"},
}
WRONG: Final[Mapping[str, Any]] = {
    Why.NAME: later("Give it a name of at most 80 characters."),
    Why.TAKEN: later("Another webhook has this name."),
    Why.EVENTS: later("Choose at least one event."),
    Why.MANY: later("There are as many webhooks as there may be: remove one first."),
    Bad.FORM: later("Write a whole address: https://hooks.city.example/path, in plain characters and without #."),
    Bad.HTTP: later("Only https: what is told may not travel in clear. The settings can name systems of the city that may."),
    Bad.USER: later("An address with a user or a password in it is not taken. Who tells is proven by the signature."),
    Bad.PORT: later("Use port 443 or 8443. The settings can name others."),
    Bad.NAME: later("Write the host’s whole name, such as hooks.city.example."),
    Bad.NUMBER: later("Write an IP address in its own form, four numbers or IPv6 in brackets."),
    Bad.UNKNOWN: later("No address was found for this name. Has it a record in the DNS?"),
    Bad.INSIDE: later(
        "It leads to an address that is not the internet’s. If it is a system of the city’s own, its prefix belongs into [webhooks] allow "
        "of the settings."
    ),
}
PAUSED: Final[Mapping[str, Any]] = {
    "": later("Somebody paused it."),
    GONE: later("Its receiver answered 410: it is gone for good. Give it another address, or remove it."),
    FAILING: later("It has failed for a day. See below what it answers; resume it once the receiver is mended."),
    BACKLOG: later(
        "More than 10,000 events waited for it: its receiver is too slow, or away. When it is resumed the oldest half is given up."
    ),
}
STATES: Final[Mapping[str, Any]] = {
    DeliveryState.QUEUED.value: later("waits"),
    DeliveryState.CLAIMED.value: later("is tried"),
    DeliveryState.DELIVERED.value: later("delivered"),
    DeliveryState.FAILED.value: later("failed"),
}
