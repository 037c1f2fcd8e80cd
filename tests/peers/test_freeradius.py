"""FreeRADIUS as the tests use it is proved before anything is said about what stands in front of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.peers import certificates, eapol, radclient
from tests.peers.freeradius import Upstream, freeradius
from tests.peers.radsecproxy import radsecproxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.certificates import Certificates
    from tests.peers.freeradius import FreeRadius

pytestmark = [pytest.mark.peer("freeradius"), pytest.mark.peer("radclient")]

NAME, PASSWORD = "student@uni-a.example", "right-password"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates.make(tmp_path_factory.mktemp("certificates"), identity=NAME)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, authority: Certificates) -> Iterator[FreeRadius]:
    folder = tmp_path_factory.mktemp("home")
    with freeradius(folder, certificates=authority, users={NAME: PASSWORD}, reply={"Class": "0x0102"}, signed=True) as running:
        yield running


def ways(authority: Certificates, password: str = PASSWORD) -> list[eapol.Student]:
    """The four ways to sign in that eduroam's homes use."""
    return [
        eapol.peap(NAME, password, authority),
        eapol.ttls(NAME, password, authority, inner="PAP", outer="anonymous@uni-a.example"),
        eapol.ttls(NAME, password, authority, inner="MSCHAPV2"),
        eapol.tls(NAME, authority),
    ]


@pytest.mark.peer("eapol_test")
def test_every_way_in_works_straight_at_the_home(tmp_path: Path, home: FreeRadius, authority: Certificates) -> None:
    """PEAP, TTLS-PAP, TTLS-MSCHAPv2 and EAP-TLS with a chain over 4 KiB succeed, and the keys match."""
    outcomes = {way.name: eapol.sign_in(tmp_path, way, home.port) for way in ways(authority)}
    assert dict.fromkeys(outcomes, True) == {name: outcome.success for name, outcome in outcomes.items()}
    assert outcomes["EAP-TLS"].rounds > 8  # the chain really went in pieces


@pytest.mark.peer("eapol_test")
def test_a_wrong_password_is_rejected_and_not_ignored(tmp_path: Path, home: FreeRadius, authority: Certificates) -> None:
    """A wrong password ends in Access-Reject, without keys."""
    outcome = eapol.sign_in(tmp_path, eapol.peap(NAME, "wrong", authority), home.port)
    assert (False, False, True) == (outcome.success, outcome.keys_match, outcome.answered)


def test_pap_chap_status_and_accounting_are_answered(home: FreeRadius) -> None:
    """radclient's four kinds of request get their answers, and the answer's attributes are read."""
    pap = radclient.ask(home.port, f"User-Name={NAME}\nUser-Password={PASSWORD}\nMessage-Authenticator=0x00")
    assert ("Access-Accept", ["0x0102"]) == (pap.code, pap.values("Class"))
    assert radclient.ask(home.port, f"User-Name={NAME}\nCHAP-Password={PASSWORD}").code == "Access-Accept"
    assert radclient.ask(home.port, f"User-Name={NAME}\nUser-Password=wrong").code == "Access-Reject"
    assert radclient.ask(home.port, "Message-Authenticator=0x00", kind="status").code == "Access-Accept"
    kept = radclient.ask(home.port + 1, f'User-Name={NAME}\nAcct-Status-Type=Start\nAcct-Session-Id="1F"', kind="acct")
    assert kept.code == "Accounting-Response"
    assert 'Acct-Session-Id = "1F"' in home.accounting


def test_radclient_counts_many_answers(home: FreeRadius) -> None:
    """Thirty requests, ten at once, a third of them wrong, are counted as such."""
    requests = [f"User-Name={NAME}\nUser-Password={PASSWORD if each % 3 else 'wrong'}" for each in range(30)]
    tally = radclient.ask_many(home.port, requests, parallel=10)
    assert (20, 10, 0) == (tally.accepted, tally.rejected, tally.lost)


@pytest.mark.peer("radsecproxy")
@pytest.mark.peer("eapol_test")
def test_a_chain_of_proxies_carries_eap_and_accounting(tmp_path: Path, home: FreeRadius, authority: Certificates) -> None:
    """eapol_test -> FreeRADIUS -> radsecproxy -> home: keys match; accounting arrives."""
    with (
        radsecproxy(tmp_path / "rsp", Upstream(home.port)) as middle,
        freeradius(tmp_path / "proxy", upstream=Upstream(middle.port)) as below,
    ):
        assert eapol.sign_in(tmp_path, eapol.tls(NAME, authority), below.port).success
        sent = radclient.ask(below.port + 1, f'User-Name={NAME}\nAcct-Status-Type=Start\nAcct-Session-Id="2F"', kind="acct")
        assert sent.code == "Accounting-Response"
    assert 'Acct-Session-Id = "2F"' in home.accounting
