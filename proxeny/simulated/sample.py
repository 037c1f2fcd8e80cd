"""The sample city on disk: settings, network and institutions from config/demo, made ready in a folder of its own.

The settings are copied once and then the reader's to edit; the network is written anew at each start, with another port
where one is taken. Never touches a database that serves another network: `refuse_strangers` is asked first.
"""

from __future__ import annotations

import os
import secrets
import socket
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import tomlkit

from proxeny import settings as settings_file
from proxeny import sockets
from proxeny.addresses import Endpoint
from proxeny.faults import Fault, FaultyError
from proxeny.parts_web import AUDIENCES
from radius.udp import udp_socket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxeny.network import Network
    from proxeny.settings import Settings

SHIPPED: Final = Path(__file__).parent.parent.parent / "config" / "demo"
FOLDER: Final = Path("var") / "demo"
SPARE: Final = range(18200, 18400, 2)  # ports tried in pairs where the usual one is taken
ELSEWHERE: Final = (
    "PROXENY_RADIUS__AUTH=127.0.0.1:11812 PROXENY_RADIUS__ACCT=127.0.0.1:11813 PROXENY_METRICS__LISTEN=127.0.0.1:19812"
    " PROXENY_GUEST__LISTEN=127.0.0.1:18080 PROXENY_STAFF__LISTEN=127.0.0.1:18081 PROXENY_MAIL__URL=smtp://127.0.0.1:18125 PROXENY_SMS__URL=http://127.0.0.1:18126/sms"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """The city as it will be started."""

    settings: Settings
    config: Path  # the settings file, as a reader would write its name
    network: Path
    tables: dict[str, Any]  # the network file, read
    institutions: list[dict[str, Any]]
    moved: tuple[str, ...]  # what was given another port, in words

    @property
    def accounts(self) -> dict[str, str]:
        """Every account of every institution, with its password."""
        return {name: password for row in self.institutions for name, password in row["accounts"].items()}

    @property
    def outbox(self) -> Endpoint | None:
        """Where SMS are sent, and what was sent is shown; None where the settings name a real gateway, or none."""
        there = urlsplit(self.settings.sms.url) if self.settings.sms is not None else urlsplit("")
        return Endpoint(there.hostname or "", there.port or 80) if there.scheme == "http" else None


def prepare(config: Path | None) -> Sample:
    """The sample city's files in their place. Raises FaultyError where a port of the controller is taken."""
    settings = settings_file.load(config or _own(), os.environ)
    assert settings.file is not None  # noqa: S101  # for the type checker
    _refuse_taken(settings)
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    if settings.backup is not None:  # elsewhere it is a disk of its own, which must not be made up where it is not mounted
        settings.backup.folder.mkdir(mode=0o700, exist_ok=True)
    if settings.fticks and settings.fticks.key_file and not settings.fticks.key_file.exists():
        settings.fticks.key_file.write_text(secrets.token_hex(32) + "\n")
        settings.fticks.key_file.chmod(0o600)
    network = settings.data_dir / "NETWORK.toml"
    document = tomlkit.parse((SHIPPED / "NETWORK.toml").read_text("utf-8"))
    moved = tuple(_made_room(document))
    network.write_text(tomlkit.dumps(document), "utf-8")
    network.chmod(0o600)
    institutions = tomllib.loads((SHIPPED / "institutions.toml").read_text("utf-8"))["institution"]
    return Sample(settings, short(settings.file), network, document.unwrap(), institutions, moved)


def refuse_strangers(stored: Network, sample: Sample) -> None:
    """Raise FaultyError where the database belongs to another network than the sample city's."""
    names = {row.name for row in stored.of("operator")}
    if names - {sample.tables["operator"]["name"]}:
        what = f'holds the network of "{names.pop()}", and the demo would add its own to it'
        raise FaultyError([Fault(str(sample.config), "database.url", what, "Run the demo without --config: it has settings of its own")])


def short(path: Path) -> Path:
    """A path as one would type it here."""
    try:
        return path.absolute().relative_to(Path.cwd())
    except ValueError:
        return path.absolute()


def _own() -> Path:
    config = FOLDER / "proxeny.toml"
    FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not config.exists():
        config.write_text((SHIPPED / "proxeny.toml").read_text("utf-8"), "utf-8")
    return config


def _refuse_taken(settings: Settings) -> None:
    try:
        if settings.radius:
            for each in sockets.open_all(settings.radius.model_copy(update={"workers": 1}), str(settings.file)):
                each.sock.close()
        if settings.metrics:
            _bind_once(settings, "metrics.listen", settings.metrics.listen)
        for name in AUDIENCES:
            if pages := getattr(settings, name):
                _bind_once(settings, f"{name}.listen", pages.listen)
        if settings.mail and settings.mail.server.scheme == "smtp":
            _bind_once(settings, "mail.url", Endpoint(settings.mail.server.host, settings.mail.server.port))
        if settings.sms and settings.sms.url.startswith("http:"):
            there = urlsplit(settings.sms.url)
            _bind_once(settings, "sms.url", Endpoint(there.hostname or "", there.port or 80))
    except FaultyError as fault:
        words = f"Edit {short(settings.file or Path())}, or begin with: {ELSEWHERE}"
        raise FaultyError([*fault.faults, Fault("the demo", "", "was not started", words)]) from None


def _bind_once(settings: Settings, key: str, at: Endpoint) -> None:
    with socket.socket(socket.AF_INET6 if ":" in at.host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((at.host, at.port))
        except OSError as fault:
            raise FaultyError([Fault(str(settings.file), key, f"{at} cannot be bound: {fault.strerror}")]) from None


def _made_room(document: tomlkit.TOMLDocument) -> Iterator[str]:
    """Give every neighbour whose port is taken another one; says which."""
    spare = iter(SPARE)
    for section, key, kind, pair in (("home", "port", "home institution", 2), ("client", "coa_port", "disconnect port of", 1)):
        for row in document[section]:
            address = str(row["address"]).partition("/")[0]
            wanted = int(row[key])
            if not _free(address, wanted, pair):
                row[key] = next(port for port in spare if _free(address, port, 2))
                yield f"{kind} {row['name']}: {address}:{wanted} is taken, using {row[key]}"
    for row in document["client"]:
        if page := row.get("options", {}).get("login_url"):
            there = urlsplit(page)
            if not _serves(there.hostname, there.port):
                port = next(port for port in spare if _serves(there.hostname, port))
                row["options"]["login_url"] = f"http://{there.hostname}:{port}"
                yield f"pages of {row['name']}: {there.netloc} is taken, using {there.hostname}:{port}"


def _serves(address: str | None, port: int | None) -> bool:
    """Whether pages can be served there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def _free(address: str, port: int, count: int) -> bool:
    try:
        for step in range(count):
            udp_socket((address, port + step), socket.AF_INET, buffer=1 << 16).close()
    except OSError:
        return False
    return True
