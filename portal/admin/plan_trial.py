"""The plan simulator: what each gateway's family makes of a plan, as it is kept or as it is typed, and what a guest meets in a day.

The reckoning is the road's own (proxeny/simulator.py by way of Desk.tools, portal/cases/plan_story.py). Never writes anything.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import Blueprint, g, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later
from flask_babel import ngettext

from portal import words
from portal.admin import entries, forms, plan_fields
from portal.admin.desk import Wrong, desk
from portal.admin.forms import Field, Kind
from portal.admin.gateways_fields import ABOUT
from portal.admin.guard import needs
from portal.admin.page import page
from portal.admin.plan_fields import FIELDS
from portal.cases import plan_story
from portal.cases.plan_story import What
from portal.cases.remainders import time_zone
from portal.permissions import Permission
from radius.nas.plan import Spent
from store.models import Plan as Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flask.typing import ResponseReturnValue

    from portal.cases.plan_story import Step, Story
    from radius.nas.plan import Plan

blueprint = Blueprint("plan_trial", __name__)
SPEED: Final = 50_000_000  # bit/s of a radio whose guests nobody slows down, for an example
VISITS: Final = (
    Field("visits", later("Visits a day"), Kind.NUMBER, default=3),
    Field("minutes", later("Minutes each"), Kind.NUMBER, default=60),
    Field("megabytes", later("MB in each, on each device"), Kind.NUMBER, default=300),
    Field("devices_used", later("Devices at a time"), Kind.NUMBER, default=1),
    Field("account", later("Signed in by name, voucher or card"), Kind.FLAG, default=True),
    Field("day", later("On this day"), hint=later("Such as 2026-03-08; clocks may change that night")),
)
_TAKES: Final = {"visits": "visits", "minutes": "minutes", "megabytes": "megabytes", "devices_used": "devices"}
TONES: Final = {What.IN: "good", What.OUT: "good", What.OVER: "warn", What.CUT: "bad", What.REFUSED: "bad", What.CROWDED: "warn"}
_SPENT: Final[Mapping[Spent, Any]] = {  # as the guests' own page has them (templates/guest/spent.html)
    Spent.DAY_TIME: later("Today’s time is used up"),
    Spent.DAY_DATA: later("Today’s data is used up"),
    Spent.MONTH_DATA: later("This month’s data is used up"),
    Spent.ENDED: later("Your time is up"),
}


class Held(NamedTuple):
    """A plan at the gateways of one family."""

    family: str
    title: str
    clients: Sequence[str]
    rows: Sequence[tuple[str, Any, Sequence[str], Any]]  # tone, who, limits, what that means
    changes: Any  # how it hears of other limits


class Moment(NamedTuple):
    """One line of the day."""

    at: Any
    tone: str
    title: Any
    text: Any


@blueprint.get("/plans/<path:name>/simulate")
@needs(Permission.NETWORK)
def show(name: str) -> ResponseReturnValue:
    """The plan as it is kept, and an ordinary day."""
    with desk().reading() as session:
        values = entries.find(session, "plan", Row, name).values
    return _shown(name, values, {})


@blueprint.post("/plans/<path:name>/simulate")
@needs(Permission.NETWORK)
def try_(name: str) -> ResponseReturnValue:
    """The plan as it is typed. `new` is one that is not kept yet."""
    typed = plan_fields.read(request.form)
    visits = forms.read(VISITS, request.form) if "visits" in request.form else {}
    return _shown(name, typed, visits)


def _shown(name: str, values: Mapping[str, Any], asked: Mapping[str, Any]) -> ResponseReturnValue:
    plan: Plan | list[tuple[str, str]] = desk().tools["plan"]({**values, "name": name})
    wrongs = [Wrong(0, key, what.rstrip(".")) for key, what in plan] if isinstance(plan, list) else []
    visits, day, misfits = _visits(asked)
    story = None if isinstance(plan, list) or misfits else plan_story.told(plan, visits, day, time_zone(desk().zone()))
    kept = name != "new" and not isinstance(plan, list)
    ours = False
    if name != "new":
        with desk().reading() as session:
            row = session.get(Row, name)
            ours = row is not None and entries.find(session, "plan", Row, name).ours
    return page(
        "plan_simulate.html",
        422 if wrongs or misfits else 200,
        name=name,
        new=name == "new",
        ours=ours,
        shown=forms.shown(FIELDS, values, wrongs),
        visits=forms.shown(VISITS, asked or _defaults(day), misfits, new=not asked),
        offer="" if isinstance(plan, list) else plan_fields.offer(plan),
        held=[] if isinstance(plan, list) else _families(plan, name if kept else ""),
        families=ABOUT,
        story=story,
        moments=list(_moments(story)) if story is not None else [],
        hours=_hours(story) if story is not None else "",
        to=entries.paths("/plans", name),
    )


def _defaults(day: date) -> dict[str, Any]:
    return {"day": day.isoformat(), "account": True}


def _visits(asked: Mapping[str, Any]) -> tuple[plan_story.Visits, date, list[Wrong]]:
    today = g.now.astimezone(time_zone(desk().zone())).date()
    wrongs, found = [], {}
    for key, name in _TAKES.items():
        most, said = plan_story.MOST[name], asked.get(key)
        if said is not None and not (isinstance(said, int) and 0 <= said <= most and (said or name == "megabytes")):
            wrongs.append(Wrong(0, key, _("Write a whole number up to %(most)s", most=most)))
        elif said is not None:
            found[name] = said
    visits = plan_story.Visits(**found, account=bool(asked.get("account", True)))
    if not wrongs and visits.visits * visits.minutes > plan_story.MOST["minutes"]:
        wrongs.append(Wrong(0, "minutes", _("A day has 1440 minutes: that many visits do not fit into it")))
    try:
        day = date.fromisoformat(str(asked["day"])) if asked.get("day") else today
        day = day if 2000 <= day.year <= 2100 else today
    except ValueError:
        day = today
        wrongs.append(Wrong(0, "day", _("That is no day. Write 2026-03-08")))
    return visits, day, wrongs


def _families(plan: Plan, name: str) -> list[Held]:
    """Those that the network's gateways are of first; then the one of the menu, or all others where none is."""
    met = desk().tools["plan_meets"](name) if name else {}
    asked = request.values.get("family", "")
    chosen = list(met) + ([asked] if asked in ABOUT and asked not in met else [])
    if asked == "*":
        chosen = [*met, *(each for each in ABOUT if each not in met)]
    return [_held(desk().tools["plan_held"](plan, each), met.get(each, ()), plan) for each in chosen]


