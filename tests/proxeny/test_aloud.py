"""proxeny.aloud: what stands and an operator should hear of."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from proxeny import aloud, settings
from proxeny.network import Client, Network, Plan, Portal

if TYPE_CHECKING:
    from pathlib import Path


class Log:
    """What was said, and how loudly."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, str]] = []

    def error(self, event: str, *, fault: str) -> None:
        self.lines.append(("error", event, fault))

    def warning(self, event: str, **fields: Any) -> None:
        self.lines.append(("warning", event, str(fields["names"])))


def said(folder: Path, text: str) -> list[tuple[str, str, str]]:
    """Of a portal with e-mail, under these settings."""
    (folder / "proxeny.toml").write_text(f'[guest]\nlisten = "127.0.0.1:8080"\n{text}')
    portal = Portal("city", plan="visitor", ways=("email", "terms"))
    network = Network({**Network().rows, "plan": {"visitor": Plan("visitor")}, "portal": {"city": portal}})
    log = Log()
    aloud.unserved(network, settings.load(folder / "proxeny.toml", {}), log)
    return log.lines


def test_a_way_whose_settings_went_is_named(tmp_path: Path) -> None:
    """[mail] was taken out and read again: guests are still asked for an address, and the log says what is missing."""
    assert [] == said(tmp_path, '[mail]\nurl = "smtp://127.0.0.1"\nfrom = "wifi@city.example"\n')
    [(level, event, fault)] = said(tmp_path, "")
    assert ("error", "guests are offered what the settings in force do not serve") == (level, event)
    for part in ('portal "city": ways', '"email"', "[mail]"):
        assert part in fault


def test_excused_peers_are_named() -> None:
    """By kind and name; nobody else is."""
    strict = Client("gate", require_message_authenticator=True)
    log = Log()
    aloud.unsigned(
        Network({**Network().rows, "client": {"gate": strict, "old": replace(strict, name="old", require_message_authenticator=False)}}),
        log,
    )
    assert [("warning", "['old']")] == [(level, names) for level, _, names in log.lines]
