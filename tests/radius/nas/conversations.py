"""Conversations without a line: requests out, answers of a script in. Never opens a socket."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from radius.nas.family import Calls, Outcome, Request, Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from radius.nas.family import Way


def said(body: Any = None, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, headers or {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def spoken(way: Way, answers: Iterable[Response]) -> tuple[list[Request], Outcome | None]:
    """The requests, and the outcome; None where the script was over before the conversation."""
    assert isinstance(way, Calls), way
    conversation = way.begin()
    asked: list[Request] = []
    try:
        asked.append(next(conversation))
        for answer in answers:
            asked.append(conversation.send(answer))  # noqa: PERF401  what was asked before the end is wanted too
    except StopIteration as end:
        return asked, end.value
    return asked, None
