"""Staff: who works here and as what; added by a link that is shown once, given another role, disabled, signed out.

Each change asks for a fresh proof of who makes it, and is in the audit log. Nobody is deleted: the audit log names them.
Never shows a link twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, g, redirect, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import and_, func, or_, select

from portal.admin import entries, roles
from portal.admin.desk import desk
from portal.admin.guard import audited, needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.cases import addresses
from portal.permissions import OF_SHOPS, OF_STAFF, Permission, may
from store import factors, shops, staff_roles, staff_sessions
from store import staff as people
from store.models import Passkey, Role, Source, Staff, StaffSession, Step
from store.staff_roles import Stays

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flask.typing import ResponseReturnValue
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

blueprint = Blueprint("people", __name__, url_prefix="/staff")
OFFERED: Final = tuple(role for role in Role if role in OF_STAFF)  # the others are the shops' people (portal/admin/businesses.py)
LONGEST: Final = 254  # characters of a name, or an address; one more is read, so that none is cut to another
SHOWN: Final = 200  # of how others see them
STATES: Final = {"active": later("can sign in"), "invited": later("invited"), "disabled": later("disabled")}
SOURCES: Final = {"local": later("password of ours"), "directory": later("the city’s directory"), "oidc": later("the city’s sign-in")}
_STAYS: Final = {
    Stays.OWN: later("Nobody changes what they are themselves: ask another city admin."),
    Stays.LAST: later("They are the last city admin who can sign in. Make somebody else one first."),
    Stays.ELSEWHERE: later("Their role comes from the groups that the settings name, and is read again at each sign-in."),
}


class Row(NamedTuple):
    """Somebody in the list."""

    staff: Staff
    factors: int  # second factors
    browsers: int  # where they are signed in

    @property
    def state(self) -> str:
        if self.staff.disabled_at is not None:
            return "disabled"
        ready = self.staff.source is not Source.LOCAL or bool(self.staff.password) or self.factors > 0
        return "active" if ready else "invited"


def dressed(session: Session, staff: Sequence[Staff]) -> list[Row]:
    """With their second factors and browsers: two statements for however many."""
    names = [each.id for each in staff]

    def counted(model: type[Passkey | StaffSession], *more: ColumnElement[bool]) -> Mapping[str, int]:
        query = select(model.staff_id, func.count()).where(model.staff_id.in_(names), *more).group_by(model.staff_id)
        return dict(session.execute(query).all())

    keys = counted(Passkey)
    browsers = counted(StaffSession, StaffSession.step == Step.WHOLE, StaffSession.ends_at > g.now)
    return [Row(each, keys.get(each.id, 0) + (each.totp is not None), browsers.get(each.id, 0)) for each in staff]


def _in_state(value: str) -> ColumnElement[bool]:
    proof = or_(Staff.source != Source.LOCAL, Staff.password != "", Staff.totp.is_not(None), Staff.id.in_(select(Passkey.staff_id)))
    here = Staff.disabled_at.is_(None)
    return {"disabled": Staff.disabled_at.is_not(None), "active": and_(here, proof), "invited": and_(here, ~proof)}[value]


COLUMNS: Final = (
    Column("name", later("Name"), lambda row: row.staff.name),
    Column("shown", later("Shown as"), lambda row: row.staff.shown),
    Column("role", later("Role"), lambda row: row.staff.role.value),
    Column("source", later("Known by"), lambda row: row.staff.source.value),
    Column("state", later("State"), lambda row: row.state),
    Column("second_factors", later("Second factors"), lambda row: row.factors),
    Column("seen_at", later("Last signed in"), lambda row: row.staff.seen_at),
)
FILTERS: Final = (
    Filter("q", later("Begins with"), lambda value: Staff.name.startswith(value.lower(), autoescape=True), hint=later("name")),
    Filter("role", later("Role"), lambda value: Staff.role == Role(value), {role.value: roles.ROLES[role] for role in OFFERED}),
    Filter("state", later("State"), _in_state, STATES),
)
EVERYONE: Final = List(select(Staff).where(Staff.role.in_(OFFERED)), (Staff.name,), COLUMNS, FILTERS, dress=dressed)


@blueprint.get("")
@needs(Permission.STAFF)
def index() -> Any:
    """Everybody who works here, or did."""
    return table(EVERYONE, "people.html", "staff", **_words())


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.STAFF_ACT, fresh=True)
def new() -> ResponseReturnValue:
    """One more; then their link, once."""
    if request.method == "GET":
        return page("people_new.html", typed={}, wrong="", nowhere="", **_words())
    typed = {key: request.form.get(key, "").strip()[: LONGEST + 1] for key in ("name", "shown", "email", "becomes")}
    role, address = _role(typed["becomes"]), addresses.email(typed["email"])
    if typed["email"] and not address:
        nowhere = _("That is no e-mail address that we can write to.")
        return page("people_new.html", 422, typed=typed, wrong="", nowhere=nowhere, **_words())
    try:
        with desk().writing() as session:
            staff, secret = people.invite(session, typed["name"], role, g.now, shown=typed["shown"][:SHOWN], email=address)
            audited(session, "add", "staff", staff.name, fields={"role": (None, role.value), "link": (None, "made")})
    except people.UnfitNameError:
        return page("people_new.html", 422, typed=typed, wrong=_unfit(typed["name"]), nowhere="", **_words())
    return _link(staff, secret)


def _unfit(name: str) -> Any:
    if people.canonical(name):
        return _("Somebody has this name already.")
    return _("A name has 2 to 64 of a-z, 0-9 and . _ @ + -, and begins with a letter or a digit; or it is an e-mail address.")


@blueprint.get("/of/<path:name>")
@needs(Permission.STAFF)
def show(name: str) -> ResponseReturnValue:
    """Somebody, and where they are signed in; who works for a shop is on the shop's page."""
    with desk().reading() as session:
        found = people.named(session, name)
        theirs = shops.all_of(session, found.id) if found is not None and found.role in OF_SHOPS else ()
    return redirect(f"/businesses/{theirs[0].slug}", 303) if theirs else _shown(name)


