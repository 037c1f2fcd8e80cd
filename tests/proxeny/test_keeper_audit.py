"""The recorder tells our own log where the audit log ends, so that whoever cuts the one cannot cut the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
import structlog
from structlog.testing import capture_logs

from proxeny import opening, settings
from proxeny.keeper import Keeper
from store import audit_chain
from store.privacy import privacy
from store.session import reading
from tests.peers.program import until
from tests.proxeny.installation import NETWORK
from tests.store.rows import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping
    from typing import Any

    from tests.proxeny.installation import Installation


@pytest.fixture(autouse=True)
def plain() -> Iterator[None]:
    """Another test's configuration is not ours."""
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()


def checkpoints(lines: list[MutableMapping[str, Any]]) -> list[str]:
    return [each["checkpoint"] for each in lines if each["event"] == "audit checkpoint"]


def test_the_end_of_the_audit_log_is_told_by_the_hour(installed: Installation) -> None:
    """One line, from which a checkpoint is read that the log meets; then none for an hour."""
    assert 0 == installed.apply(NETWORK).exit_code
    loaded = settings.load(installed.settings, {})
    database, seal = opening.store(loaded)
    keeper = Keeper(loaded, lambda _errand: None)
    keeper._purge_at = 0.0
    with capture_logs() as lines:
        keeper.thread.start()
        until(lambda: len(checkpoints(lines)) == 1, "the checkpoint")
        keeper.end(5.0)
        keeper.thread.join(10)
    assert (1, True) == (len(checkpoints(lines)), keeper._purge_at > time.monotonic() + 3_000)
    (kept,) = audit_chain.found(checkpoints(lines)[0])
    with reading(database) as session:
        verdict = audit_chain.verify(session, privacy(session, seal, NOW), checkpoints=[kept])
    assert (None, kept.number) == (verdict.flaw, verdict.last)
    database.dispose()
