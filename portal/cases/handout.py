"""What a home institution is given of a login, so that it finds it in its own log: realm, time, our name, verdict, a number.

Never a person: outer identity and CUI are keyed hashes of ours, by which two handouts can be told to be of one person and
nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from store.faults import SealError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from store.models import AuthEvent
    from store.privacy import Privacy


def handout(event: AuthEvent, operator_name: str, institutions: Mapping[str, str], privacy: Privacy) -> dict[str, Any]:
    """As JSON can hold it; times in UTC."""
    try:
        cui = privacy.opened(event.cui, "auth_event", event.id, "cui")
    except SealError:
        cui = b""
    return {
        "correlation": event.id,
        "operator_name": operator_name,
        "institution": institutions.get(event.rule, ""),
        "realm": event.realm,
        "began_at": event.began_at.isoformat(timespec="milliseconds"),
        "ended_at": event.at.isoformat(timespec="milliseconds"),
        "home": event.home,
        "homes_asked": list(event.attempts),
        "verdict": event.verdict.value,
        "reason": event.reason,
        "eap": bool(event.eap),
        "round_trips": event.round_trips,
        "milliseconds": round(event.milliseconds),
        "outer_identity_hash": bytes(event.user_hash).hex(),
        "cui_hash": privacy.user(cui).hex() if cui else "",
        "hashes": "keyed by us: equal ones are of one person, and nothing else can be learned from them",
    }


def plain(said: Mapping[str, Any]) -> str:
    """The same to be pasted into a mail; in English, as institutions of many countries read it."""
    width = max(map(len, said)) + 2
    lines = (
        f"{name.replace('_', ' ') + ':':<{width}}{', '.join(value) if isinstance(value, list) else value}" for name, value in said.items()
    )
    return "\n".join(line.rstrip() for line in lines) + "\n"
