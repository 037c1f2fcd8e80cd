"""How the homes are just now, out of the running controller's own words: the worst that any worker sees counts.

Each worker has an opinion of its own (radius/watch.py). Never asks a home, and never guesses where no controller answers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

WORST: Final = ("dead", "zombie", "reviving", "alive")
WORDS: Final = {
    "alive": _("alive"),
    "reviving": _("coming back"),
    "zombie": _("silent"),
    "dead": _("dead"),
    "off": _("switched off"),
    "unknown": _("not known"),
}
KINDS: Final = {"alive": "good", "reviving": "warn", "zombie": "warn", "dead": "bad", "off": "quiet", "unknown": "quiet"}


@dataclass(slots=True)
class Live:
    """One home, as all workers together see it."""

    state: str = "unknown"
    heard: float | None = None  # seconds ago that anyone heard it
    in_flight: int = 0
    workers: list[tuple[int, str]] = field(default_factory=list)

    @property
    def title(self) -> Any:
        return WORDS.get(self.state, self.state)

    @property
    def kind(self) -> str:
        """Of its badge."""
        return KINDS.get(self.state, "quiet")


def live(status: Mapping[str, Any]) -> dict[str, Live]:
    """Home -> how it is; empty where no controller answers."""
    found: dict[str, Live] = {}
    for worker in status.get("homes", ()):
        for each in worker["homes"]:
            row = found.setdefault(each["home"], Live("alive"))
            row.state = min(row.state, each["state"], key=_rank)
            row.in_flight += each["in_flight"]
            row.workers.append((worker["worker"], each["state"]))
            if each["heard"] is not None:
                row.heard = each["heard"] if row.heard is None else min(row.heard, each["heard"])
    return found


def of(row: Any, seen: Mapping[str, Live]) -> Live:
    """One home's; a home that is switched off is asked by nobody."""
    return seen.get(row.name, Live()) if row.enabled else Live("off")


def ill(homes: Iterable[Any], seen: Mapping[str, Live]) -> list[tuple[str, Live]]:
    """Those in use that are not alive, the worst first."""
    found = [(home.name, seen[home.name]) for home in homes if home.enabled and home.name in seen and seen[home.name].state != "alive"]
    return sorted(found, key=lambda each: (_rank(each[1].state), each[0]))


def _rank(state: str) -> int:
    return WORST.index(state) if state in WORST else 0
