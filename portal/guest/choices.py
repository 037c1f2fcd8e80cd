"""The ways in of a door as page one offers them: each in words, and where it begins. Never says which one is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from flask_babel import gettext as _

from portal.languages import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.doors import Door

INLINE: Final = frozenset({"voucher", "email", "sms"})  # one field (templates/guest/asks.html): page one asks it where the way comes first


class Choice(NamedTuple):
    """One way in."""

    way: str  # without a provider's name
    words: str  # among the other ways
    button: str  # where it comes first
    path: str
    posts: bool  # whether it asks nothing first: a button, not a link


def choices(door: Door, token: str, providers: Mapping[str, Mapping[str, str]], language: str) -> list[Choice]:
    """Those that this door serves, in its order; the first is the big button."""
    return [_choice(way, token, providers, language) for way in door.ways]


def again(token: str) -> Choice:
    """For a device that was let in before, and may still be."""
    return Choice("again", _("Connect"), _("Connect again"), f"/v/{token}/again", True)


def _choice(way: str, token: str, providers: Mapping[str, Mapping[str, str]], language: str) -> Choice:
    kind, _colon, name = way.partition(":")
    if kind == "oidc":
        label = text(providers.get(name, {}), language) or name
        return Choice(kind, label, _("Continue with %(name)s", name=label), f"/v/{token}/oidc/{name}", True)
    words, button = _said(kind)
    return Choice(kind, words, button, f"/v/{token}/{'go' if kind == 'terms' else kind}", kind == "terms")


def _said(kind: str) -> tuple[str, str]:
    """(among others, on the button)"""
    match kind:
        case "voucher":
            return _("I have a code"), _("Connect")
        case "email":
            return _("E-mail"), _("Send me a code")
        case "sms":
            return _("Text message"), _("Send me a code")
        case "card":
            return _("Library card"), _("Use my library card")
        case "sponsor":
            return _("Ask a sponsor"), _("Ask a sponsor")
        case _:
            return _("Without an account"), _("Connect")
