"""An example of what a webhook is told of each kind of event, as it would be sent. Never of anything that happened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from portal import hook_message, hook_words
from store.models import Event

if TYPE_CHECKING:
    from store.events import EventKind

_AT: Final = datetime(2026, 3, 9, 15, 10, tzinfo=UTC)


def example(kind: EventKind) -> str:
    """Its JSON, set out to be read."""
    event = Event(id=4711, kind=kind.value, object="06h0c5v1e7k2m9q0", at=_AT, content=dict(hook_words.EXAMPLES[kind]))
    return json.dumps(hook_message.said(event), indent=2, ensure_ascii=False)
