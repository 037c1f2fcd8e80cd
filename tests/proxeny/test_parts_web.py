"""proxeny.parts_web: [guest] and [directory], and every fault in them with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proxeny.faults import FaultyError
from proxeny.settings import load
from radius.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.parts_web import Directory, Guest

DIRECTORY = '[directory]\nuri = "ldaps://directory.city.example"\nbase = "dc=city,dc=example"\n'


def written(folder: Path, text: str) -> Path:
    path = folder / "proxeny.toml"
    path.write_text(text)
    return path


def guest(folder: Path, text: str) -> Guest:
    found = load(written(folder, f"[guest]\n{text}"), {}).guest
    assert found is not None
    return found


def directory(folder: Path, text: str, **environ: str) -> Directory:
    found = load(written(folder, DIRECTORY + text), environ).directory
    assert found is not None
    return found


def faults(folder: Path, text: str, **environ: str) -> str:
    with pytest.raises(FaultyError) as caught:
        load(written(folder, text), environ)
    return "\n".join(str(fault).replace(f"{folder}/proxeny.toml:", "") for fault in caught.value.faults)


def test_the_pages_are_found_where_they_listen(tmp_path: Path) -> None:
    """Without `url` the origin is the address, with the scheme that a certificate makes; names never carry a port."""
    assert ("http://127.0.0.1:8080", ("127.0.0.1",)) == ((plain := guest(tmp_path, "")).origin, plain.names)
    secure = guest(tmp_path, 'listen = "[::1]:8443"\ncertificate = "c.pem"\nkey = "k.pem"\nhosts = ["Wifi.City.example"]')
    assert ("https://[::1]:8443", ("[::1]", "wifi.city.example")) == (secure.origin, secure.names)
    assert (tmp_path / "c.pem", tmp_path / "k.pem") == (secure.certificate, secure.key)


def test_a_certificate_that_the_app_keeps_is_no_file(tmp_path: Path) -> None:
    """It needs no key, makes the pages https, and is no path; a file of that name is written with its folder."""
    kept = guest(tmp_path, 'certificate = "app"')
    assert ("https://127.0.0.1:8080", True, None) == (kept.origin, kept.kept, kept.files)
    assert "the app keeps the certificate" in faults(tmp_path, '[guest]\ncertificate = "app"\nkey = "k.pem"\n')
    filed = guest(tmp_path, 'certificate = "./app"\nkey = "k.pem"')
    assert (False, (tmp_path / "app", tmp_path / "k.pem")) == (filed.kept, filed.files)


def test_an_origin_is_written_one_way(tmp_path: Path) -> None:
    """Case, a slash at the end and the usual port make no other origin."""
    for text in ("https://WIFI.City.example", "https://wifi.city.example/", "https://wifi.city.example:443"):
        assert "https://wifi.city.example" == guest(tmp_path, f'url = "{text}"').origin


@pytest.mark.parametrize(
    ("url", "secure"),
    [
        ("http://127.0.0.1:8080", True),
        ("http://localhost", True),
        ("http://[::1]:80", True),
        ("https://wifi.city.example", True),
        ("http://wifi.city.example", False),
        ("http://192.0.2.1", False),
    ],
)
def test_what_is_typed_is_safe_or_not(tmp_path: Path, url: str, secure: bool) -> None:
    """Encrypted, or never leaving this machine."""
    assert secure == guest(tmp_path, f'url = "{url}"').secure


GUEST_SLIPS = {
    'url = "wifi.city.example"': '2: guest.url: "wifi.city.example" is no origin. Write "https://wifi.city.example"',
    'url = "ftp://wifi.city.example"': "is no origin",
    'url = "https://wifi.city.example/in"': 'says more than an origin. Write "https://wifi.city.example"',
    'url = "https://me@wifi.city.example"': "is no origin",
    'url = "https://wifi.city.example:0"': "is no origin",
    'url = "https://[::1"': "is no origin",
    'listen = "0.0.0.0:8080"': "guest.url: is missing. Nobody can be sent to 0.0.0.0:8080",
    'certificate = "c.pem"': "guest.key: is missing, and certificate is given. TLS needs both",
    'key = "c.pem"': "guest.certificate: is missing, and key is given",
    'certificate = "c"\nkey = "k"\nurl = "http://x.example"': 'guest.url: begins with http:, and there is a certificate. Write "https://x.example"',
    'trusted_proxies = ["10.0.0.1/8"]': "has bits set beyond its length",
    'hosts = ["wifi.city.example:8080"]': 'is no host name. Write names alone: "wifi.city.example"',
    "threads = 1": "guest.threads: input should be greater than or equal to 2",
    "thread = 4": 'is no key of ours. Did you mean "threads"?',
}


@pytest.mark.parametrize("text", GUEST_SLIPS)
def test_a_slip_in_guest_is_told(tmp_path: Path, text: str) -> None:
    """Each with its line, key and remedy."""
    assert GUEST_SLIPS[text] in faults(tmp_path, f"[guest]\n{text}\n")


def test_the_environment_writes_lists(tmp_path: Path) -> None:
    """Hosts and proxies by commas."""
    environ = {"PROXENY_GUEST__HOSTS": "a.example, b.example", "PROXENY_GUEST__TRUSTED_PROXIES": "192.0.2.0/24"}
    found = load(written(tmp_path, "[guest]\n"), environ).guest
    assert found is not None
    assert (("a.example", "b.example"), ("192.0.2.0/24",)) == (found.hosts, found.trusted_proxies)


def test_the_directory_is_encrypted_unless_it_is_here(tmp_path: Path) -> None:
    """ldaps by port 636; ldap starts TLS unless it says otherwise, and may say otherwise only on this machine."""
    assert ("directory.city.example", 636, True) == ((found := directory(tmp_path, "")).host, found.port, found.starttls)
    here = DIRECTORY.replace("ldaps://directory.city.example", "ldap://127.0.0.1:3389") + "starttls = false\n"
    near = load(written(tmp_path, here), {}).directory
    assert near is not None
    assert (3389, False) == (near.port, near.starttls)


def test_its_password_comes_from_three_places(tmp_path: Path) -> None:
    """In the file, in the environment, in another file; it is a Secret and shows itself nowhere."""
    (tmp_path / "password").write_text("hunter2-file\n")
    named = 'bind_dn = "cn=proxeny"\n'
    for line, environ, octets in (
        ('bind_password = "hunter2"', {}, b"hunter2"),
        ('bind_password_env = "LDAP"', {"LDAP": "hunter2-env"}, b"hunter2-env"),
        ('bind_password_file = "password"', {}, b"hunter2-file"),
        ("", {"PROXENY_DIRECTORY__BIND_PASSWORD": "hunter2-set"}, b"hunter2-set"),
        ("", {"PROXENY_DIRECTORY__BIND_PASSWORD_FILE": "password"}, b"hunter2-file"),
    ):
        found = directory(tmp_path, named + line, **environ)
        assert Secret(octets) == found.bind_password
        assert "hunter2" not in repr(found)


DIRECTORY_SLIPS = {
    'bind_dn = "cn=proxeny"': "directory.bind_password: is missing. A bind without a password succeeds and proves nothing",
    'bind_password = "x"': "directory.bind_dn: is missing",
    'bind_dn = "x"\nbind_password = ""': "directory.bind_password: must be text in quotes, and not empty",
    'bind_dn = "x"\nbind_password_env = "NOPE"': "directory.bind_password_env: the environment has no NOPE",
    'bind_dn = "x"\nbind_password_file = "nope"': "nope cannot be read: No such file or directory",
    'bind_dn = "x"\nbind_password = "a"\nbind_password_env = "HOME"': "bind_password_env: and bind_password are both given",
    'filter = "uid={user}"': "is no filter (RFC 4515)",
    'filter = "(uid={name})"': 'does not say where the name goes. Write {user} in its place: "(uid={user})"',
    'card_filter = "(card=1)"': "does not say where the name goes",
    "timeout = 0": "directory.timeout: input should be greater than 0",
    "pool = 0": "directory.pool: input should be greater than or equal to 1",
    'bind_pasword = "x"': 'is no key of ours. Did you mean "bind_password"?',
}


@pytest.mark.parametrize("text", DIRECTORY_SLIPS)
def test_a_slip_in_directory_is_told(tmp_path: Path, text: str) -> None:
    """Each with its key and remedy, and never a password in it."""
    assert DIRECTORY_SLIPS[text] in faults(tmp_path, f"{DIRECTORY}{text}\n")


def test_a_directory_in_clear_is_refused(tmp_path: Path) -> None:
    """Another machine's ldap without TLS would carry passwords for anyone to read."""
    text = '[directory]\nuri = "ldap://directory.city.example"\nstarttls = false\nbase = "dc=x"\n'
    assert "directory.starttls: is false, and passwords would travel in clear" in faults(tmp_path, text)
    assert '"http://x" is no directory' in faults(tmp_path, '[directory]\nuri = "http://x"\nbase = "dc=x"\n')


def test_faults_of_both_kinds_are_told_at_once(tmp_path: Path) -> None:
    """A password that cannot be had hides no other fault, and is told once."""
    told = faults(tmp_path, DIRECTORY + 'bind_dn = "x"\nbind_password_env = "NOPE"\n[radius]\nworkers = 0\n')
    assert ["directory.bind_password_env", "radius.workers"] == sorted(line.split(": ")[1] for line in told.splitlines())
