"""One worker's place at the porter: order, bounds, and what becomes of a worker that was replaced."""

from __future__ import annotations

import asyncio
import socket

from proxeny import porter_wire as wire
from proxeny.window import Window
from radius.questions import ByStation, Verdict

QUESTION = ByStation(b"p" * 16, "nas", "192.0.2.1")


def play(story) -> None:
    async def main() -> None:
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        near.setblocking(False)
        far.setblocking(False)
        heard = []
        window = Window(0, near, asyncio.get_running_loop(), lambda _, said: heard.append(said))
        try:
            await story(window, far, heard)
        finally:
            window.close()
            near.close()
            far.close()

    asyncio.run(asyncio.wait_for(main(), 30))


def said(far: socket.socket) -> list[wire.Downward | None]:
    """Everything that has arrived."""
    found = []
    while True:
        try:
            found.append(wire.downward(far.recv(wire.LARGEST)))
        except BlockingIOError:
            return found


async def wait(true, seconds: float = 20.0) -> None:
    deadline = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.005)


def told(ticket: int) -> bytes:
    return wire.told(ticket, Verdict(False, "NO_GRANT"))


def test_what_is_understood_is_heard_and_the_rest_is_not() -> None:
    """A hello and a question arrive; rubbish, and a question of another shape, do not and harm nothing."""

    async def story(_window: Window, far: socket.socket, heard: list) -> None:
        for datagram in (wire.hello(), b"rubbish", b"", wire.ask(7, QUESTION)):
            if datagram:
                far.send(datagram)
        await wait(lambda: len(heard) == 2)
        assert [wire.Hello(wire.VERSION), wire.Ask(7, QUESTION)] == heard

    play(story)


def test_a_worker_that_does_not_read_holds_up_nobody_and_answers_go_first() -> None:
    """What the kernel does not take waits in the window; an answer overtakes the grants that wait, and nothing is lost."""

    async def story(window: Window, far: socket.socket, _heard: list) -> None:
        page = next(wire.granted([("x" * 200,) * 11] * 200))
        count = 0
        while not window.waiting:
            window.bring(0, [page])
            count += 1
        window.bring(0, [page] * 3)
        window.answer(0, told(7))
        assert window.waiting >= 3
        arrived = []
        while len(arrived) < count + 4:
            arrived += said(far)
            await asyncio.sleep(0.005)
        assert (wire.Told, 0) == (type(arrived[count - 1]), window.waiting)
        assert (count + 3, 0) == (sum(type(each) is wire.Granted for each in arrived), window.unsent)

    play(story)


def test_what_was_meant_for_the_worker_before_is_not_told_to_the_next() -> None:
    """A hello ends a life: answers and grants of the one before are dropped, on their way and in the queue."""

    async def story(window: Window, far: socket.socket, _heard: list) -> None:
        window.renew()
        window.answer(0, told(1))
        window.bring(0, [wire.beat()])
        window.answer(1, told(2))
        assert [2] == [each.ticket for each in said(far)]

    play(story)


def test_it_beats_only_where_nothing_else_was_said() -> None:
    """An empty "grants" is the sign of life."""

    async def story(window: Window, far: socket.socket, _heard: list) -> None:
        window.beat()
        assert [wire.Granted(())] == said(far)
        window.answer(0, told(1))
        window.beat()
        assert [wire.Told] == [type(each) for each in said(far)]
        window.beat()
        window.beat()
        assert 1 <= len(said(far)) <= 2

    play(story)
