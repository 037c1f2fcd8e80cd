"""Options that every verb has, and how a verb prints for a machine. Never reads a setting by itself."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from proxeny import settings

if TYPE_CHECKING:
    from collections.abc import Callable

Verb = Any  # what click decorates: a function or a command

config: Callable[[Verb], Verb] = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Settings file; default: PROXENY_CONFIG, else proxeny.toml here, else /etc/proxeny/proxeny.toml.",
)
as_json: Callable[[Verb], Verb] = click.option("--json", "as_json", is_flag=True, help="For a machine to read.")


def load(path: Path | None) -> settings.Settings:
    """The settings that apply; FaultyError with everything wrong in them."""
    return settings.load(path, os.environ)


def show(value: Any) -> None:
    """Print as JSON."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
