"""The demo's outbox: what we send arrives there, is shown newest first, and can do nothing to its reader."""

from __future__ import annotations

import asyncio
import smtplib
import threading
from typing import TYPE_CHECKING

import pytest
from werkzeug.serving import make_server

from proxeny import mailing, texting
from proxeny.simulated import outbox as sink
from proxeny.simulated.outbox import Outbox
from proxeny.simulated.outbox_page import linked, pages
from store.messages import Content
from tests.proxeny.letters import GUEST, NUMBER, WORDS, letter, mail_settings, sms_letter, sms_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def port(outbox: Outbox) -> Iterator[int]:
    """Of its mail server, in a thread."""
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(outbox.serve, "127.0.0.1", 0, limit=sink.LINE))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield server.sockets[0].getsockname()[1]
    loop.call_soon_threadsafe(server.close)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def test_our_mail_arrives(outbox: Outbox, port: int, tmp_path: Path) -> None:
    """Subject, text with its code and link, and the other form, as they were written."""
    mail = mail_settings(tmp_path, f"smtp://127.0.0.1:{port}")
    dotted = Content(".\n..two\n.three\n", "Déjà", "<p>.</p>")
    assert (True, "250 kept") == ((ended := mailing.send(mail, letter())).outcome.done, ended.outcome.text)
    assert mailing.send(mail, letter("gé@example.org", dotted)).outcome.done
    second, first = outbox.arrived
    assert (GUEST, WORDS.subject, WORDS.text, WORDS.html + "\n") == (first.to, first.subject, first.text, first.html)
    assert ("gé@example.org", "Déjà", dotted.text, 1, 2) == (second.to, second.subject, second.text, first.number, second.number)


def test_a_client_of_no_manners_changes_nothing(outbox: Outbox, port: int) -> None:
    """Commands out of order are refused; what never ends is dropped."""
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        assert [503, 250, 503, 250, 503] == [
            client.docmd(*words)[0] for words in (("DATA",), ("HELO x",), ("WHAT",), ("NOOP",), ("RCPT TO:x",))
        ]
        client.docmd("MAIL FROM:<>")
        client.docmd("RCPT TO:<a@b.example>")
        client.docmd("DATA")
        line = b"x" * 900 + b"\r\n"
        with pytest.raises((OSError, smtplib.SMTPServerDisconnected)):
            _pour(client, line)
    assert not outbox.arrived


def _pour(client: smtplib.SMTP, line: bytes) -> None:
    for _ in range(2 * sink.LARGEST // len(line)):
        client.send(line)
    client.getreply()


def test_an_sms_arrives(outbox: Outbox, tmp_path: Path) -> None:
    """By the settings that the demo ships."""
    server = make_server("127.0.0.1", 0, pages(outbox), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    text = (
        f'[sms]\nurl = "http://127.0.0.1:{server.port}/sms"\nbody = \'{{"to": "{{to}}", "text": "{{text}}", "id": "{{id}}"}}\'\n'
        'success = [200, \'"accepted"\']\ncountries = ["CA"]\n'
    )
    try:
        assert texting.send(sms_settings(tmp_path, text), sms_letter()).outcome.done
    finally:
        server.shutdown()
    assert [("SMS", NUMBER, "482913 is your code.")] == [(each.kind, each.to, each.text) for each in outbox.arrived]


def test_its_page(outbox: Outbox) -> None:
    """The newest first, links to press; a stranger's words are words."""
    client = pages(outbox).test_client()
    assert "Nothing yet" in client.get("/").text
    outbox.put("SMS", NUMBER, "482913 is your code.")
    outbox.put("Mail", GUEST, "Press https://wifi.city.example/m/abc?x=1&y=2 <b>", subject="<i>", html="<p>whole</p>")
    page = client.get("/")
    assert page.text.index("Mail to") < page.text.index("SMS to")
    assert '<a href="https://wifi.city.example/m/abc?x=1&amp;y=2">' in page.text
    assert ("<b>", "<i>") == tuple(word for word in ("<b>", "<i>") if word not in page.text)
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    mail = client.get("/mail/2")
    assert ("<p>whole</p>", 404, 404) == (mail.text, client.get("/mail/1").status_code, client.get("/mail/9").status_code)
    assert "sandbox" in mail.headers["Content-Security-Policy"]


@pytest.mark.parametrize("words", ['"text"', "{}", '{"to": "x", "text": 1, "id": "1"}', "[]"])
def test_what_is_no_sms_is_refused(outbox: Outbox, words: str) -> None:
    """A gateway that takes anything would hide a slip in the settings."""
    answer = pages(outbox).test_client().post("/sms", data=words, content_type="application/json")
    assert (400, 0) == (answer.status_code, len(outbox.arrived))


def test_it_keeps_a_screenful(outbox: Outbox) -> None:
    """The oldest give way."""
    for number in range(sink.MOST + 5):
        outbox.put("SMS", NUMBER, str(number))
    assert (sink.MOST, str(sink.MOST + 4)) == (len(outbox.arrived), outbox.arrived[0].text)
    assert "a &lt; b" == linked("a < b")
