"""Addresses as an operator writes them: literal, checked, in one spelling. Never asks DNS."""

from __future__ import annotations

import ipaddress
import re
import socket
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from proxeny.faults import WrongError

HOST: Final = re.compile(r"[0-9a-z](?:[0-9a-z.-]{0,251}[0-9a-z])?|\[[0-9a-f:.]+\]")
_LONGEST_PAGE: Final = 500  # characters
_MAC: Final = re.compile(r"[0-9A-F]{2}(?:[0-9A-F]{2}){5}")
_MAC_PREFIX: Final = re.compile(r"(?P<mac>[^/]+)(?:/(?P<bits>\d+))?")


class Endpoint(NamedTuple):
    """A literal address and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def endpoint(text: object) -> Endpoint:
    """ "127.0.0.1:1812" or "[::1]:1812"."""
    if isinstance(text, Endpoint):
        return text
    host, colon, port = str(text).strip().rpartition(":")
    if not colon or not port.isascii() or not port.isdigit():
        raise WrongError(f'"{text}" has no port', 'Write "127.0.0.1:1812", for IPv6 "[::1]:1812"')
    if not 0 < int(port) < 65536:
        raise WrongError(f'"{text}": port {port} does not exist', "Ports go from 1 to 65535")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        raise WrongError(f'"{text}" is not an address and port', f'Write IPv6 in brackets: "[{host}]:{port}"')
    return Endpoint(literal(host.strip("[]")), int(port))


def literal(text: object) -> str:
    """An IPv4 or IPv6 address in its usual spelling; names are refused."""
    try:
        address = ipaddress.ip_address(str(text).strip())
    except ValueError:
        raise WrongError(f'"{text}" is not an address', "Write a literal IPv4 or IPv6 address; names are not looked up") from None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        raise WrongError(f'"{text}" is IPv4 inside IPv6', f'Write "{address.ipv4_mapped}"')
    return str(address)


def prefix(text: object) -> str:
    """An address or prefix, v4 or v6, as a prefix; octets beyond its length are refused."""
    try:
        network = ipaddress.ip_network(str(text).strip(), strict=False)
    except ValueError:
        raise WrongError(f'"{text}" is not an address or prefix', 'Write "192.0.2.7", "192.0.2.0/24" or "2001:db8::/48"') from None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
        raise WrongError(f'"{text}" is IPv4 inside IPv6', f'Write "{network.network_address.ipv4_mapped}"')
    if str(network.network_address) != literal(str(text).partition("/")[0]):
        raise WrongError(f'"{text}" has bits set beyond its length', f'Write "{network}"')
    return str(network)


def mac(text: object) -> tuple[str, int]:
    """A MAC address with an optional prefix length for a range of BSSIDs: ("AA-BB-CC-DD-EE-F0", 44)."""
    parts = _MAC_PREFIX.fullmatch(str(text).strip())
    digits = re.sub(r"[-:.]", "", parts["mac"]).upper() if parts else ""
    bits = int(parts["bits"] or 48) if parts else 0
    if not _MAC.fullmatch(digits):
        raise WrongError(f'"{text}" is not a MAC address', 'Write "AA-BB-CC-DD-EE-FF", with a prefix "AA-BB-CC-DD-EE-F0/44"')
    if not 24 <= bits <= 48:
        raise WrongError(f'"{text}": a prefix of {bits} bits', "A range of BSSIDs has 24 to 48 bits")
    mask = (1 << 48) - (1 << (48 - bits))
    base = spell(int(digits, 16) & mask)
    if base != spell(int(digits, 16)):
        raise WrongError(f'"{text}" has bits set beyond its length', f'Write "{base}/{bits}"')
    return base, bits


def spell(number: int) -> str:
    """A 48-bit number as AA-BB-CC-DD-EE-FF."""
    digits = f"{number:012X}"
    return "-".join(digits[at : at + 2] for at in range(0, 12, 2))


def web_origin(value: object) -> str:
    """ "https://wifi.city.example" or "http://127.0.0.1:8080": scheme, host and port in lower case, and nothing behind."""
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # a port that is no number, a bracket that is not closed
        parts, host, port = urlsplit(""), "", None
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in ("http", "https") or not HOST.fullmatch(host) or port == 0 or parts.username is not None:
        raise WrongError(f'"{text}" is no origin', 'Write "https://wifi.city.example", with ":8443" where the port is not the usual one')
    if parts.path not in ("", "/") or parts.query or parts.fragment or "?" in text or "#" in text:
        raise WrongError(f'"{text}" says more than an origin', f'Write "{parts.scheme}://{parts.netloc.lower()}"')
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in (None, usual) else "")


def secure_page(value: object) -> str:
    """ "https://uni.example/eduroam": a page that guests' browsers are led to."""
    text = str(value).strip()
    try:
        parts = urlsplit(text)
        stands = parts.scheme == "https" and HOST.fullmatch((parts.hostname or "").lower()) and parts.username is None and parts.port != 0
    except ValueError:  # a port that is no number, a bracket that is not closed
        stands = None
    if not stands or len(text) > _LONGEST_PAGE or not text.isascii() or not text.isprintable() or set(text) & set(' "<>\\'):
        raise WrongError(f'"{text}" is no page', 'Write its whole address, with https: "https://uni.example/eduroam"')
    return text


def is_ours(host: str) -> bool:
    """Whether an interface of this machine has the address: the kernel lets us bind it."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except OSError:
            return False
    return True
