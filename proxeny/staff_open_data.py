"""What the pages of open data need of the settings: the terms under which it is published.

Handed to the staff's pages as `Desk.tools`, and to the guests' in their `House`. Never terms that nobody wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.doors import Terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from proxeny.settings import Settings


def terms(settings: Settings) -> Terms | None:
    """None where nothing can be published."""
    said = settings.open_data
    if said is None:
        return None
    return Terms(said.licence, said.licence_title or said.licence, said.licence_url, said.publisher, said.contact or "")


def tools(settings: Callable[[], Settings]) -> Mapping[str, Callable[..., Any]]:
    """By name, for `Desk.tools`."""
    return {"open_data": lambda: terms(settings())}
