"""control.sock: how a verb on this machine speaks with the running controller. One JSON line in, one out.

Only the owner of data_dir reaches it (0600, in a folder of 0700). Never answers what it does not know with silence.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from typing import TYPE_CHECKING, Any, Final

from proxeny.faults import Fault, FaultyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping
    from pathlib import Path

NAME: Final = "control.sock"
LONGEST: Final = 64 << 10  # octets of a line
PATIENCE: Final = 90.0  # seconds for an answer, the longest question included

Answer = dict[str, Any]


class Control:
    """The listening side."""

    def __init__(self, path: Path, verbs: Mapping[str, Callable[[Answer], Awaitable[Answer]]]) -> None:
        self._path = path
        self._verbs = verbs
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen; a socket left by a dead controller is replaced (run.lock says that no other lives)."""
        self._path.unlink(missing_ok=True)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _short(self._path) as name:
            sock.bind(name)
        self._path.chmod(0o600)
        self._server = await asyncio.start_unix_server(self._serve, sock=sock, limit=LONGEST)

    async def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
        self._path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError, asyncio.CancelledError):  # the last: we are ending
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> Answer:
        try:
            question = json.loads(line)
            verb = self._verbs[question["verb"]]
        except (ValueError, KeyError, TypeError, RecursionError):
            return {"error": f"not a question; known: {', '.join(self._verbs)}"}
        return await verb(question)


@contextlib.contextmanager
def _short(path: Path) -> Iterator[str]:
    """The same place by a name that a socket address holds: unix(7) has room for 107 octets, a data_dir may be deeper."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def ask(data_dir: Path, question: Answer, patience: float = PATIENCE) -> Answer:
    """A verb's side: put one question; raises FaultyError where nobody answers."""
    path = data_dir / NAME
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(patience)
            with _short(path) as name:
                sock.connect(name)
            sock.sendall(json.dumps(question).encode() + b"\n")
            with sock.makefile("rb") as file:
                line = file.readline()
    except PermissionError:
        raise _silent(path, "belongs to another user", "Run this as the controller's user") from None
    except (FileNotFoundError, ConnectionRefusedError):
        raise _silent(path, "no controller is running on this data_dir", "Start it: proxeny run") from None
    except OSError as fault:
        raise _silent(path, str(fault.strerror or fault)) from None
    if not line:
        raise _silent(path, "the controller is stopping")
    answer: Answer = json.loads(line)
    return answer


def _silent(path: Path, what: str, remedy: str = "") -> FaultyError:
    return FaultyError([Fault(str(path), "", what, remedy)])
