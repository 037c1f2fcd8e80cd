"""Webhooks: which systems are told of what, how that goes, and what one of them is told; made and changed by whoever may.

What a page does stands in portal/cases/webhooks.py, which the API calls, too. Of an address only the host is shown to those
who may not change it. Never shows a secret twice, and never what a receiver answered but its status.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, request
from flask_babel import gettext as _
from flask_babel import ngettext

from portal import hook_words
from portal.admin import entries
from portal.admin.desk import desk
from portal.admin.guard import actor, needs
from portal.admin.hook_examples import example
from portal.admin.page import page
from portal.cases import webhooks as cases
from portal.permissions import Permission
from store import hooks
from store.models import Webhook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

    from portal.cases.webhooks import Wanted, Wrong
    from store.events import EventKind

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")
LONG: Final = 2_048  # octets of an address, as it is typed


class Offer(NamedTuple):
    """An event that a webhook may ask for."""

    kind: EventKind
    title: Any
    example: str

    @property
    def group(self) -> int:
        """Those that belong together stand together, in their order."""
        return [kind.value.partition(".")[0] for kind in cases.OFFERED].index(self.kind.value.partition(".")[0])


@blueprint.get("")
@needs(Permission.WEBHOOKS)
def index() -> ResponseReturnValue:
    """All of them."""
    with desk().reading() as session:
        rows = cases.listed(session, g.now)
    return page("webhooks.html", rows=rows, place=cases.place, paused=hook_words.PAUSED, most=cases.MOST)


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.WEBHOOKS_ACT, fresh=True)
def new() -> ResponseReturnValue:
    """One more; then its secret, once."""
    if request.method == "GET":
        return _form(None, cases.Wanted("", "", ()))
    said = _typed()
    if wrong := cases.wrongs(desk(), said):
        return _form(None, said, wrong)
    with desk().writing() as session:
        made = cases.make(session, desk(), said, actor(), g.now)
    return _form(None, said, made) if isinstance(made, list) else _secret(*made, rotated=False)


@blueprint.route("/<name>/edit", methods=["GET", "POST"])
@needs(Permission.WEBHOOKS_ACT, fresh=True)
def edit(name: str) -> ResponseReturnValue:
    """Another name, address, or choice of events."""
    with desk().reading() as session:
        hook = found(session, name)
    if request.method == "GET":
        return _form(hook, cases.Wanted(hook.name, hook.url, tuple(hook.events)))
    said = _typed()
    if wrong := cases.wrongs(desk(), said):
        return _form(hook, said, wrong)
    with desk().writing() as session:
        wrong = cases.change(session, desk(), found(session, name), said, actor(), g.now)
    return _form(hook, said, wrong) if wrong else entries.done(f"/webhooks/{name}", _("Saved."))


def _typed() -> Wanted:
    return cases.wanted({key: request.form.get(key, "")[:LONG] for key in ("name", "url")}, request.form.getlist("event")[:50])


def _form(hook: Webhook | None, said: Wanted, wrong: Sequence[Wrong] = ()) -> ResponseReturnValue:
    told = {each.key: hook_words.WRONG[each.why] for each in wrong}
    kinds = [Offer(kind, hook_words.TITLES[kind], example(kind)) for kind in cases.OFFERED]
    return page("webhook_edit.html", 422 if wrong else 200, hook=hook, typed=said, wrong=told, kinds=kinds)


@blueprint.post("/<name>/rotate")
@needs(Permission.WEBHOOKS_ACT, fresh=True)
def rotate(name: str) -> ResponseReturnValue:
    """Another secret, shown once."""
    with desk().writing() as session:
        hook = found(session, name)
        secret = cases.rotate(session, desk(), hook, actor(), g.now)
    return _secret(hook, secret, rotated=True)


def _secret(hook: Webhook, secret: str, *, rotated: bool) -> ResponseReturnValue:
    return page("webhook_secret.html", hook=hook, secret=secret, rotated=rotated)


@blueprint.post("/<name>/pause")
@needs(Permission.WEBHOOKS_ACT)
def pause(name: str) -> ResponseReturnValue:
    """Nothing is told until it is resumed."""
    with desk().writing() as session:
        done = cases.pause(session, desk(), found(session, name), actor(), g.now)
    return entries.done(
        f"/webhooks/{name}", _("It is paused: nothing is sent, and nothing new is kept for it.") if done else _("It was paused.")
    )


@blueprint.post("/<name>/resume")
@needs(Permission.WEBHOOKS_ACT)
def resume(name: str) -> ResponseReturnValue:
    """It is told again."""
    with desk().writing() as session:
        lost = cases.resume(session, desk(), found(session, name), actor(), g.now)
    if lost:
        said = ngettext(
            "It is told again. %(num)s event that waited too long was given up.",
            "It is told again. %(num)s events that waited too long were given up.", lost,
        )  # fmt: skip
    else:
        said = _("It is told again, of what waits and of what happens from now on.") if lost is not None else _("It was not paused.")
    return entries.done(f"/webhooks/{name}", said)


@blueprint.post("/<name>/test")
@needs(Permission.WEBHOOKS_ACT)
def test(name: str) -> ResponseReturnValue:
    """A ping; then its page, which shows how it goes."""
    with desk().writing() as session:
        made = cases.test(session, desk(), found(session, name), actor(), g.now)
    if made is None:
        return entries.done(f"/webhooks/{name}", _("It is paused: resume it first."))
    return entries.done(f"/webhooks/{name}/deliveries/{made}", _("A test is on its way."))


@blueprint.post("/<name>/replay")
@needs(Permission.WEBHOOKS_ACT)
def replay_failed(name: str) -> ResponseReturnValue:
    """What failed within a week, once more."""
    with desk().writing() as session:
        count = cases.replay_failed(session, desk(), found(session, name), actor(), g.now)
    said = (
        ngettext("%(num)s event is told once more.", "%(num)s events are told once more.", count)
        if count
        else _("Nothing is left to replay.")
    )
    return entries.done(f"/webhooks/{name}", said)


@blueprint.route("/<name>/remove", methods=["GET", "POST"])
@needs(Permission.WEBHOOKS_ACT, fresh=True)
def remove(name: str) -> ResponseReturnValue:
    """It goes, with all that is known of its deliveries."""
    with desk().reading() as session:
        hook = found(session, name)
        waiting = hooks.waits(session, name)
    if request.method == "GET":
        words: Any = ngettext("%(num)s event waits for it, and goes along.", "%(num)s events wait for it, and go along.", waiting)
        return entries.removal(hook.name, f"/webhooks/{name}", "/webhooks", (), words if waiting else "")
    with desk().writing() as session:
        cases.remove(session, desk(), found(session, name), actor(), g.now)
    return entries.done("/webhooks", _("“%(name)s” was removed.", name=hook.name))


def found(session: Session, name: str) -> Webhook:
    """The webhook of this id; where there is none, the page that says so."""
    row = session.get(Webhook, name)
    if row is None:
        abort(404)
    return row
