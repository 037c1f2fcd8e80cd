"""A million accounting records of 20,000 sessions: the sums are the generator's own, whatever happens on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.peers.program import Program


@pytest.mark.timeout(900)
def test_a_million_records_come_to_the_generators_ledger(million: Program) -> None:
    """Shuffled, repeated, some lost, both processes killed again and again: each session, hour, hop and guest to the octet."""
    status = million.process.wait(880)
    assert (0, True) == (status, "records acknowledged in" in million.text), million.text[-3000:]
