"""proxeny.parts_messages: [mail] and [sms], and every fault in them with its remedy."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from proxeny.faults import FaultyError
from proxeny.parts_messages import Server
from proxeny.settings import load
from radius.secret import Secret

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.parts_messages import Mail, Sms

MAIL = '[mail]\nurl = "smtp://127.0.0.1"\nfrom = "wifi@city.example"\n'
SMS = '[sms]\nurl = "https://sms.example/send?to={to}&text={text}"\ncountries = ["CA"]\n'


def settings(folder: Path, text: str, **environ: str):
    (folder / "proxeny.toml").write_text(text)
    return load(folder / "proxeny.toml", environ)


def mail(folder: Path, text: str, **environ: str) -> Mail:
    found = settings(folder, text, **environ).mail
    assert found is not None
    return found


def sms(folder: Path, text: str, **environ: str) -> Sms:
    found = settings(folder, text, **environ).sms
    assert found is not None
    return found


def faults(folder: Path, text: str, **environ: str) -> str:
    with pytest.raises(FaultyError) as caught:
        settings(folder, text, **environ)
    return "\n".join(str(fault).replace(f"{folder}/proxeny.toml:", "") for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://127.0.0.1", Server("smtp", "127.0.0.1", 25, "")),
        ("smtp://[::1]:2525", Server("smtp", "::1", 2525, "")),
        ("smtp://localhost:25/", Server("smtp", "localhost", 25, "")),
        ("smtp+plain://mail.city.example", Server("smtp+plain", "mail.city.example", 25, "")),
        ("smtp+starttls://mail.city.example", Server("smtp+starttls", "mail.city.example", 587, "")),
        ("smtps://mail.city.example:2465", Server("smtps", "mail.city.example", 2465, "")),
    ],
)
def test_servers(tmp_path: Path, url: str, server: Server) -> None:
    """Each scheme with its usual port."""
    assert server == mail(tmp_path, f'[mail]\nurl = "{url}"\nfrom = "wifi@city.example"\n').server


def test_a_user_with_a_password(tmp_path: Path) -> None:
    """The user in the URL, escaped; the password beside it, in a file or in the environment, and never shown."""
    (tmp_path / "smtp.secret").write_text("pass word\n")
    head = '[mail]\nurl = "smtp+starttls://wifi%40city@mail.city.example"\nfrom = "City Wi-Fi <wifi@city.example>"\n'
    for text in ('password = "pass word"', 'password_file = "smtp.secret"', 'password_env = "SMTP"'):
        found = mail(tmp_path, head + text, SMTP="pass word")
        assert ("wifi@city", Secret(b"pass word")) == (found.server.user, found.password)
        assert "pass" not in repr(found).replace("password=Secret", "")
    assert "City Wi-Fi <wifi@city.example>" == found.sender


def test_paths_and_bounds(tmp_path: Path) -> None:
    """Relative to the settings' folder; defaults that a city can live with; the processes are handed it as it is."""
    read = settings(tmp_path, MAIL + 'ca = "ca.pem"\nreply_to = "help@city.example"\n' + SMS + 'ca = "ca.pem"\n')
    assert read.mail is not None
    assert read.sms is not None
    assert (tmp_path / "ca.pem", tmp_path / "ca.pem") == (read.mail.ca, read.sms.ca)
    assert (10.0, 10_000, 1000) == (read.mail.timeout, read.mail.per_day, read.sms.per_day)
    assert read == pickle.loads(pickle.dumps(read))
    assert () == read.not_served


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.city.example", "is no mail server"),
        ("http://mail.city.example", "is no mail server"),
        ("smtp://127.0.0.1:99999", "is no mail server"),
        ("smtps://mail.city.example/x", "is no mail server"),
        ("smtps://a b", "is no mail server"),
        ("smtps://", "is no mail server"),
        ("smtp://mail.city.example", "codes would travel in clear"),
        ("smtp+plain://me@mail.city.example", "a password would travel in clear"),
        ("smtps://me:hush-hush@mail.city.example", "mail.url: holds a password"),
    ],
)
def test_servers_that_are_none(tmp_path: Path, url: str, words: str) -> None:
    """Each refusal says what to write; a password is not repeated."""
    said = faults(tmp_path, f'[mail]\nurl = "{url}"\nfrom = "wifi@city.example"\n')
    assert words in said
    assert "hush" not in said


