"""Settings health and backups: what is wrong with what to do, every process; a backup asked for, and how to put one back."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from portal.admin.desk import counted
from portal.admin.guard import FRESH
from proxeny.faults import Fault
from proxeny.parts_backup import Backup
from proxeny.staff_house import AGAIN, Checked, House
from proxeny.survey import Survey
from store.models import AuditEntry, BackupRun, BackupState, Role
from store.session import reading, transaction
from tests.peers.program import until
from tests.portal.staffroom import NOW
from tests.store.rows import CANARIES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.portal.staffroom import Room

STATUS = {
    "ready": True,
    "workers": [{"worker": 0, "pid": 41, "restarts": 2}, {"worker": 1, "pid": None, "restarts": 7}],
    "recorder": {"backlog": 3},
    "porter": {"asked": 3},
    "jobs": "restarting",
    "database": "answers",
    "network": "network version 8 is refused: two homes",
    "restarts": {"recorder": 1, "jobs": 4},
    "spool_backlog": 12_345,
    "at": NOW,
}


def text(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main")[2]).split())


def with_backups(room: Room, folder: Path) -> None:
    settings = room.desk.tools["settings"]().model_copy(update={"backup": Backup(folder=folder)})
    room.tools["settings"] = lambda: settings


def runs(room: Room) -> list[BackupRun]:
    with reading(room.database) as session:
        return list(session.scalars(select(BackupRun).order_by(BackupRun.id)))


# Health


def test_faults_come_with_place_and_remedy(staffroom: Room) -> None:
    """File, line, key, what is wrong and what to do: as `proxeny check` prints them; faults before warnings."""
    fault = Fault("/etc/proxeny/proxeny.toml", "mail.url", "takes no mail of ours", "Is it up?", 17)
    warning = Fault("the stored network", "home: uni-<b>", "is not in use", "")
    staffroom.tools["survey"] = lambda: Checked(NOW, (fault,), (warning,), ("The network, version 7: 1 home",))
    page = staffroom.page("/health")
    assert "1 fault Each keeps something from working. mail.url takes no mail of ours Is it up? /etc/proxeny/proxeny.toml:17" in text(page)
    assert "home: uni-&lt;b&gt;" in page
    assert text(page).index("1 fault") < text(page).index("1 warning") < text(page).index("The network, version 7")


@pytest.mark.parametrize(
    ("checked", "words"),
    [
        (Checked(), "The check is under way"),
        (Checked(NOW, failed="KeyError"), "The check itself failed (KeyError)"),
        (Checked(NOW), "Nothing is wrong, and nothing is doubtful."),
    ],
)
def test_each_end_of_a_check_is_said(staffroom: Room, checked: Checked, words: str) -> None:
    """Under way, failed by a fault of ours, or well."""
    staffroom.tools["survey"] = lambda: checked
    assert words in text(staffroom.page("/health"))


def test_every_process_is_there_with_its_restarts(staffroom: Room) -> None:
    """As the controller says; its silence is said, and so is that its words are old."""
    assert "The controller does not answer" in text(staffroom.page("/health"))
    staffroom.status = STATUS
    said = text(staffroom.page("/health"))
    assert "does not answer" not in said
    for words in (
        "Worker 0 well 2",
        "Worker 1 not well restarting 7",
        "Recorder well 1",
        "Porter well 0",
        "Jobs not well restarting 4",
        "Database well 0",
        "Network not well network version 8 is refused: two homes",
        "Accounting records that wait 12345",
    ):
        assert words in said
    staffroom.later(seconds=16)
    assert "The controller does not answer" in text(staffroom.page("/health"))


def test_no_secret_is_on_the_page(staffroom: Room) -> None:
    """The real survey of the real settings: none of the planted secrets."""
    house = House(staffroom.desk.tools["settings"])
    staffroom.tools["survey"] = house.survey
    assert until(lambda: house.survey().at, "the survey")
    page = staffroom.page("/health")
    assert "The network, version" in page
    assert [] == [canary for canary in CANARIES if canary in page]


def test_a_survey_is_made_at_most_once_in_ten_seconds() -> None:
    """However many look; nobody waits for a slow one longer than a moment, and a fault of ours is said."""
    made: list[int] = []
    clock, go = [0.0], threading.Event()

    def look(_settings: Any) -> Survey:
        made.append(1)
        if len(made) == 2:
            go.wait(20)
        if len(made) == 3:
            raise KeyError("x")
        return Survey(notes=[str(len(made))])

    house = House(SimpleNamespace, look=look, clock=lambda: clock[0])  # type: ignore[arg-type, return-value]
    assert [("1",), ("1",)] == [house.survey().notes for _ in range(2)]
    clock[0] = AGAIN
    assert ("1",) == house.survey().notes
    clock[0] = 9 * AGAIN
    assert ("1",) == house.survey().notes
    go.set()
    until(lambda: house.survey().notes == ("2",) or len(made) > 2, "the slow one")
    clock[0] = 99 * AGAIN
    assert "KeyError" == until(lambda: house.survey().failed, "the fault")
    assert 3 == len(made)


# Backups


def test_no_backups_are_said_with_what_to_write(staffroom: Room) -> None:
    """Without [backup] there is no button, and a POST makes nothing."""
    page = staffroom.page("/backups")
    assert "No backups are made" in page
    assert "Make one now" not in page
    assert "done=The%20settings%20name" in staffroom.post("/backups").location
    assert [] == runs(staffroom)


def test_one_is_asked_for_and_shown(staffroom: Room, tmp_path: Path) -> None:
    """The POST returns at once with a row that another process makes; it is in the audit log, with its history's words."""
    with_backups(staffroom, tmp_path)
    assert "There is no good one yet" in staffroom.page("/backups")
    assert "done=It%20is%20made" in staffroom.post("/backups", Role.NETWORK_OPS).location
    (row,) = runs(staffroom)
    assert ("network-ops@city.example", BackupState.QUEUED) == (row.by, row.state)
    assert "asked for" in text(staffroom.page("/backups"))
    with reading(staffroom.database) as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.kind == "backup")).one()
        assert ("backup", str(row.id), "network-ops@city.example") == (entry.action, entry.object, entry.actor)
    for _ in range(9):
        staffroom.post("/backups")
    assert 5 == len(runs(staffroom))


