"""`proxeny retention`: the proof of deletion, and what is overdue."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from proxeny import opening
from proxeny.settings import load
from store import deletions
from store.models import DropMinute
from store.retention import Kept
from store.session import transaction
from tests.proxeny.installation import NETWORK

if TYPE_CHECKING:
    from tests.proxeny.installation import Installation


def test_the_proof_and_what_is_overdue(installed: Installation) -> None:
    """Exit 1 while something is left that should be gone; after the purge its number stands there, and exit 0."""
    installed.apply(NETWORK)
    settings, now = load(installed.settings, {}), datetime.now(UTC)
    database, _ = opening.store(settings)
    with transaction(database) as session:
        session.add(DropMinute(minute=now - timedelta(days=40), source="192.0.2.1", client="", reason="UNKNOWN_CLIENT", count=1))
    late = installed.run("retention")
    assert (1, True) == (late.exit_code, "Overdue: drops holds a row of" in late.stderr)
    deletions.purge(database, {Kept(name): age for name, age in settings.retention.kept.items()}, now)
    assert 0 == installed.run("retention").exit_code
    rows = {row["class"]: row for row in json.loads(installed.run("retention", "--json").stdout)}
    assert (1, 30.0, None, None) == tuple(rows["drops"][key] for key in ("deleted_in_30_days", "days", "oldest_left", "overdue"))
    assert set(rows) == {kind.value for kind in Kept}