@pytest.mark.parametrize("sender", ["", "wifi", "a@b.example, c@d.example", "Wi\\nFi <a@b.example>", "<a@>", "a@b c", "City <a@b.example"])
def test_one_sender(tmp_path: Path, sender: str) -> None:
    """One address, on one line."""
    assert "is no address" in faults(tmp_path, f'[mail]\nurl = "smtp://127.0.0.1"\nfrom = "{sender}"\n')


def test_halves_of_a_login(tmp_path: Path) -> None:
    """A user without a password, a password without a user, a password that cannot be had."""
    head = '[mail]\nfrom = "wifi@city.example"\nurl = '
    assert "mail.password: is missing" in faults(tmp_path, f'{head}"smtps://me@mail.city.example"')
    assert "mail.url: names no user" in faults(tmp_path, f'{head}"smtps://mail.city.example"\npassword = "x"')
    assert "the environment has no NOWHERE" in faults(tmp_path, f'{head}"smtps://me@mail.city.example"\npassword_env = "NOWHERE"')
    assert 'Did you mean "from"' in faults(tmp_path, MAIL + 'form = "x"')
    assert "is no key of ours" in faults(tmp_path, MAIL + 'sender = "a@b.example"')


def test_what_an_answer_must_be(tmp_path: Path) -> None:
    """Codes, a pattern, or both; from the environment too."""
    assert (200, 201, 202, 204) == sms(tmp_path, SMS).success
    assert (200, '"ok": ?true') == sms(tmp_path, SMS + "success = [200, '\"ok\": ?true']").success
    assert ("^OK,",) == sms(tmp_path, SMS + 'success = "^OK,"').success
    assert (202,) == sms(tmp_path, SMS, PROXENY_SMS__SUCCESS="202").success


def test_countries(tmp_path: Path) -> None:
    """In any case; at least one."""
    assert ("CA", "US") == sms(tmp_path, SMS.replace('["CA"]', '["ca", "US"]')).countries
    assert ("CA", "FR") == sms(tmp_path, SMS, PROXENY_SMS__COUNTRIES="CA, fr").countries
    assert "sms.countries" in faults(tmp_path, SMS.replace('["CA"]', "[]"))
    assert "sms.countries: is missing" in faults(tmp_path, SMS.replace('countries = ["CA"]', ""))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('body = "to={to}&text={txt}"', "{txt} is no placeholder"),
        ('body = "{"', "is no JSON"),
        ("body = '{\"to\": {to}}'", "is no JSON"),
        ('body = "x"\nheaders = { Content-Type = "text/plain" }', "is text/plain, and how a text is written there is not known"),
        ('method = "GET"\nbody = "x"', "is not sent with GET"),
        ('method = "DELETE"', "sms.method"),
        ('headers = { "X Y" = "z" }', '"X Y" is no header to set'),
        ('headers = { Host = "z" }', '"Host" is no header to set'),
        ('headers = { X = "a\\r\\nb" }', '"X" cannot be sent'),
        ('headers = { X = "é" }', '"X" cannot be sent'),
        ('headers = { X = "{to}" }', '"X" holds the number or the text'),
        ('headers = { X = "{secret}" }', "sms.secret: is missing"),
        ('secret = "x"', "sms.secret: is used nowhere"),
        ('success = "("', "is no pattern"),
        ("success = []", "must be status codes or a pattern"),
        ("success = [500]", "500 is no status of success"),
        ('countries = ["Canada"]', '"Canada" is no country'),
        ('contries = ["CA"]', "is no key of ours"),
    ],
)
def test_slips(tmp_path: Path, more: str, words: str) -> None:
    """Each is named where it stands."""
    head = SMS.replace('countries = ["CA"]\n', "") if more.startswith("countries") else SMS
    assert words in faults(tmp_path, head + more)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://sms.example/{to}/{text}", "codes would travel in clear"),
        ("https://me@sms.example/{to}/{text}", "holds a user"),
        ("https://{to}.example/{text}", "is no gateway"),
        ("https://sms.example/a b/{to}/{text}", "is no gateway"),
        ("ftp://sms.example/{to}/{text}", "is no gateway"),
        ("https://sms.example/send", "do not say where number and text go"),
        ("https://sms.example/{number}/{text}/{to}", "{number} is no placeholder"),
    ],
)
def test_gateways_that_are_none(tmp_path: Path, url: str, words: str) -> None:
    """A value never chooses the host."""
    assert words in faults(tmp_path, f'[sms]\ncountries = ["CA"]\nurl = "{url}"\n')
