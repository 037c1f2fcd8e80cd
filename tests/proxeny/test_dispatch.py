"""Messages end to end: a row in the database, a mail server or a phone, and the row again; nothing lost, nothing kept."""

from __future__ import annotations

import contextlib
import shutil
import sys
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from proxeny import dispatch, keeper, lines, opening, settings, sweeping
from store import messages
from store.messages import Content
from store.models import Message, MessageKind, MessageState, OrderKind
from store.privacy import privacy
from store.session import reading, transaction
from tests.peers import smtp
from tests.peers.authority import Authority
from tests.peers.program import Program, free_port, until
from tests.peers.sms import phone
from tests.peers.smtp import mailbox
from tests.peers.stubs.controller import Mood, serving
from tests.peers.stubs.unifi import UnifiStub
from tests.proxeny.test_sweeping import City

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

    from tests.peers.sms import Phone
    from tests.peers.smtp import Mailbox
    from tests.proxeny.installation import Installation

__all__ = ["mailbox", "phone"]
GUEST, OTHER, NUMBER = "guest-017@example.org", "guest-018@example.org", "+14165550117"
CODE = "739182"
WORDS = Content(f"Your code is:\n\n{CODE[:3]} {CODE[3:]}\n", "Your code", f"<p>{CODE}</p>")
MAIL = '[mail]\nurl = "{url}"\nfrom = "wifi@city.example"\ntimeout = 2\n'


