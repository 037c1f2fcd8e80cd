"""Starting and ending a process of ours."""

from __future__ import annotations

import asyncio
import sys
import textwrap

import pytest

from proxeny import child as children


def play(module_source: str, tmp_path, monkeypatch, story) -> None:
    (tmp_path / "twin_process.py").write_text(textwrap.dedent(module_source))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    async def main() -> None:
        await story(await children.start("twin", "twin_process", {"word": "hello"}, []))

    asyncio.run(asyncio.wait_for(main(), 30))


TALKS = """
    import asyncio, json, os, socket, sys
    from proxeny.channel import below
    async def main():
        spec = json.loads(sys.argv[1])
        channel = await below(socket.socket(fileno=spec["channel"]))
        channel.write("said", spec["word"], os.getppid())
        message = await channel.read()
        channel.write("heard", list(message))
        await channel.flush()
        sys.exit(3)
    asyncio.run(main())
"""


def test_a_child_gets_its_spec_and_is_heard_to_the_end(tmp_path, monkeypatch) -> None:
    """SPEC with the channel's descriptor; messages both ways; the exit status at the end, and no zombie."""

    async def story(child) -> None:
        heard = []
        child.channel.write("order", 7)
        status = await child.listen(heard.append)
        import os

        assert ([["said", "hello", os.getpid()], ["heard", ["order", 7]]], 3) == (heard, status)
        assert child.process.poll() == 3

    play(TALKS, tmp_path, monkeypatch, story)


def test_a_child_that_closes_its_channel_and_stays_is_ended(tmp_path, monkeypatch) -> None:
    """Nothing half alive: without a channel a process has a few seconds, then it is killed."""
    source = 'import json, os, sys, time\nos.close(json.loads(sys.argv[1])["channel"])\ntime.sleep(60)'
    monkeypatch.setattr(children._exit, "__defaults__", (0.3,))

    async def story(child) -> None:
        assert -9 == await child.listen(lambda _: None)

    play(source, tmp_path, monkeypatch, story)


def test_stacks_are_written_before_a_stuck_child_is_ended(tmp_path, monkeypatch, capfd) -> None:
    """The heartbeat's promise: where it hung is in the log."""
    source = """
        import faulthandler, json, os, signal, sys, time
        faulthandler.register(signal.SIGUSR2, all_threads=True)
        def hangs_here():
            os.write(json.loads(sys.argv[1])["channel"], (2).to_bytes(4, "big") + b"[]")
            time.sleep(60)
        hangs_here()
    """

    async def story(child) -> None:
        spoke = asyncio.Event()
        listening = asyncio.create_task(child.listen(lambda _: spoke.set()))
        await spoke.wait()
        await child.unstick()
        assert -9 == await listening

    monkeypatch.setattr(sys.stderr, "fileno", lambda: 2, raising=False)
    play(source, tmp_path, monkeypatch, story)
    assert "hangs_here" in capfd.readouterr().err


@pytest.mark.parametrize("spoke", [False, True])
def test_silence_is_measured_from_the_last_word(tmp_path, monkeypatch, spoke: bool) -> None:
    """Fifteen seconds once it has spoken, a minute for its start; our own sleep blames nobody."""

    async def story(child) -> None:
        child.spoke = spoke
        child.heard -= 20.0
        assert spoke is child.stuck
        child.forgive()
        assert child.stuck is False
        child.signal(9)
        await child.listen(lambda _: None)

    play(TALKS, tmp_path, monkeypatch, story)


def test_ctrl_c_never_reaches_a_child_even_while_it_starts(tmp_path, monkeypatch) -> None:
    """The terminal's SIGINT to the whole group finds it deaf before its first line of Python."""
    import signal

    async def story(child) -> None:
        for _ in range(20):
            child.signal(signal.SIGINT)
            child.signal(signal.SIGHUP)
        child.channel.write("order", 7)
        heard = []
        assert 3 == await child.listen(heard.append)
        assert 2 == len(heard)

    play(TALKS, tmp_path, monkeypatch, story)
