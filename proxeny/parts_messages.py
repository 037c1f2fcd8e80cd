"""[mail] and [sms] of the settings: how messages to guests and sponsors leave, and how many may.

A key's meaning is told in config/proxeny.toml. Never reads a file: a secret from elsewhere was put in its place before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping  # noqa: TC003  pydantic reads the annotations when the module runs
from email.headerregistry import HeaderRegistry
from pathlib import Path  # noqa: TC003  pydantic reads the annotations when the module runs
from typing import Annotated, Any, Final, Literal, NamedTuple, Self
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from proxeny import placeholders
from proxeny.addresses import HOST
from proxeny.faults import WrongError
from proxeny.parts import Part, listed
from radius.secret import Secret

_PORTS: Final = {"smtp": 25, "smtp+plain": 25, "smtp+starttls": 587, "smtps": 465}
_SAMPLE: Final = {"to": "+14165550123", "digits": "14165550123", "text": 'A "code"', "id": "17", "secret": "secret"}
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, 5.6.2


class Server(NamedTuple):
    """A mail server, and how it is spoken to."""

    scheme: Literal["smtp", "smtp+plain", "smtp+starttls", "smtps"]
    host: str
    port: int
    user: str


def near(host: str) -> bool:
    """Whether a host is this machine."""
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


def _server(value: object) -> str:
    text = str(value).strip()
    try:
        parts, found = urlsplit(text), _parted(text)
        host = f"[{found.host}]" if ":" in found.host else found.host
        stands = bool(HOST.fullmatch(host)) and 0 < found.port < 65536
        stands = stands and not (parts.path.strip("/") or parts.query or parts.fragment)
    except (ValueError, KeyError):  # a port that is no number, a scheme that is none of ours
        found, stands = Server("smtp", "", 25, ""), False
    if re.search(r"//[^/@]*:[^/@]*@", text):  # not shown again
        raise WrongError("holds a password", 'Write "smtp+starttls://USER@HOST:587" and give password, password_env or password_file')
    if not stands:
        remedy = 'Write "smtp+starttls://USER@mail.city.example:587", "smtps://USER@mail.city.example", or "smtp://127.0.0.1:25"'
        raise WrongError(f'"{text}" is no mail server', remedy)
    if found.scheme == "smtp" and not near(found.host):
        remedy = "Use smtp+starttls: or smtps:; smtp+plain: says that this network may read them"
        raise WrongError(f'"{text}": codes would travel in clear', remedy)
    if found.scheme == "smtp+plain" and found.user:
        raise WrongError(f'"{text}": a password would travel in clear', "Use smtp+starttls: or smtps:")
    return text


def _parted(text: str) -> Server:
    parts = urlsplit(text)
    port = parts.port if parts.port is not None else _PORTS[parts.scheme]
    return Server(parts.scheme, parts.hostname or "", port, unquote(parts.username or ""))  # type: ignore[arg-type]  # of _PORTS, or refused


def _sender(value: object) -> str:
    """One address, with or without a name: RFC 5322, 3.4."""
    text = str(value).strip()
    header = HeaderRegistry()("From", text if text.isprintable() else "")
    addresses: tuple[Any, ...] = getattr(header, "addresses", ())
    stands = len(addresses) == 1 and addresses[0].username and HOST.fullmatch(addresses[0].domain.lower())
    if not stands or header.defects or not addresses[0].username.isascii():
        raise WrongError(f'"{text}" is no address', 'Write "City Wi-Fi <wifi@city.example>"')
    return text


def _secret(value: object) -> Secret:
    if not isinstance(value, str) or not value:
        raise WrongError("must be text in quotes, and not empty")
    return Secret(value.encode())


class Mail(Part):
    """[mail]: codes and links by mail."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    url: Annotated[str, BeforeValidator(_server)]
    sender: Annotated[str, BeforeValidator(_sender), Field(alias="from")]
    reply_to: Annotated[str, BeforeValidator(_sender)] | None = None
    password: Annotated[Secret, BeforeValidator(_secret)] | None = None
    ca: Path | None = None
    timeout: Annotated[float, Field(ge=1, le=30)] = 10.0
    per_day: Annotated[int, Field(ge=1, le=1_000_000)] = 10_000

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.server.user and self.password is None:
            raise WrongError("is missing", "url names a user: give password, password_env or password_file", ("password",))
        if self.password is not None and not self.server.user:
            raise WrongError("names no user", 'There is a password: write "smtp+starttls://USER@HOST:587"', ("url",))
        return self

    @property
    def server(self) -> Server:
        """Where mail goes."""
        return _parted(self.url)


def _url(value: object) -> str:
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        stands = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and text.isascii() and text.isprintable()
    except ValueError:
        stands, parts = False, urlsplit("")
    if parts.username is not None:
        raise WrongError("holds a user", 'Give a header: Authorization = "Basic {secret}", and secret, secret_env or secret_file')
    if not stands or "{" in (parts.netloc or "") or " " in text:
        raise WrongError(f'"{text}" is no gateway', 'Write "https://sms.example/send", with {to} and {text} where they belong')
    if parts.scheme == "http" and not near(parts.hostname or ""):
        raise WrongError(f'"{text}": codes would travel in clear', "Write https:")
    return text