def _held(said: Mapping[str, Any], clients: Sequence[str], plan: Plan) -> Held:
    rows = []
    every = words.duration(said["seconds"])
    if said["gateway"]:
        rows.append(("good", _("The gateway holds"), _limits(said["gateway"]), _("By itself, to the second and the octet.")))
    if said["ours"]:
        rows.append(("warn", _("We end the session"), _limits(said["ours"]), _late(said, every)))
    if said["loose"]:
        rows.append(
            ("bad", _("Left out"), _limits(said["loose"]), _("This family’s gateways do not read it, and we cannot end it either."))
        )
    if (
        any(key in ("day_time", "day_data", "month_data") for key, _value in said["gateway"])
        and (plan.devices or 2) > 1
        and said["reports"]
    ):
        told = _("Each device of one account is told all that is left: what the others use is known after %(every)s.", every=every)
        rows.append(("quiet", _("Several devices"), [], told))
    return Held(said["family"], ABOUT[said["family"]].title, clients, rows, _changes(said["limits"], said["ends"]))


def _limits(held: Sequence[tuple[str, int]]) -> list[str]:
    return [plan_fields.limit(key, value) for key, value in held]


def _late(said: Mapping[str, Any], every: str) -> Any:
    """How late we are, in words with numbers."""
    if not any(key.endswith("data") for key, _value in said["ours"]):
        return _("When its report shows it: up to %(every)s late.", every=every)
    if said["octets"] is not None:
        return _(
            "When its report shows it: up to %(every)s late, and up to %(amount)s too much.",
            every=every,
            amount=words.amount(said["octets"]),
        )
    octets = words.amount(SPEED * said["seconds"] // 8)
    speed = plan_fields.rate(SPEED)
    late = _("When its report shows it: up to %(every)s late.", every=every)
    return late + " " + _("Nothing slows this guest down: at %(speed)s that is %(amount)s.", speed=speed, amount=octets)


def _changes(limits: str, ends: str) -> Any:
    if limits == "radius":
        return _("Told of other limits while the guest is online, by an order (CoA).")
    if limits == "http":
        return _("Told of other limits while the guest is online, through its controller’s interface.")
    if ends == "none":
        return _("Hears of other limits at the guest’s next sign-in, and nobody can end a session there but the gateway.")
    return _("Hears of other limits at the guest’s next sign-in; a session that has nothing left is ended by us.")


def _moments(story: Story) -> Iterator[Moment]:
    for step in story.first:
        yield Moment(step.at, TONES[step.what], _title(step, story), _text(step))
    if story.month is not None and story.month not in story.first:
        yield Moment(story.month.at, "bad", str(_SPENT[Spent.MONTH_DATA]), _text(story.month))


def _title(step: Step, story: Story) -> Any:
    if step.what is What.IN:
        return _("Signs in")
    if step.what is What.OUT:
        return _("Leaves, as wanted")
    if step.what is What.CROWDED:
        count = story.at_once
        return ngettext("Only %(num)s device gets in", "Only %(num)s devices get in", count)
    return str(_SPENT[step.spent]) if step.spent is not None else ""


def _text(step: Step) -> Any:
    used = _("Used so far: %(time)s, %(data)s today.", time=words.time_left(step.used.day_seconds), data=words.amount(step.used.day_octets))
    if step.what is What.CROWDED:
        return _("The next one sees which devices are signed in, and may sign one of them out.")
    if step.what is What.OVER:
        return _("The page says so; one press connects again, for a new stay.") + " " + used
    if step.back is not None:
        back = _("The page says so, and that there is more from %(when)s.", when=words.moment(step.back, desk().zone(), step.at))
        return f"{back} {used}"
    return used if step.used.day_seconds else ""


def _hours(story: Story) -> Any:
    """When that day turns; said aloud where clocks change."""
    begins, ends = story.day
    hours = round((ends - begins).total_seconds() / 3600, 1)
    turns = words.moment(ends, desk().zone(), begins)
    if hours == 24:
        return _("Days turn at midnight of your time zone (%(zone)s): the next on %(when)s.", zone=desk().zone(), when=turns)
    said = _("Clocks change: this day has %(hours)s hours, and turns on %(when)s.", hours=f"{hours:g}", when=turns)
    return said + " " + _("What a day gives is the same on such a day.")
