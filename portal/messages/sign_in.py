"""The mail that signs somebody in to the shops' pages. Values in, words out. Never says who asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.messages.letter import Button, Part, Style, letter
from portal.messages.texts import Texts

if TYPE_CHECKING:
    from store.messages import Content


def mail_link(language: str, link: str, minutes: int) -> Content:
    """One link, good once."""
    texts = Texts(language)
    return letter(
        texts,
        texts.gettext("Your sign-in link"),
        [
            Part(Style.SAID, texts.gettext("Here is the link that you asked for. It signs you in to the pages of your shop.")),
            Button(texts.gettext("Sign in"), link),
            Part(Style.SAID, texts.gettext("The link works for %(time)s, once.", time=texts.minutes(minutes))),
            Part(Style.SMALL, texts.gettext("If you did not ask for it, do nothing: without this mail nobody can use it.")),
        ],
    )
