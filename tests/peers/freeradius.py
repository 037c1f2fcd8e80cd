"""FreeRADIUS as a test needs it: an EAP home with users, or a proxy in a chain. One configuration file, in the test's folder.

Needs no root and reads nothing below /etc, which an ordinary user may not read.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.peers import freeradius_config as text
from tests.peers.program import Program, found, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from tests.peers.certificates import Certificates

SECRET = "secret-between-test-peers"


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where a FreeRADIUS proxy sends everything that has a realm."""

    port: int
    secret: str = SECRET
    address: str = "127.0.0.1"
    accounting: bool = True
    status_check: bool = False
    window: int = 20  # seconds it waits before it calls the home a zombie


@dataclass(slots=True)
class FreeRadius:
    """A running FreeRADIUS: accounting is one port above authentication."""

    program: Program
    folder: Path
    port: int
    secret: str

    @property
    def accounting(self) -> str:
        """Every accounting packet that it kept, as its detail file shows them."""
        path = self.folder / "detail"
        return path.read_text() if path.exists() else ""


def _proxy(upstream: Upstream | None, realms: tuple[str, ...]) -> str:
    if upstream is None:
        return "proxy_requests = no"
    pools = "auth_pool = above_auth\n" + ("acct_pool = above_acct\n" if upstream.accounting else "")
    rows = "".join(f'realm "{realm}" {{\n{pools}nostrip\n}}\n' for realm in realms)
    check = "status-server" if upstream.status_check else "none"
    return text.PROXY.format(up=upstream, acct=upstream.port + 1, check=check, realms=rows)


def _update(attributes: Mapping[str, str]) -> str:
    rows = "\n".join(f"            &{name} := {value}" for name, value in attributes.items())
    return f"update reply {{\n{rows}\n        }}" if rows else ""


# Debian's 3.2.1 signs only answers to EAP; asked for by name, it signs any.
_SIGNED = {"Message-Authenticator": "0x00"}


@contextmanager
def freeradius(
    folder: Path,
    *,
    certificates: Certificates | None = None,
    users: str | Mapping[str, str] = "",
    upstream: Upstream | None = None,
    realms: tuple[str, ...] = ("DEFAULT",),
    reply: Mapping[str, str] | None = None,
    signed: bool = False,
    secret: str = SECRET,
    address: str = "127.0.0.1",
    clients: str = "127.0.0.0/8",
    port: int = 0,
) -> Iterator[FreeRadius]:
    """Start one; `users` is a name -> password map, or the text of a users file; `reply` stands in every Accept.

    `signed`: every Accept and Reject carries Message-Authenticator, as the homes of today must.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = port or free_port(beside=1)
    if not isinstance(users, str):
        users = "".join(f'"{name}" Cleartext-Password := "{password}"\n' for name, password in users.items())
    (folder / "users").write_text(users)
    eap = text.EAP.format(server=certificates.server, root=certificates.root) if certificates else ""
    config = text.MAIN.format(
        folder=folder,
        secret=secret,
        clients=clients,
        address=address,
        port=port,
        acct=port + 1,
        eap=eap,
        begin_eap="eap {\n            ok = return\n        }" if certificates else "",
        authenticate_eap="eap" if certificates else "",
        realm="suffix" if upstream else "",
        proxy=_proxy(upstream, realms),
        reply=_update({**(reply or {}), **(_SIGNED if signed else {})}),
        rejection=_update(_SIGNED if signed else {}),
    )
    (folder / "radiusd.conf").write_text(config)
    folder.chmod(0o700)  # FreeRADIUS refuses a configuration that others may write
    program = Program(
        [found("freeradius"), "-d", str(folder), "-n", "radiusd", "-D", "/usr/share/freeradius", "-f", "-l", "stdout"], folder / "log"
    )
    try:
        program.wait_for("Ready to process requests")
        yield FreeRadius(program, folder, port, secret)
    finally:
        program.stop()
