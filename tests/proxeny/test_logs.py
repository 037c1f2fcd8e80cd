"""Log lines: JSON, one line each, whatever they hold; workers' lines bounded."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import threading
from types import SimpleNamespace

import pytest
import structlog

from proxeny import logs
from proxeny.worker_log import MOST, ToSupervisor


@pytest.fixture(autouse=True)
def restored():
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    yield
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_lines_are_json_and_stay_one_line(capsys) -> None:
    """A realm with line ends and terminal codes in it cannot forge a line (reliability, 139)."""
    logs.to_standard_error("info")
    structlog.get_logger(part="test").info("dropped", realm="a\nb\x1b[31m\u2028")
    [line] = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert ("test", "dropped", "info", "a\nb\x1b[31m\u2028") == (told["part"], told["event"], told["level"], told["realm"])
    assert "\x1b" not in line


def test_the_level_follows_a_reload(capsys) -> None:
    """debug, then error: a logger made before the reload obeys it."""
    logs.to_standard_error("debug")
    log = structlog.get_logger()
    log.debug("one")
    logs.to_standard_error("error")
    log.info("two")
    logs.write("error", "three", {"worker": 1})
    logging.getLogger("store.spool").error("four %s", "words")
    assert ["one", "three", "four words"] == [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]


def test_a_full_disk_behind_the_log_stops_nothing(monkeypatch) -> None:
    """Reliability 39: the line is lost, the program goes on."""

    tried = []

    def full(text: str) -> None:
        tried.append(text)
        raise OSError(28, "No space left on device")

    logs.to_standard_error("info")
    monkeypatch.setattr(sys, "stderr", SimpleNamespace(write=full, flush=lambda: None))
    structlog.get_logger().info("lost")
    assert "lost" in "".join(tried)


def worker(story) -> list:
    sent: list = []

    async def main() -> None:
        handler = ToSupervisor(SimpleNamespace(write=lambda *message: sent.append(message)), asyncio.get_running_loop())
        log = logging.getLogger("proxeny.worker")
        log.addHandler(handler)
        try:
            story(log)
            await asyncio.sleep(0.01)
        finally:
            log.removeHandler(handler)

    asyncio.run(main())
    return sent


def test_a_workers_line_goes_up_with_its_trace() -> None:
    """Our own fault is told where it happened."""

    def story(log) -> None:
        try:
            1 / 0  # noqa: B018  a fault of ours
        except ZeroDivisionError:
            log.exception("a request was dropped")

    [(kind, level, event, fields)] = worker(story)
    assert ("log", "error", "a request was dropped", "proxeny.worker") == (kind, level, event, fields["part"])
    assert "ZeroDivisionError" in fields["trace"]


def test_a_fault_on_every_packet_is_not_a_line_on_every_packet() -> None:
    """At most MOST lines a second."""
    sent = worker(lambda log: [log.error("again") for _ in range(1000)])
    assert len(sent) <= 2 * MOST


def test_threads_may_log() -> None:
    """The spool's thread hands its line to the loop."""

    def story(log) -> None:
        thread = threading.Thread(target=lambda: log.error("the disk is full"))
        thread.start()
        thread.join()

    assert ["the disk is full"] == [event for _, _, event, _ in worker(story)]
