"""proxeny.survey_guests: certificates, taken ports and the directory, as `check` sees them."""

from __future__ import annotations

import fcntl
import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key

from proxeny import survey_guests
from proxeny.settings import load
from tests.peers import oidc, slapd
from tests.peers.authority import Authority
from tests.peers.program import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.settings import Settings

DAY = timedelta(days=1)
NOW = datetime.now(UTC)
DIRECTORY = '[directory]\nuri = "{}"\nstarttls = false\nbase = "{}"\nbind_dn = "{}"\nbind_password = "{}"\ntimeout = 2\n'


def settings(folder: Path, text: str) -> Settings:
    path = folder / "proxeny.toml"
    path.write_text(text)
    return load(path, {})


def guest(folder: Path, certificate: Path, key: Path) -> Settings:
    return settings(folder, f'[guest]\nurl = "https://wifi.city.example"\ncertificate = "{certificate}"\nkey = "{key}"\n')


def told(found: Settings, now: datetime = NOW) -> tuple[list[str], list[str]]:
    """(faults, warnings of the certificate), each without its file."""
    warned = [each for each in survey_guests.warnings(found, "", now) if each.key.startswith("guest.c")]
    return [str(each) for each in survey_guests.faults(found, "", now)], [str(each) for each in warned]


def test_a_good_certificate_is_nothing_to_tell(tmp_path: Path) -> None:
    """It is read, it is the key's, it names the host, and it lasts; so does one for a whole domain."""
    authority = Authority(tmp_path / "tls")
    for name in ("wifi.city.example", "*.city.example"):
        made = authority.issue(name)
        assert ([], []) == told(guest(tmp_path, made.certificate, made.key))


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ('trusted_proxies = ["0.0.0.0/0"]', "believes everybody"),
        ('trusted_proxies = ["192.0.2.1", "::/0"]', "believes everybody"),
        ('url = "https://wifi.city.example"', "names no proxy"),
        ('url = "https://wifi.city.example"\ntrusted_proxies = ["192.0.2.1"]', ""),
        ('url = "http://wifi.city.example"', ""),
    ],
)
def test_whose_word_on_addresses_is_taken(tmp_path: Path, lines: str, words: str) -> None:
    """Rates are kept by address: a proxy that is not named hides every guest behind one, and trust in all of them is none."""
    found = settings(tmp_path, f"[guest]\n{lines}\n")
    warned = [str(each) for each in survey_guests.warnings(found, "", NOW) if each.key == "guest.trusted_proxies"]
    assert bool(words) == bool(warned)
    assert all(words in each for each in warned)


def test_a_missing_authority_is_told_before_anybody_is_asked(tmp_path: Path) -> None:
    """The file is named, whether the directory can be reached or not."""
    found = settings(tmp_path, '[directory]\nuri = "ldaps://127.0.0.1:1"\nbase = "dc=x"\nca = "no.pem"\n')
    (fault,) = survey_guests.faults(found, "", NOW)
    assert str(fault).startswith(f"directory.ca: {tmp_path}/no.pem: No such file or directory")


def test_what_is_not_there_is_told(tmp_path: Path) -> None:
    """Both files, by their keys."""
    faults, _ = told(guest(tmp_path, tmp_path / "no.crt", tmp_path / "no.key"))
    assert [f"guest.certificate: {tmp_path}/no.crt: No such file", f"guest.key: {tmp_path}/no.key: No such file"] == [
        line.partition(" or directory")[0] for line in faults
    ]


def test_files_that_do_not_belong_together_are_told(tmp_path: Path) -> None:
    """Another certificate's key, and a file that is no key at all."""
    authority = Authority(tmp_path / "tls")
    one, other = authority.issue("wifi.city.example"), authority.issue("wifi.city.example")
    assert ["is not the certificate's. Put the files in place that were made together"] == [
        line.partition(".secret ")[2] for line in told(guest(tmp_path, one.certificate, other.key))[0]
    ]
    (tmp_path / "noise").write_text("noise")
    assert ["and guest.certificate are no key and certificate in PEM"] == [
        line.partition("noise ")[2].partition(".  ")[0].split(". ")[0]
        for line in told(guest(tmp_path, one.certificate, tmp_path / "noise"))[0]
    ]


