"""“Test this home”: a real login through the running controller, told as a story.

The road decides where it goes, as it does for guests: an identity of another home's realm is refused here. Never keeps the
password, nor in the audit log whose identity it was.
"""

from __future__ import annotations

from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _

from portal.admin import entries
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.homes import shown
from portal.pace import Rate
from portal.permissions import Permission
from store.models import Home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("home_tests", __name__)
AT_ONCE: Final = 2  # each holds one of the app's threads until the home has answered, 40 seconds at most
_PLACES: Final = BoundedSemaphore(AT_ONCE)
OFTEN: Final = Rate(30, 600.0)  # whoever may test a home may not guess somebody's password with it
LONGEST: Final = 253  # characters of an identity, and one more: the road refuses it, and what is judged is what is asked


class Story(NamedTuple):
    """What happened: lines in order, the verdict, and what it means."""

    lines: tuple[str, ...]
    verdict: str
    kind: str  # good, warn, bad
    means: str


@blueprint.get("/homes/<path:name>/test")
@needs(Permission.NETWORK)
def again(name: str) -> ResponseReturnValue:
    """The page whose numbers are fetched again while a story is read: the home's own."""
    return shown(name)


@blueprint.post("/homes/<path:name>/test")
@needs(Permission.NETWORK_ACT)
def ask(name: str) -> ResponseReturnValue:
    """Ask it, and tell."""
    asked = {key: request.form.get(key, "").strip()[: LONGEST + 1] for key in ("identity", "client")} | {
        "chap": request.form.get("method") == "chap"
    }
    password = request.form.get("password", "")
    answer = attempt(name, str(asked["identity"]), password, str(asked["client"]), chap=bool(asked["chap"]))
    if answer.get("error") == "client":
        return shown(name, asked=asked, story=_unasked(_("There is no gateway of that name.")))
    if "verdict" not in answer and not answer.get("error"):
        return shown(name, asked=asked, story=_unasked(_elsewhere(answer)))
    return shown(name, asked=asked, story=told(answer, name))


def attempt(name: str, identity: str, password: str, client: str, *, chap: bool) -> dict[str, Any]:
    """The controller's answer, with its `verdict`; where it goes instead, where that is not this home; or `error`: why nothing was sent."""
    with desk().reading() as session:
        entries.find(session, "home", Home, name)
        route: dict[str, Any] = desk().tools["route"](session, identity, client)
    if route.get("error") or name not in route["homes"]:
        return route
    if not desk().rates.take(f"home test {g.staff.id}", OFTEN, g.now.timestamp()):
        abort(429)
    if not _PLACES.acquire(blocking=False):
        abort(429)
    try:
        answer: dict[str, Any] = desk().tools["ask"](identity, password, client, chap=chap)
    finally:
        _PLACES.release()
    with desk().writing() as session:
        audited(session, "test", "home", name)
    return answer


def _unasked(why: str) -> Story:
    return Story((), _("Nothing was sent"), "warn", why)


def _elsewhere(route: dict[str, Any]) -> str:
    realm = route["realm"] or _("(no realm)")
    if route["homes"]:
        return str(
            _("%(realm)s goes to %(homes)s by %(rule)s, not here.", realm=realm, homes=", ".join(route["homes"]), rule=route["rule"])
        )
    return str(_("%(realm)s goes nowhere: %(rule)s.", realm=realm, rule=route["rule"]))


def told(answer: dict[str, Any], name: str) -> Story:
    """The controller's answer as a story."""
    if answer.get("error"):
        return Story((), _("Nothing was sent"), "bad", answer["error"])
    verdict, kind, means = _verdict(answer, name)
    return Story(tuple(_lines(answer)), verdict, kind, means)


def _lines(answer: dict[str, Any]) -> Iterator[str]:
    if answer["rule"]:
        yield _("Realm %(realm)s, by %(rule)s", realm=answer["realm"] or _("(no realm)"), rule=answer["rule"])
    for number, home in enumerate(answer["attempts"]):
        yield _("Sent to %(home)s", home=home) if number == 0 else _("It was silent: moved to %(home)s", home=home)
    if answer["said"]:
        yield _("The answer says: “%(words)s”", words=answer["said"])


def _verdict(answer: dict[str, Any], name: str) -> tuple[str, str, str]:
    home, milliseconds = answer["home"] or name, round(answer["milliseconds"])
    match answer["verdict"]:
        case "accept":
            said = _("Access-Accept from %(home)s in %(time)s ms", home=home, time=milliseconds)
            return said, "good", _("The road, the secret and the account are right.")
        case "reject" if not answer["reason"]:
            said = _("Access-Reject from %(home)s in %(time)s ms", home=home, time=milliseconds)
            means = _("Road and secret are right: it answered. It takes no such password, or only EAP, as most universities do.")
            return said, "warn", means
        case "reject":
            return (
                _("Access-Reject by us: %(reason)s", reason=answer["reason"]),
                "bad",
                _("The home was not asked, or did not answer in time."),
            )
        case "challenge":
            said = _("Access-Challenge from %(home)s", home=home)
            return said, "good", _("Road and secret are right: it wants another round, which this test cannot give.")
    means = _("Is its address right, does a firewall let us through, is our address known there? A wrong secret is met with silence, too.")
    return _("No answer: %(reason)s", reason=answer["reason"] or _("nothing came")), "bad", means
