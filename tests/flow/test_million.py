"""A million accounting records of 20,000 sessions: the sums are the generator's own, whatever happens on the way."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.peers.program import Program

HOME = Path(__file__).parent.parent.parent


@pytest.mark.timeout(1_800)
def test_a_million_records_come_to_the_generators_ledger(tmp_path: Path) -> None:
    """Shuffled, repeated, some lost, both processes killed again and again: each session, hour, hop and guest to the octet."""
    proof = Program([sys.executable, "-m", "tests.flow.million.proof", str(tmp_path)], tmp_path / "proof.log", cwd=HOME)
    try:
        assert (0, True) == (proof.process.wait(1_750), "records acknowledged in" in proof.text), proof.text[-3000:]
    finally:
        proof.stop()
