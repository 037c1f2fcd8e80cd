"""Verbs of `proxeny` without the second that each takes to load: a process that has loaded the command forks, and the fork runs it.

The fork has the arguments, the environment, the folder and the outputs that it is given, and ends as the command does. Never for
a test of how the command is found, loaded or ended.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import random
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HOME = Path(__file__).parents[2]
LOADED = ("apply", "ask", "homes", "kick", "sessions", "trace")  # what the flows say most
_WORD = struct.Struct("i")
_lock = Lock()
_asked: list[tuple[socket.socket, subprocess.Popen[bytes]]] = []  # one in each process of the tests, begun when it is first asked


def run(argv: Sequence[str], cwd: Path, env: Mapping[str, str], seconds: float) -> subprocess.CompletedProcess[str]:
    """As subprocess.run does it, with both outputs as text."""
    out, err, told = os.pipe(), os.pipe(), os.pipe()
    try:
        with _lock:
            socket.send_fds(_asking(), [json.dumps([list(argv), str(cwd), dict(env)]).encode()], [out[1], err[1], told[1]])
    finally:
        for pipe in (out, err, told):
            os.close(pipe[1])
    with contextlib.ExitStack() as held:
        for pipe in (out, err, told):
            held.callback(os.close, pipe[0])
        said = _heard((out[0], err[0], told[0]), seconds)
    if len(said[2]) != 2 * _WORD.size:
        for (pid,) in _WORD.iter_unpack(said[2]):
            os.kill(pid, signal.SIGKILL)
        raise subprocess.TimeoutExpired(list(argv), seconds, said[0], said[1])
    return subprocess.CompletedProcess(list(argv), _WORD.unpack(said[2][_WORD.size :])[0], said[0].decode(), said[1].decode())


def end() -> None:
    """Leave nothing behind."""
    while _asked:
        asking, process = _asked.pop()
        asking.close()
        process.wait(10)


def _asking() -> socket.socket:
    if not _asked:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            argv = [sys.executable, "-m", __name__, str(theirs.fileno())]
            process = subprocess.Popen(argv, cwd=HOME, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
        _asked.append((ours, process))
    return _asked[0][0]


def _heard(pipes: Sequence[int], seconds: float) -> list[bytes]:
    """All that comes by each, until they end or the time is over."""
    said, deadline = dict.fromkeys(pipes, b""), time.monotonic() + seconds
    with selectors.DefaultSelector() as waiting:
        for pipe in pipes:
            waiting.register(pipe, selectors.EVENT_READ)
        while waiting.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in waiting.select(left):
                octets = os.read(key.fd, 1 << 16)
                said[key.fd] += octets
                if not octets:
                    waiting.unregister(key.fd)
    return [said[pipe] for pipe in pipes]


def main() -> None:
    """Fork for each that is asked, until nobody asks any more."""
    asked = socket.socket(fileno=int(sys.argv[1]))
    for verb in LOADED:
        import_module(f"proxeny.verbs.{verb}")
    gc.freeze()
    running: dict[int, tuple[int, int]] = {}
    poll = select.poll()
    poll.register(asked, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            if fd == asked.fileno():
                octets, fds, *_ = socket.recv_fds(asked, 1 << 20, 3)
                if not octets:
                    return
                pid = _forked(json.loads(octets), fds)
                running[pidfd := os.pidfd_open(pid)] = pid, fds[2]
                poll.register(pidfd, select.POLLIN)
            else:
                pid, told = running.pop(fd)
                poll.unregister(fd)
                os.close(fd)
                _tell(told, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
                os.close(told)


def _forked(what: list[Any], fds: list[int]) -> int:
    if not (pid := os.fork()):
        _become(*what, fds)
    os.close(fds[0])
    os.close(fds[1])
    _tell(fds[2], pid)
    return pid


def _tell(told: int, word: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # who asked has waited long enough
        os.write(told, _WORD.pack(word))


def _become(argv: list[str], cwd: str, env: dict[str, str], fds: list[int]) -> None:
    """What the command's own script does, from its first line to its end."""
    status = 1
    try:
        os.dup2(fds[0], 1)
        os.dup2(fds[1], 2)
        os.closerange(3, 1024)
        os.chdir(cwd)
        os.environ.clear()
        os.environ.update(env)
        time.tzset()
        random.seed()
        sys.argv, sys.modules["__main__"].__package__ = argv, None  # by which Click names the command
        from proxeny.cli import main as command

        command()
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001  # as the interpreter: told, and status 1
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            atexit._run_exitfuncs()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
