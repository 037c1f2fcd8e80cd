"""The parts of the settings that guests meet: [guest], the pages, and [directory], where the city's own accounts are; what all pages share.

A key's meaning is told in config/proxeny.toml. Never reads a file: a password from elsewhere was put in its place before.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from proxeny.addresses import HOST, Endpoint, prefix, web_origin
from proxeny.faults import WrongError
from proxeny.parts import At, Part, listed
from radius.secret import Secret

AUDIENCES: Final = ("guest", "business", "staff")  # sections of the settings that are pages, each a process
_USER: Final = "{user}"


def _host(value: object) -> str:
    text = str(value).strip().lower()
    if not HOST.fullmatch(text):
        raise WrongError(f'"{value}" is no host name', 'Write names alone: "wifi.city.example"')
    return text


def _prefix(value: object) -> str:
    return prefix(value)


def _filter(value: object) -> str:
    text = str(value).strip()
    if not text.startswith("(") or not text.endswith(")") or text.count("(") != text.count(")"):
        raise WrongError(f'"{text}" is no filter (RFC 4515)', 'Write "(uid={user})"')
    if _USER not in text or set(re.findall(r"\{[^}]*\}", text)) != {_USER}:
        raise WrongError(f'"{text}" does not say where the name goes', 'Write {user} in its place: "(uid={user})"')
    return text


def _secret(value: object) -> Secret:
    if not isinstance(value, str) or not value:
        raise WrongError("must be text in quotes, and not empty")
    return Secret(value.encode())


def _uri(value: object) -> str:
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        stands = parts.scheme in ("ldap", "ldaps") and parts.hostname and parts.port != 0 and not parts.path.strip("/")
    except ValueError:
        stands = False
    if not stands:
        raise WrongError(f'"{text}" is no directory', 'Write "ldaps://directory.city.example", or "ldap://..." with starttls')
    return text


class Pages(Part):
    """A listener for browsers."""

    listen: At
    url: Annotated[str, BeforeValidator(web_origin)] | None = None
    certificate: Literal["app"] | Path | None = None  # "app": kept in the database (proxeny/own_certificate.py)
    key: Path | None = None
    trusted_proxies: Annotated[tuple[Annotated[str, BeforeValidator(_prefix)], ...], BeforeValidator(listed)] = ()
    hosts: Annotated[tuple[Annotated[str, BeforeValidator(_host)], ...], BeforeValidator(listed)] = ()
    threads: Annotated[int, Field(ge=2, le=256)] = 16

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.kept and self.key:
            raise WrongError("is given, and the app keeps the certificate", "Take it out: the app keeps its key too", ("key",))
        if not self.kept and (self.certificate is None) != (self.key is None):
            given, wanted = ("certificate", "key") if self.certificate else ("key", "certificate")
            raise WrongError(f"is missing, and {given} is given", "TLS needs both; leave both out behind a proxy", (wanted,))
        if self.certificate and self.url and self.url.startswith("http:"):
            raise WrongError("begins with http:, and there is a certificate", f'Write "https:{self.url[5:]}"', ("url",))
        if self.url is None and self.listen.host in ("0.0.0.0", "::"):
            raise WrongError("is missing", f"Nobody can be sent to {self.listen}: say by which name browsers know us", ("url",))
        return self

    @property
    def kept(self) -> bool:
        """Whether the app keeps the certificate."""
        return self.certificate == "app"

    @property
    def files(self) -> tuple[Path, Path] | None:
        """Certificate and key, where they are files."""
        return (self.certificate, self.key) if isinstance(self.certificate, Path) and self.key is not None else None

    @property
    def origin(self) -> str:
        """How browsers reach the pages: no slash at the end."""
        return self.url or web_origin(f"http{'s' * bool(self.certificate)}://{self.listen}")

    @property
    def secure(self) -> bool:
        """Whether what guests type is encrypted on its way, or never leaves this machine."""
        host = urlsplit(self.origin).hostname or ""
        return self.origin.startswith("https:") or host in ("localhost", "::1") or host.startswith("127.")

    @property
    def names(self) -> tuple[str, ...]:
        """Every host name (without port) that a request may name."""
        own = urlsplit(self.origin).hostname or ""
        return tuple(dict.fromkeys((f"[{own}]" if ":" in own else own, *self.hosts)))


class Guest(Pages):
    """[guest]: the guests' pages."""

    listen: At = Endpoint("127.0.0.1", 8080)


Template = Annotated[str, BeforeValidator(_filter)]


class Directory(Part):
    """[directory]: LDAP, for accounts of the city's own."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    uri: Annotated[str, BeforeValidator(_uri)]
    starttls: bool = True
    ca: Path | None = None
    bind_dn: str = ""
    bind_password: Annotated[Secret, BeforeValidator(_secret)] | None = None
    base: Annotated[str, Field(min_length=1)]
    filter: Template = "(uid={user})"
    card_filter: Template | None = None
    timeout: Annotated[float, Field(gt=0, le=30)] = 5.0
    pool: Annotated[int, Field(ge=1, le=64)] = 4

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.bind_dn and self.bind_password is None:
            remedy = "A bind without a password succeeds and proves nothing (RFC 4513, 5.1.2): give bind_password, _env or _file"
            raise WrongError("is missing", remedy, ("bind_password",))
        if self.bind_password is not None and not self.bind_dn:
            raise WrongError("is missing", "Say whose password it is", ("bind_dn",))
        if self.uri.startswith("ldap:") and not self.starttls and not self._near:
            raise WrongError("is false, and passwords would travel in clear", "Use ldaps:, or starttls = true", ("starttls",))
        return self

    @property
    def _near(self) -> bool:
        host = urlsplit(self.uri).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    @property
    def host(self) -> str:
        return urlsplit(self.uri).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.uri).port or (636 if self.uri.startswith("ldaps:") else 389)
