"""Secrets at rest: AES-256-GCM, each value bound to the row and column it belongs to.

A sealed value is: format (1 octet) | key id (8) | nonce (12) | ciphertext and tag. The associated data is
table|row|column|key id, so that a value copied into another row or column does not open. The key file holds one key a
line, newest first: the first seals, every one opens. Rotation puts a new line on top and keeps one old line, because a
backup or a transaction begun before it still needs that key.

Never prints a key or a plaintext, and never makes a key where an old one was expected.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from store.faults import SealError

if TYPE_CHECKING:
    from pathlib import Path

_FORMAT: Final = b"\x01"
_ID: Final = 8
_NONCE: Final = 12  # NIST SP 800-38D, 5.2.1.1: 96 bits, random; good for 2^32 values under one key
_TAG: Final = 16
_HEADER: Final = 1 + _ID + _NONCE
_COMMENT: Final = "# Proxeny's sealing keys, newest first. Without this file no shared secret can be read: keep it with each backup.\n"
_ROOM: Final = "its folder must be writable, its disk not full"


class Where(NamedTuple):
    """The place of a sealed value: its table, the primary key of its row as text, its column."""

    table: str
    row: str
    column: str

    def bound(self, key_id: bytes) -> bytes:
        """The associated data. Only a row's name may hold a bar, so no two places give the same text."""
        return f"{self.table}|{self.row}|{self.column}|{key_id.hex()}".encode()


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """One key of the file, known by the head of its hash."""

    octets: bytes
    id: bytes

    @classmethod
    def of(cls, octets: bytes) -> Self:
        """The key made of these 32 octets."""
        if len(octets) != 32:
            raise ValueError("a key has 32 octets")
        return cls(octets, hashlib.sha256(b"proxeny sealing key" + octets).digest()[:_ID])

    def __repr__(self) -> str:
        return f"Key({self.id.hex()}, ****)"


def key_id(sealed: bytes) -> bytes:
    """Which key sealed this value."""
    if len(sealed) < _HEADER + _TAG or sealed[:1] != _FORMAT:
        raise SealError("a sealed value is not in a form this version knows; restore the database from a backup")
    return sealed[1 : 1 + _ID]


class Seal:
    """Closes and opens values with the keys of one file, read again when the file changes."""

    def __init__(self, path: Path) -> None:
        """Load the key file; raises SealError where it is missing, unreadable, or readable by others."""
        self.path: Final = path
        self._seen: tuple[int, int] = (0, 0)
        self._keys: tuple[Key, ...] = ()
        self._ciphers: dict[bytes, AESGCM] = {}
        self._reload()

    def __repr__(self) -> str:
        return f"Seal({self.path})"

    @property
    def keys(self) -> tuple[Key, ...]:
        """The keys of the file now, newest first."""
        self._reload()
        return self._keys

    def close(self, plain: bytes, where: Where) -> bytes:
        """Seal `plain` for this place with the newest key."""
        key = self.keys[0]
        nonce = os.urandom(_NONCE)
        return _FORMAT + key.id + nonce + self._ciphers[key.id].encrypt(nonce, plain, where.bound(key.id))

    def open(self, sealed: bytes, where: Where) -> bytes:
        """The plaintext; raises SealError where key, place or octets do not fit."""
        wanted = key_id(sealed)
        if wanted not in self._ciphers:
            self._reload()
        cipher = self._ciphers.get(wanted)
        if cipher is None:
            raise SealError(
                f"{_place(where)} was sealed with key {wanted.hex()}, which {self.path} does not hold; put the right key file back"
            )
        try:
            return cipher.decrypt(sealed[1 + _ID : _HEADER], sealed[_HEADER:], where.bound(wanted))
        except InvalidTag:
            raise SealError(
                f"{_place(where)} does not open: it was altered or moved here from another row; apply its secret anew"
            ) from None

    def _reload(self) -> None:
        """Rotation may replace the file while we run; a `stat` costs a microsecond."""
        try:
            now = self.path.stat()
        except OSError as fault:
            raise SealError(f"sealing key {self.path}: {fault.strerror}; put the key file back from where the backups are") from None
        if (now.st_ino, now.st_mtime_ns) == self._seen:
            return
        self._keys = read_keys(self.path)
        self._ciphers = {key.id: AESGCM(key.octets) for key in self._keys}
        self._seen = (now.st_ino, now.st_mtime_ns)


def _place(where: Where) -> str:
    return f"{where.column} of {where.table} {where.row!r}"


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys of a file that nobody else can read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "r", encoding="ascii") as file:
            _private(path, os.fstat(file.fileno()))
            lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
        keys = tuple(Key.of(base64.b64decode(line, validate=True)) for line in lines)
    except OSError as fault:
        raise SealError(f"sealing key {path}: {fault.strerror}; put the key file back from where the backups are") from None
    except (ValueError, binascii.Error):
        raise SealError(f"sealing key {path} is damaged: each line is one key of 32 octets in base64; put the key file back") from None
    if not keys:
        raise SealError(f"sealing key {path} holds no key; put the key file back from where the backups are")
    return keys


def _private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise SealError(f"sealing key {path} is not a plain file")
    if status.st_uid != os.geteuid():
        raise SealError(f"sealing key {path} belongs to user {status.st_uid}, we are {os.geteuid()}: chown {os.geteuid()} {path}")
    if status.st_mode & 0o077:
        raise SealError(f"sealing key {path} may be read by others: chmod 600 {path}")


def create_keys(path: Path) -> None:
    """Make the key file, whole or not at all, 0600; a file that is there already stays, and nothing is written."""
    if os.path.lexists(path):  # every verb comes here, and a full disk must stop none that only reads
        return
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = _write(path, (new_key(),))
        try:
            path.hardlink_to(draft)  # as O_EXCL does: fails where the name exists; and nobody sees a half-written file
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        _sync_folder(path)
    except OSError as fault:
        raise SealError(f"sealing key {path} cannot be made: {fault.strerror}; {_ROOM}") from None


def replace_keys(path: Path, keys: tuple[Key, ...]) -> None:
    """Put these keys, newest first, in the place of those in the file."""
    try:
        _write(path, keys).replace(path)
        _sync_folder(path)
    except OSError as fault:
        raise SealError(f"sealing key {path} cannot be written: {fault.strerror}; {_ROOM}") from None


def new_key() -> Key:
    """A fresh random key."""
    return Key.of(os.urandom(32))


def _write(path: Path, keys: tuple[Key, ...]) -> Path:
    """A synced file beside `path` with these keys."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(_COMMENT + "".join(base64.b64encode(key.octets).decode() + "\n" for key in keys))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        draft.unlink()  # a key that is half on the disk is nobody's
        raise
    return draft


def _sync_folder(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