def _shown(name: str, wrong: Any = "", status: int = 200) -> ResponseReturnValue:
    with desk().reading() as session:
        (row,) = dressed(session, [_found(session, name)])
        browsers = [each for each in staff_sessions.of(session, row.staff.id) if each.step is Step.WHOLE and each.ends_at > g.now]
    return page("people_one.html", status, row=row, browsers=browsers, wrong=wrong, own=row.staff.id == g.staff.id, **_words())


@blueprint.post("/of/<path:name>/role")
@needs(Permission.STAFF_ACT, fresh=True)
def change_role(name: str) -> ResponseReturnValue:
    """Another role."""
    role = _role(request.form.get("becomes", ""))

    def make(session: Session, staff: Staff) -> Stays | None:
        before = staff.role
        why = staff_roles.change(session, staff, role, g.staff.id)
        if why is None and before is not role:
            audited(session, "role", "staff", staff.name, fields={"role": (before.value, role.value)})
        return why

    return _done(name, make, _("The role was changed; it counts from now on."))


@blueprint.post("/of/<path:name>/disable")
@needs(Permission.STAFF_ACT, fresh=True)
def disable(name: str) -> ResponseReturnValue:
    """They may not work here any more."""

    def make(session: Session, staff: Staff) -> Stays | None:
        why = staff_roles.disable(session, staff, g.staff.id, g.now)
        if why is None:
            audited(session, "disable", "staff", staff.name)
        return why

    return _done(name, make, _("They are signed out everywhere, and cannot sign in."))


@blueprint.post("/of/<path:name>/enable")
@needs(Permission.STAFF_ACT, fresh=True)
def enable(name: str) -> ResponseReturnValue:
    """They may again."""

    def make(session: Session, staff: Staff) -> None:
        people.enable(staff)
        audited(session, "enable", "staff", staff.name)

    return _done(name, make, _("They can sign in as before."))


@blueprint.post("/of/<path:name>/sign-out")
@needs(Permission.STAFF_ACT, fresh=True)
def sign_out(name: str) -> ResponseReturnValue:
    """Every browser of theirs is nobody's; this one stays, where it is one's own."""

    def make(session: Session, staff: Staff) -> None:
        staff_sessions.end_all(session, staff.id, bytes(g.session.digest))
        audited(session, "sign-out", "staff", staff.name, fields={"browsers": (None, "all")})

    return _done(name, make, _("They are signed out everywhere."))


@blueprint.post("/of/<path:name>/link")
@needs(Permission.STAFF_ACT, fresh=True)
def link(name: str) -> ResponseReturnValue:
    """A new link, for whoever lost password or second factor."""
    with desk().writing() as session:
        staff = _found(session, name)
        if staff.id == g.staff.id or staff.disabled_at is not None or staff.source is not Source.LOCAL:
            abort(409)
        secret = people.link(session, staff, g.now)
        audited(session, "link", "staff", staff.name)
    return _link(staff, secret)


@blueprint.post("/of/<path:name>/second-factor")
@needs(Permission.STAFF_ACT, fresh=True)
def forget_factors(name: str) -> ResponseReturnValue:
    """Of somebody for whom others vouch, and who lost theirs: the next sign-in sets up another."""
    with desk().writing() as session:
        staff = _found(session, name)
        if staff.id == g.staff.id or staff.source is Source.LOCAL:
            abort(409)
        factors.wipe(session, staff)
        staff_sessions.end_all(session, staff.id)
        audited(session, "change", "staff", staff.name, fields={"second factor": ("set", None)})
    return entries.done(entries.at("/staff/of", name), _("Their next sign-in sets up another second factor."))


@blueprint.get("/roles")
@needs(Permission.STAFF)
def table_of_roles() -> ResponseReturnValue:
    """Who may do what."""
    return page("roles.html", permissions=list(Permission), offered=list(Role), allowed=may, **_words())


def _done(name: str, make: Callable[[Session, Staff], Stays | None], words: str) -> ResponseReturnValue:
    """In one transaction; then their page, with what was done or why not."""
    with desk().writing() as session:
        why = make(session, _found(session, name))
    if why is not None:
        return _shown(name, _STAYS[why], 409)
    return entries.done(entries.at("/staff/of", name), words)


def _found(session: Session, name: str) -> Staff:
    found = people.named(session, name)
    if found is None or found.role not in OF_STAFF:
        abort(404)
    return found


def _role(said: str) -> Role:
    """One that has something to do here."""
    found = {role.value: role for role in OFFERED}.get(said)
    if found is None:
        abort(400)
    return found


def _link(staff: Staff, secret: str) -> ResponseReturnValue:
    hours = round(people.LASTS.total_seconds() / 3600)
    return page("people_link.html", who=staff, link=f"{desk().office.url}/setup/{secret}", hours=hours)


def _words() -> dict[str, Any]:
    return {"roles": roles.ROLES, "says": roles.PERMISSIONS, "states": STATES, "sources": SOURCES, "choices": OFFERED}
