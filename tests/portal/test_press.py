"""portal.press: a whole part of a batch becomes a PDF in a process of bounded memory, and what it prints reaches for nothing."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portal import cards, press
from portal.press import BusyError, JammedError

if TYPE_CHECKING:
    from collections.abc import Iterator

HOME = Path(__file__).parents[2]
MOST = 256 << 10  # KiB: what a process may take that prints as many cards as there are in one part
_TOLD = (
    "import pathlib, runpy, sys; runpy.run_module('portal.press', run_name='__main__'); "
    "print(pathlib.Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0], file=sys.stderr)"  # ru_maxrss has its parent's
)


def sheets(count: int, more: str = "") -> str:
    """Cards as the pages make them."""
    picture = cards.Offer("City Wi-Fi", (), ()).picture
    words = (
        "<p class=what lang=en>2 hours at a time, 1 GB a day. 2 devices.</p><p class=what lang=fr>2 heures à la fois, 1 Go par jour.</p>"
    )
    codes = [f"K7QM-42XD-{number:04}" for number in range(count)]
    card = "<div class=card><img class=qr src='{}' alt=''><p class=net>City Wi-Fi</p><p class=code>{}</p>{}</div>"
    pages = ("".join(card.format(picture, code, words) for code in page) for page in cards.pages(codes, cards.Form.A4))
    return f"<html><body>{more}<div class=a4>{''.join(f'<div class=sheet>{page}</div>' for page in pages)}</div></body></html>"


@pytest.fixture
def fresh() -> Iterator[None]:
    """What is looked for once is looked for again."""
    press.missing.cache_clear()
    yield
    press.missing.cache_clear()


@pytest.mark.peer("pango")
def test_a_whole_part_is_printed_in_bounded_memory() -> None:
    """504 cards on 24 sheets of their own size; the process that made them took less than 256 MiB, and is gone."""
    done = subprocess.run([sys.executable, "-c", _TOLD], input=sheets(cards.PART).encode(), capture_output=True, check=True, cwd=HOME)
    assert done.stdout.startswith(b"%PDF")
    assert cards.PART // cards.Form.A4.each == len(re.findall(rb"/Type /Page\b", _plain(done.stdout)))
    assert int(done.stderr.split()[-1]) < MOST


def _plain(pdf: bytes) -> bytes:
    """Its objects, also those that are packed."""
    import zlib

    found = [pdf]
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            continue
    return b"\n".join(found)


@pytest.mark.peer("pango")
def test_what_is_printed_reaches_for_nothing(tmp_path: Path) -> None:
    """Neither a file nor an address is opened, whatever a page says; it is printed without it."""
    (tmp_path / "secret.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>secret</text></svg>')
    asked = f"<img src='file://{tmp_path}/secret.svg'><img src='http://127.0.0.1:9/x.png'><link rel=stylesheet href='file:///etc/passwd'>"
    assert len(press.pdf(sheets(1))) == len(press.pdf(sheets(1, asked)))


@pytest.mark.peer("pango")
def test_two_at_once_take_turns() -> None:
    """Both get their PDF."""
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(press.pdf(sheets(1)))) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert [b"%PDF", b"%PDF"] == [pdf[:4] for pdf in found]


def test_who_waits_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """While another's is printed nobody waits for good."""
    monkeypatch.setattr(press, "SECONDS", 0.06)
    with press._one, pytest.raises(BusyError):
        press.pdf("")


def test_a_press_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the next may print."""
    monkeypatch.setattr(press, "SECONDS", 0.06)
    for _ in range(2):
        with pytest.raises(JammedError, match="no PDF within"):
            press.pdf("")


def test_without_pango_the_library_is_named(monkeypatch: pytest.MonkeyPatch, fresh: None) -> None:
    """The first that is not there."""

    def away(name: str) -> None:
        if "pango" in name:
            raise OSError

    monkeypatch.setattr(ctypes, "CDLL", away)
    assert "libpango-1.0.so.0" == press.missing()
