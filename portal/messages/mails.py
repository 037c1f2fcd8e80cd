"""The mails: a code with its link, a sign-in link and a question to a sponsor.

Values in, words out. Never says whether somebody has an account, and never names one person to another but the guest who
asks to the sponsor who is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.messages.letter import Button, Part, Style, letter, line, stranger
from portal.messages.texts import Texts

if TYPE_CHECKING:
    from store.messages import Content


def mail_code(language: str, place: str, network: str, code: str, link: str, minutes: int) -> Content:
    """The code that is typed on the phone, and the link that confirms the same: "482913", https://…/m/<token>."""
    texts = Texts(language)
    shown = spaced(code)
    return letter(
        texts,
        _titled(texts.gettext("Your Wi-Fi code"), place, network),
        [
            _where(place, network),
            Part(Style.SAID, texts.gettext("Your code is:")),
            Part(Style.CODE, shown),
            Part(
                Style.SAID,
                texts.gettext("Type it on the page that is open on your device. It works for %(time)s.", time=texts.minutes(minutes)),
            ),
            Part(Style.SAID, texts.gettext("Was that you? You can also say so here, and your device stays online.")),
            Button(texts.gettext("Yes, that was me"), link),
            Part(Style.SMALL, texts.gettext("If you did not ask for it, do nothing. Give the code to nobody: we never ask you for it.")),
        ],
    )


def mail_sign_in(language: str, network: str, link: str, minutes: int) -> Content:
    """The link to a guest's own page, for who asked for it by their address."""
    texts = Texts(language)
    return letter(
        texts,
        _titled(texts.gettext("Your sign-in link"), "", network),
        [
            _where("", network),
            Part(Style.SAID, texts.gettext("On your page you see your devices and what is kept about you.")),
            Button(texts.gettext("Open my page"), link),
            Part(Style.SAID, texts.gettext("The link works for %(time)s, once.", time=texts.minutes(minutes))),
            Part(Style.SMALL, texts.gettext("If you did not ask for it, do nothing. Give the link to nobody: it opens your page.")),
        ],
    )


def mail_sponsor(language: str, place: str, network: str, guest: str, link: str, minutes: int) -> Content:
    """The question to a sponsor; `guest` is who somebody says to be, whom we cannot vouch for."""
    texts = Texts(language)
    return letter(
        texts,
        _titled(texts.gettext("A guest asks you for Wi-Fi"), place, network),
        [
            _where(place, network),
            Part(Style.SAID, texts.gettext("Somebody asks to be let in as your guest, and gives this name:")),
            Part(Style.NAME, stranger(guest)),
            Button(texts.gettext("Answer"), link),
            Part(Style.SAID, texts.gettext("You can answer for %(time)s.", time=texts.minutes(minutes))),
            Part(Style.SMALL, texts.gettext("Say yes only to somebody you expect. If you know nothing of it, do nothing.")),
        ],
    )


def spaced(code: str) -> str:
    """482913 as it is read: 482 913."""
    half = (len(code) + 1) // 2
    return f"{code[:half]} {code[half:]}" if len(code) > 4 else code


def _where(place: str, network: str) -> Part:
    return Part(Style.WHERE, " · ".join(line(name) for name in (network, place) if name))


def _titled(words: str, place: str, network: str) -> str:
    name = line(place or network)
    return f"{words} · {name}" if name else words