@pytest.fixture(scope="module", autouse=True)
def _shaped(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A data folder of the newest shape, to be copied."""
    folder = tmp_path_factory.mktemp("shaped")
    (folder / "proxeny.toml").write_text("[radius]\n")
    opening.store(settings.load(folder / "proxeny.toml", {}))[0].dispose()
    Office.shaped = folder / "var"


class Office:
    """A database with what is queued, and one sweep over it or several."""

    shaped: Path

    def __init__(self, installed: Installation, *sections: str) -> None:
        self.file = installed.settings
        self.file.write_text("\n".join(("[radius]", *sections)))
        self.settings = settings.load(self.file, {})
        shutil.copytree(self.shaped, self.settings.data_dir, dirs_exist_ok=True)
        self.database: Engine
        self.database, seal = opening.store(self.settings)
        with transaction(self.database) as session:
            self.marks = privacy(session, seal, datetime.now(UTC))
        self.sweeps: list[sweeping.Sweep] = []

    def queue(self, to: str = GUEST, *, content: Content = WORDS, minutes: float = 15, key: str | None = None) -> int:
        kind = MessageKind.MAIL if "@" in to else MessageKind.SMS
        now = datetime.now(UTC)
        with transaction(self.database) as session:
            row = messages.queue(
                session, self.marks, kind, to, content, purpose="code", language="en",
                expires_at=now + timedelta(minutes=minutes), now=now, key=key,
            )  # fmt: skip
            return row.id

    def begin(self) -> sweeping.Sweep:
        sweep = sweeping.Sweep(self.settings)
        self.sweeps.append(sweep)
        sweep.thread.start()
        return sweep

    def row(self, message: int) -> Message:
        with reading(self.database) as session:
            return session.get_one(Message, message)

    def settled(self, message: int, seconds: float = 30.0) -> tuple[MessageState, str]:
        row = until(lambda: (row := self.row(message)).settled_at and row, f"message {message}", seconds)
        return row.state, row.outcome

    def soon(self, message: int) -> None:
        """As if its pause or lease were over."""
        with transaction(self.database) as session:
            session.get_one(Message, message).leased_until = datetime.now(UTC) - timedelta(seconds=1)

    def end(self) -> None:
        for sweep in self.sweeps:
            sweep.end(5)


@pytest.fixture
def office(installed: Installation, mailbox: Mailbox, phone: Phone) -> Iterator[Office]:
    made = Office(installed, MAIL.format(url=mailbox.url), phone.settings)
    yield made
    made.end()


def test_mail_and_sms_leave_and_are_forgotten(office: Office, mailbox: Mailbox, phone: Phone) -> None:
    """Each by its way, once; afterwards no file of ours holds address, number or code, in whatever form."""
    sweep = office.begin()
    mail, sms = office.queue(), office.queue(NUMBER, content=Content(f"{CODE} is your code."))
    assert (CODE, CODE) == (mailbox.wait(GUEST).code, phone.wait(NUMBER).code)
    assert (MessageState.SENT, "250 2.0.0 kept") == office.settled(mail)
    assert (MessageState.SENT, '200 {"status": "accepted"}') == office.settled(sms)
    assert [(None, None)] * 2 == [((row := office.row(each)).to, row.content) for each in (mail, sms)]
    until(lambda: sweep.told()["messages_sent"] == 2, "the counts")
    assert (0, 0, 0) == tuple(sweep.told()[f"messages_{name}"] for name in ("failed", "put_off", "under_way"))
    for path in office.settings.data_dir.rglob("*"):
        with contextlib.suppress(FileNotFoundError, IsADirectoryError):  # a journal comes and goes
            octets = path.read_bytes()
            assert [] == [each for each in (CODE, CODE[:3] + " " + CODE[3:], GUEST, NUMBER, NUMBER[1:]) if each.encode() in octets], path


def test_two_sweeps_send_one_mail(office: Office, mailbox: Mailbox) -> None:
    """Whoever takes it first has it."""
    rows = [office.queue(f"guest-{number:03}@example.org") for number in range(10)]
    office.begin()
    office.begin()
    assert {MessageState.SENT} == {office.settled(each)[0] for each in rows}
    assert 10 == len(mailbox.mails)


def test_a_refusal_ends_it_and_trouble_puts_it_off(office: Office, mailbox: Mailbox) -> None:
    """5yz fails with the server's words, less the address; 4yz waits, and leaves when the trouble is over."""
    mailbox.mood = smtp.Mood(rcpt="550 5.1.1 <{to}> unknown")
    sweep = office.begin()
    assert (MessageState.FAILED, "550 5.1.1 <…> unknown") == office.settled(office.queue())
    mailbox.mood = smtp.Mood(rcpt="451 4.3.0 later")
    waits = office.queue(OTHER)
    until(lambda: office.row(waits).outcome == "451 4.3.0 later", "a first try")
    mailbox.mood = smtp.Mood()
    assert (MessageState.SENT, "250 2.0.0 kept") == office.settled(waits)
    assert office.row(waits).tries > 1
    until(lambda: (sweep.told()["messages_failed"], sweep.told()["messages_sent"]) == (1, 1), "the counts")


def test_a_server_that_comes_back_in_time_gets_it(installed: Installation) -> None:
    """Nobody listens; then somebody does."""
    port = free_port()
    office = Office(installed, MAIL.format(url=f"smtp://127.0.0.1:{port}"))
    try:
        message = office.queue()
        sweep = office.begin()
        until(lambda: office.row(message).outcome == "Connection refused", "a first try")

        def trusted() -> tuple[int, str]:
            return sweep.told()["senders_quiet"], sweep.told()["messages_fault"]

        until(lambda: trusted() == (1, "mail: Connection refused"), "the fault to be told")
        with smtp.serving(port=port) as box:
            box.wait(GUEST)
            assert MessageState.SENT is office.settled(message)[0]
        until(lambda: trusted() == (0, ""), "the server to be trusted again")
    finally:
        office.end()


def test_what_is_too_old_is_not_sent(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """A code that came after its time would only confuse: it expires, and its words go."""
    monkeypatch.setattr(sweeping, "TIDY", 0.2)
    office = Office(installed, MAIL.format(url=f"smtp://127.0.0.1:{free_port()}"))
    try:
        message = office.queue(minutes=0.02)
        sweep = office.begin()
        state, outcome = office.settled(message)
        assert MessageState.EXPIRED is state
        assert outcome in ("Connection refused", "")
        assert (None, None) == (office.row(message).to, office.row(message).content)
        until(lambda: sweep.told()["messages_given_up"] == 1, "the count")
    finally:
        office.end()


def test_without_a_gateway_only_mail_leaves(installed: Installation, mailbox: Mailbox) -> None:
    """What nobody sends waits for its end; it holds nothing up."""
    office = Office(installed, MAIL.format(url=mailbox.url))
    try:
        sms, mail = office.queue(NUMBER), office.queue()
        office.begin()
        assert MessageState.SENT is office.settled(mail)[0]
        assert (MessageState.QUEUED, 0) == (office.row(sms).state, office.row(sms).tries)
    finally:
        office.end()


def test_a_dead_mail_server_delays_no_gateway(installed: Installation, tmp_path) -> None:
    """Thirty mails wait for a server that says nothing; a guest's order is carried out in the time that a page waits."""
    authority = Authority(tmp_path / "authority")
    never = threading.Event()
    with smtp.serving() as box, serving(UnifiStub(), authority.issue("127.0.0.1")) as stub:
        box.mood = smtp.Mood(hang=never)
        installed.settings.write_text("[radius]\n" + MAIL.replace("timeout = 2", "timeout = 30").format(url=box.url))
        city = City(installed, authority)
        try:
            city.begin("unifi", stub.url, stub.password, 'api_user = "proxeny"', run=False)
            now = datetime.now(UTC)
            with transaction(city.database) as session:
                for number in range(30):
                    messages.queue(
                        session, city.marks, MessageKind.MAIL, f"guest-{number:03}@example.org", WORDS, purpose="code", language="en",
                        expires_at=now + timedelta(minutes=15), now=now,
                    )  # fmt: skip
            city.sweep.thread.start()
            until(lambda: len(box.mails) == lines.EACH, "as many conversations as there may be")
            assert city.settled(city.order(OrderKind.GRANT), 5)[0]
            assert lines.EACH == len(box.mails)
        finally:
            never.set()
            city.sweep.end(5)


def test_a_killed_process_loses_nothing(office: Office, mailbox: Mailbox, tmp_path) -> None:
    """kill -9 between the mail and its receipt: the next process sends it once more, under the same Message-ID, and never again."""
    never = threading.Event()
    mailbox.mood = smtp.Mood(hang=never)
    message = office.queue()
    argv = [sys.executable, "-m", "proxeny", "jobs", "--config", str(office.file)]
    first = Program(argv, tmp_path / "first.log")
    mailbox.wait(GUEST)
    first.kill()
    never.set()
    mailbox.mood = smtp.Mood()
    assert MessageState.CLAIMED is office.row(message).state
    office.soon(message)  # as a minute later
    second = Program(argv, tmp_path / "second.log")
    try:
        assert (MessageState.SENT, "250 2.0.0 kept") == office.settled(message)
    finally:
        assert 0 == second.stop()
    assert (2, 1) == (len(mailbox.mails), len({got.message["Message-ID"] for got in mailbox.mails}))
    log = (tmp_path / "first.log").read_text() + (tmp_path / "second.log").read_text()
    assert [] == [each for each in (CODE, GUEST) if each in log]


def test_what_was_sent_and_not_written_down_is_not_sent_again(office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database goes away while the mail is on its way: when it is back, the row learns of it."""
    message = office.queue()
    tools = sweeping.Sweep(office.settings)._open()
    work = dispatch.Messages()
    with monkeypatch.context() as patch:
        patch.setattr(dispatch, "_settled", _broken)
        with pytest.raises(OSError, match="disk"):
            work.carry(message, tools)
    assert (MessageState.CLAIMED, 1) == (office.row(message).state, len(mailbox.mails))
    carried = work.carry(message, tools)
    assert carried is not None
    assert ("done", 1) == (carried.end, len(mailbox.mails))
    assert MessageState.SENT is office.row(message).state


def _broken(*_args: object) -> None:
    raise OSError("disk I/O error")


def test_a_missing_key_file_costs_no_message(office: Office, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be opened waits for its lease to end."""
    from store.faults import SealError

    message = office.queue()
    tools = sweeping.Sweep(office.settings)._open()

    def gone(*_args: object) -> bytes:
        raise SealError("sealing key: gone")

    with monkeypatch.context() as patch:
        patch.setattr(type(tools.marks), "opened", gone)
        carried = dispatch.Messages().carry(message, tools)
        assert lines.Carried("", heard=True, end="put_off", why="sealing key: gone") == carried
    assert MessageState.CLAIMED is office.row(message).state
    office.soon(message)
    office.begin()
    assert MessageState.SENT is office.settled(message)[0]
    assert mailbox.wait(GUEST).code == CODE


def test_a_days_sms_are_bounded(installed: Installation, phone: Phone) -> None:
    """Whoever asks for codes to a thousand numbers costs the city what [sms] per_day says, and no more."""
    office = Office(installed, phone.settings.replace("[sms]\n", "[sms]\nper_day = 3\n"))
    try:
        rows = [office.queue(f"+1416555{number:04}", content=Content("code")) for number in range(8)]
        tools = sweeping.Sweep(office.settings)._open()
        work = dispatch.Messages()
        ends = [carried.end for each in rows if (carried := work.carry(each, tools))]
        assert ["done"] * 3 + ["failed"] * 5 == ends
        assert 3 == len(phone.got)
        assert (MessageState.FAILED, "as many were sent within a day as per_day allows") == office.settled(rows[-1])
    finally:
        office.end()


@pytest.mark.parametrize("to", ["guest-017@example.org\r\nBcc: guest-018@example.org", "guest-017@example.org, guest-018@example.org"])
def test_nobody_else_gets_a_copy(office: Office, mailbox: Mailbox, to: str) -> None:
    """An address that is more than one fails before a word is sent."""
    office.begin()
    assert (MessageState.FAILED, "it cannot be written: the address is none") == office.settled(office.queue(to))
    assert (0, []) == (mailbox.tried, mailbox.mails)


def test_names_in_another_script(office: Office, mailbox: Mailbox) -> None:
    """Portal, subject and address beyond ASCII arrive as they were written."""
    office.begin()
    content = Content("Votre code : 739 182 — “déjà” 📚\n", "Café de l’Été · 中央图书馆", "<p>“déjà” 📚</p>")
    office.queue("gé@example.org", content=content)
    got = mailbox.wait("gé@example.org")
    assert (content.subject, content.text) == (got.subject, got.text)


def test_settings_read_again_apply(installed: Installation, mailbox: Mailbox) -> None:
    """A mail server that was written down wrongly is put right by SIGHUP; what waited leaves."""
    office = Office(installed, MAIL.format(url=f"smtp://127.0.0.1:{free_port()}"))
    try:
        message = office.queue()
        sweep = office.begin()
        until(lambda: office.row(message).tries, "a first try")
        office.file.write_text("[radius]\n" + MAIL.format(url=mailbox.url))
        sweep.adopt(settings.load(office.file, {}))
        assert MessageState.SENT is office.settled(message)[0]
    finally:
        office.end()


def test_the_stub_in_a_bad_mood_is_tried_again(office: Office, phone: Phone) -> None:
    """503 now, the SMS later."""
    phone.mood = Mood(status=503)
    message = office.queue(NUMBER, content=Content("code"))
    office.begin()
    until(lambda: office.row(message).outcome.startswith("503"), "a first try")
    phone.mood = Mood()
    assert MessageState.SENT is office.settled(message)[0]
    assert 1 == len(phone.got)


def test_words_go_even_where_nobody_sends_any_more(installed: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """[mail] was taken out: no jobs process looks, and the recorder forgets what is too old."""
    office = Office(installed)
    message = office.queue(minutes=-1)
    recorder = keeper.Keeper(office.settings, lambda _errand: None)
    monkeypatch.setattr(recorder, "_sweep_at", 0.0)
    recorder.thread.start()
    try:
        assert (MessageState.EXPIRED, "") == office.settled(message)
        assert (None, None) == (office.row(message).to, office.row(message).content)
    finally:
        recorder.end(5.0)
        recorder.thread.join(10)


def test_a_dead_sms_gateway_delays_no_mail(installed: Installation, mailbox: Mailbox) -> None:
    """A hundred SMS wait for it; the mail behind them leaves at once."""
    dead = f'[sms]\nurl = "http://127.0.0.1:{free_port()}/{{to}}/{{text}}"\ncountries = ["CA"]\n'
    office = Office(installed, MAIL.format(url=mailbox.url), dead)
    try:
        for number in range(100):
            office.queue(f"+1416555{number:04}", content=Content("code"))
        sweep = office.begin()
        until(lambda: sweep.told()["senders_quiet"], "the gateway to be left alone")
        assert MessageState.SENT is office.settled(office.queue(), 10)[0]
    finally:
        office.end()