def test_a_key_with_a_passphrase_is_told(tmp_path: Path) -> None:
    """Nobody sits there to type it; and `check` does not wait for anybody either."""
    made = Authority(tmp_path / "tls").issue("wifi.city.example")
    key = load_pem_private_key(made.key.read_bytes(), None)
    made.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"sesame")))
    assert "asks for a passphrase" in told(guest(tmp_path, made.certificate, made.key))[0][0]


def test_a_certificates_time_and_name_are_told(tmp_path: Path) -> None:
    """Over: a fault. Nearly over, not yet begun, made for another host: warnings."""
    made = Authority(tmp_path / "tls").issue("elsewhere.example", ends=30 * DAY)
    found = guest(tmp_path, made.certificate, made.key)
    assert ["guest.certificate: is not made for wifi.city.example"] == [line.partition(". ")[0] for line in told(found)[1]]
    assert "guest.certificate: ends on" in told(found, NOW + 20 * DAY)[1][0]
    assert "guest.certificate: begins on" in told(found, NOW - 2 * DAY)[1][0]
    assert "guest.certificate: ended on" in told(found, NOW + 31 * DAY)[0][0]


def test_a_taken_port_is_told_unless_we_hold_it(tmp_path: Path) -> None:
    """Another program's, by its key; while a controller of ours runs on this data_dir, nothing is."""
    with socket.create_server(("127.0.0.1", 0)) as stranger, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        pages, road = stranger.getsockname()[1], other.getsockname()[1]
        text = (
            f'[guest]\nlisten = "127.0.0.1:{pages}"\n[metrics]\nlisten = "127.0.0.1:{free_port()}"\n[radius]\nauth = ["127.0.0.1:{road}"]\n'
        )
        found = settings(tmp_path, f'{text}acct = ["127.0.0.1:{free_port()}"]\n')
        assert ["radius.auth", "guest.listen"] == [each.key for each in survey_guests.warnings(found, "", NOW)]
        found.data_dir.mkdir()
        with (found.data_dir / "run.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert [] == list(survey_guests.warnings(found, "", NOW))


def test_a_silent_directory_is_told(tmp_path: Path) -> None:
    """What does not answer is a fault, within the directory's own time-out."""
    found = settings(tmp_path, DIRECTORY.format(f"ldap://127.0.0.1:{free_port()}", "dc=example", "cn=x", "hunter2"))
    (fault,) = survey_guests.faults(found, "", NOW)
    assert "directory" == fault.key
    assert "does not answer" in fault.what
    assert "hunter2" not in str(fault)


@pytest.mark.peer("slapd")
def test_a_real_directory_is_asked(tmp_path: Path) -> None:
    """One that answers is nothing to tell; one that does not take our own password is, with its words."""
    with slapd.running(tmp_path / "slapd") as city:
        good, bad = (
            settings(tmp_path, DIRECTORY.format(city.uri, slapd.BASE, slapd.SERVICE, word))
            for word in (slapd.SERVICE_PASSWORD, "wrong-one")
        )
        assert [] == list(survey_guests.faults(good, "", NOW))
        (fault,) = survey_guests.faults(bad, "", NOW)
    assert "does not take our own name and password" in fault.what
    assert "wrong-one" not in str(fault)


def test_a_provider_is_asked_for_its_document_and_keys(tmp_path: Path) -> None:
    """One that answers is nothing to tell; one that is another's, or is gone, is said with what to look at."""
    section = '[{}]\nissuer = "{}"\nclient_id = "w"\nclient_secret = "s"\n{}\n'
    of_guests, of_staff = ("oidc.city", 'label = "City"'), ("staff.oidc", 'roles = { it = "auditor" }')
    with oidc.running() as provider:
        found = settings(tmp_path, "".join(section.format(name, provider.issuer, more) for name, more in (of_guests, of_staff)))
        asked = [[str(each) for each in survey_guests.warnings(found, "", NOW)]]
        provider.documented["issuer"] = "https://elsewhere.example"
        asked.append([str(each) for each in survey_guests.warnings(found, "", NOW)])
    asked.append([str(each) for each in survey_guests.warnings(found, "", NOW)])
    words = [[each.split(" cannot be used")[0].strip() for each in told if "cannot be used" in each] for told in asked]
    both = [f"{name}.issuer: {provider.issuer}" for name, _ in (of_guests, of_staff)]
    assert [[], both, both] == words
    assert "its discovery document is another issuer's" in asked[1][0]
