"""Accounting is answered when it is on the disk, and not before: seen from outside, call by call."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bench import generator
from tests.bench.generator import SECRET
from tests.bench.synced import covered, traced
from tests.peers import controller as control
from tests.peers.program import free_port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.peer("strace")
@pytest.mark.peer("cc")
def test_every_answer_follows_a_sync_that_covers_it(tmp_path: Path) -> None:
    """Two workers under load: each record's octets are written, synced, and only then answered (reliability, 13)."""
    program = generator.compiled()
    network = control.network(clients=[{"name": "everyone", "address": "127.0.0.0/8", "secret": SECRET}], homes=[], realms=[])
    with control.controller(tmp_path, network, workers=2) as made:
        options = {"kind": "acct", "endpoints": 32, "base": free_port(), "timeout": 20.0, "seconds": 60.0}  # it ends by number
        generator.load(program, made.acct, number=64, window=8, **options)
        with traced(made.workers, tmp_path / "trace"):
            load = generator.load(program, made.acct, number=1_500, window=48, **options)
        seen = covered(tmp_path / "trace")
        made.fault_free()
    assert (1_500, 0, 0) == (load.done, load.lost, load.bad)
    assert (load.done, load.done) == (seen.answered, seen.covered)
    assert 10 < seen.syncs < load.done  # a sync is shared by a group
