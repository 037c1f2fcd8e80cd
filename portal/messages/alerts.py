"""The mail that tells staff of alerts: what began and what is over, at once in one letter. Never a person or a station in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from babel.dates import format_datetime

from portal import alert_rules
from portal.messages.letter import Button, Part, Style, letter, line
from portal.messages.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from store.messages import Content

MOST: Final = 10  # alerts that are told whole; of the others their number


class Told(NamedTuple):
    """One alert."""

    rule: str
    on: str
    details: Mapping[str, Any]
    opened_at: datetime


def mail_alerts(language: str, zone: tzinfo, begun: Sequence[Told], over: Sequence[Told], url: str) -> Content:
    """`url` is the alerts' page, "" where there is none."""
    texts = Texts(language)

    def when(moment: datetime) -> str:
        return str(format_datetime(moment, "short", tzinfo=zone, locale=texts.locale))

    def title(of: Told) -> str:
        return line(alert_rules.say(of.rule, of.on, of.details, texts.gettext, when).title)

    parts: list[Part | Button] = []
    for each in begun[:MOST]:
        said = alert_rules.say(each.rule, each.on, each.details, texts.gettext, when)
        parts += [Part(Style.NAME, f"{line(said.title)} ({when(each.opened_at)})"), Part(Style.SAID, line(said.why))]
        parts.append(Part(Style.SAID, texts.gettext("What to do: %(remedy)s", remedy=line(said.remedy))))
    if len(begun) > MOST:
        parts.append(Part(Style.SAID, texts.ngettext("And %(num)s more alert.", "And %(num)s more alerts.", len(begun) - MOST)))
    if over:
        names = "; ".join(title(each) for each in over[:MOST]) + ("; …" if len(over) > MOST else "")
        parts.append(Part(Style.SAID, texts.gettext("Over by now: %(alerts)s.", alerts=names)))
    if url:
        parts.append(Button(texts.gettext("Open the alerts"), url))
    parts.append(Part(Style.SMALL, texts.gettext("You get this because your role sees alerts and your account here has this address.")))
    return letter(texts, _subject(texts, [title(each) for each in begun], [title(each) for each in over]), parts)


def _subject(texts: Texts, begun: Sequence[str], over: Sequence[str]) -> str:
    first = begun[0] if begun else texts.gettext("Over: %(alert)s", alert=over[0])
    more = len(begun) - 1 if begun else len(over) - 1
    return texts.ngettext("%(first)s, and %(num)s more", "%(first)s, and %(num)s more", more, first=first) if more else first
