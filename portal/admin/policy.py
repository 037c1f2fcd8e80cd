"""Policy: the rules that attributes meet on the way, in order; those that come with the program first, read-only until replaced.

What a rule would do is tried on a sample packet by the road's own code. Never judges a rule itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, abort, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from sqlalchemy import select

from portal.admin import entries, policy_fields, policy_trial
from portal.admin.desk import desk
from portal.admin.guard import needs
from portal.admin.lists import Column, Filter, List
from portal.admin.page import page
from portal.admin.tables import table
from portal.permissions import Permission
from store.models import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask.typing import ResponseReturnValue

    from portal.admin.desk import Wrong

blueprint = Blueprint("policy", __name__)
_SAID: Final = 4  # attributes that a line names, before "and so many more"


class Row(NamedTuple):
    """A rule in the list: whom it is for and what it does, in words."""

    rule: Any  # a row, or a built-in rule's entry
    whom: Sequence[tuple[Any, str]]
    does: Sequence[tuple[Any, str]]


def _row(rule: Any) -> Row:
    of = rule.get if isinstance(rule, dict) else lambda key: getattr(rule, key)
    return Row(rule, tuple(_whom(of)), tuple(_does(of)))


def _whom(of: Any) -> Iterator[tuple[Any, str]]:
    if codes := of("codes"):
        yield later("Packets"), ", ".join(codes)
    for key, title in (("realm", later("Realm")), ("site", later("Site")), ("client", later("Gateway")), ("home", later("Home"))):
        if value := of(key):
            yield title, value
    if of("foreign"):
        yield later("Homes"), _("somebody else’s")


def _does(of: Any) -> Iterator[tuple[Any, str]]:
    for key, title in (
        ("refuse", later("Refuses")),
        ("remove", later("Removes")),
        ("clamp", later("Keeps within")),
        ("add", later("Adds")),
        ("set", later("Sets")),
    ):
        value = of(key)
        if isinstance(value, dict) and value:
            yield title, _short(policy_fields.text(value, bounds=key == "clamp").split("\n"))
        elif value:
            yield title, _short(value)


def _short(said: Sequence[str]) -> str:
    more = len(said) - _SAID
    words = ", ".join(said[:_SAID])
    return words if more <= 1 else _("%(names)s and %(number)s more", names=words, number=more)


COLUMNS: Final = (
    Column("name", later("Name"), lambda row: row.rule.name),
    Column("direction", later("Direction"), lambda row: row.rule.direction.value),
    Column("for", later("For"), lambda row: "; ".join(f"{title} {value}" for title, value in row.whom)),
    Column("does", later("Does"), lambda row: "; ".join(f"{title} {value}" for title, value in row.does)),
    Column("managed_by", later("Kept by"), lambda row: row.rule.managed_by.value),
)
LIST: Final = List(
    select(Policy),
    (Policy.position, Policy.name),
    COLUMNS,
    (
        Filter("q", later("Begins with"), lambda text: Policy.name.startswith(text, autoescape=True), hint=later("name")),
        Filter("direction", later("Direction"), lambda value: Policy.direction == value, policy_fields.DIRECTIONS),
    ),
    dress=lambda _session, rules: [_row(rule) for rule in rules],
)


@blueprint.get("/policy")
@needs(Permission.NETWORK)
def index() -> Any:
    """Every rule in order, and those that come with the program."""
    with desk().reading() as session:
        theirs = set(session.scalars(select(Policy.name).where(Policy.name.in_([rule["name"] for rule in _builtins()]))))
    built_in = [(_row(rule), rule["name"] in theirs) for rule in _builtins()]
    return table(LIST, "policy.html", "policy", built_in=built_in, directions=policy_fields.DIRECTIONS)


def _builtins() -> tuple[dict[str, Any], ...]:
    found: tuple[dict[str, Any], ...] = desk().tools["builtins"]()
    return found


@blueprint.route("/policy/new", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def new() -> ResponseReturnValue:
    """One more, the last; or what it would do to a sample, with nothing written."""
    values: Mapping[str, Any] = {}
    wrongs: list[Wrong] = []
    tried = None
    with desk().reading() as session:
        wanted = [policy_fields.NAME, *policy_fields.fields(session)]
    if request.method == "POST":
        values = policy_fields.read(wanted, request.form, {})
        if request.form.get("try"):
            tried = policy_trial.run(request.form, {**values, "name": values["name"] or _("(this one)")})
        elif not isinstance(outcome := entries.write("policy", "", values), list):
            return entries.done(entries.at("/policy", str(values["name"])), _("Added. It is in use within two seconds."), outcome)
        else:
            wrongs = outcome
    shown = policy_fields.shown(wanted, values, wrongs, new=request.method == "GET")
    codes, sample = policy_trial.CODES, request.form
    return page("rule_new.html", 422 if wrongs else 200, shown=shown, codes=codes, tried=tried, sample=sample)


@blueprint.post("/policy/replace")
@needs(Permission.NETWORK_ACT)
def replace() -> ResponseReturnValue:
    """A built-in rule's copy, first in the list, that takes its place: to be changed."""
    rule = next((each for each in _builtins() if each["name"] == request.form.get("name")), None)
    if rule is None:
        abort(404)
    outcome = entries.write("policy", "", {**rule, "position": 0})
    if isinstance(outcome, list):
        return entries.refused("/policy", outcome)
    return entries.done(
        entries.at("/policy", rule["name"]), _("This copy stands in the place of the built-in rule. Remove it, and that is back.")
    )


