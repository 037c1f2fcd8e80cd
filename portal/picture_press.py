"""The press for pictures: what somebody sent in, what we keep out, in a process of its own that no stranger's octets outlive.

`python -m portal.picture_press` reads one line that says what is wanted, and within which bounds, and then the octets; it answers
one line and then a WebP. The process has bounds of processor time, memory and files (it opens none, and inherits no secret: its
environment is empty), and an end by the clock; two run at once, and a few wait. Never decodes in the process of the pages.
"""

from __future__ import annotations

import json
import logging
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

from store.stills import LEAST, LOGO, LOGO_WEIGHT, LONGEST, Cut, Flaw, PictureError, Prepared, plain, prepared

SECONDS: Final = 8  # of a processor: the largest photo takes one
PATIENCE: Final = 20.0  # seconds by the clock
MEMORY: Final = 768 << 20  # octets of addresses: Python and Pillow have 120 MB of it before anything is read
AT_ONCE: Final = 2
WAITING: Final = 2  # more of the pages' threads are held up by nobody
TINY: Final = 160  # pixels of either side of a shop's picture: less is blurred on every phone
LOGOS: Final = "logo"
_turn: Final = threading.BoundedSemaphore(AT_ONCE)
_room: Final = threading.BoundedSemaphore(AT_ONCE + WAITING)


def press(octets: bytes, wanted: str) -> Prepared:
    """The picture as it is kept; `wanted` is a `Cut` or LOGOS. PictureError where it is not taken, or not now."""
    if len(octets) > LONGEST:
        raise PictureError(Flaw.HEAVY)
    if not _room.acquire(blocking=False):
        raise PictureError(Flaw.BUSY)
    try:
        if not _turn.acquire(timeout=PATIENCE):
            raise PictureError(Flaw.BUSY)
        try:
            return _asked(octets, wanted)
        finally:
            _turn.release()
    finally:
        _room.release()


def _asked(octets: bytes, wanted: str) -> Prepared:
    ours = [sys.executable, "-m", "portal.picture_press"]
    here = {"PYTHONPATH": str(Path(__file__).parent.parent)}
    asked = json.dumps([wanted, SECONDS, MEMORY]).encode() + b"\n" + octets
    try:
        ended = subprocess.run(ours, input=asked, capture_output=True, timeout=PATIENCE, check=False, env=here)  # noqa: S603  a module of ours
    except subprocess.TimeoutExpired as late:
        raise PictureError(Flaw.SLOW) from late
    except OSError as short:  # of memory, processes or files
        logging.getLogger(__name__).warning("a picture was not read: %s", short)
        raise PictureError(Flaw.BUSY) from short
    head, _, made = ended.stdout.partition(b"\n")
    if ended.returncode or not head:  # ended at one of its bounds, or a fault of ours
        last = ended.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        logging.getLogger(__name__).warning("a picture was not read: %s %s", ended.returncode, "".join(last)[:200])
        raise PictureError(Flaw.SLOW)
    said = json.loads(head)
    if "flaw" in said:
        raise PictureError(Flaw[said["flaw"]])
    return Prepared(said["sha"], made, said["width"], said["height"])


def pressed(octets: bytes, wanted: str) -> Prepared:
    """The same, in this very process: the child's own work."""
    logos = wanted == LOGOS
    picture = prepared(octets, LOGO, LOGO_WEIGHT, least=LEAST) if logos else prepared(octets, cut=Cut(wanted), least=TINY)
    if plain(picture):  # cut as it will be: what there was to see may have been beside it
        raise PictureError(Flaw.PLAIN)
    return picture


def _answer(octets: bytes, wanted: str) -> bytes:
    try:
        sha, made, width, height = pressed(octets, wanted)
    except PictureError as fault:
        return json.dumps({"flaw": fault.flaw.name}).encode()
    return json.dumps({"sha": sha, "width": width, "height": height}).encode() + b"\n" + made


def _bound(seconds: int, memory: int) -> None:
    """Set after the last module is loaded: no more files are opened, and no sockets."""
    from PIL import Image, ImageOps, ImageStat, MpoImagePlugin, WebPImagePlugin  # noqa: F401, PLC0415  the child's alone

    Image.preinit()
    for limit, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 3),
    ):
        hard = resource.getrlimit(limit)[1]  # whoever started us may have set a lower one, which nobody raises
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (least, least))


def main() -> None:
    """In that process."""
    wanted, seconds, memory = json.loads(sys.stdin.buffer.readline())
    _bound(seconds, memory)
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read(LONGEST + 1), wanted))


if __name__ == "__main__":
    main()
