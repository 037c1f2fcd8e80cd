"""Why somebody could not connect: for each reason and verdict what it usually is, who can mend it, and what to do.

One catalogue, for the staff's pages and for `proxeny trace`; a test demands an entry for every Reason and every language. A
sentence says no more than we saw (decisions-portal, 25): what only a home can know is the home's to say. Never a station or
a name of a person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from portal.reasons import CAUSES, N_, Cause, Fixer
from store.models import LoginVerdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.models import AuthEvent

SHOWN_A_CERTIFICATE: Final = 3  # round trips: identity, the method's start, and the answer to ClientHello, which begins the certificate
OURS: Final = {
    "(mac)": N_("by its address (MAC authentication)"),
    "(token)": N_("by the portal's one-time sign-in, which the gateway repeated"),
}
_MENDED: Final = frozenset(  # what a guest can mend at the portal
    {
        "GRANT_SPENT_DAY_DATA",
        "GRANT_SPENT_DAY_TIME",
        "GRANT_SPENT_ENDED",
        "GRANT_SPENT_MONTH_DATA",
        "NO_GRANT",
        "PLAN_GONE",
        "TOO_MANY_SESSIONS",
    }
)
_FIXERS: Final[Mapping[Fixer, str]] = {
    Fixer.PERSON: N_("the person"),
    Fixer.HOME: N_("the home institution"),
    Fixer.STAFF: N_("IT staff here"),
    Fixer.GATEWAY: N_("whoever keeps the gateway"),
    Fixer.NOBODY: N_("nobody needs to"),
}
VERDICTS: Final[Mapping[LoginVerdict, str]] = {
    LoginVerdict.ACCEPT: N_("Let in"),
    LoginVerdict.REJECT: N_("Refused by the home institution"),
    LoginVerdict.REFUSED: N_("Refused here"),
    LoginVerdict.NO_ANSWER: N_("No answer from the home institution"),
    LoginVerdict.ABANDONED: N_("Stopped midway"),
}
_REJECTED: Final = Cause(  # `what` of these two is in _counting, for it counts round trips
    "",
    (Fixer.PERSON, Fixer.HOME),
    N_("Have the password typed again; if that does not help, %(house)s's help desk is who can."),
)
_UNTRUSTED: Final = Cause(  # it said nothing: an alert of its own would be CERTIFICATE_DISTRUSTED
    N_("The device stopped after seeing %(house)s's certificate. Usually its profile does not trust it."),
    (Fixer.PERSON,),
    N_("Install the profile again. It may also have gone out of reach, or somebody closed the question."),
)
_STOPPED: Final = Cause("", (Fixer.PERSON,), N_("It may have gone out of reach, or somebody closed the question: try again."))
_SILENT: Final = CAUSES["HOME_SILENT"]
_GRANTED: Final = Cause(N_("Let in: there is a grant, and something of its plan is left."), (Fixer.NOBODY,), "")
_KNOWN: Final = Cause(N_("Let in: our directory knows this user of %(house)s with this password."), (Fixer.NOBODY,), "")
_ACCEPTED: Final = Cause(N_("%(house)s said yes."), (Fixer.NOBODY,), "")
_REFUSED: Final = Cause(N_("It was refused."), (Fixer.STAFF,), "")
_COUNTED: Final = N_("%(said)s (%(num)s in the last hour).")
TO_PORTAL: Final = N_("Sent to the portal")


class Voice(Protocol):
    """Who says it, in a language: `flask_babel` for a page, `portal.messages.texts.Texts` elsewhere."""

    def gettext(self, words: str, /, **values: object) -> str: ...

    def ngettext(self, one: str, many: str, num: int, /, **values: object) -> str: ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a login, or of packets that never became one."""

    verdict: LoginVerdict | None = None  # None: packets were dropped
    reason: str = ""
    institution: str = ""
    client: str = ""
    realm: str = ""
    rule: str = ""
    home: str = ""
    eap: bool = False
    round_trips: int = 0
    count: int = 0  # of packets in the last hour


class Told(NamedTuple):
    """In the voice's language; `todo` "" where there is nothing to do."""

    cause: str
    who: tuple[str, ...]
    todo: str
    fixers: tuple[Fixer, ...] = ()


