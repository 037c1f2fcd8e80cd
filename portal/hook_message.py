"""What a webhook is told: the JSON of an event, and the headers that prove who tells it (the Standard Webhooks convention).

Signed is "id.timestamp.body" with HMAC-SHA256, whose key is what stands behind `whsec_` in base64. While a secret is being
changed both sign: the header has both, separated by a space. The body is made of the row each time and is the same each time,
so that it need not be kept. Never shows a secret.
"""

from __future__ import annotations

import base64
import hmac
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from store.models import Event, Webhook
    from store.privacy import Privacy

PREFIX: Final = "whsec_"
LENGTH: Final = 32  # octets of a secret


def number(event: Event) -> str:
    """What an event is known by to whoever is told of it: the same at each try and each replay."""
    return f"evt_{event.at:%Y%m%d%H%M%S}_{event.id}"


def said(event: Event) -> dict[str, Any]:
    """The event as JSON has it."""
    at = event.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"id": number(event), "type": event.kind, "at": at, "object": event.object, "data": event.content}


def body(event: Event) -> bytes:
    """The octets that are sent, and signed."""
    return json.dumps(said(event), ensure_ascii=False, separators=(",", ":"), sort_keys=False).encode()


def headers(event: Event, octets: bytes, at: datetime, secrets: Sequence[bytes]) -> dict[str, str]:
    """Who tells it and when, each secret's proof of both."""
    name, stamp = number(event), str(int(at.timestamp()))
    signed = b".".join((name.encode(), stamp.encode(), octets))
    proofs = [f"v1,{base64.b64encode(hmac.digest(secret, signed, 'sha256')).decode()}" for secret in secrets]
    kind = {"Content-Type": "application/json"}
    return {**kind, "webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": " ".join(proofs)}


def fresh(entropy: Callable[[int], bytes]) -> bytes:
    """A new secret."""
    return entropy(LENGTH)


def shown(secret: bytes) -> str:
    """As whoever receives it writes it down, once."""
    return PREFIX + base64.b64encode(secret).decode()


def secrets(marks: Privacy, webhook: Webhook, now: datetime) -> list[bytes]:
    """Those that sign now, the newest first."""
    found = [marks.opened(webhook.secret, "webhook", webhook.id, "secret")]
    if webhook.previous_secret is not None and webhook.previous_until is not None and webhook.previous_until > now:
        found.append(marks.opened(webhook.previous_secret, "webhook", webhook.id, "previous_secret"))
    return found