def test_it_asks_for_a_fresh_proof(staffroom: Room, tmp_path: Path) -> None:
    """Whoever found a browser open makes none; who may only look is not offered any."""
    with_backups(staffroom, tmp_path)
    staffroom.client()
    staffroom.later(seconds=FRESH.total_seconds() + 1)
    assert staffroom.post("/backups").location.startswith("/prove")
    assert 403 == staffroom.post("/backups", Role.AUDITOR).status_code
    assert "Make one now" not in staffroom.page("/backups", Role.AUDITOR)
    assert [] == runs(staffroom)


def test_the_last_good_one_is_on_top_and_how_to_put_it_back(staffroom: Room, tmp_path: Path) -> None:
    """By its whole path, with the key that it needs; one that was removed is not offered."""
    with_backups(staffroom, tmp_path)
    at = NOW - timedelta(hours=3)
    with transaction(staffroom.database) as session:
        session.add_all([
            BackupRun(
                at=at, state=BackupState.GOOD, file="/srv/backup/one.db", octets=2 * 10**9, rows=77, milliseconds=2_500, rehearsed_at=at
            ),
            BackupRun(at=NOW, state=BackupState.GOOD, file="/srv/backup/two.db", rehearsed_at=NOW, removed_at=NOW),
            BackupRun(at=NOW, state=BackupState.FAILED, fault="/srv/backup: No space left on device"),
        ])  # fmt: skip
    said = text(staffroom.page("/backups"))
    assert "77 rows, in 2.5 s" in said
    assert "proxeny db restore /srv/backup/one.db" in said
    assert "failed /srv/backup: No space left on device" in said
    assert "seal.key" in said
    assert "2 GB" in said
    assert "No backup fits this filter" in staffroom.page("/backups?state=running")


def test_no_statement_for_each_backup(staffroom: Room) -> None:
    """Ten or a thousand."""
    counts = []
    for size in (10, 1_000):
        with transaction(staffroom.database) as session:
            session.add_all(BackupRun(at=datetime.now(UTC), state=BackupState.GOOD) for _ in range(size))
        staffroom.page("/backups")
        with counted(staffroom.database) as seen:
            staffroom.page("/backups")
        counts.append(len([each for each in seen if each.startswith("SELECT")]))
    assert counts[0] == counts[1]