def _successes(value: object) -> object:
    """Status codes as numbers, and regular expressions as text."""
    given = (value,) if isinstance(value, str | int) else value
    if not isinstance(given, list | tuple) or not given:
        raise WrongError("must be status codes or a pattern", 'Write [200, 202], or \'"status": ?"ok"\'')
    return tuple(_success(each) for each in given)


def _success(value: object) -> int | str:
    if isinstance(value, int) or (isinstance(value, str) and re.fullmatch(r"\d{3}", value)):
        if not 200 <= int(value) <= 399:
            raise WrongError(f"{value} is no status of success", "Write one from 200 to 399")
        return int(value)
    import re2  # noqa: PLC0415  few have an SMS gateway

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(str(value), options)
    except re2.error as fault:
        words = fault.args[0].decode() if fault.args and isinstance(fault.args[0], bytes) else str(fault)
        raise WrongError(f'"{value}" is no pattern: {words}', "See https://github.com/google/re2/wiki/Syntax") from None
    return str(value)


def _country(value: object) -> str:
    text = str(value).strip().upper()
    if not re.fullmatch("[A-Z]{2}", text):
        raise WrongError(f'"{value}" is no country', 'Write two letters (ISO 3166-1): "CA"')
    return text


class Sms(Part):
    """[sms]: codes by SMS, through whoever offers it by HTTP."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    url: Annotated[str, BeforeValidator(_url)]
    method: Literal["POST", "PUT", "GET"] = "POST"
    headers: Mapping[str, str] = {}
    body: str = ""
    secret: Annotated[Secret, BeforeValidator(_secret)] | None = None
    success: Annotated[tuple[int | str, ...], BeforeValidator(_successes)] = (200, 201, 202, 204)
    countries: Annotated[tuple[Annotated[str, BeforeValidator(_country)], ...], BeforeValidator(listed), Field(min_length=1)]
    ca: Path | None = None
    per_day: Annotated[int, Field(ge=1, le=1_000_000)] = 1000

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for key in ("url", "body"):
            if unknown := placeholders.named(getattr(self, key)) - set(placeholders.NAMES):
                raise WrongError(f"{{{min(unknown)}}} is no placeholder", _PLACES, (key,))
        self._check_headers()
        said = placeholders.named(self.url) | placeholders.named(self.body)
        if not {"to", "digits"} & said or "text" not in said:
            raise WrongError("and body do not say where number and text go", _PLACES, ("url",))
        if self.method == "GET" and self.body:
            raise WrongError("is not sent with GET", 'Put the placeholders into url, or write method = "POST"', ("body",))
        self._check_body()
        used = set().union(*map(placeholders.named, (self.url, self.body, *self.headers.values())))
        if ("secret" in used) != (self.secret is not None):
            what, remedy = (
                ("is missing", "{secret} stands for it") if "secret" in used else ("is used nowhere", "Write {secret} where it belongs")
            )
            raise WrongError(what, remedy, ("secret",))
        return self

    def _check_headers(self) -> None:
        values = _SAMPLE | ({"secret": self.secret.octets.decode()} if self.secret else {})
        for name, value in self.headers.items():
            if not _TOKEN.fullmatch(name) or name.lower() in ("host", "content-length", "transfer-encoding", "connection"):
                raise WrongError(f'"{name}" is no header to set', "Leave it out", ("headers",))
            if {"to", "digits", "text"} & placeholders.named(value):
                raise WrongError(
                    f'"{name}" holds the number or the text', "They go into url or body; headers are logged on the way", ("headers",)
                )
            try:
                placeholders.in_header(value, values)
            except ValueError:
                raise WrongError(f'"{name}" cannot be sent', "Headers hold printable ASCII alone", ("headers",)) from None

    def _check_body(self) -> None:
        if not self.body:
            return
        if not placeholders.takes(self.kind):
            remedy = "Use application/json, application/x-www-form-urlencoded or application/xml"
            raise WrongError(f"is {self.kind}, and how a text is written there is not known", remedy, ("body",))
        if self.kind == placeholders.JSON:
            try:
                json.loads(placeholders.in_body(self.body, self.kind, _SAMPLE))
            except ValueError as fault:
                raise WrongError(
                    f"is no JSON: {fault}", 'Put placeholders in quotes: {"to": "{to}", "text": "{text}"}', ("body",)
                ) from None

    @property
    def kind(self) -> str:
        """The body's media type."""
        said = next((value for name, value in self.headers.items() if name.lower() == "content-type"), "")
        return placeholders.media_type(said, self.body)


_PLACES: Final = "Known: {to} (+14165550123), {digits} (14165550123), {text}, {id}, {secret}"
