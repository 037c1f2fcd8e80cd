"""proxeny.survey_messages: authorities and the mail server, as `check` sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proxeny import survey_messages
from proxeny.settings import load
from tests.peers import smtp
from tests.peers.authority import Authority
from tests.peers.program import free_port
from tests.peers.smtp import mailbox

if TYPE_CHECKING:
    from pathlib import Path

    from tests.peers.smtp import Mailbox

__all__ = ["mailbox"]
MAIL = '[mail]\nurl = "{}"\nfrom = "wifi@city.example"\n'
SMS = '[sms]\nurl = "https://127.0.0.1:1/{to}/{text}"\ncountries = ["CA"]\n'


def found(folder: Path, text: str) -> tuple[list[str], list[str]]:
    """(faults, warnings)"""
    (folder / "proxeny.toml").write_text(text)
    settings = load(folder / "proxeny.toml", {})
    told = ([*survey_messages.faults(settings, "")], [*survey_messages.warnings(settings, "")])
    return [f"{each.key}: {each.what}" for each in told[0]], [f"{each.key}: {each.what}" for each in told[1]]


def test_a_server_that_takes_mail(mailbox: Mailbox, tmp_path: Path) -> None:
    """It is greeted, nothing is sent, and there is nothing to say; a gateway that costs is not asked."""
    assert ([], []) == found(tmp_path, MAIL.format(mailbox.url) + SMS)
    assert (0, []) == (mailbox.tried, mailbox.mails)


def test_nobody_listens(tmp_path: Path) -> None:
    """A warning: it may be back when the first code is asked for."""
    url = f"smtp://127.0.0.1:{free_port()}"
    assert ([], [f"mail.url: {url} takes no mail of ours: Connection refused"]) == found(tmp_path, MAIL.format(url))


def test_a_server_that_does_not_know_us(tmp_path: Path) -> None:
    """A wrong password, an authority that is not ours: in the server's words, without the password."""
    authority = Authority(tmp_path / "authority")
    with smtp.serving(authority.issue("127.0.0.1"), auth=True) as box:
        head = MAIL.format(box.url) + 'password = "hush"\n'
        assert [f"mail.url: {box.url} takes no mail of ours: 535 5.7.8 Authentication credentials invalid"] == found(
            tmp_path, f'{head}ca = "{authority.file}"\n'
        )[1]
        assert "its certificate is not trusted" in found(tmp_path, head)[1][0]


def test_a_missing_authority(mailbox: Mailbox, tmp_path: Path) -> None:
    """Is a fault, of mail and of SMS alike."""
    faults, _ = found(tmp_path, MAIL.format(mailbox.url) + 'ca = "no.pem"\n' + SMS + 'ca = "proxeny.toml"\n')
    assert [f"mail.ca: {tmp_path}/no.pem: No such file or directory"] == faults[:1]
    assert faults[1].startswith(f"sms.ca: {tmp_path}/proxeny.toml: ")
