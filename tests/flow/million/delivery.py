"""From the city to the spool: every record offered until it is acknowledged, to a writer that is killed on the way.

A NAS repeats what nobody answered, with the same words and a longer delay. What is lost here is lost for good: it never
reached anybody. Never counts a record as delivered that was not acknowledged.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.flow.million.city import City

UNDER_WAY = 6_000  # records that wait for an acknowledgement
TOGETHER = 400


class Delivery:
    """One writer after another."""

    def __init__(self, city: City, spool: Path, root: Path) -> None:
        self.came = bytearray(len(city))  # the records that were acknowledged
        self.acknowledged = 0  # packets, repetitions included
        self.kills = 0
        self._city = city
        self._argv = [sys.executable, "-m", "tests.flow.million.writer", str(spool)]
        self._root = root
        self._waiting: deque[int] = deque()
        self._told = 0
        self._rest = b""
        self._begin()

    def _begin(self) -> None:
        self._writer = subprocess.Popen(self._argv, cwd=self._root, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._told, self._rest = 0, b""

    def deliver(self, order: list[int], kills: list[int]) -> None:
        """All of these, in this order; the writer is killed when so many are left to be offered."""
        todo, kills = deque(order), sorted(kills)
        while todo or self._waiting:
            if kills and len(todo) <= kills[-1]:
                kills.pop()
                self._kill(todo)
            if todo and len(self._waiting) < UNDER_WAY:
                self._send([todo.popleft() for _ in range(min(TOGETHER, len(todo)))])
                self._hear(0)
            elif todo:
                self._hear(0.05)
            else:
                self._writer.stdin.close()
                self._hear_all()
                assert self._writer.wait(60) == 0
                todo.extend(self._waiting)

    def _send(self, records: list[int]) -> None:
        self._waiting.extend(records)
        packets = [self._city.packet(record, again=self.came[record] * 7) for record in records]
        self._writer.stdin.write(b"".join(len(packet).to_bytes(2, "big") + packet for packet in packets))
        self._writer.stdin.flush()

    def _hear(self, seconds: float) -> bool:
        """Read what was acknowledged; False when the writer is gone."""
        heard = self._writer.stdout.fileno()
        if not select.select([heard], [], [], seconds)[0]:
            return True
        octets = os.read(heard, 1 << 16)
        said = self._rest + octets
        whole = len(said) // 4 * 4
        self._rest = said[whole:]
        if whole:
            self._count(int.from_bytes(said[whole - 4 : whole], "big"))
        return bool(octets)

    def _hear_all(self) -> None:
        while self._hear(60):
            pass

    def _count(self, told: int) -> None:
        for _ in range(told - self._told):
            self.came[self._waiting.popleft()] = 1
        self.acknowledged += told - self._told
        self._told = told

    def _kill(self, todo: deque[int]) -> None:
        """kill -9; what it had acknowledged counts, the rest is offered to the next one."""
        self._writer.kill()
        self._hear_all()
        self._writer.wait()
        self.end()
        self.kills += 1
        todo.extendleft(reversed(self._waiting))
        self._waiting.clear()
        self._begin()

    def end(self) -> None:
        """Leave nothing behind."""
        self._writer.kill()
        self._writer.wait()
        for pipe in (self._writer.stdin, self._writer.stdout):
            try:
                pipe.close()
            except BrokenPipeError:
                continue


def shuffled(chance: random.Random, records: int, *, lost: float, repeated: float) -> list[int]:
    """The numbers of all records but those that are lost, some of them twice, in no order."""
    order = [number for number in range(records) if chance.random() >= lost]
    order += chance.choices(order, k=int(len(order) * repeated))
    chance.shuffle(order)
    return order
