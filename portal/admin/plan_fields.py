"""What a plan's form asks, and what a plan says in words: to guests, and of each limit by itself.

Never judges a value: `Desk.change` does, by the code that judges the network file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as later

from portal import words
from portal.admin import forms
from portal.admin.forms import Field, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from radius.nas.plan import Plan

_TIME: Final = later("Such as 2h, 30m or 1h 30m; empty for no limit")
_DATA: Final = later("Up and down together, such as 1 GB or 500 MB (1 GB is 10⁹ octets); empty for no limit")
_RATE: Final = later("Such as 10 Mbit/s or 512 kbit/s; empty for no limit")
NAME: Final = Field(
    "name", later("Name"), hint=later("Staff and vouchers call it so, and it stays: such as visitor or resident"), needed=True
)
FIELDS: Final = (
    Field("session", later("A stay lasts"), hint=later("From one sign-in to the next. Such as 2h, 30m or 7d; empty for no end")),
    Field("day_time", later("Time a day"), hint=_TIME),
    Field("day_data", later("Data a day"), hint=_DATA),
    Field("month_data", later("Data a month"), hint=_DATA),
    Field("down", later("Speed to the guest"), hint=_RATE),
    Field("up", later("Speed from the guest"), hint=_RATE),
    Field("devices", later("Devices of one guest"), Kind.NUMBER, later("That may be signed in under one account; empty for any number")),
    Field("simultaneous", later("Sessions at once"), Kind.NUMBER, later("Of one account, at all gateways together; empty for any number")),
    Field("idle", later("Signed out when silent for"), hint=later("Such as 15m. Phones are often silent: too short a time signs them out")),
    Field("extend.times", later("May be made longer, times"), Kind.NUMBER, later("By the guest, without a new sign-in; empty for never")),
    Field("extend.by", later("Each time by"), hint=later("Such as 30m")),
)
TITLES: Final[Mapping[str, Any]] = {each.key: each.title for each in FIELDS}


def read(form: Mapping[str, str], *, new: bool = False) -> dict[str, Any]:
    """What was typed, as the network file would have it."""
    said = forms.read((NAME, *FIELDS) if new else FIELDS, form)
    return {**said, "extend": said["extend"] or None}


def value(key: str, number: int) -> str:
    """One limit: "2 hours", "1 GB", "10 Mbit/s"."""
    if key in ("up", "down"):
        return rate(number)
    return words.amount(number) if key.endswith("data") else words.duration(number)


def limit(key: str, number: int) -> Any:
    """The same with what it is the limit of."""
    return _("%(what)s: %(value)s", what=TITLES[key], value=value(key, number))


def rate(bits: int) -> str:
    """ "10 Mbit/s": the same unit in every language of ours."""
    size, unit = next(
        (size, unit) for size, unit in ((10**9, "Gbit/s"), (10**6, "Mbit/s"), (10**3, "kbit/s"), (1, "bit/s")) if bits >= size
    )
    return f"{format_decimal(bits / size)}\u00a0{unit}"


def offer(plan: Plan) -> str:
    """All of it, as a sentence: "2 hours at a time, 1 GB a day, 10 Mbit/s down, 2 devices."."""
    said = ", ".join((words.offer(plan).removesuffix("."), *_more(plan)))
    return f"{said}."


def _more(plan: Plan) -> Iterator[str]:
    if plan.down is not None:
        yield _("%(rate)s down", rate=rate(plan.down))
    if plan.up is not None:
        yield _("%(rate)s up", rate=rate(plan.up))
    if plan.devices is not None:
        yield ngettext("%(num)s device", "%(num)s devices", plan.devices)
    if plan.simultaneous is not None:
        yield ngettext("%(num)s session at once", "%(num)s sessions at once", plan.simultaneous)
    if plan.idle is not None:
        yield _("signed out after %(time)s of silence", time=words.duration(plan.idle))
    if plan.extend_times:
        by = words.duration(plan.extend_by)
        yield ngettext("%(by)s longer, once", "%(by)s longer, up to %(num)s times", plan.extend_times, by=by)
