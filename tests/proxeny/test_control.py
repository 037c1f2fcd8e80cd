"""The control socket, both sides of it."""

from __future__ import annotations

import asyncio
import json
import stat

import pytest

from proxeny import control
from proxeny.faults import FaultyError


def play(tmp_path, story) -> None:
    async def echo(question):
        return {"you": question["identity"]}

    async def main() -> None:
        served = control.Control(tmp_path / control.NAME, {"ask": echo})
        await served.open()
        try:
            await story(tmp_path / control.NAME)
        finally:
            await served.close()

    asyncio.run(asyncio.wait_for(main(), 10))


def test_a_question_is_answered(tmp_path) -> None:
    """One JSON line in, one out, as the verbs ask it."""

    async def story(path) -> None:
        answer = await asyncio.to_thread(control.ask, tmp_path, {"verb": "ask", "identity": "bob@uni-a.example"})
        assert {"you": "bob@uni-a.example"} == answer

    play(tmp_path, story)


def test_only_the_owner_reaches_it(tmp_path) -> None:
    """Mode 0600, whatever the umask."""

    async def story(path) -> None:
        assert 0o600 == stat.S_IMODE(path.stat().st_mode)

    play(tmp_path, story)


@pytest.mark.parametrize("line", [b"", b"{}", b"[1]", b"nonsense", b'{"verb": "reboot"}', b"[" * 5000])
def test_nonsense_is_answered_in_words(tmp_path, line: bytes) -> None:
    """An unknown verb or a broken line gets an error, and the socket goes on."""

    async def story(path) -> None:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(line + b"\n")
        assert json.loads(await reader.readline())["error"].startswith("not a question")
        writer.close()

    play(tmp_path, story)


def test_no_controller_is_said_in_words(tmp_path) -> None:
    """Absent, or left behind by a dead one: the verb to run, no traceback."""
    with pytest.raises(FaultyError, match="proxeny run"):
        control.ask(tmp_path, {"verb": "homes"})
    import socket

    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / control.NAME))
    with pytest.raises(FaultyError, match="proxeny run"):
        control.ask(tmp_path, {"verb": "homes"})


def test_a_deep_data_dir_has_a_socket_too(tmp_path) -> None:
    """A socket's address holds 107 octets; a data_dir may lie deeper."""
    deep = tmp_path / ("x" * 120)
    deep.mkdir()

    async def story(path) -> None:
        answer = await asyncio.to_thread(control.ask, deep, {"verb": "ask", "identity": "bob@uni-a.example"})
        assert {"you": "bob@uni-a.example"} == answer

    play(deep, story)
