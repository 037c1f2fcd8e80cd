"""Channels between the supervisor and its processes, over real socket pairs."""

from __future__ import annotations

import asyncio
import pickle

from proxeny.channel import above, below, pair


def play(story) -> None:
    async def main() -> None:
        ours, theirs = pair()
        theirs.setblocking(False)
        await story(await above(ours), await below(theirs))

    asyncio.run(asyncio.wait_for(main(), 10))


def test_messages_cross_whole_and_in_order() -> None:
    """Large and small, down as they are, up as plain lists."""

    async def story(up, down) -> None:
        for size in (0, 1, 3_000_000):
            up.write("network", b"x" * size)
        assert [0, 1, 3_000_000] == [len((await down.read())[1]) for _ in range(3)]
        down.write("beat", {"accept": 5})
        assert ["beat", {"accept": 5}] == await up.read()

    play(story)


def test_a_closed_channel_reads_as_none() -> None:
    """How a worker learns that its supervisor is gone, and the supervisor that a worker is."""

    async def story(up, down) -> None:
        up.close()
        assert await down.read() is None

    play(story)


def test_a_worker_is_never_unpickled() -> None:
    """What comes from the process that reads the network is JSON: a pickle in its place ends the channel's use, no code runs."""

    class Evil:
        def __reduce__(self):
            return print, ("ran",)

    async def story(up, down) -> None:
        body = pickle.dumps(Evil())
        down._writer.write(len(body).to_bytes(4, "big") + body)
        assert await up.read() is None

    play(story)


def test_a_frame_beyond_bounds_ends_the_channel() -> None:
    """A length of 4 GiB is never waited for."""

    async def story(up, down) -> None:
        down._writer.write(b"\xff\xff\xff\xff")
        assert await up.read() is None

    play(story)


def test_a_peer_that_does_not_read_costs_bounded_memory() -> None:
    """Beyond 8 MiB messages are counted as lost, urgent ones excepted."""

    async def story(up, down) -> None:
        for _ in range(40):
            down.write("log", "x" * (1 << 20))
        assert down.lost > 20
        assert down._writer.transport.get_write_buffer_size() < 12 << 20

    play(story)
