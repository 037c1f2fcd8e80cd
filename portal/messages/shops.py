"""The mails about shops: to whoever works for one, of each step of its adverts and page; to the city, what waits for its answer.

Values in, words out. Never who at the city decided, and never a link that signs somebody in but the one that was made for them.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from babel.dates import format_date, format_time

from portal.messages.letter import Button, Part, Style, letter, line, unlinked
from portal.messages.texts import Texts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, tzinfo

    from store.messages import Content


class Step(StrEnum):
    """What became of an advert, a page or a shop; its value is the audit log's word."""

    SUBMITTED = "submit"
    WITHDRAWN = "withdraw"
    APPROVED = "approve"
    REJECTED = "reject"
    LIVE = "begin"
    PAUSED = "pause"
    RESUMED = "resume"
    ENDED = "end"
    SUSPENDED = "suspend"
    RESTORED = "restore"


class About(StrEnum):
    """What it became of; its value is the audit log's kind."""

    ADVERT = "advert"
    PAGE = "shop page"
    SHOP = "business"


class News(NamedTuple):
    """One step. `name` is the advert's; `by` is until when the city promises an answer."""

    step: Step
    about: About
    shop: str  # its name
    name: str = ""
    reason: str = ""
    by: datetime | None = None


def _(words: str) -> str:
    """Marks words for the catalogue."""
    return words


# (subject, what happened, what comes next)
_WORDS: Final[Mapping[tuple[About, Step], tuple[str, str, str]]] = {
    (About.ADVERT, Step.SUBMITTED): (
        _("Handed in: %(name)s"),
        _("The advert “%(name)s” was handed in."),
        _("The city answers by %(by)s. What was approved before, if anything was, is shown until then."),
    ),
    (About.ADVERT, Step.WITHDRAWN): (
        _("Taken back: %(name)s"),
        _("The advert “%(name)s” was taken back, and is a draft again."),
        _("Hand it in when it is ready."),
    ),
    (About.ADVERT, Step.APPROVED): (
        _("Approved: %(name)s"),
        _("The city has approved the advert “%(name)s”."),
        _("It is shown on the days and at the hours that it was planned for."),
    ),
    (About.ADVERT, Step.REJECTED): (
        _("Please mend: %(name)s"),
        _("The city cannot show the advert “%(name)s” as it is. It says why:"),
        _("Change it and hand it in again. What was approved before, if anything was, goes on."),
    ),
    (About.ADVERT, Step.LIVE): (
        _("Shown from now on: %(name)s"),
        _("The advert “%(name)s” is shown from today on."),
        _("Its figures are counted hour by hour."),
    ),
    (About.ADVERT, Step.PAUSED): (
        _("Paused: %(name)s"),
        _("The advert “%(name)s” is paused, and is not shown."),
        _("It can be resumed at any time."),
    ),
    (About.ADVERT, Step.RESUMED): (
        _("Resumed: %(name)s"),
        _("The advert “%(name)s” is shown again."),
        _("Its figures are counted hour by hour."),
    ),
    (About.ADVERT, Step.ENDED): (
        _("Over: %(name)s"),
        _("The advert “%(name)s” is over, and is not shown any more."),
        _("Its figures stay. A copy of it begins anew."),
    ),
    (About.PAGE, Step.SUBMITTED): (
        _("Handed in: the page of %(shop)s"),
        _("The page of %(shop)s was handed in."),
        _("The city answers by %(by)s. The page that was approved before, if any was, is shown until then."),
    ),
    (About.PAGE, Step.WITHDRAWN): (
        _("Taken back: the page of %(shop)s"),
        _("The page of %(shop)s was taken back, and is a draft again."),
        _("Hand it in when it is ready."),
    ),
    (About.PAGE, Step.APPROVED): (
        _("Approved: the page of %(shop)s"),
        _("The city has approved the page of %(shop)s."),
        _("Guests see it from now on."),
    ),
    (About.PAGE, Step.REJECTED): (
        _("Please mend: the page of %(shop)s"),
        _("The city cannot show the page of %(shop)s as it is. It says why:"),
        _("Change it and hand it in again. What was approved before, if anything was, goes on."),
    ),
    (About.SHOP, Step.SUSPENDED): (
        _("Suspended: %(shop)s"),
        _("The city has suspended %(shop)s: its adverts and its page are not shown. It says why:"),
        _("You can sign in and see everything, and change nothing until the city lifts it."),
    ),
    (About.SHOP, Step.RESTORED): (
        _("%(shop)s is shown again"),
        _("The city has lifted the suspension of %(shop)s."),
        _("What was approved is shown again."),
    ),
}
_ASKED: Final[Mapping[About, tuple[str, str]]] = {
    About.ADVERT: (_("To review: %(name)s, of %(shop)s"), _("%(shop)s has handed in the advert “%(name)s”.")),
    About.PAGE: (_("To review: the page of %(shop)s"), _("%(shop)s has handed in its page.")),
}


