"""What the desk's and the accounts' pages share: the world of whoever helps, a contact in part or, for a reason, whole, and words.

Never a contact in whole but to who asked for it with a reason, for a quarter of an hour, in that browser.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import abort, g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal import words
from portal.admin import reveal
from portal.admin.desk import desk
from portal.admin.guard import actor
from portal.admin.page import page, when
from portal.cases import addresses, dossier
from portal.cases.desk_acts import Bar, Barred
from portal.cases.desk_guest import Guest, Stand
from portal.cases.desk_world import Helping, record
from portal.cases.standing import KICKED
from store import batches, challenges, grants
from store.faults import SealError
from store.models import Account, Challenge, Way

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

WAYS: Final = {
    Way.TERMS: later("Terms accepted"),
    Way.VOUCHER: later("Voucher"),
    Way.EMAIL: later("E-mail"),
    Way.SMS: later("Text message"),
    Way.CARD: later("Library card"),
    Way.SPONSOR: later("Sponsor"),
    Way.OIDC: later("Account elsewhere"),
}
_SPENT: Final = {
    "DAY_TIME": later("Today’s time is used up"),
    "DAY_DATA": later("Today’s data is used up"),
    "MONTH_DATA": later("This month’s data is used up"),
}
_WHY: Final = {
    KICKED: later("staff ended it"),
    grants.REPLACED: later("the device signed in otherwise"),
    batches.REVOKED: later("the voucher was taken back"),
}
_BARS: Final = {
    Bar.NO_CODE: later("No code is waited for. The guest asks for one on the sign-in page."),
    Bar.CONFIRMED: later("The code was typed already: no other is needed."),
    Bar.NOBODY_SENDS: later("Nobody here sends such messages: the settings name no server for them."),
    Bar.WAIT: later("One was sent a moment ago. The next can be sent at %(at)s."),
    Bar.ENOUGH: later("As many were sent to this guest as may be, so that nobody is flooded. The next can be sent from %(at)s on."),
    Bar.OVER: later("The stay is over. The guest opens any page and signs in anew."),
    Bar.SPENT: later("It is not time that is missing: what the plan allows is used up. A voucher of another plan helps."),
    Bar.UNPROVEN: later("The guest has yet to type the code. Send another one, or print a voucher."),
    Bar.NOTHING: later("There is nothing to lift: no wrong tries are counted."),
}


class Shown(NamedTuple):
    """How a guest stands, in words: a badge, a sentence, and what to do."""

    tone: str
    title: Any
    said: Any = ""
    todo: Any = ""


class Contact(NamedTuple):
    """Whom we write to: in part, or until then in whole."""

    said: str
    until: datetime | None = None
    whole: bool = False  # nothing is masked: there is nothing more


def world() -> Helping:
    """Whoever helps needs the network: before it is read, the page that says so."""
    found: Helping | None = desk().tools["guests"]()
    if found is None:
        abort(503)
    return found


def contact(session: Session, of: Account | Challenge | None) -> Contact | None:
    """Of an account, or of where a code was sent; None where nobody is known."""
    if of is None:
        return None
    until = reveal.asked(session, of.__tablename__, of.id)
    whole = isinstance(of, Account) and of.way is Way.VOUCHER  # the end of the code: all that is kept
    return Contact(_whole(of) if until is not None or whole else masked(of), until, whole)


def masked(of: Account | Challenge) -> str:
    """Enough for its owner to know it again, and for nobody to write to it."""
    said = _whole(of)
    return said if isinstance(of, Account) and of.way is Way.VOUCHER else addresses.masked(said)


def _whole(of: Account | Challenge) -> str:
    try:
        return dossier.contact(desk().privacy, of) if isinstance(of, Account) else challenges.contact(desk().privacy, of)
    except SealError:
        return str(_("cannot be opened: its key is away"))


def uncover(session: Session, of: Account | Challenge, said: str) -> None:
    """Write down who asks for the whole contact, and why. The contact itself is under the account's own key there."""
    known = {"contact": dossier.contact(desk().privacy, of)} if isinstance(of, Account) else {}
    record(session, world(), actor(), reveal.ACTION, of, g.now, reason=said, personal=known)


def reasonless(where: str) -> ResponseReturnValue:
    """Nothing is revealed without a reason."""
    return page("reasonless.html", 422, where=where, least=reveal.LEAST)


def barred(why: Barred) -> str:
    """Why not, and what to do instead."""
    words_ = _BARS[why.why]
    return str(words_) % {"at": when(why.at)} if why.at is not None else str(words_).partition(" %(at)s")[0].rstrip(".") + "."


