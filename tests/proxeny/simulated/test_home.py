"""The demo's home institutions, asked by real RADIUS clients. Never asks our own code whether our own code is right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from proxeny.simulated.home import Home, Institution
from radius.secret import Secret
from tests.peers import eapol, radclient
from tests.peers.program import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "a secret for this test"
ACCOUNT, PASSWORD = "student@northlake.example", "maple-and-snow"
CREDENTIALS = f"User-Name = {ACCOUNT}\nUser-Password = {PASSWORD}\nMessage-Authenticator = 0x00"


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A simulated home institution in its own process; its port."""
    port = free_port(beside=1)
    orders = {"address": "127.0.0.1", "port": port, "secret": SECRET, "accounts": {ACCOUNT: PASSWORD}, "delay": 0.001}
    argv = [sys.executable, "-m", "proxeny.simulated.home_process"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(orders) + "\n")
        process.stdin.flush()
        assert process.stdout.readline() == "ready\n"
        yield port
        process.stdin.close()
        assert process.wait(5) == 0, "it ends by itself when its standard input closes"


@pytest.mark.peer("radclient")
def test_pap_with_the_right_password_is_accepted_with_keys(port: int) -> None:
    """PAP is accepted, and FreeRADIUS's client can read the MPPE keys hidden in the Accept."""
    answer = radclient.ask(port, CREDENTIALS, secret=SECRET)
    keys = [value for name in ("MS-MPPE-Send-Key", "MS-MPPE-Recv-Key") for value in answer.values(name)]
    assert ("Access-Accept", [66, 66]) == (answer.code, [len(key) for key in keys]), answer.output


@pytest.mark.peer("radclient")
def test_pap_with_a_wrong_password_is_rejected(port: int) -> None:
    """A wrong password is told so, by a signed answer."""
    answer = radclient.ask(port, CREDENTIALS.replace(PASSWORD, "guess"), secret=SECRET)
    assert "Access-Reject" == answer.code, answer.output


@pytest.mark.peer("radclient")
def test_chap_is_accepted(port: int) -> None:
    """CHAP is judged over the challenge, as RFC 2865, 2.2 says."""
    answer = radclient.ask(port, CREDENTIALS.replace("User-Password", "CHAP-Password"), secret=SECRET)
    assert "Access-Accept" == answer.code, answer.output


@pytest.mark.peer("radclient")
def test_status_server_is_answered(port: int) -> None:
    """Status-Server is answered with Access-Accept (RFC 5997, 4.2)."""
    answer = radclient.ask(port, "Message-Authenticator = 0x00", kind="status", secret=SECRET)
    assert "Access-Accept" == answer.code, answer.output


@pytest.mark.peer("radclient")
def test_accounting_is_acknowledged(port: int) -> None:
    """The port above answers accounting."""
    answer = radclient.ask(port + 1, 'Acct-Status-Type = Start\nAcct-Session-Id = "1"', kind="acct", secret=SECRET)
    assert "Accounting-Response" == answer.code, answer.output


@pytest.mark.peer("radclient")
def test_another_secret_gets_no_answer(port: int) -> None:
    """Whoever does not hold the secret hears nothing."""
    assert "none" == radclient.ask(port, CREDENTIALS, secret="somebody else's secret", seconds=0.3).code


@pytest.mark.peer("eapol_test")
@pytest.mark.parametrize(("password", "verdict"), [(PASSWORD, "(Access-Accept)"), ("guess", "(Access-Reject)")])
def test_eap_takes_three_rounds(port: int, tmp_path: Path, password: str, verdict: str) -> None:
    """wpa_supplicant refuses the method offered first, takes MD5-Challenge, and hears the verdict in the third answer."""
    student = eapol.Student("MD5", ACCOUNT, ("eap=MD5", f'identity="{ACCOUNT}"', f'password="{password}"'))
    outcome = eapol.sign_in(tmp_path, student, port, secret=SECRET)
    assert (2, True) == (outcome.rounds, verdict in outcome.output), outcome.output[-2000:]


@pytest.mark.parametrize("octets", [b"", bytes(19), bytes(20), bytes((1, 1, 0, 20)) + bytes(16), os.urandom(300)])
def test_strangers_octets_get_no_answer(octets: bytes) -> None:
    """Octets that are no signed request are met with silence, never with an exception."""
    home = Home(Institution(Secret(SECRET.encode()), {}), os.urandom)
    assert home.answer(octets) is None
