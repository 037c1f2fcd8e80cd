"""The recorder's process: kept alive, fed with settings, ended in order."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

from portal.alert_rules import RULES
from proxeny import settings
from proxeny.recording import Recording


def play(tmp_path, story, more: str = "") -> None:
    (tmp_path / "proxeny.toml").write_text(f"[radius]\n{more}")
    read = settings.load(tmp_path / "proxeny.toml", {})

    async def main() -> None:
        from proxeny import opening

        opening.store(read)
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        recording = Recording(far.fileno(), read)
        recording.begin()
        try:
            await story(recording)
        finally:
            await recording.end()
            near.close()
            far.close()

    asyncio.run(asyncio.wait_for(main(), 60))


async def wait(true, seconds: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


def test_a_killed_recorder_is_started_again(tmp_path) -> None:
    """It says what it counts each second; killed, the next one does."""

    async def story(recording: Recording) -> None:
        await wait(lambda: "backlog" in recording.counts)
        first = recording._child.pid
        os.kill(first, signal.SIGKILL)
        await wait(lambda: recording.alive and recording._child.pid != first)
        assert 1 == recording.restarts

    play(tmp_path, story)


def test_it_ends_when_told_and_leaves_nothing(tmp_path) -> None:
    """`end` waits for what it still writes down; no process stays."""
    pids = []

    async def story(recording: Recording) -> None:
        await wait(lambda: recording.alive)
        pids.append(recording._child.pid)

    play(tmp_path, story)
    assert not Path(f"/proc/{pids[0]}").exists()


def test_it_looks_for_alerts_and_makes_backups(tmp_path) -> None:
    """In its own process: each rule is counted from the start, and the first backup is there within seconds."""
    (tmp_path / "backups").mkdir()

    async def story(recording: Recording) -> None:
        await wait(lambda: recording.counts.get("backup_good_at"))
        assert {str(rule): 0 for rule in RULES} == recording.counts["alerts"]
        assert 0 == recording.counts["alert_faults"]
        assert 1 == len(list((tmp_path / "backups").glob("proxeny-*.db")))

    play(tmp_path, story, '[backup]\nfolder = "backups"\n')