def shown(guest: Guest) -> Shown:
    """How a guest stands, for somebody on the telephone."""
    made = _alive(guest) or _waiting(guest) or _voucher(guest) or _over(guest)
    return made or Shown("quiet", _("Nothing is under way"), _("No stay, and no code that is waited for."), _again())


def _alive(guest: Guest) -> Shown | None:
    until = when(guest.until)
    match guest.stand:
        case Stand.ONLINE:
            idle = _("No gateway tells of an open connection just now: the device may be out of reach.") if not guest.open else ""
            return Shown("good", _("Online until %(time)s", time=until), idle)
        case Stand.CONNECTING:
            return Shown("warn", _("Being let in"), _("The gateway was asked, and has not answered yet."))
        case Stand.FAILED:
            said = _("The gateway was asked to let the guest in, and did not.")
            return Shown("bad", _("Not let in"), said, _("It is not the guest’s fault: try once more, then look at the gateway."))
        case Stand.PROVISIONAL:
            said = _("Online for some minutes only, in which to type the code that was sent.")
            return Shown("warn", _("Provisional until %(time)s", time=until), said, _("Is the mail in the spam folder? Else send another."))
    return None


def _waiting(guest: Guest) -> Shown | None:
    until = when(guest.until)
    match guest.stand:
        case Stand.WAITS:
            return Shown(
                "warn",
                _("Waits for a code"),
                _("It was sent, and is good until %(time)s.", time=until),
                _("Send another if it did not come."),
            )
        case Stand.SPONSOR:
            return Shown("warn", _("Waits for a sponsor"), _("The question is open until %(time)s.", time=until))
        case Stand.BLOCKED if guest.dead:
            said = _("%(num)s wrong codes were typed: that code does not work until %(time)s.", num=challenges.TRIES, time=until)
            return Shown("bad", _("Blocked after wrong codes"), said, _("Send another code, or unblock to let the guest type it again."))
        case Stand.BLOCKED:
            said = _("The next try is taken at %(time)s.", time=until)
            return Shown("bad", _("Blocked after wrong codes"), said, _("Unblock, and have the code read aloud letter by letter."))
    return None


def _voucher(guest: Guest) -> Shown | None:
    until = when(guest.until)
    match guest.stand:
        case Stand.UNUSED:
            return Shown(
                "good",
                _("A voucher that nobody has used"),
                _("Good until %(time)s.", time=until),
                _("The guest types it on the sign-in page."),
            )
        case Stand.TOO_LATE:
            return Shown(
                "bad", _("Too late to begin with this code"), _("It was good until %(time)s.", time=until), _("Print another one.")
            )
        case Stand.TAKEN_BACK:
            return Shown("bad", _("This code was taken back"), _("%(time)s, by staff.", time=until), _("Print another one."))
    return None


def _over(guest: Guest) -> Shown | None:
    until = when(guest.until)
    match guest.stand:
        case Stand.SPENT:
            more = _("There is more from %(time)s on.", time=until) if guest.until is not None else ""
            return Shown("warn", _SPENT.get(guest.why, guest.why), more, _("A voucher of another plan helps until then."))
        case Stand.ENDED:
            return Shown("quiet", _("Ended: the time is over"), _("Since %(time)s.", time=until), _again())
        case Stand.SIGNED_OUT:
            return Shown("quiet", _("Signed out by the guest"), _("At %(time)s.", time=until), _again())
        case Stand.DENIED:
            said = _("Whoever reads messages at this address said that it was not them.")
            return Shown("bad", _("Ended"), said, _("The guest signs in with an address of their own."))
        case Stand.STOPPED if guest.grant is not None and guest.grant.revoked_at is None:
            said = _("The plan %(plan)s is not offered any more, and allows nothing.", plan=guest.grant.plan)
            return Shown("bad", _("Ended by staff or a rule"), said, _again())
        case Stand.STOPPED:
            said = _("At %(time)s: %(why)s.", time=until, why=_WHY.get(guest.why, guest.why) or _("nobody said why"))
            return Shown("bad", _("Ended by staff or a rule"), said, _again())
    return None


def _again() -> Any:
    return _("The guest joins the Wi-Fi, opens any page, and signs in.")


def left(guest: Guest) -> list[tuple[Any, str]]:
    """What the plan has left, as facts."""
    if guest.plan is None or not (guest.alive or guest.stand is Stand.SPENT):
        return []
    found = [(_("Time left"), words.time_left(guest.left.seconds))] if guest.left.seconds is not None else []
    if guest.left.octets is not None:
        found.append((_("Data left"), words.amount(guest.left.octets)))
    used = f"{words.time_left(guest.used.day_seconds)}, {words.amount(guest.used.day_octets)}"
    return [*found, (_("Used today"), used)]
