"""The jobs process beside the supervisor: begun when a gateway needs it, started again, ended in order."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from proxeny import opening, settings
from proxeny.jobbing import Jobbing
from proxeny.network import Client, Network

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def network(nas: str) -> Network:
    """One gateway of this family."""
    empty = Network()
    return Network({**empty.rows, "client": {"gate": Client("gate", nas=nas)}})


def play(tmp_path: Path, story: Callable[[Jobbing], Awaitable[None]], text: str = "[radius]\n") -> None:
    (tmp_path / "proxeny.toml").write_text(text)
    read = settings.load(tmp_path / "proxeny.toml", {})

    async def main() -> None:
        opening.store(read)
        jobbing = Jobbing(read)
        try:
            await story(jobbing)
        finally:
            await jobbing.end()

    asyncio.run(asyncio.wait_for(main(), 60))


async def wait(true: Callable[[], object], seconds: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("nas", ["generic", "coova", "cisco-cwa", "opennds"])
def test_nobody_needs_it_nobody_has_it(tmp_path: Path, nas: str) -> None:
    """A network without a gateway reached by HTTP starts no process."""

    async def story(jobbing: Jobbing) -> None:
        jobbing.serve(network(nas))
        assert not jobbing.begun
        assert "not needed" == jobbing.state
        assert {"orders_failed": 0, "gateways_quiet": 0}.items() <= jobbing.counts.items()  # alarms can be written before it begins

    play(tmp_path, story)


@pytest.mark.parametrize(
    "section",
    [
        '[mail]\nurl = "smtp://127.0.0.1"\nfrom = "wifi@city.example"\n',
        '[sms]\nurl = "https://sms.example/{to}/{text}"\ncountries = ["CA"]\n',
    ],
)
def test_whoever_sends_mail_or_sms_has_it(tmp_path: Path, section: str) -> None:
    """Whatever the gateways are."""

    async def story(jobbing: Jobbing) -> None:
        jobbing.serve(network("generic"))
        await wait(lambda: "cpu_seconds" in jobbing.counts)
        assert {"messages_sent": 0, "messages_failed": 0, "senders_quiet": 0, "orders_done": 0}.items() <= jobbing.counts.items()

    play(tmp_path, story, section + "[radius]\n")


def test_a_killed_one_is_started_again_and_none_stays(tmp_path: Path) -> None:
    """It counts each second; killed, the next one does; at the end no process is left."""
    pids = []

    async def story(jobbing: Jobbing) -> None:
        jobbing.serve(network("generic"))
        jobbing.serve(network("unifi"))
        jobbing.serve(network("omada"))
        await wait(lambda: "cpu_seconds" in jobbing.counts)
        assert "alive" == jobbing.state
        first = jobbing._child.pid
        os.kill(first, signal.SIGKILL)
        await wait(lambda: jobbing.alive and jobbing._child.pid != first)
        pids.append(jobbing._child.pid)
        assert 1 == jobbing.restarts

    play(tmp_path, story)
    assert not Path(f"/proc/{pids[0]}").exists()
