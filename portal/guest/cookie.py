"""The guest app's one cookie: the newest stay's token, so that `/` finds the status page again.

A convenience of GET alone: no POST believes it, and a browser that loses it loses nothing but the way back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import request

from portal.cases.standing import AFTER
from portal.kit import kit

if TYPE_CHECKING:
    from datetime import datetime

    from flask import Response
    from werkzeug.wrappers import Response as Answer

NAME: Final = "proxeny_guest"


def put(answer: Response | Answer, stay: str, ends_at: datetime, now: datetime) -> None:
    """Remember this stay for as long as its page tells something."""
    seconds = int((ends_at + AFTER - now).total_seconds())
    answer.set_cookie(NAME, stay, max_age=seconds, httponly=True, samesite="Lax", secure=kit().house.secure, path="/")


def find() -> str:
    """The token, whatever it may be; "" for none."""
    return request.cookies.get(NAME, "")


def drop(answer: Response | Answer) -> None:
    """Forget it."""
    answer.delete_cookie(NAME, httponly=True, samesite="Lax", secure=kit().house.secure, path="/")