def known(about: About, step: Step) -> bool:
    """Whether there are words for it: a page is not paused."""
    return (about, step) in _WORDS


def mail_step(language: str, zone: tzinfo, news: News, url: str) -> Content:
    """To whoever works for the shop; `url` is the page of it, "" where there is none."""
    texts = Texts(language)
    subject, said, onward = (texts.gettext(words, **_values(texts, zone, news)) for words in _WORDS[news.about, news.step])
    parts: list[Part | Button] = [Part(Style.WHERE, line(news.shop)), Part(Style.SAID, said)]
    parts += [Part(Style.NAME, line(news.reason))] if news.reason else []
    parts.append(Part(Style.SAID, onward))
    if url:
        parts.append(Button(texts.gettext("Open it"), url))
    parts.append(Part(Style.SMALL, texts.gettext("You get this because you work for %(shop)s.", shop=line(news.shop))))
    return letter(texts, subject, parts)


def mail_review(language: str, zone: tzinfo, news: News, url: str) -> Content:
    """To whoever decides at the city: something was handed in."""
    texts = Texts(language)
    values = _values(texts, zone, news)
    subject, said = (texts.gettext(words, **values) for words in _ASKED[news.about])
    parts: list[Part | Button] = [
        Part(Style.WHERE, line(news.shop)),
        Part(Style.SAID, said),
        Part(Style.SAID, texts.gettext("We promise an answer by %(by)s.", **values)),
        Button(texts.gettext("Review it"), url),
        Part(Style.SMALL, texts.gettext("You get this because your role decides on adverts and your account here has this address.")),
    ]
    return letter(texts, subject, parts)


def mail_invited(language: str, shop: str, link: str, hours: int, *, owns: bool) -> Content:
    """The way in for whoever is to work for a shop here, good once."""
    texts = Texts(language)
    said = (
        texts.gettext("The city invites %(shop)s to show adverts, and a page of its own, on its free Wi-Fi.", shop=line(shop))
        if owns
        else texts.gettext("You may see the adverts and figures of %(shop)s on the city’s free Wi-Fi.", shop=line(shop))
    )
    return letter(
        texts,
        texts.gettext("Your way in: %(shop)s", shop=line(shop)),
        [
            Part(Style.WHERE, line(shop)),
            Part(Style.SAID, said),
            Button(texts.gettext("Begin"), link),
            Part(Style.SAID, texts.gettext("The link works for %(time)s, once.", time=texts.minutes(hours * 60))),
            Part(Style.SMALL, texts.gettext("If you did not expect it, do nothing. Give the link to nobody: it is your way in.")),
        ],
    )


def mail_joined(language: str, shop: str, url: str) -> Content:
    """To somebody who has a way in already: one more shop is theirs to see."""
    texts = Texts(language)
    return letter(
        texts,
        texts.gettext("You work for %(shop)s here", shop=line(shop)),
        [
            Part(Style.WHERE, line(shop)),
            Part(Style.SAID, texts.gettext("%(shop)s is among your shops from now on. You sign in as before.", shop=line(shop))),
            Button(texts.gettext("Open it"), url),
        ],
    )


def _values(texts: Texts, zone: tzinfo, news: News) -> dict[str, str]:
    by = _moment(texts, news.by, zone) if news.by is not None else ""
    return {"name": unlinked(news.name), "shop": line(news.shop), "by": by}


def _moment(texts: Texts, at: datetime, zone: tzinfo) -> str:
    """With the month in words: in figures, some read the third of April as the fourth of March; and whose clock it is."""
    day, clock = format_date(at.astimezone(zone), "full", locale=texts.locale), format_time(at, "short", tzinfo=zone, locale=texts.locale)
    return f"{day}, {clock} ({zone})"
