"""What the staff's privacy pages need of the settings: how long what is kept, and what the presets would make of it.

Handed to the pages as `Desk.tools`. Never a number that the purge does not go by.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from portal.cases.keeping import Keeping, Setting
from proxeny.parts import BY_PRESET, MOST_DAYS, PRESETS, Retention
from store import requests
from store.retention import Kept

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxeny.settings import Settings


def keeping(settings: Settings) -> Keeping:
    """As these settings say it."""
    part, duties = settings.retention, settings.privacy
    behind = Retention.model_validate({"preset": part.preset})
    return Keeping(
        preset=part.preset,
        presets=tuple(PRESETS),
        settings=tuple(_setting(name, kept, part, behind) for name, kept in Retention.names().items()),
        file=str(settings.file or ""),
        most=MOST_DAYS,
        within=timedelta(seconds=duties.answer_within) if duties is not None else requests.WITHIN,
        alone=duties is not None and duties.break_glass,
        told=duties is not None,
    )


def _setting(name: str, kept: str, part: Retention, behind: Retention) -> Setting:
    presets = PRESETS if name in BY_PRESET else {}
    return Setting(Kept(kept), name, getattr(part, name), getattr(behind, name), _most()[name], presets)


@cache
def _most() -> dict[str, int]:
    """What [retention] takes at most, by key."""
    return {name: said["maximum"] for name, said in Retention.model_json_schema()["properties"].items() if "maximum" in said}


def tools(settings: Callable[[], Settings]) -> Mapping[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    return {"keeping": lambda: keeping(settings())}