def facts(event: AuthEvent, institutions: Mapping[str, str]) -> Facts:
    """Of one login; `institutions` by the rule that leads to them."""
    house = institutions.get(event.rule) or event.realm
    return Facts(
        event.verdict, event.reason, house, event.client, event.realm, event.rule, event.home, bool(event.eap), event.round_trips or 0
    )


def counted(of: Facts, count: int) -> Facts:
    """With the packets of the last hour."""
    return replace(of, count=count)


def led(verdict: LoginVerdict | None, reason: str, rule: str) -> bool:
    """Whether the guest came to the portal's page: by our answer's redirect, or its gateway's own after a Reject (decision 0012, 5)."""
    return verdict is LoginVerdict.REFUSED and rule == "(mac)" and reason in _MENDED


def ended(verdict: LoginVerdict, reason: str) -> LoginVerdict:
    """How it ended as people see it: a device that distrusts the home's certificate stopped by itself, whatever the home says to that."""
    return LoginVerdict.ABANDONED if reason == "CERTIFICATE_DISTRUSTED" else verdict


def headline(of: Facts, voice: Voice) -> str:
    """How it ended, in two or three words."""
    if of.verdict is None:
        return voice.gettext("Dropped")
    return voice.gettext(TO_PORTAL if led(of.verdict, of.reason, of.rule) else VERDICTS[ended(of.verdict, of.reason)])


def told(of: Facts, voice: Voice) -> Told:
    """What happened, who can mend it, what to do."""
    cause = _cause(of)
    marks = {
        "house": of.institution or voice.gettext("the home institution"),
        "client": of.client or voice.gettext("this address"),
        "realm": of.realm or voice.gettext("the realm"),
    }
    what = _filled(voice, cause.what, marks) if cause.what else _counting(voice, cause, of.round_trips, marks["house"])
    if of.verdict is LoginVerdict.ACCEPT and of.reason:
        what = f"{_filled(voice, _ACCEPTED.what, marks)} {what}"
    if of.count:
        what = voice.gettext(_COUNTED, said=what.rstrip("."), num=of.count)
    if not of.client:
        what = _begun(what)  # "this address ..."
    first, *others = (voice.gettext(_FIXERS[who]) for who in cause.who)
    return Told(what, (_begun(first), *others), _filled(voice, cause.todo, marks), cause.who)


def _counting(voice: Voice, cause: Cause, trips: int, house: str) -> str:
    if cause is _REJECTED:
        return voice.ngettext(
            "%(house)s said no after %(num)s round trip. Usually a mistyped or changed password; only %(house)s can see which.",
            "%(house)s said no after %(num)s round trips. Usually a mistyped or changed password; only %(house)s can see which.",
            trips,
            house=house,
        )
    return voice.ngettext(
        "The device stopped answering after %(num)s round trip.", "The device stopped answering after %(num)s round trips.", trips
    )


def _begun(words: str) -> str:
    """As a sentence begins."""
    return words[:1].upper() + words[1:]


def _filled(voice: Voice, words: str, marks: Mapping[str, object]) -> str:
    if not words:
        return ""
    return voice.gettext(words, **{name: value for name, value in marks.items() if f"%({name})" in words})


def _cause(of: Facts) -> Cause:
    """The catalogue's entry for these facts."""
    match of.verdict:
        case LoginVerdict.REJECT if not of.reason:
            return _REJECTED
        case LoginVerdict.ABANDONED if not of.reason:
            return _UNTRUSTED if of.eap and of.round_trips >= SHOWN_A_CERTIFICATE else _STOPPED
        case LoginVerdict.NO_ANSWER if not of.reason:
            return _SILENT
        case LoginVerdict.ACCEPT if not of.reason:
            return _GRANTED if of.rule in OURS else _ACCEPTED if of.home else _KNOWN
    if of.reason in CAUSES:
        return CAUSES[of.reason]
    # another version's: it stands for itself
    return Cause(of.reason.replace("%", "") + ".", (Fixer.STAFF,), "") if of.reason else _REFUSED
