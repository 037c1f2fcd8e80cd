"""What every way into the staff app shares: tries counted before they are looked at, sessions begun, all of it audited.

A way in says who it is and how they proved it; here it is decided how far that takes them. Without a second factor nobody
is signed in, unless this is the demo. Failures are audited with the name only if it is somebody's: people type their
passwords into the wrong field.

Never says, by words, time or status, whether a name is somebody's.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flask import g, redirect, request

from portal.admin import guard
from portal.admin.desk import desk
from portal.cases import addresses
from portal.pace import Rate
from portal.rates import address
from store import audit, factors, guesses, staff_sessions
from store.models import Staff, StaffSession, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flask import Response
    from sqlalchemy.orm import Session

NAME, SECOND = "staff name", "staff second"  # what is counted: tries at a password, at a second factor
ADDRESS: Final = "staff address"
NEAR: Final = 20  # free tries of one address: an office behind one router
ASKED: Final = Rate(60, 60.0)  # forms of the way in from one address
STRANGERS: Final = Rate(60, 3_600.0)  # audit entries about names that nobody has, of one process
KNOWN: Final = 365 * 86_400  # seconds that a browser is known after somebody was signed in there
LONGEST: Final = 254  # characters of a name or an address that are looked at
SOMEBODY: Final = "somebody"  # the actor of an entry about whoever could not prove who they are


def counted(kind: str, name: str) -> datetime | None:
    """Count one try at somebody of this name, and of this address; the moment before which none is looked at, or None.

    In a browser where they were signed in before only that browser's own tries count: no stranger keeps them waiting there.
    """
    near, own = _counts(kind, name)
    with desk().writing() as session:
        tries = {own: guesses.tried(session, own, g.now, delays=guesses.STAFF)}
        if near:
            tries[near] = guesses.tried(session, near, g.now, free=NEAR, delays=guesses.STAFF)
        waits = [each.wait for each in tries.values() if each.wait is not None]
        for which, each in tries.items():
            if waits and each.wait is None:  # what is not looked at was no try at the other
                guesses.forgive(session, which)
    for which, each in tries.items():
        if each.top and not waits:
            whose = "an address" if which == near else "an account"
            desk().said("guessing", {"what": "staff", "whose": whose, "tries": each.times, "number": g.number})
    return max(waits, default=None)


def forgiven(session: Session, kind: str, name: str) -> None:
    """It was no guess: the account's count is spent with it, the address's is as it was before."""
    near, own = _counts(kind, name)
    guesses.forget(session, own)
    if near:
        guesses.forgive(session, near, g.now)


def _counts(kind: str, name: str) -> tuple[str, str]:
    """What a try is counted by: the address, "" where the browser is known; and the account, or that browser's."""
    privacy, nonce = desk().privacy, known(name)
    near = "" if nonce else guesses.named(privacy, ADDRESS, address().encode())
    apart = "" if desk().office.second else f"\0{desk().office.cookie}"  # whoever reaches the shops' pages keeps no staff waiting at theirs
    return near, guesses.named(privacy, kind, f"{name}\0{nonce}{apart}".encode())


def known(name: str) -> str:
    """The mark that this browser got when somebody of this name was signed in there; "" where it has none."""
    nonce, _, said = request.cookies.get(_mark(), "").partition(".")
    return nonce if said and hmac.compare_digest(said.encode(), _vouched(nonce, name).encode()) else ""


def _vouched(nonce: str, name: str) -> str:
    return hmac.new(desk().privacy.account_key, f"known\0{nonce}\0{name}".encode(), hashlib.sha256).hexdigest()[:32]


def _mark() -> str:
    return f"{guard.cookie_name()}-known"


def remember(answer: Response, name: str) -> Response:
    """Mark this browser as one where somebody of this name was signed in: it opens nothing."""
    nonce = desk().entropy(16).hex()
    value, secure = f"{nonce}.{_vouched(nonce, name)}", desk().office.secure
    answer.set_cookie(_mark(), value, max_age=KNOWN, secure=secure, httponly=True, samesite="Lax", path="/")
    return answer


def typed_name(said: str) -> str:
    """What was typed where a name or an address is asked for, as people are known by it: a domain in the letters of names (xn--…)."""
    plain = said[:LONGEST].strip().lower()
    return addresses.identity(addresses.email(plain)) or plain


def asked_too_often() -> bool:
    """Whether this address sends more of such forms than people can; passkeys have room of their own."""
    return not desk().rates.take(f"{request.endpoint} {address()}", ASKED, g.now.timestamp())


def able(staff: Staff | None) -> Staff | None:
    """Whoever may work here: not disabled, and with a role that these pages are for."""
    return staff if staff is not None and staff.disabled_at is None and staff.role in desk().office.roles else None


def next_step(session: Session, staff: Staff) -> Step:
    """How far a right password takes them, or the word of whoever vouches for them."""
    if factors.of(session, staff).any:
        return Step.SECOND
    return Step.WHOLE if desk().office.demo or not desk().office.second else Step.SETUP


def admit(session: Session, staff: Staff, step: Step, how: str) -> str:
    """A session at this step in place of the one that this browser had; what the cookie is to hold."""
    if g.session is not None:
        staff_sessions.end(session, g.session.staff_id, g.session.id)
    cookie = staff_sessions.begin(session, staff, step, browser(request.user_agent.string), desk().office.limits, g.now)
    row = session.get_one(StaffSession, staff_sessions.digest(cookie))
    if step is Step.WHOLE:
        g.entered = staff.name
        note(session, staff.name, staff.name, "sign-in", {"by": how}, row.id)
    return cookie


def refused(staff: Staff | None, how: str) -> None:
    """Write down that somebody could not prove who they are."""
    g.why = f"refused: {how}"
    with desk().writing() as session:
        if staff is not None or desk().rates.take("strangers", STRANGERS, g.now.timestamp()):
            note(session, SOMEBODY, staff.name if staff is not None else "", "sign-in refused", {"by": how})
        else:
            guesses.counted(session, guesses.named(desk().privacy, "staff strangers", b""), g.now)  # a transaction, too: time tells nothing


def note(session: Session, actor: str, name: str, action: str, said: Mapping[str, str], source: str = "") -> None:
    """An audit entry about somebody's way in."""
    act = audit.Act(actor, action, "staff", name, {key: (None, value) for key, value in said.items()}, source=source)
    audit.record(session, desk().privacy, act, g.now)


def go(cookie: str, step: Step, wanted: str = "") -> Response:
    """To the page of this step, with its cookie."""
    onward = guard.onward(wanted or "/")
    where = {Step.WHOLE: onward, Step.SECOND: "/sign-in/second", Step.SETUP: "/setup"}[step]
    if step is Step.SECOND and onward != "/":
        where += f"?next={quote(onward, safe='')}"
    answer: Response = redirect(where, 303)  # type: ignore[assignment]  # Flask's is of this class
    return let_in(answer, cookie)


def let_in(answer: Response, cookie: str) -> Response:
    """The browser holds its session from here on; and is known again, once somebody was signed in."""
    entered = g.get("entered", "")
    return guard.keep(remember(answer, entered) if entered else answer, cookie)


_BROWSERS: Final = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def browser(agent: str) -> str:
    """ "Firefox on Linux": for its owner to know it again; "" for what is no browser that we know."""
    name = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return " · ".join(filter(None, (name, system)))
