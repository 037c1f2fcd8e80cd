"""proxeny/business_web.py: the shops' pages made of settings and a database, and the office that the settings say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from portal.permissions import OF_SHOPS
from proxeny import survey_guests
from proxeny.business_web import Shops, office
from proxeny.reload import merged
from proxeny.settings import load
from proxeny.staff_web import office as staff_office
from tests.portal.gallery import shape

if TYPE_CHECKING:
    from pathlib import Path

    from proxeny.settings import Settings

OTHERS = '[guest]\nurl = "https://wifi.city.example"\n[staff]\nurl = "https://staff.city.example"\n'
MAIL = '[mail]\nurl = "smtp://localhost"\nfrom = "wifi@city.example"\n'


def settings(folder: Path, text: str) -> Settings:
    file = folder / "proxeny.toml"
    file.write_text(f'data_dir = "{folder}"\n{text}')
    return load(file, {})


def asked(app: Shops, path: str, **environ: str) -> tuple[str, bytes]:
    """(status, body)."""
    said: list[str] = []
    begin = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "HTTP_HOST": "localhost:8082", "SERVER_NAME": "x", "SERVER_PORT": "80"}
    wsgi: dict[str, Any] = {**begin, "wsgi.url_scheme": "http", "wsgi.input": None, "wsgi.errors": None, **environ}
    body = b"".join(app(wsgi, lambda status, _headers, *_more: said.append(status)))
    return said[0], body


def test_the_pages_stand_once_the_database_was_read(tmp_path: Path) -> None:
    """Before that a page of plain words; afterwards sign-in, under its own cookie, and nothing of the staff's."""
    shape(tmp_path)
    app = Shops(settings(tmp_path, "[business]\n"))
    early = [asked(app, path)[0][:3] for path in ("/", "/healthz")]
    app.look()
    late = [asked(app, path)[0][:3] for path in ("/", "/healthz", "/sign-in", "/sites", "/staff", "/api/v1/sites")]
    app.database.dispose()
    assert (["503", "200"], ["303", "200", "200", "404", "404", "404"], "") == (early, late, app.fault)


def test_the_office_is_the_shops(tmp_path: Path) -> None:
    """Their roles alone, a cookie of its own, no second factor by force, no API; and where the others' pages are."""
    found = office(settings(tmp_path, f'[business]\nurl = "https://shops.city.example"\nreview = "3d"\n{OTHERS}{MAIL}'))
    assert (OF_SHOPS, "proxeny-business", False, 0, True) == (found.roles, found.cookie, found.second, found.api_rate, found.mails)
    assert ("https://shops.city.example", "https://staff.city.example", "https://wifi.city.example") == (
        found.url,
        found.staff_url,
        found.guest_url,
    )
    assert (timedelta(days=1), timedelta(days=14), timedelta(days=3)) == (found.limits.idle, found.limits.absolute, found.review)


def test_staff_know_where_the_shops_are(tmp_path: Path) -> None:
    """For the mails that lead there, and for what is due."""
    found = staff_office(settings(tmp_path, f'[business]\nurl = "https://shops.city.example"\nreview = "3d"\n{OTHERS}'))
    assert ("https://shops.city.example", timedelta(days=3), True) == (found.business_url, found.review, found.second)
    without = staff_office(settings(tmp_path, OTHERS))
    assert ("", timedelta(days=2)) == (without.business_url, without.review)


def test_whom_shops_ask(tmp_path: Path) -> None:
    """Whoever the settings name; else who gets the answers to our mails; else nobody."""
    named = 'help_name = "Wi-Fi office"\nhelp_mail = "shops@city.example"\nhelp_phone = "+1 905 555 0100"\n'
    replies = f'{MAIL}reply_to = "Help <help@city.example>"\n'
    texts = (f"[business]\n{named}{replies}", f"[business]\n{replies}", f"[business]\n{MAIL}")
    wanted = [("Wi-Fi office", "shops@city.example", "+1 905 555 0100"), ("", "help@city.example", ""), ("", "", "")]
    assert wanted == [(found.name, found.mail, found.phone) for found in (office(settings(tmp_path, text)).help for text in texts)]


def test_on_this_machine_they_go_by_its_name(tmp_path: Path) -> None:
    """A passkey refuses a bare address."""
    found = office(settings(tmp_path, "[business]\n"))
    assert ("http://localhost:8082", False, "") == (found.url, found.mails, found.staff_url)


def test_what_waits_for_a_restart_is_the_listener(tmp_path: Path) -> None:
    """Everything else of the section counts with the next request."""
    old, new = (
        settings(tmp_path, f'[business]\nlisten = "127.0.0.1:{port}"\nreview = "{days}d"\n') for port, days in ((8082, 2), (8083, 5))
    )
    result, kept = merged(old, new)
    assert result.business is not None
    assert (["business.listen"], 8082, 5 * 86_400) == (kept, result.business.listen.port, result.business.review)


def test_check_warns_of_pages_without_mail_or_encryption(tmp_path: Path) -> None:
    """Shops sign in from the internet, and by links; on this machine alone neither matters but the mail."""
    now, warned = datetime.now(UTC), {}
    for name, text in (
        ("bare", '[business]\nurl = "http://shops.city.example"\n'),
        ("whole", f'[business]\nurl = "https://shops.city.example"\ntrusted_proxies = ["127.0.0.1"]\n{MAIL}'),
        ("here", f"[business]\n{MAIL}"),
    ):
        warned[name] = [
            fault.key for fault in survey_guests.warnings(settings(tmp_path, text), "proxeny.toml", now) if not fault.key.endswith("listen")
        ]
    assert {"bare": ["business.url", "business"], "whole": [], "here": []} == warned
