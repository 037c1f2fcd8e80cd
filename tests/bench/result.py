"""Everything that one run of the bench saw. Never judges it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.bench import desks
    from tests.bench.durable import Durable
    from tests.bench.guests import Guests
    from tests.bench.memory import Weight
    from tests.bench.pages import Pages
    from tests.bench.rounds import Cell
    from tests.bench.routes import Cost


@dataclass(slots=True)
class Result:
    """One run of the bench."""

    ceiling: float  # requests/s of the generator and the home with nothing between them
    machine: str
    versions: dict[str, str]
    seen: dict[tuple[str, int], list[Cell]] = field(default_factory=dict)  # (program, endpoints) -> a Cell a round
    starts: dict[str, list[float]] = field(default_factory=dict)
    journal: Counter[str] = field(default_factory=Counter)
    looks: list[Cost] = field(default_factory=list)
    durable: list[Durable] = field(default_factory=list)  # one a round
    weight: Weight | None = None
    guests: list[Guests] = field(default_factory=list)  # one a round
    pages: list[dict[str, Pages]] = field(default_factory=list)  # one a round, by kind
    desks: list[desks.Pages] = field(default_factory=list)  # the staff pages, one a database
    years: list[desks.Pages] = field(default_factory=list)  # pages that tell of a year, one a database
    seconds: float = 0.0

    def ratio(self, name: str, other: str, endpoints: int, figure: str) -> float | None:
        """The median over rounds of one program's figure by another's; None where one was left out."""
        ours, theirs = self.seen.get((name, endpoints)), self.seen.get((other, endpoints))
        if not ours or not theirs:
            return None
        return median(getattr(a, figure) / max(1e-9, getattr(b, figure)) for a, b in zip(ours, theirs, strict=True))
