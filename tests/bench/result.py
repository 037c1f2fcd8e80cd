"""Everything that one run of the bench saw. Never judges it."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench.memory import Weight
    from tests.bench.rounds import Cell
    from tests.bench.routes import Cost


@dataclass(frozen=True, slots=True)
class Result:
    """One run of the bench."""

    seen: dict[tuple[str, int], list[Cell]]
    starts: dict[str, list[float]]
    looks: list[Cost]
    weight: Weight | None
    ceiling: float
    machine: str
    versions: dict[str, str]
    seconds: float

    def ratio(self, name: str, other: str, endpoints: int, figure: str) -> float | None:
        """The median over rounds of one program's figure by another's; None where one was left out."""
        ours, theirs = self.seen.get((name, endpoints)), self.seen.get((other, endpoints))
        if not ours or not theirs:
            return None
        return median(getattr(a, figure) / max(1e-9, getattr(b, figure)) for a, b in zip(ours, theirs, strict=True))
