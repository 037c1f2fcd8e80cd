"""The lines of an access point's test: packet, signature, access point, network name, accounting, order; each with where to look.

Pure: from what the recorder wrote to what the page says. A line is red as soon as something is known to be wrong, or when the
test's minute is over and nothing came; a line that waits for the one above it is neither. Never green without a packet.
"""

from __future__ import annotations

from collections import Counter
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import flask_babel
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import causes
from store.clients_heard import UNSIGNED, answered
from store.models import OrderState

if TYPE_CHECKING:
    from collections.abc import Collection

    from portal.admin.ap_places import Places
    from store.ap_seen import Seen, Word


class State(Enum):
    """How a line stands; the value is the style it is shown in."""

    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    WAIT = ""


class Line(NamedTuple):
    """One line. `place`: the controller's setting to look at; `asks`: it can be tried by a button."""

    key: str
    state: State
    title: Any
    text: Any
    place: Any = ""
    asks: bool = False


class Asked(NamedTuple):
    """What is tested."""

    name: str
    mac: str
    client: str
    addresses: tuple[str, ...]
    ssids: Collection[str]  # those that are declared
    ports: str  # of ours: "1812 and 1813"
    orders: bool  # whether this family takes them by RADIUS
    over: bool  # the test's minute


_SHOWN: Final = 3


def lines(asked: Asked, seen: Seen, places: Places) -> list[Line]:
    """In the order in which a login goes through them."""
    here = [each for each in seen.words if each.access_point == asked.name]
    found = [_packet(asked, seen, places), _signature(asked, seen, places), _known(asked, seen, here, places)]
    return [*found, _ssid(asked, here, places), _accounting(asked, seen, here, places), _order(asked, seen, places)]


def _waiting(asked: Asked) -> State:
    return State.BAD if asked.over else State.WAIT


def _packet(asked: Asked, seen: Seen, places: Places) -> Line:
    title = _("A packet came")
    count = len(seen.words) + seen.drops.total()
    if count:
        return Line("packet", State.GOOD, title, ngettext("%(num)s login, record or packet", "%(num)s logins, records or packets", count))
    if seen.strangers:
        who = ", ".join(source for source, _count in seen.strangers[:_SHOWN])
        text = _("Packets came from %(who)s, which is no gateway’s address. If that is the one, add it to the gateway.", who=who)
        return Line("packet", State.BAD, title, text, places.server)
    text = _("Nothing has come from %(client)s (%(addresses)s).", client=asked.client or "–", addresses=", ".join(asked.addresses) or "–")
    if asked.ports:
        text += " " + _("Our ports are %(ports)s.", ports=asked.ports)
    return Line("packet", _waiting(asked), title, text, places.server)


def _signature(asked: Asked, seen: Seen, places: Places) -> Line:
    title = _("Its signature is right")
    if seen.words:
        return Line("signature", State.GOOD, title, _("Both sides have the same secret."))
    if seen.drops:
        reason, count = min(seen.drops.items(), key=lambda each: (each[0] not in UNSIGNED, -each[1]))
        told = causes.told(causes.Facts(reason=reason, client=asked.client, count=count), flask_babel)
        place = places.secret if reason in UNSIGNED else places.server
        return Line("signature", State.BAD, title, f"{told.cause} {told.todo}", place)
    return Line("signature", State.WAIT, title, _("Seen with the first packet."))


def _known(asked: Asked, seen: Seen, here: list[Word], places: Places) -> Line:
    title = _("The access point is known")
    if here:
        return Line("known", State.GOOD, title, _("It was recognised as %(name)s.", name=asked.name))
    if not seen.words:
        return Line("known", State.WAIT, title, _("Seen with the first login: join the Wi-Fi with any device, at this access point."))
    others = Counter(each.access_point for each in seen.words if each.access_point)
    nobody = [_called(each.bssid, each.nas_identifier) for each in seen.words if not each.access_point]
    said = [each for each in dict.fromkeys((*nobody, *(_called(*each) for each in seen.unknown))) if each][:_SHOWN]
    if said:
        text = _(
            "What came calls itself %(said)s. Ours is %(ours)s: correct one of the two.", said=", ".join(said), ours=asked.mac or asked.name
        )
        return Line("known", State.BAD, title, text, places.called)
    if nobody:
        text = _("What came says neither a hardware address nor a name.")
        return Line("known", State.BAD, title, text, places.called)
    text = _(
        "Logins came from others: %(names)s. Stand near this one.", names=", ".join(name for name, _count in others.most_common(_SHOWN))
    )
    return Line("known", _waiting(asked), title, text)


def _called(bssid: str, nas_identifier: str) -> str:
    return " / ".join(each for each in (bssid, nas_identifier) if each)


def _ssid(asked: Asked, here: list[Word], places: Places) -> Line:
    title = _("The network’s name")
    names = list(dict.fromkeys(each.ssid for each in here if each.ssid))
    if not names and here:
        return Line("ssid", State.BAD, title, _("It does not say by which network (SSID) the device came."), places.ssid)
    if not names:
        return Line("ssid", State.WAIT, title, _("Seen with the first login at this access point."))
    strange = [name for name in names if asked.ssids and name not in asked.ssids]
    if strange:
        text = _("%(names)s is declared nowhere: statistics and the portal know the declared ones.", names=", ".join(strange))
        return Line("ssid", State.WARN, title, text, places.ssid)
    return Line("ssid", State.GOOD, title, ", ".join(names))


def _accounting(asked: Asked, seen: Seen, here: list[Word], places: Places) -> Line:
    title = _("Accounting arrives")
    ours = [each for each in seen.records if each.access_point == asked.name]
    if ours:
        return Line(
            "accounting", State.GOOD, title, ngettext("%(num)s session has a record.", "%(num)s sessions have a record.", len(ours))
        )
    if seen.drops["BAD_AUTHENTICATOR"]:
        text = _("It comes, signed with a different secret than ours.")
        return Line("accounting", State.BAD, title, text, places.accounting)
    if seen.odd:
        text = _("Records came that fit no session.")
        return Line("accounting", State.WARN, title, text, places.accounting)
    if any(each.accepted for each in here):
        text = _("Somebody was let in, and no record has come yet.")
        return Line("accounting", _waiting(asked), title, text, places.accounting)
    return Line("accounting", State.WAIT, title, _("Begins when somebody is let in."))


def _order(asked: Asked, seen: Seen, places: Places) -> Line:
    title = _("Orders are answered (Disconnect, CoA)")
    if not asked.orders:
        return Line("order", State.WAIT, title, _("This family takes no orders by RADIUS."))
    order = seen.order
    if order is None:
        if seen.way is None and len(asked.addresses) != 1:
            return Line("order", State.WAIT, title, _("Its address is known with the first packet."))
        return Line("order", State.WAIT, title, _("Not tried yet."), asks=True)
    if answered(order) or order.state is OrderState.DONE:
        text = _("It answered: %(outcome)s.", outcome=order.outcome)
        if not order.outcome.startswith("ACK"):
            text += " " + _("It refuses an order about a session that it does not have, as it should: port and secret are right.")
        return Line("order", State.GOOD, title, text, asks=True)
    if order.state is OrderState.FAILED:
        return Line("order", State.BAD, title, _("No answer: %(outcome)s.", outcome=order.outcome), places.orders, asks=True)
    return Line("order", State.WAIT, title, _("Under way…"))
