"""The porter's thread over store, network and settings: what it makes of them, and what it says of itself."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from proxeny import following as module
from proxeny import settings
from proxeny.following import Following, _zone
from proxeny.network import Network, Operator
from tests.peers.program import until
from tests.proxeny import guests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DIRECTORY = '\n[directory]\nuri = "ldap://127.0.0.1:1"\nstarttls = false\nbase = "dc=city,dc=example"\n'


@contextmanager
def followed(folder: Path, written: str = "[radius]\n", feed: Any = None) -> Iterator[Following]:
    """One that runs over a fresh store; its loop only needs to exist."""
    (folder / "proxeny.toml").write_text(written)
    read = settings.load(folder / "proxeny.toml", {})
    read.data_dir.mkdir(exist_ok=True)
    guests.made(read.data_dir)
    loop = asyncio.new_event_loop()
    following = Following(read, loop)
    following.feed = feed or following.feed
    following.serve(guests.network())
    following.thread.start()
    try:
        yield following
    finally:
        following.end()
        following.thread.join(10)
        loop.close()


def test_answers_are_there_once_the_store_is_open(tmp_path) -> None:
    """Whoever asks before waits for it; without a directory nothing is said of one."""
    with followed(tmp_path) as following:
        assert following.opened(20.0) is not None
        assert ({}, "") == (following.directory_state(), following.fault)


def test_settings_and_network_make_new_answers(tmp_path) -> None:
    """A directory that is written down is there at once, the same one stays, one that is taken out is gone."""
    with followed(tmp_path) as following:
        first = following.opened(20.0)
        (tmp_path / "proxeny.toml").write_text("[radius]\n" + DIRECTORY)
        following.adopt(settings.load(tmp_path / "proxeny.toml", {}))
        until(lambda: following.directory_state() == {"directory": "answers", "directory_up": 1, "directory_opened": 0}, "the directory")
        held, second = following._directory, following.opened(0)
        following.serve(guests.network())
        until(lambda: following.opened(0) is not second, "answers over the new network")
        assert held is following._directory
        (tmp_path / "proxeny.toml").write_text("[radius]\n")
        following.adopt(settings.load(tmp_path / "proxeny.toml", {}))
        until(lambda: following.directory_state() == {}, "no directory")
        assert following.opened(0) is not first


def test_a_store_that_cannot_be_opened_is_told_and_tried_again(tmp_path) -> None:
    """Nobody answers meanwhile; its key put back, all is well."""
    key = tmp_path / "var" / "keys" / "seal.key"
    with followed(tmp_path) as before:
        assert before.opened(20.0) is not None
    key.rename(key.with_suffix(".away"))
    read = settings.load(tmp_path / "proxeny.toml", {})
    following = Following(read, asyncio.new_event_loop())
    following.serve(guests.network())
    following.thread.start()
    until(lambda: "missing" in following.fault, "the fault")
    assert following.opened(0) is None
    key.with_suffix(".away").rename(key)
    until(lambda: following.fault == "", "the store to be opened")
    assert following.opened(5.0) is not None
    following.end()
    following.thread.join(10)
    following._loop.close()


def test_a_database_that_says_nothing_at_all_is_told_too(tmp_path, monkeypatch) -> None:
    """A server that was stopped gives no error: silence for SILENT seconds (5, here 0.2) is one."""
    monkeypatch.setattr(module, "SILENT", 0.2)
    gate = threading.Event()
    stuck = SimpleNamespace(turn=lambda *_: gate.wait(20) and False)
    with followed(tmp_path, feed=stuck) as following:
        until(lambda: "has not answered" in following.fault, "the silence to be told")
        gate.set()
        until(lambda: following.fault == "", "the next turn")


@pytest.mark.parametrize(
    ("timezone", "zone"), [("America/Toronto", "America/Toronto"), ("Nowhere/Else", "UTC"), ("", "UTC"), ("../etc", "UTC")]
)
def test_days_turn_where_the_operator_is(timezone, zone) -> None:
    """A name that is no zone is UTC, and stops nothing."""
    rows = Network().rows | {"operator": {"": Operator("city-of-example", timezone=timezone)}}
    assert ZoneInfo(zone) == _zone(Network(rows))
    assert ZoneInfo("UTC") == _zone(None) == _zone(Network())
