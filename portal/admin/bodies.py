"""How long a form may be, and that it holds no NUL: before anything of it is looked at.

Never raises a limit for a view that does not say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from flask import abort, request

from store.stills import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable

View = TypeVar("View", bound="Callable[..., Any]")
PICTURED: Final = LONGEST + (1 << 20)  # octets of a form with a picture, which is judged by itself, and in words


def takes(octets: int) -> Callable[[View], View]:
    """A view whose forms hold files: their body may be so long."""

    def mark(view: View) -> View:
        view.takes = octets  # type: ignore[attr-defined]
        return view

    return mark


def readable(most: int) -> None:
    """413 or 400 where it is not."""
    request.max_content_length = most
    said = (text for each in (request.args, request.form) for texts in each.listvalues() for text in texts)
    if "\0" in request.path or any("\0" in text for text in said):
        abort(400)  # no text of ours has one, and PostgreSQL's cannot