@blueprint.get("/policy/<path:name>")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """What it does, and its settings."""
    return _shown(name)


@blueprint.post("/policy/<path:name>")
@needs(Permission.NETWORK_ACT)
def save(name: str) -> ResponseReturnValue:
    """Other settings; or what they would do to a sample, with nothing written."""
    with desk().reading() as session:
        entry = entries.find(session, "policy", Policy, name)
        wanted = policy_fields.fields(session)
    said = policy_fields.read(wanted, request.form, entry.values)
    if request.form.get("try"):
        return _shown(name, said, tried=policy_trial.run(request.form, {**said, "name": name}))
    outcome = entries.write("policy", name, said)
    return _shown(name, said, outcome) if isinstance(outcome, list) else entries.done(entries.at("/policy", name), _("Saved."), outcome)


def _shown(name: str, typed: Mapping[str, Any] | None = None, wrongs: Sequence[Wrong] = (), tried: Any = None) -> ResponseReturnValue:
    with desk().reading() as session:
        entry = entries.find(session, "policy", Policy, name)
        return page(
            "rule.html",
            422 if wrongs else 200,
            entry=entry,
            row=_row(entry.row),
            shown=policy_fields.shown(policy_fields.fields(session), typed or entry.values, wrongs),
            to=entries.paths("/policy", name),
            directions=policy_fields.DIRECTIONS,
            codes=policy_trial.CODES,
            replaces=name in {rule["name"] for rule in _builtins()},
            tried=tried,
            sample=request.form,
        )


@blueprint.post("/policy/<path:name>/move")
@needs(Permission.NETWORK_ACT)
def move(name: str) -> ResponseReturnValue:
    """One place up or down."""
    with desk().reading() as session:
        order = list(session.scalars(select(Policy.name).order_by(Policy.position, Policy.name)))
    if name not in order:
        abort(404)
    place = order.index(name) + (-1 if request.form.get("to") == "up" else 1)
    if not 0 <= place < len(order):
        return entries.done("/policy", _("It is there already."))
    outcome = entries.write("policy", name, {"position": place})
    return entries.refused("/policy", outcome) if isinstance(outcome, list) else entries.done("/policy", _("Moved."))


@blueprint.post("/policy/<path:name>/take-over")
@needs(Permission.NETWORK_ACT)
def take_over(name: str) -> ResponseReturnValue:
    """The app's from now on."""
    return entries.take_over("policy", name, entries.at("/policy", name))


@blueprint.route("/policy/<path:name>/remove", methods=["GET", "POST"])
@needs(Permission.NETWORK_ACT)
def remove(name: str) -> ResponseReturnValue:
    """It goes: nothing refers to a rule."""
    where = entries.at("/policy", name)
    if request.method == "POST":
        return entries.remove("policy", name, "/policy", where)
    with desk().reading() as session:
        entries.find(session, "policy", Policy, name)
    words = _("The built-in rule of this name is back then.") if name in {rule["name"] for rule in _builtins()} else ""
    return entries.removal(name, where, "/policy", (), words)
