"""SMS through a gateway by HTTP: each kind of request, its answer judged, and words that keep nothing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
import structlog

from proxeny import logs, texting
from radius.nas.family import Outcome, Response
from tests.peers.sms import KEY, Phone, Sms, phone
from tests.peers.stubs.controller import Mood
from tests.proxeny.letters import NUMBER, sms_letter, sms_settings

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["phone"]
HOSTILE = 'a"b\\c&to=+1\r\n{secret} é 📚 \u2028'
FORM = (
    '[sms]\nurl = "{url}/send"\nbody = "to={{to}}&text={{text}}&id={{id}}"\nheaders = {{ X-Key = "{{secret}}" }}\n'
    'secret = "{key}"\ncountries = ["CA"]\n'
)
GET = '[sms]\nurl = "{url}/send?to={{to}}&text={{text}}&id={{id}}"\nmethod = "GET"\nheaders = {{ X-Key = "{key}" }}\ncountries = ["CA"]\n'


@pytest.mark.parametrize("kind", ["json", "form", "get"])
def test_it_arrives_as_it_was_written(phone: Phone, tmp_path: Path, kind: str) -> None:
    """As JSON, as a form, in the URL: number, text and id whole, whatever the text holds."""
    text = phone.settings if kind == "json" else {"form": FORM, "get": GET}[kind].format(url=phone.url, key=KEY)
    sms = sms_settings(tmp_path, text)
    outcome, heard = texting.send(sms, sms_letter(text=HOSTILE))
    assert (Outcome(done=True, text='200 {"status": "accepted"}'), True) == (outcome, heard)
    assert [Sms(NUMBER, HOSTILE, "proxeny-17")] == phone.got
    assert [] == phone.wrong


def test_a_repetition_has_the_same_id(phone: Phone, tmp_path: Path) -> None:
    """A gateway that heeds it sends one SMS."""
    sms = sms_settings(tmp_path, phone.settings)
    texting.send(sms, sms_letter())
    texting.send(sms, sms_letter()._replace(tries=2))
    assert (2, 1) == (len(phone.asked), len(phone.got))


@pytest.mark.parametrize(
    ("success", "status", "body", "done", "again"),
    [
        ("", 200, b"anything", True, False),
        ("", 204, b"", True, False),
        ("", 206, b"", False, False),
        ("", 302, b"", False, False),
        ("", 400, b"no such number", False, False),
        ("", 401, b"", False, False),
        ("", 408, b"", False, True),
        ("", 429, b"slow down", False, True),
        ("", 500, b"", False, True),
        ("", 503, b"", False, True),
        ("", 0, b"no connection in time", False, True),
        ("success = [202]", 200, b"", False, False),
        ("success = '^OK'", 226, b"OK 17", True, False),
        ("success = '^OK'", 200, b"ERR 17", False, False),
        ("success = '^OK'", 500, b"OK", False, True),
        ("success = [200, 'accepted', 'id']", 200, b'{"accepted": true, "id": 1}', True, False),
        ("success = [200, 'accepted', 'id']", 200, b'{"accepted": true}', False, False),
        ("success = '^OK'", 200, b"\xff\xfe", False, False),
    ],
)
def test_what_an_answer_means(tmp_path: Path, success: str, status: int, body: bytes, done: bool, again: bool) -> None:
    """Success by code and pattern; trouble of its own is worth another try; anything else is the end."""
    sms = sms_settings(tmp_path, f'[sms]\nurl = "https://sms.example/{{to}}/{{text}}"\ncountries = ["CA"]\n{success}')
    outcome = texting.judged(sms, Response(status, {}, body))
    assert (done, again) == (outcome.done, outcome.again)


def test_no_log_has_a_number_or_a_code(
    phone: Phone, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where all of it stands in the URL, and the log is at its finest."""
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", root.handlers)
    monkeypatch.setattr(root, "level", root.level)
    logs.to_standard_error("debug")
    try:
        assert texting.send(sms_settings(tmp_path, GET.format(url=phone.url, key=KEY)), sms_letter()).outcome.done
    finally:
        structlog.reset_defaults()
    assert "" == capsys.readouterr().err


def test_what_is_kept_of_an_answer(phone: Phone, tmp_path: Path) -> None:
    """Neither the number, with or without its plus, nor the code."""
    phone.refuses = f"{NUMBER} / {NUMBER[1:]} is no mobile: 482913 is your code."
    outcome, heard = texting.send(sms_settings(tmp_path, phone.settings), sms_letter())
    assert (Outcome(done=False, text='200 {"status": "error", "reason": "… / … is no mobile: … is your code."}'), True) == (outcome, heard)


@pytest.mark.parametrize(
    "mood", [Mood(status=503), Mood(raw=b"SSH-2.0\r\n"), Mood(raw=b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort")]
)
def test_trouble_is_worth_another_try(phone: Phone, tmp_path: Path, mood: Mood) -> None:
    """Its own trouble, and what is no HTTP."""
    phone.mood = mood
    outcome, heard = texting.send(sms_settings(tmp_path, phone.settings), sms_letter())
    assert (False, True, False) == (outcome.done, outcome.again, heard)
