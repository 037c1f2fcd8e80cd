"""Messages as they are sent, for tests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from store.messages import Content, Letter
from store.models import MessageKind

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.parts_messages import Mail, Sms

WRITTEN = datetime(2026, 3, 8, 6, 59, 59, tzinfo=UTC)
WORDS = Content("Your code is:\n\n482 913\n\nhttps://wifi.city.example/m/gAAAAbc-_\n", "Your code · Café", "<p>482 913 — “déjà”</p>")
GUEST = "guest-017@example.org"
NUMBER = "+14165550117"


def letter(to: str = GUEST, content: Content = WORDS, kind: MessageKind = MessageKind.MAIL, number: int = 17) -> Letter:
    return Letter(number, kind, "code", "fr", to, content, 1, WRITTEN)


def sms_letter(to: str = NUMBER, text: str = "482913 is your code.") -> Letter:
    return letter(to, Content(text), MessageKind.SMS)


def mail_settings(folder: Path, url: str, **more: object) -> Mail:
    from proxeny.settings import load

    lines = [f'{key} = "{value}"' if not isinstance(value, int | float) else f"{key} = {value}" for key, value in more.items()]
    text = f'[mail]\nurl = "{url}"\nfrom = "Wi-Fi de l’Été <wifi@city.example>"\n' + "\n".join(lines)
    (folder / "mail.toml").write_text(text)
    found = load(folder / "mail.toml", {}).mail
    assert found is not None
    return found


def sms_settings(folder: Path, text: str) -> Sms:
    from proxeny.settings import load

    (folder / "sms.toml").write_text(text)
    found = load(folder / "sms.toml", {}).sms
    assert found is not None
    return found
