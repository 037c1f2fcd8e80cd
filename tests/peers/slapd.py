"""OpenLDAP's slapd with a small city in it: its own folder, ports and certificate; nothing of the machine's own is touched.

Never listens beyond 127.0.0.1.
"""

from __future__ import annotations

import base64
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from store.directory import Reach
from tests.peers.program import Program, found, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.peers.authority import Certificate

BASE = "dc=city,dc=example"
SERVICE = f"cn=proxeny,{BASE}"
SERVICE_PASSWORD = "service-password"
PASSWORD = "correct horse"
# uid -> the entry's name. Names that a DN, a filter or a shell would trip over belong to people, too.
PEOPLE = {
    "ada": "Ada",
    "élodie": "Élodie Noël",
    "o'brien": "O'Brien, Pat",
    "star*": "Star *",
    "par(en)": "Paren (1)",
    "back\\slash": "Back\\slash #1",
    "plus+sign": 'Plus + Sign = "Quote"',
    "жук": "Жук",
}
LOCKED = "locked"
NO_PASSWORD = "keyless"
TWINS = "twin"
CARDS = {"ada": "29077000000017"}
STAFF, NETWORK, AUDIT = (f"cn={name},ou=groups,{BASE}" for name in ("staff", "network", "audit"))
ELSEWHERE = f"cn=elsewhere,{BASE}"  # known to its members alone, as where groups lie in another directory
_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload memberof
pidfile {folder}/slapd.pid
{tls}
database mdb
suffix "{base}"
rootdn "cn=root,{base}"
rootpw root-password
directory {folder}/db
maxsize 16777216
dbnosync
index uid,employeeNumber eq
overlay ppolicy
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{service}" read by * none
"""


@dataclass(slots=True)
class Slapd:
    """A running slapd."""

    folder: Path
    port: int
    tls_port: int
    program: Program

    @property
    def uri(self) -> str:
        return f"ldap://127.0.0.1:{self.port}"

    @property
    def ldaps(self) -> str:
        return f"ldaps://127.0.0.1:{self.tls_port}"

    def reach(self, **changed: object) -> Reach:
        """How it is reached in the clear; a test changes what it is about."""
        plain = {
            "uri": self.uri,
            "base": BASE,
            "bind_dn": SERVICE,
            "bind_password": SERVICE_PASSWORD,
            "card_filter": "(employeeNumber={user})",
        }
        return Reach(**{**plain, "timeout": 5.0, "pool": 2, **changed})

    @property
    def searches(self) -> str:
        """Its own log: what it was asked, filters and all."""
        return self.program.text

    def start(self) -> None:
        """Start it again."""
        self.program = _program(self.folder, self.port, self.tls_port)
        self.listens()

    def listens(self) -> None:
        """Wait until it takes connections: it says that it starts a moment earlier."""
        self.program.wait_for("slapd starting")
        until(lambda: _taken(self.port), "slapd to listen")


def _taken(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1.0).close()
    except OSError:
        return False
    return True


def _program(folder: Path, port: int, tls_port: int) -> Program:
    listen = f"ldap://127.0.0.1:{port}/"
    if (folder / "tls").exists():
        listen += f" ldaps://127.0.0.1:{tls_port}/"
    argv = [found("slapd"), "-d", "stats", "-f", str(folder / "slapd.conf"), "-h", listen]
    return Program(argv, folder / "slapd.log")


def _attribute(name: str, value: str) -> str:
    """A line of LDIF; what is not plain ASCII goes in base 64 (RFC 2849)."""
    plain = value.isascii() and value.isprintable() and value[:1] not in {" ", ":", "<"}
    return f"{name}: {value}" if plain else f"{name}:: {base64.b64encode(value.encode()).decode()}"


def rdn(value: str) -> str:
    """A value within a DN (RFC 4514)."""
    return "".join(f"\\{each}" if each in ',+"\\<>;=#' else each for each in value)


def _person(uid: str, name: str, *more: str, where: str = "people", password: str | None = PASSWORD) -> str:
    lines = [
        _attribute("dn", f"cn={rdn(name)},ou={where},{BASE}"),
        "objectClass: inetOrgPerson",
        _attribute("cn", name),
        _attribute("sn", name),
        _attribute("uid", uid),
        "mail: guest-017@example.org",
        *more,
    ]
    return "\n".join([*lines, *([_attribute("userPassword", password)] if password else [])])


def _more(uid: str) -> list[str]:
    card = [f"employeeNumber: {CARDS[uid]}"] if uid in CARDS else []
    return card + ([_attribute("memberOf", ELSEWHERE)] if uid == "жук" else [])


def _group(dn: str, kind: str, *uids: str) -> str:
    member = "member" if kind == "groupOfNames" else "uniqueMember"
    members = [_attribute(member, f"cn={rdn(PEOPLE[uid])},ou=people,{BASE}") for uid in uids]
    return "\n".join([f"dn: {dn}", f"objectClass: {kind}", f"cn: {dn[3:].partition(',')[0]}", *members])


def ldif() -> str:
    """The whole city."""
    units = [f"dn: ou={unit},{BASE}\nobjectClass: organizationalUnit\nou: {unit}" for unit in ("people", "others", "groups")]
    people = [_person(uid, name, *_more(uid)) for uid, name in PEOPLE.items()]
    return (
        "\n\n".join(
            [
                f"dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: City\ndc: city",
                f"dn: {SERVICE}\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\nuserPassword: {SERVICE_PASSWORD}",
                *units,
                *people,
                _person(LOCKED, "Locked", "pwdAccountLockedTime: 000001010000Z"),
                _person(NO_PASSWORD, "Keyless", password=None),
                _person(TWINS, "Twin"),
                _person(TWINS, "Twin", where="others"),
                _group(STAFF, "groupOfNames", "ada", "star*"),
                _group(NETWORK, "groupOfNames", "star*", "par(en)", "back\\slash"),
                _group(AUDIT, "groupOfUniqueNames", "o'brien", "plus+sign", "élodie"),
            ]
        )
        + "\n"
    )


@contextmanager
def running(folder: Path, certificate: Certificate | None = None) -> Iterator[Slapd]:
    """A slapd for the time of a `with`; with StartTLS and ldaps where it is given a certificate."""
    (folder / "db").mkdir(parents=True)
    tls = ""
    if certificate is not None:
        (folder / "tls").touch()
        tls = f"TLSCertificateFile {certificate.certificate}\nTLSCertificateKeyFile {certificate.key}"
    (folder / "slapd.conf").write_text(_CONFIG.format(folder=folder, base=BASE, service=SERVICE, tls=tls))
    (folder / "city.ldif").write_text(ldif())
    argv = [found("slapadd"), "-q", "-f", str(folder / "slapd.conf"), "-l", str(folder / "city.ldif")]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    port = free_port(beside=1)
    slapd = Slapd(folder, port, port + 1, _program(folder, port, port + 1))
    try:
        slapd.listens()
        yield slapd
    finally:
        slapd.program.stop()
